"""The log as transparency-log tools read it: tiles of hashes, bundles of entries, and the last checkpoint. Pure.

::

    checkpoint                       the signed note
    tile/0/x001/234, tile/0/067.p/12 leaf hashes, 256 a tile, the last one partial; level 1 holds the tiles' own roots
    tile/entries/…                   the lines, each behind its length in two bytes

Source: C2SP, ``tlog-tiles.md``.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator

WIDTH = 256
"""Hashes, or entries, in a whole tile."""
LONGEST = 2**16 - 1
"""Bytes of an entry: its length stands in two."""


class TooLong(ValueError):
    """Say that a line cannot be an entry."""


def tile_files(lines: Iterable[bytes]) -> Iterator[tuple[str, bytes]]:
    """Yield path and content of every tile over the lines, whole ones as they are complete.

    Raises:
        TooLong: for a line of more than `LONGEST` bytes; no writer makes one.
    """
    levels: list[list[bytes]] = [[]]
    done = [0]
    entries: list[bytes] = []
    bundles = 0
    for line in lines:
        entries.append(_entry(line))
        levels[0].append(hashlib.sha256(b"\0" + line).digest())
        if len(entries) == WIDTH:
            yield _path("entries", bundles), b"".join(entries)
            entries, bundles = [], bundles + 1
        yield from _full(levels, done)
    if entries:
        yield _path("entries", bundles, len(entries)), b"".join(entries)
    for level, hashes in enumerate(levels):
        if hashes:
            yield _path(str(level), done[level], len(hashes)), b"".join(hashes)


def _full(levels: list[list[bytes]], done: list[int]) -> Iterator[tuple[str, bytes]]:
    """Yield the tiles that are whole now, and put the root of each into the level above."""
    level = 0
    while level < len(levels) and len(levels[level]) == WIDTH:
        hashes = levels[level]
        yield _path(str(level), done[level]), b"".join(hashes)
        if level + 1 == len(levels):
            levels.append([])
            done.append(0)
        levels[level + 1].append(_root(hashes))
        levels[level] = []
        done[level] += 1
        level += 1


def _root(hashes: list[bytes]) -> bytes:
    while len(hashes) > 1:
        pairs = zip(hashes[::2], hashes[1::2], strict=True)
        hashes = [hashlib.sha256(b"\1" + left + right).digest() for left, right in pairs]
    return hashes[0]


def _entry(line: bytes) -> bytes:
    if len(line) > LONGEST:
        raise TooLong(f"a line has {len(line)} bytes")
    return len(line).to_bytes(2, "big") + line


def _path(level: str, number: int, width: int = WIDTH) -> str:
    digits = f"{number:03d}"
    digits = digits.zfill(-(-len(digits) // 3) * 3)
    parts = [digits[at : at + 3] for at in range(0, len(digits), 3)]
    name = "/".join([*(f"x{part}" for part in parts[:-1]), parts[-1]])
    return f"tile/{level}/{name}" + (f".p/{width}" if width != WIDTH else "")
