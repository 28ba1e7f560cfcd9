"""Pages are read the quick way only where that cannot miss anything."""

from __future__ import annotations

import re
from xml.sax.saxutils import escape

import pytest
from hypothesis import given
from hypothesis import strategies as st

from runner.aws.s3_engine import pages
from runner.aws.s3_engine.pages import UPLOADS, VERSIONS, Cursor, UnreadablePage, read_page
from tests.aws.s3_engine.sweeps import child, page_of
from tests.aws.s3_engine.test_batches import keys

USUAL = tuple(child(f"logs/{at:03}", "3/L4kqtJlcpXroDTDmJ") for at in range(5))
PAGE = page_of(USUAL, more="logs/004")


@given(texts=st.lists(keys, min_size=1, max_size=10), marker=st.booleans())
def test_both_ways_read_the_same(texts: list[str], *, marker: bool) -> None:
    """On every page that the quick way takes, a parser of XML finds the same children, counts and cursor."""
    content = page_of([child(text) for text in texts], more="a%20b", marker=marker)
    quick = pages._quick(content, measured=True)

    assert quick is not None
    assert quick == pages._thorough(content, VERSIONS)
    assert quick.after == Cursor(b"a b", b"null")


@pytest.mark.parametrize(
    "content",
    [
        re.sub(rb"<Key>(.*?)</Key><VersionId>(.*?)</VersionId>", rb"<VersionId>\2</VersionId><Key>\1</Key>", PAGE),
        PAGE.replace(b"</Key><Ver", b"</Key>\n<Ver"),
        PAGE.replace(b"<Version>", b"<Version a='b'>"),
        PAGE.replace(b"<Key>", b"<Key a='b'>"),
        PAGE.replace(b"<Key>logs/000", b"<Key>logs/&#48;00"),
        PAGE.replace(b"<Key>logs/000", b"<!-- --><Key>logs/<![CDATA[000]]>"),
        PAGE.replace(b"<IsTruncated>true</IsTruncated>", b"").replace(
            b"</ListVersionsResult>", b"<IsTruncated>true</IsTruncated></ListVersionsResult>"
        ),
        re.sub(rb"<(/?)(?=[A-Z])", rb"<\1s3:", PAGE).replace(b"xmlns=", b"xmlns:s3="),
    ],
    ids=["other order", "line ends", "attributes", "more attributes", "references", "CDATA", "at the end", "prefixes"],
)
def test_a_page_that_looks_odd_is_parsed(content: bytes) -> None:
    """A page that is the same to a parser of XML is read in full, whatever it looks like."""
    assert pages._quick(content, measured=True) is None
    page = read_page(content, VERSIONS)
    assert (tuple(page.children), page.after) == (USUAL, Cursor(b"logs/004", b"null"))


def test_versions_without_an_id_are_read() -> None:
    """Some servers name no version in a bucket that never had any."""
    content = PAGE.replace(b"<VersionId>3/L4kqtJlcpXroDTDmJ</VersionId>", b"")
    assert tuple(read_page(content, VERSIONS).children) == tuple((key, b"") for key, _ in USUAL)


def test_keys_are_decoded_only_when_the_page_says_that_they_are_encoded() -> None:
    """Without EncodingType, a ``%`` in a key is a ``%``."""
    content = PAGE.replace(b"<EncodingType>url</EncodingType>", b"").replace(b"logs/000", b"100%25+1")
    assert read_page(content, VERSIONS).children[0] == child("100%25+1", "3/L4kqtJlcpXroDTDmJ")


@pytest.mark.parametrize(
    "content",
    [
        PAGE[:-40],
        PAGE.replace(b"<IsTruncated>true</IsTruncated>", b""),
        PAGE.replace(b"<NextKeyMarker>logs/004</NextKeyMarker>", b""),
        PAGE.replace(b"ListVersionsResult", b"ListBucketResult"),
        PAGE.replace(b"<Key>logs/000</Key>", b""),
        PAGE.replace(b"<ListV", b"<!DOCTYPE x [<!ENTITY e 'x'>]><ListV", 1),
        b"",
        b"<html>Welcome</html>",
    ],
)
def test_what_cannot_be_read_is_an_error(content: bytes) -> None:
    """A page that is cut, or that is none, is never a shorter list."""
    with pytest.raises(UnreadablePage):
        read_page(content, VERSIONS)


@given(st.integers(1, len(PAGE) - 1))
def test_a_cut_page_is_never_a_shorter_list(at: int) -> None:
    """Wherever a page is cut, it is refused, unless only white space is missing."""
    with pytest.raises(UnreadablePage):
        read_page(PAGE[:at], VERSIONS)


def test_uploads_are_read() -> None:
    """Unfinished uploads have an upload id in the place of a version."""
    content = (
        "<ListMultipartUploadsResult><EncodingType>url</EncodingType><IsTruncated>true</IsTruncated>"
        "<NextKeyMarker>b</NextKeyMarker><NextUploadIdMarker>2</NextUploadIdMarker>"
        f"<Upload><Key>{escape('a%26b')}</Key><UploadId>1</UploadId></Upload></ListMultipartUploadsResult>"
    ).encode()
    page = read_page(content, UPLOADS, measured=True)
    assert (tuple(page.children), page.after) == ((child("a&b", "1"),), Cursor(b"b", b"2"))
    assert page.counted.kinds == {"Uploads": 1}
