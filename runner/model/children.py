"""Children of a listing as one text, because an object for each of them is what takes the time.

A line holds one child: its key as S3 encodes it in a URL, a tab, and its version id (or upload id). Both are printable
ASCII, so that neither a tab nor the end of a line can stand in them.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Sequence
from typing import TypeAlias, overload

Child: TypeAlias = tuple[bytes, bytes]
"""An object's key as S3 encodes it in a URL, and its version id (or upload id); both are printable ASCII."""


class Children(Sequence[Child]):
    """Hold children in their order."""

    __slots__ = ("_count", "text")

    def __init__(self, text: bytes = b"") -> None:
        """Take the text, which is not looked at."""
        self.text = text
        self._count = text.count(b"\n") + 1 if text else 0

    @classmethod
    def of(cls, children: Iterable[Child]) -> Children:
        """Return the same children as a text."""
        return children if isinstance(children, Children) else cls(b"\n".join(map(b"\t".join, children)))

    @property
    def have_ids(self) -> bool:
        """Whether each of them has an id."""
        return bool(self.text) and b"\t\n" not in self.text and not self.text.endswith(b"\t")

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Children) and self.text == other.text

    def __hash__(self) -> int:
        return hash(self.text)

    def __len__(self) -> int:
        return self._count

    def __iter__(self) -> Iterator[Child]:
        return map(_child, self.text.split(b"\n") if self.text else ())

    @overload
    def __getitem__(self, at: int) -> Child: ...

    @overload
    def __getitem__(self, at: slice) -> Children: ...

    def __getitem__(self, at: int | slice) -> Child | Children:
        if at == 0 and self.text:
            # The whole text need not be taken apart for the first one.
            return _child(self.text.partition(b"\n")[0])
        if isinstance(at, int):
            return tuple(self)[at]
        return self if at.indices(self._count) == (0, self._count, 1) else Children.of(tuple(self)[at])


def manifest(bucket: str, children: Children) -> bytes:
    """Return what the log keeps of children, in canonical JSON: the keys as S3 encodes them in a URL, and the ids."""
    listed = children.text.replace(b"\t", b'","').replace(b"\n", b'"],["')
    name = json.dumps(bucket).encode("ascii")
    return b"".join((b'{"bucket":', name, b',"encoding":"url","objects":[["', listed, b'"]]}'))


def _child(line: bytes) -> Child:
    key, _, id_ = line.partition(b"\t")
    return key, id_
