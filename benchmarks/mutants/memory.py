"""What earlier runs killed, so that a run that was broken off goes on where it stood.

A killed mutant is not tried again as long as neither its module has changed nor the test that killed it; what lived is
tried again every time. A change elsewhere (in a fixture, in a rule that this one asks) could bring a dead one
back to life: ``--fresh`` forgets, and the figures in the documentation are those of fresh runs.
"""

from __future__ import annotations

import ast
import hashlib
import json
from collections.abc import Mapping
from functools import cache
from pathlib import Path

from benchmarks.mutants.mutant import Mutant


class Memory:
    """Keep the killed mutants in a file, one a line, each written as soon as it is known."""

    def __init__(self, file: Path, *, fresh: bool) -> None:
        self._file = file
        file.parent.mkdir(exist_ok=True)
        if fresh:
            file.unlink(missing_ok=True)
        file.touch()
        lines = file.read_text(encoding="utf-8").splitlines()
        self._killed: dict[str, tuple[str, str]] = {
            mutant: (tests, seen) for mutant, tests, seen in map(json.loads, lines)
        }

    def knows(self, mutant: Mutant) -> bool:
        """Return whether a mutant was killed, and would be today."""
        tests, seen = self._killed.get(mutant.id, ("", ""))
        return seen != "" and seen == _state(mutant.path, tests)

    def note(self, mutant: Mutant, tests: str) -> None:
        """Note that a test, or one of some test files with spaces between them, killed a mutant."""
        with self._file.open("a", encoding="utf-8") as kept:
            kept.write(json.dumps([mutant.id, tests, _state(mutant.path, tests)]) + "\n")


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
