"""``python -m runner.audit.surveyor``: survey stretches of a log for the process that puts them together.

It reads from stdin what it is to begin with and then which stretches to survey, and writes what each says to stdout: a
length in four bytes, and MessagePack. It ends when stdin does.
"""

from __future__ import annotations

import sys
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import IO

import msgspec

from runner.audit.blob import read_blob
from runner.audit.reading import read_lines
from runner.audit.stretch import Stretch, survey
from runner.errors import UsageError

_LENGTH = 4


@dataclass(frozen=True)
class Begin:
    """Say of which ledger stretches are surveyed, and where its checkpoints stand; None when nobody asks."""

    directory: str
    sizes: frozenset[int] | None


@dataclass(frozen=True)
class Cut:
    """Name a stretch: the lines that begin between two bytes of a file."""

    path: str
    start: int
    end: int | None


def send(to: IO[bytes] | None, message: Begin | Cut | Stretch | None) -> None:
    """Write a message.

    Raises:
        OSError: when nobody reads it any more.
    """
    if to is None:
        raise BrokenPipeError
    content = _encode(message)
    to.write(len(content).to_bytes(_LENGTH) + content)
    to.flush()


def answer_from(source: IO[bytes] | None) -> Stretch | None:
    """Read what a stretch says.

    Raises:
        OSError: when there is no whole answer to be had.
    """
    try:
        found: Stretch | None = _stretch(_message(source))
    except (EOFError, msgspec.MsgspecError) as error:
        raise BrokenPipeError from error
    return found


def main() -> None:
    """Answer until nobody asks any more."""
    asks, answers = sys.stdin.buffer, sys.stdout.buffer
    begin = _begin(_message(asks))
    directory = Path(begin.directory)
    while True:
        try:
            cut = _cut(_message(asks))
        except EOFError:
            return
        try:
            lines = read_lines(Path(cut.path), cut.start, cut.end)
            found = survey(lines, begin.sizes, partial(read_blob, directory))
        except UsageError:
            found = None  # whoever reads these lines next says what is wrong
        send(answers, found)


def _message(source: IO[bytes] | None) -> bytes:
    if source is None:
        raise EOFError
    size = int.from_bytes(_exactly(source, _LENGTH))
    return _exactly(source, size)


def _exactly(source: IO[bytes], size: int) -> bytes:
    parts = []
    while size:
        part = source.read(size)
        if not part:
            raise EOFError
        parts.append(part)
        size -= len(part)
    return b"".join(parts)


_encode = msgspec.msgpack.Encoder().encode
_begin = msgspec.msgpack.Decoder(Begin).decode
_cut = msgspec.msgpack.Decoder(Cut).decode
_stretch = msgspec.msgpack.Decoder(Stretch | None).decode

if __name__ == "__main__":
    main()
