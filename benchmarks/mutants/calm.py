"""How tests run here: quietly, the same every time, and in a process that is thrown away."""

from __future__ import annotations

import os
import pickle
import sys
from collections.abc import Callable
from typing import Any, NoReturn, TypeVar, cast

import hypothesis
import pytest

A = TypeVar("A")

# Assertions are not rewritten: nobody reads what they say.
_PLAIN = ("-q", "-x", "-p", "no:cacheprovider", "-p", "no:xdist", "--assert=plain")
QUIET = (*_PLAIN, "--ignore-glob=*_command.py")
_FOUND_IS_ENOUGH = (hypothesis.Phase.explicit, hypothesis.Phase.generate)


class Calm:
    """Make, as a pytest plugin, every run of a property alike: a mutant is killed or it is not."""

    def pytest_configure(self) -> None:
        """Choose the same examples every time, few of them, make none of them small, and remember none."""
        hypothesis.settings.register_profile(
            "mutants", derandomize=True, database=None, deadline=None, max_examples=30, phases=_FOUND_IS_ENOUGH
        )
        hypothesis.settings.load_profile("mutants")


class UpToAFailure:
    """Leave, as a pytest plugin, for good at the first failure: the report of it would take longer than most tests."""

    def __init__(self, leave: Callable[[str], NoReturn]) -> None:
        self._leave = leave

    @pytest.hookimpl(tryfirst=True)
    def pytest_runtest_makereport(self, item: pytest.Item, call: pytest.CallInfo[None]) -> None:
        """Leave with the test's name when it failed; one that is skipped did not."""
        if call.excinfo is not None and not call.excinfo.errisinstance(pytest.skip.Exception):
            self._leave(item.nodeid)


def in_child(work: Callable[[], A]) -> A:
    """Return what work returns in a process of its own, whose imports and output are lost.

    Raises:
        RuntimeError: when it ends without an answer.
    """
    reading, writing = os.pipe()
    pid = os.fork()
    if pid == 0:
        os.close(reading)
        silence()
        with os.fdopen(writing, "wb") as pipe:
            pickle.dump(work(), pipe)
            pipe.flush()
            os._exit(0)
    os.close(writing)
    with os.fdopen(reading, "rb") as pipe:
        answer = pipe.read()
    os.waitpid(pid, 0)
    if not answer:
        raise RuntimeError("the tests ended without an answer")
    return cast("A", pickle.loads(answer))  # noqa: S301  # our own process wrote it


def caches() -> tuple[Any, ...]:
    """Return every function of ours that remembers its answers."""
    ours = [vars(module) for name, module in sys.modules.items() if name.split(".")[0] == "runner"]
    return tuple(
        {id(value): value for names in ours for value in names.values() if hasattr(value, "cache_clear")}.values()
    )


def silence() -> None:
    """Send what a child prints nowhere."""
    nowhere = os.open(os.devnull, os.O_RDWR)
    for stream in (0, 1, 2):
        os.dup2(nowhere, stream)
    sys.stdout = sys.stderr = open(os.devnull, "w", encoding="utf-8")  # noqa: SIM115, PTH123  # lives as long as the child
