"""The end of the log as a writer sees it."""

from __future__ import annotations

import pytest

from runner.audit.line import NOTHING, sha256
from runner.audit.record import Torn
from runner.audit.tail import MAX_TORN, Damaged, Tail, follow
from runner.model.canonical import encode


def _chain(count: int) -> list[bytes]:
    lines: list[bytes] = []
    for seq in range(count):
        lines.append(encode({"seq": seq, "prev": sha256(lines[-1]) if lines else NOTHING}))
    return lines


def test_the_chain_goes_on_after_the_last_line() -> None:
    """The next line has the next number and names the digest of the last one."""
    lines = _chain(3)

    digest = sha256(lines[2])
    assert follow(Tail(), lines) == Tail(3, digest, after=digest)


def test_following_in_parts_is_following_at_once() -> None:
    """Wherever a read ends, the tail is the same."""
    lines = [*_chain(3), b"torn", b"again"]

    for cut in range(len(lines) + 1):
        assert follow(Tail(), lines) == follow(follow(Tail(), lines[:cut]), lines[cut:])


def test_unfinished_lines_are_named_in_order() -> None:
    """Every line after the last record is named, with its number, length and digest, and so is that record."""
    lines = [*_chain(1), b"torn", b""]

    tail = follow(Tail(), lines)

    torn = (Torn(1, 4, sha256(b"torn")), Torn(2, 0, sha256(b"")))
    assert tail == Tail(3, sha256(b""), torn, sha256(lines[0]))


def test_a_record_after_unfinished_lines_settles_them() -> None:
    """What a later record follows was recovered from before."""
    lines = [b"torn"]
    lines.append(encode({"seq": 1, "prev": sha256(b"torn")}))

    assert follow(Tail(), lines).torn == ()


@pytest.mark.parametrize(
    ("line", "why"),
    [
        (encode({"seq": 4, "prev": NOTHING}), "does not follow"),
        (encode({"seq": 0, "prev": "f" * 64}), "does not follow"),
        (encode({}), "does not follow"),
        (b'{"seq": 0}', "canonical"),
    ],
)
def test_a_last_record_that_is_out_of_place_is_refused(line: bytes, why: str) -> None:
    """Nothing is appended to a log whose end somebody changed."""
    with pytest.raises(Damaged, match=why):
        follow(Tail(), [line])


def test_more_unfinished_lines_than_crashes_leave_are_refused() -> None:
    """A log that ends in many lines of garbage is not repaired but refused."""
    full = follow(Tail(), [b"torn"] * MAX_TORN)

    assert len(full.torn) == MAX_TORN
    with pytest.raises(Damaged, match="no records"):
        follow(full, [b"torn"])
