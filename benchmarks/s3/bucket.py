"""A bucket whose pages and deletions are a few operations on bytes, so that it is the clients that take time.

No key is held: the keys are those of a log, and all its directories hold the same names. So a bucket takes a byte of
memory for each version, and what is said of a run of them is one join. Each version has a number, in the order of a
listing; what is deleted is marked.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Iterator
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
_DIRECTORIES: Final = [b"logs/app=%02d/dt=2024-01-%02d/" % (app, day) for app in range(20) for day in range(1, 29)]
_LONG: Final = len(_DIRECTORIES[0])
_NUMBER: Final = {directory: number for number, directory in enumerate(_DIRECTORIES)}


class Bucket:
    """Hold so many keys as logs have them, each with its versions."""

    def __init__(self, count: int = 0, versions: int = 1) -> None:
        ids = [b"%032x" % number for number in range(versions)] if versions > 1 else [b"null"]
        self._each = len(ids)
        self._place = {id_: at for at, id_ in enumerate(ids)}
        self._count = count
        names = -(-count // len(_DIRECTORIES))
        self._names = [b"part-%08d.json.gz" % at for at in range(names)]
        self._first = {name: at for at, name in enumerate(self._names)}
        # Every version of every name, as it stands on a page after its directory.
        self._shown = [_ID.join((name, id_)) for name in self._names for id_ in ids]
        self._gone = bytearray(count * self._each)
        self.left = len(self._gone)

    def delete(self, named: Iterable[tuple[bytes, bytes]]) -> None:
        """Delete versions, or all of a key's where none is named."""
        first, place, gone, names, each = self._first, self._place, self._gone, len(self._names), self._each
        left = self.left
        for key, version in named:
            directory, name = _NUMBER.get(key[:_LONG]), first.get(key[_LONG:])
            if directory is None or name is None:
                continue
            number, at = (directory * names + name) * each, place.get(version)
            for one in range(number, min(number + each, len(gone))) if at is None else (number + at,):
                left -= not gone[one]
                gone[one] = 1
        self.left = left

    def page(self, after: bytes, prefix: bytes, most: int, *, versions: bool, is_url: bool) -> tuple[bytes, bytes]:
        """Return the items of a page, and the key that the next one begins after; empty when there is no next one."""
        start = max(self._behind(after), self._behind(prefix, at_it=True)) * self._each
        end = self._behind(prefix + b"\xff") * self._each
        runs, following = self._runs(start, end, max(most, self._each))
        begin, stop = _VERSION if versions else _OBJECT
        parts = [
            begin + part + stop
            for low, high in runs
            for part in self._shown_of(low, high, stop + begin, versions=versions, is_url=is_url)
        ]
        return b"".join(parts), self._key(following // self._each - 1) if following else b""

    def _runs(self, start: int, end: int, most: int) -> tuple[list[tuple[int, int]], int]:
        """Return runs of versions that are there, so many at most, and the number of the next one; 0 without one."""
        runs: list[tuple[int, int]] = []
        while (start := self._gone.find(0, start, end)) >= 0:
            if not most:
                # The versions of a key stay on one page.
                first = start - start % self._each
                return [(low, min(high, first)) for low, high in runs if low < first], start
            stop = self._gone.find(1, start, min(start + most, end))
            stop = min(start + most, end) if stop < 0 else stop
            runs.append((start, stop))
            most -= stop - start
            start = stop
        return runs, 0

    def _shown_of(self, low: int, high: int, between: bytes, *, versions: bool, is_url: bool) -> Iterator[bytes]:
        """Yield what is shown of a run, directory by directory, with what stands between two of them."""
        span = len(self._names) * self._each
        while low < high:
            number, at = divmod(low, span)
            stop = min(high - low, span - at) + at
            directory = quote_from_bytes(_DIRECTORIES[number], safe="/").encode() if is_url else _DIRECTORIES[number]
            shown = self._shown[at:stop]
            if not versions:
                shown = list(dict.fromkeys(one.partition(_ID)[0] for one in shown))
            yield directory + (between + directory).join(shown)
            low += stop - at

    def _behind(self, key: bytes, *, at_it: bool = False) -> int:
        """Return the number of the first key behind a text, or of that key itself."""
        directory = bisect_right(_DIRECTORIES, key) - 1
        if directory < 0:
            return 0
        if not key.startswith(_DIRECTORIES[directory]):
            return min((directory + 1) * len(self._names), self._count)
        name = (bisect_left if at_it else bisect_right)(self._names, key[_LONG:])
        return min(directory * len(self._names) + name, self._count)

    def _key(self, number: int) -> bytes:
        directory, name = divmod(number, len(self._names))
        return _DIRECTORIES[directory] + self._names[name]
