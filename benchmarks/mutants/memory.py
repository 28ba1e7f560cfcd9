"""What earlier runs killed, so that a run that was broken off goes on where it stood.

A killed mutant is not tried again as long as neither its module has changed nor the test file that killed it; what
lived is tried again every time. A change elsewhere (in a fixture, in a rule that this one asks) could bring a dead one
back to life: ``--fresh`` forgets, and the figures in the documentation are those of fresh runs.
"""

from __future__ import annotations

import hashlib
import json
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
            mutant: (files, seen) for mutant, files, seen in map(json.loads, lines)
        }

    def knows(self, mutant: Mutant) -> bool:
        """Return whether a mutant was killed, and would be today."""
        files, seen = self._killed.get(mutant.id, ("", ""))
        return seen != "" and seen == _state(mutant.path, files)

    def note(self, mutant: Mutant, files: str) -> None:
        """Note that one of some test files, written with spaces between them, killed a mutant."""
        with self._file.open("a", encoding="utf-8") as kept:
            kept.write(json.dumps([mutant.id, files, _state(mutant.path, files)]) + "\n")


@cache
def _state(module: Path, files: str) -> str:
    """Return the digest of a module and test files as they are now; empty when one is gone."""
    try:
        texts = [path.read_bytes() for path in (module, *map(Path, files.split()))]
    except FileNotFoundError:
        return ""
    return hashlib.sha256(b"\0".join(texts)).hexdigest()
