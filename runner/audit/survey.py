"""Have several processes read a long log: each surveys stretches of it, and one puts together what they say.

The processes (``runner.audit.surveyor``) only read, and what they say is believed where it joins. When there is one
processor, or a short log, or when one of them ends before its time, the lines are read here.
"""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

from runner.audit.reading import read_lines, segment_paths, size_of
from runner.audit.stretch import Part, Stretch
from runner.audit.surveyor import Begin, Cut, answer_from, send

AHEAD = 2
"""Stretches that a process is asked for before its first answer is read: it never waits, and memory stays flat."""


@dataclass(frozen=True)
class Apart:
    """Say how a log is divided."""

    processes: int = 8
    """At most so many, and one for each processor at most: more would wait for the one that puts things together."""
    stretch: int = 4 * 1024 * 1024
    """Bytes of a stretch."""
    least: int = 32 * 1024 * 1024
    """Bytes of a log that is worth it: a process takes the time of some ten thousand records to start."""


APART = Apart()


class Range(NamedTuple):
    """Name the lines that begin between two bytes of a segment; ``end`` is None for the end of it."""

    first: int
    path: Path
    start: int
    end: int | None


@contextmanager
def surveyed(
    directory: Path, sizes: frozenset[int] | None, is_wanted: Callable[[], bool], apart: Apart = APART
) -> Iterator[Iterator[Part]]:
    """Read a log's parts in order inside the block, with what they say by themselves as long as it ``is_wanted``.

    ``sizes`` are those of the checkpoints, None when nobody asks for the tree.

    Raises:
        UsageError: when there is no ledger, or it cannot be read.
    """
    ranges, size = _ranges(segment_paths(directory.absolute()), apart.stretch)
    processes = min(apart.processes, _processors(), len(ranges)) if size >= apart.least else 1
    crew = _Crew(processes if processes > 1 else 0, Begin(str(directory.absolute()), sizes))
    try:
        yield _parts(crew, ranges, is_wanted)
    finally:
        crew.dismiss()


def _parts(crew: _Crew, ranges: Sequence[Range], is_wanted: Callable[[], bool]) -> Iterator[Part]:
    asked = 0
    for index, (first, path, start, end) in enumerate(ranges):
        if not is_wanted():
            crew.dismiss()
        for ahead in range(asked, min(index + AHEAD * crew.size, len(ranges))):
            crew.ask(ahead, ranges[ahead])
            asked = ahead + 1
        yield Part(first, read_lines(path, start, end), crew.answer(index), begins=not start)


def _ranges(paths: Sequence[tuple[int, Path]], stretch: int) -> tuple[list[Range], int]:
    """Return the stretches of all segments, and the bytes of all; the last of a segment ends where it ends by then."""
    ranges: list[Range] = []
    everything = 0
    for first, path in paths:
        size = size_of(path)
        everything += size
        starts = range(0, max(size, 1), stretch)
        ranges.extend(Range(first, path, start, start + stretch) for start in starts[:-1])
        ranges.append(Range(first, path, starts[-1], None))
    return ranges, everything


def _processors() -> int:
    """Return how many processors this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


class _Crew:
    """Hold the processes; stretch number n is surveyed by the same one as number n plus their number."""

    def __init__(self, processes: int, begin: Begin) -> None:
        self._members: list[subprocess.Popen[bytes]] = []
        try:
            for _ in range(processes):
                self._members.append(_started())
            for member in self._members:
                send(member.stdin, begin)
        except OSError:
            self.dismiss()

    @property
    def size(self) -> int:
        """How many there are."""
        return len(self._members)

    def ask(self, index: int, wanted: Range) -> None:
        """Ask for a stretch."""
        if not self._members:
            return
        try:
            asks = self._members[index % len(self._members)].stdin
            send(asks, Cut(str(wanted.path), wanted.start, wanted.end))
        except OSError:
            self.dismiss()

    def answer(self, index: int) -> Stretch | None:
        """Return what a stretch says by itself; answers are read in the order in which they were asked for."""
        if not self._members:
            return None
        try:
            return answer_from(self._members[index % len(self._members)].stdout)
        except OSError:
            self.dismiss()
            return None

    def dismiss(self) -> None:
        """End the processes; from now on nothing is known beforehand."""
        members, self._members = self._members, []
        for member in members:
            member.kill()
            with member:  # closes its pipes and waits for it
                pass


def _started() -> subprocess.Popen[bytes]:
    """Start a process that nothing of the terminal's reaches, and that imports nothing from the working directory."""
    return subprocess.Popen(
        (sys.executable, "-m", "runner.audit.surveyor"),
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        cwd=Path("/"),
        bufsize=0,
        start_new_session=True,
    )
