"""Replace functions of ministack in this process, after checking that they still are what we take them for.

ministack is pinned to one version. A replacement names the module, the attribute and the parameters that the original
must have; anything else is an error before anything was replaced.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from importlib.metadata import version
from types import ModuleType
from typing import Any

from runner.errors import UsageError

MINISTACK = "1.5.33"
"""The only version whose insides these replacements were written for."""


@dataclass(frozen=True)
class Replacement:
    """Say what to replace: ``make`` receives the original and returns what stands there instead.

    ``parameters`` are the names of the original's parameters in order, or None when it is no function.
    """

    module: ModuleType
    name: str
    parameters: tuple[str, ...] | None
    make: Callable[[Any], Any]

    def mismatch(self) -> str | None:
        """Return what is not as expected, or None."""
        where = f"{self.module.__name__}.{self.name}"
        if not hasattr(self.module, self.name):
            return f"{where} is missing"
        if self.parameters is None:
            return None
        found = tuple(inspect.signature(getattr(self.module, self.name)).parameters)
        return None if found == self.parameters else f"{where} takes {found}, not {self.parameters}"


def install(replacements: Iterable[Replacement]) -> None:
    """Put every replacement in place.

    Raises:
        UsageError: when ministack is another version or does not look as expected; nothing is replaced then.
    """
    wanted = tuple(replacements)
    found = version("ministack")
    problems = [f"ministack {found} is installed, not {MINISTACK}"] if found != MINISTACK else []
    problems += [problem for item in wanted if (problem := item.mismatch()) is not None]
    if problems:
        raise UsageError(
            "the sandbox does not fit the installed ministack",
            on="; ".join(problems),
            hint="pip install 'guarded-runner[sandbox]'",
        )
    for item in wanted:
        setattr(item.module, item.name, item.make(getattr(item.module, item.name)))
