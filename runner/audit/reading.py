"""Read a ledger's files; a reader takes no lock, writes nothing, and needs to be nobody in particular."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO

from runner.audit.directory import open_to_read
from runner.audit.line import Unparsable, parse, sha256
from runner.audit.segment import Segment, first_line, segment_name
from runner.errors import UsageError
from runner.model.canonical import Json, NotCanonical

_LONGEST = 64 * 1024 * 1024
"""A longer line is read in pieces, none of which is a record."""


def read_segments(directory: Path) -> Iterator[Segment]:
    """Yield the segments of a ledger in order; read one before asking for the next.

    Raises:
        UsageError: when there is no ledger, or a file of it cannot be read.
    """
    for first, path in segment_paths(directory):
        yield Segment(first, read_lines(path))


def segment_paths(directory: Path) -> tuple[tuple[int, Path], ...]:
    """Return the number in each segment's name and where it lies, in order.

    Raises:
        UsageError: when there is no ledger, or it cannot be read.
    """
    log = directory / "log"
    try:
        names = [entry.name for entry in log.iterdir()]
    except FileNotFoundError as error:
        hint = "the first `runner apply` makes it; RUNNER_LEDGER names another place"
        raise UsageError("there is no audit log", on=str(directory), hint=hint) from error
    except OSError as error:
        raise _unreadable(error, log) from error
    firsts = sorted(first for name in names if (first := first_line(name)) is not None)
    return tuple((first, log / segment_name(first)) for first in firsts)


def size_of(path: Path) -> int:
    """Return the bytes of a segment as it is now.

    Raises:
        UsageError: when it cannot be read.
    """
    try:
        return path.stat(follow_symlinks=False).st_size
    except OSError as error:
        raise _unreadable(error, path) from error


def read_records(
    directory: Path, run: str = "", *, mark: str | tuple[str, ...] = ""
) -> Iterator[tuple[dict[str, Json], str]]:
    """Yield every record with its line's digest, or those of one run, or those that hold one of some texts anywhere.

    Lines that are no records are passed over: a killed writer leaves such lines.

    Raises:
        UsageError: as for `read_segments`.
    """
    marks = (mark or run,) if isinstance(mark, str) else mark
    wanted = tuple(one.encode("ascii") for one in marks)
    for segment in read_segments(directory):
        for raw in segment.lines:
            line = raw.removesuffix(b"\n")
            if not any(map(line.__contains__, wanted)):
                continue
            try:
                data = parse(line)
            except (Unparsable, NotCanonical):
                continue
            if not run or data.get("run") == run:
                yield data, sha256(line)


def read_lines(path: Path, start: int = 0, end: int | None = None) -> Iterator[bytes]:
    """Yield the lines that begin from one byte of a file up to another, None for its end.

    A line belongs to where its first byte lies, so that stretches that meet have every line between them.

    Raises:
        UsageError: when the file cannot be read.
    """
    try:
        with os.fdopen(open_to_read(path), "rb", buffering=1024 * 1024) as file:
            position, is_whole = _first_beginning(file, start), True
            while end is None or position < end or not is_whole:
                line = file.readline(_LONGEST)
                if not line:
                    return
                position, is_whole = position + len(line), line.endswith(b"\n")
                yield line
    except OSError as error:
        raise _unreadable(error, path) from error


def _first_beginning(file: BinaryIO, start: int) -> int:
    """Go to the first line that begins at a byte or after it, and return where that is."""
    if start:
        file.seek(start - 1)
        while (piece := file.readline(_LONGEST)) and not piece.endswith(b"\n"):
            pass
    return file.tell()


def _unreadable(error: OSError, path: Path) -> UsageError:
    return UsageError(
        f"the audit log cannot be read: {error.strerror or error}",
        on=str(path),
        hint="read it as the user that wrote it; a symbolic link in its place was put there by somebody else",
    )
