"""An answer is read as the standard library reads it, however it arrives; half of one is none."""

from __future__ import annotations

from http.client import HTTPException, HTTPResponse
from io import BytesIO
from typing import IO, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from runner.aws.s3_engine.exchange import Heard, exchange
from runner.aws.s3_engine.signing import Headers, Signed

REQUEST = Signed("GET", "http://b.example/?versions", Headers({"Host": "b.example"}))
names = st.text("abcdefghij-", min_size=1, max_size=8).map(lambda text: f"x{text}")
values = st.text("abc 123=/;,", max_size=10).map(str.strip)
contents = st.binary(max_size=300)


class Line:
    """Hand out what was answered in pieces, and keep what was sent (port `Socket`)."""

    def __init__(self, answer: bytes, sizes: list[int]) -> None:
        self._left = answer
        self._sizes = sizes
        self.sent = b""

    def sendall(self, data: bytes) -> None:
        """Keep it."""
        self.sent += data

    def recv(self, most: int) -> bytes:
        """Return the next piece."""
        size = min(self._sizes.pop() if self._sizes else most, most)
        piece, self._left = self._left[:size], self._left[size:]
        return piece

    def makefile(self, *_: Any) -> IO[bytes]:
        """Return everything, for the standard library."""
        return BytesIO(self._left)


def chunked(content: bytes, size: int) -> bytes:
    """Return a content in chunks."""
    parts = [content[at : at + size] for at in range(0, len(content), size)]
    return b"".join(b"%X;x=y\r\n%b\r\n" % (len(part), part) for part in parts) + b"0\r\nx-sum: 1\r\n\r\n"


@st.composite
def answers(draw: st.DrawFn) -> bytes:
    """Return an answer, in one of the ways in which a server may send it."""
    status = draw(st.sampled_from([200, 204, 404, 503]))
    headers = draw(st.dictionaries(names, values, max_size=4))
    lines = "".join(f"{name}: {value}\r\n" for name, value in headers.items()).encode()
    content = b"" if status == 204 else draw(contents)
    head = draw(st.sampled_from([b"", b"HTTP/1.1 100 Continue\r\n\r\n"])) + b"HTTP/1.1 %d Said\r\n" % status + lines
    match draw(st.sampled_from(["length", "chunks", "end"])):
        case "length":
            return head + b"Content-Length: %d\r\n\r\n" % len(content) + content
        case "chunks" if status != 204:
            return head + b"Transfer-Encoding: chunked\r\n\r\n" + chunked(content, draw(st.integers(1, 100)))
        case _:
            return head + b"Connection: close\r\n\r\n" + content


def as_the_library(answer: bytes) -> Heard:
    """Return what `http.client` makes of an answer."""
    response = HTTPResponse(Line(answer, []))  # type: ignore[arg-type]  # of a socket it needs no more
    response.begin()
    return Heard(response.status, {name.lower(): value for name, value in response.getheaders()}, response.read())


@given(answers(), st.lists(st.integers(1, 40), max_size=30))
def test_an_answer_is_what_the_standard_library_reads(answer: bytes, sizes: list[int]) -> None:
    """Status, headers and content are the same, in whatever pieces the answer arrives."""
    assert exchange(Line(answer, sizes), REQUEST) == as_the_library(answer)


@given(answers(), st.data())
def test_half_an_answer_is_none(answer: bytes, data: st.DataObject) -> None:
    """An answer that says where it ends is refused when it is cut before."""
    if b"Connection: close" in answer:
        return
    cut = data.draw(st.integers(0, len(answer) - 1))
    with pytest.raises(HTTPException):
        exchange(Line(answer[:cut], []), REQUEST)


@pytest.mark.parametrize(
    "answer",
    [
        b"ICY 200 OK\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nno colon\r\n\r\n",
        b"HTTP/1.1 200 OK\r\n folded: x\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nContent-Length: -1\r\n\r\nok",
        b"HTTP/1.1 200 OK\r\nContent-Length: 2, 2\r\n\r\nok",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip\r\n\r\nok",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nx\r\n",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1\r\nok\r\n0\r\n\r\n",
        b"HTTP/1.1 200 OK\r\n" + b"a: b\r\n" * 101 + b"\r\n",
        b"HTTP/1.1 200 OK\r\nlong: " + b"x" * 70_000 + b"\r\n\r\n",
    ],
)
def test_what_is_no_http_is_refused(answer: bytes) -> None:
    """Nothing is guessed: neither a length nor where a header ends."""
    with pytest.raises(HTTPException):
        exchange(Line(answer, []), REQUEST)


@pytest.mark.parametrize(
    ("headers", "is_last"),
    [
        (b"Content-Length: 0\r\n", False),
        (b"Content-Length: 0\r\nConnection: close\r\n", True),
        (b"", True),
    ],
)
def test_a_connection_that_the_server_ends_is_known(headers: bytes, *, is_last: bool) -> None:
    """A server that says that it ends the connection, or whose answer ends with it, gets no further request on it."""
    assert exchange(Line(b"HTTP/1.1 200 OK\r\n%b\r\n" % headers, []), REQUEST).is_last is is_last


def test_a_header_cannot_begin_another_request() -> None:
    """A line end inside a header or a URL is refused before anything is sent."""
    line = Line(b"", [])
    for made in (Signed("GET", "http://b/", Headers({"x": "a\r\nb: c"})), Signed("GET\n", "http://b/", Headers())):
        with pytest.raises(ValueError, match="end of a line"):
            exchange(line, made)
    assert not line.sent
