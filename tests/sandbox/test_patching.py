"""Replacements are made all together or not at all."""

from __future__ import annotations

from types import ModuleType
from typing import Any

import pytest

from runner.errors import UsageError
from runner.sandbox import patching
from runner.sandbox.patching import Replacement, install


def _module() -> Any:
    module: Any = ModuleType("somewhere")
    module.greet = lambda name: f"hello {name}"
    module.LIMIT = 3
    return module


def _loud(original: Any) -> Any:
    return lambda name: original(name).upper()


def test_original_is_handed_to_its_replacement() -> None:
    """A replacement can use what it replaces; values are replaced like functions."""
    module = _module()

    install([Replacement(module, "greet", ("name",), _loud), Replacement(module, "LIMIT", None, lambda old: old + 1)])

    assert (module.greet("bob"), module.LIMIT) == ("HELLO BOB", 4)


@pytest.mark.parametrize(
    ("name", "parameters", "message"),
    [
        ("greet_all", ("name",), "somewhere.greet_all is missing"),
        ("greet", ("who",), "somewhere.greet takes ('name',), not ('who',)"),
        ("greet", (), "somewhere.greet takes ('name',), not ()"),
    ],
)
def test_unexpected_original_stops_everything(name: str, parameters: tuple[str, ...], message: str) -> None:
    """A missing name or other parameters are named, and nothing is replaced."""
    module = _module()

    with pytest.raises(UsageError) as refused:
        install([Replacement(module, "LIMIT", None, lambda _: 9), Replacement(module, name, parameters, _loud)])

    assert refused.value.on == message
    assert module.LIMIT == 3


def test_other_version_stops_everything(monkeypatch: pytest.MonkeyPatch) -> None:
    """Another version of ministack is refused with the command that installs the right one."""
    monkeypatch.setattr(patching, "MINISTACK", "0.0.1")

    with pytest.raises(UsageError) as refused:
        install([])

    assert "is installed, not 0.0.1" in refused.value.on
    assert refused.value.hint == "pip install 'guarded-runner[sandbox]'"
