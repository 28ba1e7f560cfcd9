"""Try mutants: each in a forked process, with the tests that ran the changed line.

- A change inside a function is tried in a process that has collected the tests already: the code of the live function
  is replaced, and the tests run. That takes a few hundredths of a second.
- A change at module level (a table, a pattern, a default) is part of what others import, and so is one in a function
  that only the import runs. It is tried in a process that has imported nothing of ours: the changed module is what it
  gets to import.
"""

from __future__ import annotations

import gc
import inspect
import os
import resource
import signal
import sys
from collections.abc import Callable, Sequence
from enum import Enum
from functools import cached_property
from importlib.abc import MetaPathFinder
from importlib.machinery import ModuleSpec, SourceFileLoader
from importlib.util import spec_from_file_location
from itertools import pairwise
from types import CodeType, FunctionType, ModuleType
from typing import Any, NoReturn, TypeAlias

import pytest

from benchmarks.mutants.baseline import Baseline, file_of, function_of
from benchmarks.mutants.calm import QUIET, Calm, UpToAFailure, caches, silence
from benchmarks.mutants.mutant import Mutant

_KILLED, _SURVIVED, _UNTRIED = 1, 0, 3
_PATIENCE = 1.0
"""Seconds of CPU that a test may take beyond ten times what it took unchanged: a mutant that hangs is killed."""
_MEMORY = 6 << 30
"""Bytes of address space that a mutant gets: one that collects without an end is killed."""
_WHOLE_RUN = 60.0
"""Seconds of CPU that a run of whole test files may take."""


class Fate(Enum):
    """Say what became of a mutant."""

    KILLED = "killed"
    SURVIVED = "survived"
    UNREACHED = "no test runs it"
    UNTRIED = "not tried"


Numbered: TypeAlias = tuple[int, Mutant]
Told: TypeAlias = Callable[[int, Fate, str], None]
"""Is told the fate of the mutant of that number, and the test, or the test files, that it is owed to."""


def try_functions(mutants: Sequence[Numbered], tests: tuple[str, ...], baseline: Baseline, told: Told) -> None:
    """Collect the tests in a process of its own, and try there each mutant whose change is inside a function."""
    pid = os.fork()
    if pid == 0:
        silence()
        loop = _Loop(mutants, baseline, told)
        pytest.main([*QUIET, *tests], plugins=[Calm(), UpToAFailure(loop.leave), loop])
        os._exit(0)
    os.waitpid(pid, 0)


class _Loop:
    """Run, as a pytest plugin, mutants instead of the tests that were collected."""

    def __init__(self, mutants: Sequence[Numbered], baseline: Baseline, told: Told) -> None:
        self._mutants = mutants
        self._baseline = baseline
        self._told = told
        self._killers: dict[tuple[str, str], list[str]] = {}
        """The tests that killed mutants of a function, the last one first: they are likely to kill the next one."""
        self._killed_by = -1

    def pytest_runtestloop(self, session: pytest.Session) -> bool:
        """Try each mutant in a fork."""
        items = {item.nodeid: item for item in session.items}
        # The forks share what is there already; a collection would copy it into each of them.
        gc.collect()
        gc.freeze()
        # What was remembered while tests were collected would be the answer of the unchanged code.
        remembered = caches()
        for number, mutant in self._mutants:
            names = self._baseline.tests(mutant)
            killers = self._killers.setdefault((mutant.module, mutant.function), [])
            ordered = (*(name for name in killers if name in names), *(name for name in names if name not in killers))
            chosen = [items[name] for name in ordered if name in items]
            fate, killer = self._try(mutant, chosen, remembered)
            if killer:
                killers[:] = [killer, *(name for name in killers if name != killer)]
            self._told(number, fate, " ".join(dict.fromkeys([function_of(killer)] if killer else map(file_of, names))))
        return True

    def leave(self, test: str) -> NoReturn:
        """End the fork, and say which test has failed."""
        os.write(self._killed_by, test.encode())
        os._exit(_KILLED)

    def _try(self, mutant: Mutant, items: Sequence[pytest.Item], remembered: Sequence[Any]) -> tuple[Fate, str]:
        def run() -> int:
            try:
                _replace(mutant)
            except (KeyError, AttributeError, TypeError, ValueError):
                return _UNTRIED  # and not a failure of the tests
            for function in remembered:
                function.cache_clear()
            for item, following in pairwise((*items, None)):
                if item is not None:
                    _give(self._baseline.seconds[item.nodeid] * 10 + _PATIENCE)
                    item.config.hook.pytest_runtest_protocol(item=item, nextitem=following)
            return _SURVIVED

        reading, self._killed_by = os.pipe()
        fate = _forked(run)
        os.close(self._killed_by)
        with os.fdopen(reading, encoding="utf-8") as pipe:
            return fate, pipe.read()


def _replace(mutant: Mutant) -> None:
    """Put the changed code into the live function, wherever that was imported to."""
    found: Any = sys.modules[mutant.module]
    for name in mutant.function.split("."):
        found = inspect.getattr_static(found, name)
    match found:
        case property(fget=inner) | cached_property(func=inner):
            found = inner
        case staticmethod() | classmethod():
            found = found.__func__
        case _:
            pass
    function = inspect.unwrap(found)
    code = mutant.function_code()
    if not isinstance(function, FunctionType) or code is None:
        raise TypeError(mutant.id)
    function.__code__ = code


def try_modules(mutants: Sequence[Numbered], baseline: Baseline, told: Told) -> None:
    """Try mutants whose change is at module level: a module that no test imports or runs is not reached."""
    killers: dict[str, list[str]] = {}
    # The forks share what others wrote and was imported.
    gc.collect()
    gc.freeze()
    for number, mutant in mutants:
        files = baseline.files(mutant)
        if not files:
            told(number, Fate.UNREACHED, "")
            continue
        known = killers.setdefault(mutant.module, [])
        fate, killer = _try_module(mutant, files, known)
        if killer:
            known[:] = [killer, *(test for test in known if test != killer)]
        told(number, fate, function_of(killer) if killer else " ".join(files))


def _try_module(mutant: Mutant, files: Sequence[str], killers: Sequence[str]) -> tuple[Fate, str]:
    reading, writing = os.pipe()

    def leave(test: str) -> NoReturn:
        os.write(writing, test.encode())
        os._exit(_KILLED)

    def run() -> int:
        silence()
        _give(_WHOLE_RUN)
        sys.meta_path.insert(0, _Changed(mutant))
        # File by file: one of the first ones mostly kills, and to collect the others would take the time.
        first = dict.fromkeys(file_of(test) for test in killers)
        plugins = [Calm(), UpToAFailure(leave), _First(killers)]
        kills = any(pytest.main([*QUIET, file], plugins=plugins) for file in dict.fromkeys((*first, *files)))
        return _KILLED if kills else _SURVIVED

    fate = _forked(run)
    os.close(writing)
    with os.fdopen(reading, encoding="utf-8") as pipe:
        return fate, pipe.read()


class _First:
    """Run, as a pytest plugin, the tests first that killed other mutants: they are likely to kill this one."""

    def __init__(self, tests: Sequence[str]) -> None:
        self._places = {test: place for place, test in enumerate(tests)}

    def pytest_collection_modifyitems(self, items: list[pytest.Item]) -> None:
        """Put them first, the last killer before the others."""
        items.sort(key=lambda item: self._places.get(item.nodeid, len(self._places)))


class _Changed(MetaPathFinder):
    """Let one module be imported changed."""

    def __init__(self, mutant: Mutant) -> None:
        self._mutant = mutant

    def find_spec(
        self, fullname: str, path: Sequence[str] | None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        """Return the changed module when it is asked for."""
        del path, target
        if fullname != self._mutant.module:
            return None
        place = os.fspath(self._mutant.path)
        return spec_from_file_location(fullname, place, loader=_Loader(fullname, place, self._mutant.code()))


class _Loader(SourceFileLoader):
    def __init__(self, fullname: str, path: str, code: CodeType) -> None:
        super().__init__(fullname, path)
        self._code = code

    def get_code(self, fullname: str) -> CodeType:
        del fullname
        return self._code


def _give(seconds: float) -> None:
    """Let this process end by a signal when it has used more CPU from now on."""
    signal.setitimer(signal.ITIMER_VIRTUAL, seconds)


def _forked(run: Callable[[], int]) -> Fate:
    """Run in a fork; whatever does not end well in time and memory is killed."""
    pid = os.fork()
    if pid == 0:
        resource.setrlimit(resource.RLIMIT_AS, (_MEMORY, _MEMORY))
        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
        try:
            os._exit(run())
        finally:
            os._exit(_KILLED)
    _, status = os.waitpid(pid, 0)
    return {_SURVIVED: Fate.SURVIVED, _UNTRIED: Fate.UNTRIED}.get(os.waitstatus_to_exitcode(status), Fate.KILLED)
