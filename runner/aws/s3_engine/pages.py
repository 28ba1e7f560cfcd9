"""Pages of S3's listings, read. Pure.

The quick way cuts a page at the beginnings of its elements and takes the pair of key and id from each piece, in one
text for all of them. It is taken only when the page looks exactly as S3 writes it: the root, the order of the elements,
as many pairs as there are elements, and one answer to "is there more". Any other page goes to a real XML parser, and
one that it cannot read is an error, never a shorter list.
"""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass, replace
from typing import Final
from xml.etree.ElementTree import Element, ParseError, fromstring

from runner.aws.s3_engine.keys import decoded, encoded
from runner.model.bulk import Counted
from runner.model.children import Child, Children


class UnreadablePage(ValueError):
    """Say why a page cannot be read."""


@dataclass(frozen=True)
class Layout:
    """Name the elements of a listing."""

    root: str
    items: tuple[str, ...]
    """The elements that hold children."""
    id: str
    """The child's element that holds its id."""
    query: str
    """The subresource that is listed."""
    id_marker: str
    """The query parameter that goes on from an id."""

    @property
    def next_id(self) -> str:
        """The element that says from which id the listing goes on."""
        return {"VersionId": "NextVersionIdMarker", "UploadId": "NextUploadIdMarker"}[self.id]


VERSIONS: Final = Layout(
    "ListVersionsResult", ("Version", "DeleteMarker"), "VersionId", "versions", "version-id-marker"
)
UPLOADS: Final = Layout("ListMultipartUploadsResult", ("Upload",), "UploadId", "uploads", "upload-id-marker")


@dataclass(frozen=True)
class Cursor:
    """Say after which key, and after which id of it, a listing goes on; the key is decoded."""

    key: bytes = b""
    id: bytes = b""


@dataclass(frozen=True)
class Page:
    """Hold what a page lists and where the next one begins; None when it is the last."""

    children: Children
    after: Cursor | None
    counted: Counted
    content: bytes = b""
    """The page as it came, where it is measured."""
    duration_ms: int = 0


_PLAIN: Final = bytes(code for code in range(0x21, 0x7F) if chr(code) not in '"&<>\\')
"""Printable ASCII without what would need an escape in XML or in JSON: all that S3 writes in an encoded key."""
_KEY: Final = rb"([^<]*+)"
_ID: Final = rb"([^<]*+)"
_VERSION: Final = b"<Version><Key>"
_MARKER: Final = b"<DeleteMarker><Key>"
_BEGIN: Final = re.compile(rb'\s*(?:<\?xml [^>]*\?>\s*)?<ListVersionsResult(?: xmlns="[^"]*")?>')
_END: Final = re.compile(rb"</ListVersionsResult>\s*\Z")
_URL: Final = b"<EncodingType>url</EncodingType>"
_HEAD: Final = 8 * 1024
"""Bytes at the beginning of a page in which S3 says whether there is more; markers can be keys of 3 kB, encoded."""
_MORE: Final = re.compile(rb"<IsTruncated>(true|false)</IsTruncated>")
_NEXT_KEY: Final = re.compile(rb"<NextKeyMarker>" + _KEY + rb"</NextKeyMarker>")
_NEXT_ID: Final = re.compile(rb"<NextVersionIdMarker>" + _ID + rb"</NextVersionIdMarker>")
_SIZE: Final = re.compile(rb"<Size>(\d+)</Size>", re.ASCII)
_WRITTEN: Final = re.compile(rb"<LastModified>([\d:.TZ-]+)</LastModified>", re.ASCII)
_CLASS: Final = re.compile(rb"<StorageClass>(\w+)</StorageClass>", re.ASCII)


def read_page(content: bytes, layout: Layout, *, measured: bool = False) -> Page:
    """Return what a page lists; only where it is measured, it is counted too.

    Raises:
        UnreadablePage: when it is no such page, is cut, or says that there is more but not where.
    """
    quick = _quick(content, measured=measured) if layout is VERSIONS else None
    page = _thorough(content, layout) if quick is None else quick
    return replace(page, content=content) if measured else page


def parsed(content: bytes) -> Element:
    """Return the root of an answer.

    Raises:
        UnreadablePage: when it is no XML, defines entities, or is written in an encoding that nobody here knows.
    """
    if b"<!DOCTYPE" in content:
        raise UnreadablePage("it defines entities of its own")
    try:
        return fromstring(content)  # noqa: S314  # without a DOCTYPE nothing can expand
    except (ParseError, ValueError, LookupError) as error:
        # The last two are what the parser says of an encoding that it cannot read.
        raise UnreadablePage(str(error)) from error


def count_some(page: Page, layout: Layout, children: Children) -> Counted:
    """Count some of the children of a page that was measured."""
    return _thorough(page.content, layout, frozenset(children)).counted


def _quick(content: bytes, *, measured: bool) -> Page | None:
    """Read a page as S3 writes it; None when anything about it is different."""
    begin = _BEGIN.match(content)
    if begin is None or _END.search(content, max(0, len(content) - 64)) is None or _holds_more(content):
        return None
    versions = content.count(b"</Version>")
    markers = content.count(b"</DeleteMarker>")
    children = _children(content.replace(_MARKER, _VERSION) if markers else content, versions + markers)
    if children is None:
        return None
    first = content.find(b"<Key>")
    head = content[begin.end() : min(first, _HEAD)]
    more = _MORE.findall(head)
    if len(more) != 1 or _URL not in head:
        return None
    after = None
    if more[0] == b"true":
        key, id_ = _NEXT_KEY.search(head), _NEXT_ID.search(head)
        if key is None or id_ is None or not key[1] or (key[1] + id_[1]).translate(None, _PLAIN):
            return None
        after = Cursor(decoded(key[1]), id_[1])
    return Page(children, after, _counted(content, versions, markers) if measured else Counted())


def _holds_more(content: bytes) -> bool:
    """Return whether there are declarations, comments or the like; S3 writes none."""
    return b"!" in content and b"<!" in content


def _children(content: bytes, count: int) -> Children | None:
    """Take so many pairs out of a page; None unless each of them is a key and an id and nothing else."""
    _, *pieces = content.split(_VERSION)
    if len(pieces) != count:
        return None
    pairs = b"\n".join([piece.partition(b"</VersionId>")[0] for piece in pieces])
    text = pairs.replace(b"</Key><VersionId>", b"\t")
    if b"\n\t" in text or text.startswith(b"\t"):
        return None
    # Of all that may not stand in a key or an id, nothing is left but what keeps them apart.
    return Children(text) if text.translate(None, _PLAIN) == b"\t".join([b"", *[b"\n"] * (count - 1), b""]) else None


def _counted(content: bytes, versions: int, markers: int) -> Counted:
    kinds = {name: count for name, count in (("Versions", versions), ("DeleteMarkers", markers)) if count}
    classes = Counter(_CLASS.findall(content))
    return Counted(
        children=versions + markers,
        size=sum(map(int, _SIZE.findall(content))),
        kinds=kinds,
        classes={name.decode("ascii"): count for name, count in classes.items()},
        newest=max(_WRITTEN.findall(content), default=b"").decode("ascii"),
    )


def _thorough(content: bytes, layout: Layout, only: frozenset[Child] | None = None) -> Page:
    root = parsed(content)
    if _name(root) != layout.root:
        raise UnreadablePage(f"its root is {_name(root)}, not {layout.root}")
    is_url = _text(root, "EncodingType") == "url"
    pairs = [(item, _child(item, layout, is_url=is_url)) for item in root if _name(item) in layout.items]
    items = [item for item, child in pairs if only is None or child in only]
    children = Children.of(child for _, child in pairs if only is None or child in only)
    kinds = Counter(f"{_name(item)}s" for item in items)
    classes = Counter(_text(item, "StorageClass") for item in items if _text(item, "StorageClass"))
    return Page(
        children,
        _after(root, layout, is_url=is_url),
        Counted(
            children=len(children),
            size=sum(int(_text(item, "Size") or 0) for item in items),
            kinds=kinds,
            classes=classes,
            newest=max((_text(item, "LastModified") for item in items), default=""),
        ),
    )


def _child(item: Element, layout: Layout, *, is_url: bool) -> Child:
    key, id_ = _key(item, "Key", is_url=is_url), _text(item, layout.id)
    if not key or not id_.isascii() or id_.encode("ascii").translate(None, _PLAIN):
        raise UnreadablePage(f"a {_name(item)} without a key, or with an id that is none: {id_!r}")
    return encoded(key), id_.encode("ascii")


def _after(root: Element, layout: Layout, *, is_url: bool) -> Cursor | None:
    more = _text(root, "IsTruncated").lower()
    if more not in {"true", "false"}:
        raise UnreadablePage("it does not say whether there is more")
    if more == "false":
        return None
    key = _key(root, "NextKeyMarker", is_url=is_url)
    if not key:
        raise UnreadablePage("the listing says that it goes on, but not where")
    return Cursor(key, _text(root, layout.next_id).encode("utf-8"))


def _key(element: Element, name: str, *, is_url: bool) -> bytes:
    raw = _text(element, name).encode("utf-8", "surrogatepass")
    return decoded(raw) if is_url else raw


def _text(element: Element, name: str) -> str:
    return next((child.text or "" for child in element if _name(child) == name), "")


def _name(element: Element) -> str:
    return element.tag.rpartition("}")[2]
