"""A bucket in memory whose pages and deletions are a few operations on bytes, so that it is the clients that take time.

Each version of a key has a number, in the order of a listing. What a page shows of it lies ready, without what is the
same for all of them, which is put between two of them. What is deleted is marked and not removed.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable
from typing import Final
from urllib.parse import quote_from_bytes

_FACTS: Final = (
    b"<LastModified>2024-01-01T00:00:00.000Z</LastModified><ETag>&quot;d41d8cd98f00b204e9800998ecf8427e&quot;</ETag>"
    b"<Size>1</Size><StorageClass>STANDARD</StorageClass>"
)
_OBJECT: Final = (b"<Contents><Key>", b"</Key>" + _FACTS + b"</Contents>")
_VERSION: Final = (
    b"<Version><Key>",
    b"</VersionId><IsLatest>true</IsLatest>" + _FACTS + b"<Owner><ID>o</ID></Owner></Version>",
)
_ID: Final = b"</Key><VersionId>"


class Bucket:
    """Hold keys as logs have them, each with its versions."""

    def __init__(self, count: int = 0, versions: int = 1) -> None:
        self._ids = [b"%032x" % number for number in range(versions)] if versions > 1 else [b"null"]
        self._place = {id_: at for at, id_ in enumerate(self._ids)}
        self._keys = sorted(
            b"logs/app=%02d/dt=2024-01-%02d/part-%08d.json.gz" % (at % 20, 1 + at % 28, at) for at in range(count)
        )
        self._first = {key: at * len(self._ids) for at, key in enumerate(self._keys)}
        self._shown = [_ID.join((_encoded(key), id_)) for key in self._keys for id_ in self._ids]
        self._gone = bytearray(len(self._shown))
        self.left = len(self._shown)

    def delete(self, named: Iterable[tuple[bytes, bytes]]) -> None:
        """Delete versions, or all of a key's where none is named."""
        first, place, gone = self._first, self._place, self._gone
        for key, version in named:
            number = first.get(key)
            if number is None:
                continue
            at = place.get(version)
            for one in range(number, number + len(place)) if at is None else (number + at,):
                self.left -= not gone[one]
                gone[one] = 1

    def page(self, after: bytes, prefix: bytes, most: int, *, versions: bool, is_url: bool) -> tuple[bytes, bytes]:
        """Return the items of a page, and the key that the next one begins after; empty when there is no next one."""
        each = len(self._ids)
        start = bisect_right(self._keys, after) if after >= prefix else bisect_right(self._keys, prefix[:-1])
        numbers = self._numbers(start * each, max(most, each) + 1, prefix)
        goes_on = len(numbers) > max(most, each)
        if goes_on:
            # The versions of a key stay on one page.
            following = numbers.pop() // each
            while numbers[-1] // each == following:
                numbers.pop()
        begin, end = _VERSION if versions else _OBJECT
        shown = [self._shown[number] for number in numbers]
        if not versions:
            shown = list(dict.fromkeys(one.partition(_ID)[0] for one in shown))
        if not is_url:
            shown = [one.replace(b"%3D", b"=") for one in shown]
        items = b"".join((begin, (end + begin).join(shown), end)) if shown else b""
        return items, self._keys[numbers[-1] // each] if goes_on else b""

    def _numbers(self, start: int, most: int, prefix: bytes) -> list[int]:
        """Return the numbers of what is still there, from one on."""
        found: list[int] = []
        while len(found) < most and (start := self._gone.find(0, start)) >= 0:
            end = self._gone.find(1, start, start + most - len(found))
            end = min(start + most - len(found), len(self._gone)) if end < 0 else end
            found += range(start, end)
            start = end
        each = len(self._ids)
        while found and not self._keys[found[-1] // each].startswith(prefix):
            found.pop()
        return found


def _encoded(key: bytes) -> bytes:
    return quote_from_bytes(key, safe="/").encode("ascii")
