"""Which test runs which line, and how long each test takes: one run of the tests before any change."""

from __future__ import annotations

import os
import sys
import time
from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import coverage
import pytest

from benchmarks.mutants.calm import QUIET, Calm, caches, in_child
from benchmarks.mutants.mutant import Mutant

_ENOUGH = 4.0
"""Seconds of CPU, measured while lines are recorded, after which no other test of a kind is tried on a mutant."""
_OURS = frozenset({"benchmarks", "runner", "tests"})
_BELOW = ("runner.catalog", "runner.errors", "runner.model")
"""What imports none of the rooms that are changed: the layers are checked."""


@dataclass(frozen=True)
class Baseline:
    """Hold the CPU seconds of each test, and for each file the tests that ran each of its lines."""

    seconds: dict[str, float]
    lines: dict[str, dict[int, list[str]]]
    imported: tuple[str, ...]
    """Modules that the tests import and no change concerns: those of others, and ours below the changed ones."""

    def tests(self, mutant: Mutant) -> tuple[str, ...]:
        """Return tests that ran one of the lines, the quick ones first: of files that import the module, and of others.

        That others are left out at some point can only let a mutant live that would die.
        """
        by_line = self.lines.get(str(mutant.path), {})
        found = {test for line in range(mutant.line, mutant.last + 1) for test in by_line.get(line, ()) if test}
        own = self._importing(mutant.module)
        near = self._quick(test for test in found if file_of(test) in own)
        far = self._quick(test for test in found if file_of(test) not in own)
        return tuple(sorted((*near, *far), key=self._cost))

    def _quick(self, tests: Iterable[str]) -> Iterator[str]:
        """Yield tests, the quickest first, until they have taken enough time together."""
        spent = 0.0
        for test in sorted(tests, key=self._cost):
            if spent > _ENOUGH:
                break
            spent += self._cost(test)[0]
            yield test

    def _cost(self, test: str) -> tuple[float, str]:
        return self.seconds.get(test, 0.0), test

    def files(self, mutant: Mutant) -> tuple[str, ...]:
        """Return the test files that import a module, the one of its name first, and quick ones that reach it.

        Those run a line of it, or import what imports it: no line shows who reads a table.
        """
        running = {file_of(test) for tests in self.lines.get(str(mutant.path), {}).values() for test in tests if test}
        own = self._importing(mutant.module)
        readers = {file for reader in self._readers(mutant.module) for file in self._importing(reader)}
        near = self._quick_files(readers - own)
        far = self._quick_files(running - own - readers)
        named = f"test_{mutant.path.stem}"
        first = sorted(own, key=lambda file: (Path(file).stem != named, self._files[file]))
        return (*first, *sorted((*near, *far), key=self._files.__getitem__))

    def _quick_files(self, files: Iterable[str]) -> Iterator[str]:
        """Yield files, the quickest first, until they have taken enough time together."""
        spent = 0.0
        for file in sorted(files, key=self._files.__getitem__):
            if spent > _ENOUGH:
                break
            spent += self._files[file]
            yield file

    def _readers(self, module: str) -> tuple[str, ...]:
        """Return the modules, of those that are changed, that import from a module."""
        wanted = f"from {module} import"
        return tuple(reader for reader, text in self._modules.items() if wanted in text)

    @cached_property
    def _modules(self) -> dict[str, str]:
        paths = [Path(path).relative_to(Path.cwd()) for path in self.lines]
        return {".".join(path.with_suffix("").parts): path.read_text(encoding="utf-8") for path in paths}

    @cached_property
    def _files(self) -> dict[str, float]:
        spent: dict[str, float] = defaultdict(float)
        for test, seconds in self.seconds.items():
            spent[file_of(test)] += seconds
        return dict(spent)

    @cached_property
    def _texts(self) -> dict[str, str]:
        return {file: Path(file).read_text(encoding="utf-8") for file in self._files}

    def _importing(self, module: str) -> set[str]:
        return {file for file, text in self._texts.items() if f"from {module} import" in text}


def file_of(test: str) -> str:
    """Return the file that a test stands in."""
    return test.split("::", maxsplit=1)[0]


def function_of(test: str) -> str:
    """Return a test's file and function, whatever it was called with."""
    return test.split("[", maxsplit=1)[0]


class _Recorder:
    """Record, as a pytest plugin, what each test runs."""

    def __init__(self, measured: coverage.Coverage) -> None:
        self._measured = measured
        self.seconds: dict[str, float] = {}
        self.failed: list[str] = []

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_protocol(self, item: pytest.Item) -> Iterator[None]:
        """Measure one test under its own name."""
        # Each test runs what it needs itself, and does not find it remembered from the one before.
        for function in caches():
            function.cache_clear()
        self._measured.switch_context(item.nodeid)
        began = time.process_time()
        try:
            return (yield)
        finally:
            self.seconds[item.nodeid] = time.process_time() - began

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """Note whether a test failed."""
        if report.failed:
            self.failed.append(report.nodeid)


def measure(tests: tuple[str, ...], sources: tuple[Path, ...]) -> Baseline:
    """Run the tests once, in a process of their own.

    Raises:
        RuntimeError: when a test fails before anything was changed.
    """
    found, failed = in_child(lambda: _measured(tests, sources))
    if failed or not found.seconds:
        raise RuntimeError(f"tests fail without any change: {', '.join(failed) or 'none was found'}")
    return found


def _measured(tests: tuple[str, ...], sources: tuple[Path, ...]) -> tuple[Baseline, list[str]]:
    known = set(sys.modules)
    found = coverage.Coverage(data_file=None, config_file=False, include=[os.fspath(path) for path in sources])
    recorder = _Recorder(found)
    found.start()
    pytest.main([*QUIET, *tests], plugins=[Calm(), recorder])
    found.stop()
    data = found.get_data()
    lines = {path: data.contexts_by_lineno(path) for path in data.measured_files()}
    imported = tuple(name for name in sys.modules if name not in known and _is_apart(name))
    return Baseline(recorder.seconds, lines, imported), recorder.failed


def _is_apart(module: str) -> bool:
    return module.split(".", maxsplit=1)[0] not in _OURS or module.startswith(_BELOW)
