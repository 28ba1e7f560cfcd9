"""The Merkle tree over the log's lines, as RFC 6962 defines it: one hash that stands for every line before it. Pure.

A leaf is a line without its newline, whatever the line is: unfinished lines are leaves too. Only the hashes along the
tree's right edge are kept (one for each bit of its size), so that growing needs no more than what a checkpoint holds.

Source: RFC 6962, section 2.1.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence

EMPTY = hashlib.sha256(b"").digest()
"""The root of a tree without leaves."""


class NoEdge(ValueError):
    """Say that these hashes cannot be the right edge of a tree of this size."""


class Tree:
    """Grow a tree leaf by leaf."""

    def __init__(self, size: int = 0, edge: Sequence[bytes] = ()) -> None:
        if size < 0 or len(edge) != size.bit_count() or any(len(part) != hashlib.sha256().digest_size for part in edge):
            raise NoEdge(f"{len(edge)} hashes are not the edge of a tree of {size} leaves")
        self._size = size
        self._edge = list(edge)

    @property
    def size(self) -> int:
        """The number of leaves."""
        return self._size

    @property
    def edge(self) -> tuple[bytes, ...]:
        """The roots of the complete subtrees from left to right, the largest first."""
        return tuple(self._edge)

    def append(self, line: bytes) -> None:
        """Add a line."""
        found = hashlib.sha256(b"\0" + line).digest()
        size = self._size
        while size & 1:
            found = hashlib.sha256(b"\1" + self._edge.pop() + found).digest()
            size >>= 1
        self._edge.append(found)
        self._size += 1

    def root(self) -> bytes:
        """Return the tree's hash."""
        if not self._edge:
            return EMPTY
        found = self._edge[-1]
        for left in reversed(self._edge[:-1]):
            found = hashlib.sha256(b"\1" + left + found).digest()
        return found
