"""What earlier runs found out, so that a run that was broken off goes on where it stood.

A killed mutant is not tried again as long as neither its module has changed nor the test that killed it. One that lived
is tried again as soon as anything has changed, in the program or in the tests. A change elsewhere (in a fixture, in a
rule that this one asks) could bring a dead one back to life: ``--fresh`` forgets.
"""

from __future__ import annotations

import ast
import hashlib
import json
from collections.abc import Mapping
from functools import cache
from pathlib import Path

from benchmarks.mutants.mutant import Mutant
from benchmarks.mutants.trial import Fate

_ALL = ("benchmarks", "runner", "tests")
"""Where everything stands that could kill a mutant."""


class Memory:
    """Keep the fates of mutants in a file, one a line, each written as soon as it is known."""

    def __init__(self, file: Path, *, fresh: bool) -> None:
        self._file = file
        file.parent.mkdir(exist_ok=True)
        if fresh:
            file.unlink(missing_ok=True)
        file.touch()
        lines = file.read_text(encoding="utf-8").splitlines()
        self._known: dict[str, tuple[Fate, str, str]] = {
            mutant: (Fate(fate), tests, seen) for mutant, fate, tests, seen in map(json.loads, lines)
        }

    def fate(self, mutant: Mutant) -> Fate:
        """Return what became of a mutant, and would become of it today; `Fate.UNTRIED` when that is not known."""
        fate, tests, seen = self._known.get(mutant.id, (Fate.UNTRIED, "", ""))
        return fate if seen and seen == _seen(mutant, fate, tests) else Fate.UNTRIED

    def note(self, mutant: Mutant, fate: Fate, tests: str) -> None:
        """Note the fate of a mutant, and the test that it is owed to, or some test files with spaces between them."""
        with self._file.open("a", encoding="utf-8") as kept:
            kept.write(json.dumps([mutant.id, fate.value, tests, _seen(mutant, fate, tests)]) + "\n")


def _seen(mutant: Mutant, fate: Fate, tests: str) -> str:
    return _state(mutant.path, tests) if fate is Fate.KILLED else _everything()


@cache
def _everything() -> str:
    """Return the digest of the program and its tests as they are now."""
    files = sorted(path for place in _ALL for path in Path(place).rglob("*") if path.is_file())
    # A review says what a survivor means, and kills nothing.
    kept = (path for path in files if "__pycache__" not in path.parts and path.name != "reviewed.txt")
    return hashlib.sha256(b"\0".join(digest for path in kept for digest in _named(path))).hexdigest()


def _named(path: Path) -> tuple[bytes, bytes]:
    return path.as_posix().encode(), hashlib.sha256(path.read_bytes()).digest()


@cache
def _state(module: Path, tests: str) -> str:
    """Return the digest of a module and tests as they are now; empty when one is gone."""
    try:
        texts = [module.read_text(encoding="utf-8"), *map(_source, tests.split())]
    except (FileNotFoundError, KeyError):
        return ""
    return hashlib.sha256("\0".join(texts).encode()).hexdigest()


def _source(test: str) -> str:
    file, _, function = test.partition("::")
    return _functions(file)[function] if function else Path(file).read_text(encoding="utf-8")


@cache
def _functions(file: str) -> Mapping[str, str]:
    """Return the source of every function of a test file, with its parameters."""
    text = Path(file).read_text(encoding="utf-8")
    lines = text.splitlines()
    found: dict[str, str] = {}
    for node in ast.parse(text).body:
        if isinstance(node, ast.FunctionDef):
            first = min((node.lineno, *(decorator.lineno for decorator in node.decorator_list)))
            found[node.name] = "\n".join(lines[first - 1 : node.end_lineno])
    return found
