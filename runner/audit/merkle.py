"""The Merkle tree over the log's lines, as RFC 6962 defines it: one hash that stands for every line before it. Pure.

A leaf is a line without its newline, whatever the line is: unfinished lines are leaves too. Only the hashes along the
tree's right edge are kept (one for each bit of its size), so that growing needs no more than what a checkpoint holds.

Source: RFC 6962, section 2.1.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from typing import NamedTuple

EMPTY = hashlib.sha256(b"").digest()
"""The root of a tree without leaves."""


class NoEdge(ValueError):
    """Say that these hashes cannot be the right edge of a tree of this size."""


class Subtree(NamedTuple):
    """Hold the root of a complete subtree of ``2**level`` leaves."""

    level: int
    root: bytes


def leaf(line: bytes) -> bytes:
    """Return the hash of a leaf."""
    return hashlib.sha256(b"\0" + line).digest()


def node(left: bytes, right: bytes) -> bytes:
    """Return the hash over two subtrees."""
    return hashlib.sha256(b"\1" + left + right).digest()


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
        self.add(Subtree(0, leaf(line)))

    def add(self, part: Subtree) -> None:
        """Add the leaves of a complete subtree, which begins where the tree ends.

        Raises:
            NoEdge: when no complete subtree of this size can begin there.
        """
        level, found = part
        if self._size & ((1 << level) - 1):
            raise NoEdge(f"no subtree of {1 << level} leaves begins after {self._size}")
        size = self._size >> level
        while size & 1:
            found = node(self._edge.pop(), found)
            size >>= 1
        self._edge.append(found)
        self._size += 1 << level

    def root(self) -> bytes:
        """Return the tree's hash."""
        if not self._edge:
            return EMPTY
        found = self._edge[-1]
        for left in reversed(self._edge[:-1]):
            found = node(left, found)
        return found


class Forest:
    """Grow the complete subtrees over leaves that begin anywhere in a tree, without what stands before them."""

    def __init__(self, first: int) -> None:
        self._next = first
        self._levels: list[int] = []
        self._roots: list[bytes] = []

    def append(self, line: bytes) -> None:
        """Add a line."""
        level, found, index = 0, leaf(line), self._next
        while index & 1 and self._levels and self._levels[-1] == level:
            found = node(self._roots.pop(), found)
            level = self._levels.pop() + 1
            index >>= 1
        self._levels.append(level)
        self._roots.append(found)
        self._next += 1

    def cut(self) -> tuple[Subtree, ...]:
        """Return the subtrees from left to right, and begin anew after them."""
        parts = tuple(map(Subtree, self._levels, self._roots))
        self._levels.clear()
        self._roots.clear()
        return parts
