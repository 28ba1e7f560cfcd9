"""The end of the chain on disk: one writer at a time, whole lines, durable before anything else happens.

- The lock is ``flock(2)`` on the log's directory; the kernel lets go of it when a process dies, in whatever way.
- What other processes appended is read before a line is written; a log that shrank is refused.
- No line is ever truncated, overwritten or removed.
- A segment is named by its first line's number. The next one exists, or is made, under the name of the next line, so
  all writers agree where the chain goes on, whatever size each of them thinks a segment should have.
- Every line becomes a leaf of the tree, which begins where the last checkpoint ended. A log that ends before that, or
  that has another root there, is refused: nothing is ever signed that does not go on from what was signed.
- A failed ``fsync`` is never repeated: Linux may have dropped the data and call the second one a success.
"""

from __future__ import annotations

import errno
import os
import sys
from collections.abc import Iterable, Iterator, Sequence
from contextlib import AbstractContextManager
from itertools import pairwise

from runner.audit.checkpoint import Checkpoint
from runner.audit.directory import exists, open_log, sync, write_whole
from runner.audit.line import MAX_LINE, NOTHING, sha256
from runner.audit.lock import LogLock
from runner.audit.merkle import Tree
from runner.audit.segment import first_line, segment_name
from runner.audit.space import MARGIN, allocate
from runner.audit.tail import Damaged, Tail, follow
from runner.model.ports import Clock

SEGMENT_BYTES = 64 * 1024 * 1024
"""The size after which a segment is not continued."""

_PART = 4 * 1024 * 1024
"""Bytes read at a time."""


class Chain:
    """Hold the open segment and where the chain goes on; valid only inside `locked`."""

    def __init__(self, directory: int, clock: Clock) -> None:
        self._directory = directory
        self._lock = LogLock(directory, clock)
        self._segment = -1
        self._first = -1
        self._offset = 0
        self._allocated = 0
        self._line_is_open = False
        self._signed: Checkpoint | None = None
        self.tail = Tail()
        self.tree = Tree()

    def go_on_from(self, signed: Checkpoint | None, tree: Tree) -> None:
        """Begin with the tree at the last checkpoint, or an empty one; before anything is read."""
        self._signed, self.tree = signed, tree

    def locked(self) -> AbstractContextManager[None]:
        """Keep every other writer out inside the block.

        Raises:
            OSError: when another process does not let go of the lock.
        """
        return self._lock

    def catch_up(self) -> None:
        """Read what others wrote since, and go on to the segment that they went on to.

        Raises:
            Damaged: when the log does not end as writers leave it.
            OSError: when it cannot be read.
        """
        if self._segment < 0:
            self._open_last()
        self._read()
        while self.tail.seq > self._first and exists(segment_name(self.tail.seq), self._directory):
            self._go_on(create=False)
            self._read()
        if self.tree.size > self.tail.seq:
            raise Damaged(f"it ends at line {self.tail.seq}, and {self.tree.size} lines were signed")

    def end_line(self) -> None:
        """End the line that a killed writer left open.

        Raises:
            OSError: on any write error.
        """
        if self._line_is_open:
            write_whole(self._segment, b"\n")
            sync(self._segment)
            self._offset += 1
            self._line_is_open = False

    def make_room(self, wanted: int, lines: int = 1, *, at_once: bool = False) -> str:
        """Begin a new segment when this one is full, and allocate disk space past its end.

        ``wanted`` bytes when a segment still takes them, at least room for so many lines and `MARGIN`; unless
        ``at_once``, only when less than that is left. Returns why nothing was allocated, when there is no way to do it.

        Raises:
            OSError: when there is no space.
        """
        begun = self._offset >= SEGMENT_BYTES
        if begun:
            self._go_on(create=True)
        least = lines * MAX_LINE + MARGIN
        if not at_once and self._offset + least <= self._allocated:
            return ""
        size = max(min(wanted, SEGMENT_BYTES - self._offset), least, 2 * MARGIN)
        try:
            skipped = allocate(self._segment, self._offset, size)
        except OSError:
            if begun:  # without room in it, others could not even write how their calls ended
                os.unlink(segment_name(self._first), dir_fd=self._directory)
            raise
        self._allocated = sys.maxsize if skipped else self._offset + size
        return skipped

    def write(self, lines: Sequence[bytes], last: str) -> int:
        """Append lines, each of which names the one before; they are durable on return. ``last`` is the last digest.

        Returns how many bytes that were.

        Raises:
            OSError: on any write error, and for a line longer than `MAX_LINE`.
        """
        longest = max(map(len, lines))
        if longest > MAX_LINE:
            raise OSError(errno.EMSGSIZE, f"a record has {longest} bytes")
        content = b"\n".join((*lines, b""))
        write_whole(self._segment, content)
        sync(self._segment)
        self._offset += len(content)
        self._grow(self.tail.seq, lines)
        self.tail = Tail(self.tail.seq + len(lines), last, after=last)
        return len(content)

    def close(self) -> None:
        """Close the files."""
        for descriptor in (self._segment, self._directory):
            if descriptor >= 0:
                os.close(descriptor)
        self._segment = self._directory = -1

    def _open_last(self) -> None:
        with os.scandir(self._directory) as entries:
            firsts = sorted(first for entry in entries if (first := first_line(entry.name)) is not None)
        last = firsts[-1] if firsts else 0
        if firsts == [last] and last:
            raise Damaged(f"what came before line {last} is gone")
        prev = self._last_digest(firsts[-2]) if len(firsts) > 1 else NOTHING
        self._grow_up_to(last, firsts)
        self._segment = open_log(segment_name(last), self._directory, create=not firsts)
        self._first = last
        self.tail = Tail(last, prev, after=prev)

    def _grow_up_to(self, last: int, firsts: list[int]) -> None:
        """Read the lines before the last segment that are not in the tree yet."""
        for first, following in pairwise(firsts):
            if following > self.tree.size:
                self._grow(first, self._lines_of(first))
        if self.tree.size < last:
            raise Damaged(f"what came before line {last} is not whole")

    def _lines_of(self, first: int) -> Iterator[bytes]:
        descriptor = open_log(segment_name(first), self._directory, create=False)
        with os.fdopen(descriptor, "rb", buffering=_PART) as file:
            for line in file:
                yield line.removesuffix(b"\n")

    def _grow(self, seq: int, lines: Iterable[bytes]) -> None:
        for number, line in enumerate(lines, seq):
            if number < self.tree.size:
                continue
            self.tree.append(line)
            signed = self._signed
            if signed is not None and self.tree.size == signed.size and self.tree.root() != signed.root:
                raise Damaged(f"its first {signed.size} lines are not those that were signed")

    def _last_digest(self, first: int) -> str:
        """Return the digest of the last line of a segment that is not continued any more."""
        descriptor = open_log(segment_name(first), self._directory, create=False)
        try:
            size = os.fstat(descriptor).st_size
            offset = max(size - MAX_LINE - 2, 0)
            end = _read_at(descriptor, offset, size)
        finally:
            os.close(descriptor)
        lines = end.split(b"\n")
        if lines.pop() or not lines or (len(lines) == 1 and offset):
            raise Damaged(f"segment {segment_name(first)} does not end with a whole line")
        return sha256(lines[-1])

    def _read(self) -> None:
        size = os.fstat(self._segment).st_size
        if size < self._offset:
            raise Damaged(f"segment {segment_name(self._first)} is shorter than it was")
        rest = b""
        while self._offset < size:
            part = _read_at(self._segment, self._offset, min(self._offset + _PART, size))
            *lines, rest = (rest + part).split(b"\n")
            self._grow(self.tail.seq, lines)
            self.tail = follow(self.tail, lines)
            self._offset += len(part)
        if rest:
            self._grow(self.tail.seq, [rest])
            self.tail = follow(self.tail, [rest])
            self._line_is_open = True

    def _go_on(self, *, create: bool) -> None:
        segment = open_log(segment_name(self.tail.seq), self._directory, create=create)
        if self._line_is_open or self.tail.torn:
            os.close(segment)
            raise Damaged(f"segment {segment_name(self._first)} was left with an unfinished line")
        os.close(self._segment)
        self._segment, self._first = segment, self.tail.seq
        self._offset = self._allocated = 0


def _read_at(descriptor: int, start: int, end: int) -> bytes:
    parts = []
    while start < end:
        part = os.pread(descriptor, end - start, start)
        if not part:
            raise Damaged("it became shorter while it was read")
        parts.append(part)
        start += len(part)
    return b"".join(parts)
