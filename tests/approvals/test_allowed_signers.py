"""``allowed_signers`` means to runner what it means to OpenSSH, or it is refused."""

from __future__ import annotations

import base64
import contextlib
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from runner.guard.allowed_signers import MAX_BYTES, BadSigners, Signer, check_revoked, read_signers
from tests.approvals.make_vectors import VECTORS

BLOB = b"\0\0\0\x0bssh-ed25519\0\0\0\x20" + bytes(range(32))
KEY = f"ssh-ed25519 {base64.b64encode(BLOB).decode()}"


def one(line: str) -> Signer:
    """Return the only signer of a file with this line."""
    (signer,) = read_signers(line.encode())
    return signer


@pytest.mark.parametrize(
    ("line", "principals", "namespaces"),
    [
        (f"a@x {KEY}", ("a@x",), ()),
        (f"  a@x,b@x\t{KEY} a comment with spaces", ("a@x", "b@x"), ()),
        (f'"a@x,b@x" {KEY}', ("a@x", "b@x"), ()),
        (f'a@x namespaces="git" {KEY}', ("a@x",), ("git",)),
        (f'a@x NameSpaces="git,file"   {KEY}\r', ("a@x",), ("git", "file")),
        (f'a@x namespaces="" {KEY}', ("a@x",), ()),
        (f'a@x cert-authority,namespaces="git" {KEY}', ("a@x",), ("git",)),
        (f"a@x cert-authority {KEY}", ("a@x",), ()),
    ],
)
def test_lines(line: str, principals: tuple[str, ...], namespaces: tuple[str, ...]) -> None:
    """Principals, options, quotes, blanks and comments stand where OpenSSH takes them."""
    signer = one(line)

    assert (signer.principals, signer.namespaces) == (principals, namespaces)
    assert signer.authority is ("cert-authority" in line)
    assert signer.key.blob == BLOB
    assert signer.line == 1
    assert signer.text == line.strip()


def test_comments_and_empty_lines_are_passed_over() -> None:
    """Only lines with a signer count, under the numbers that an editor shows."""
    signers = read_signers(f"# who\n\n   # more\na@x {KEY}\n\t\r\nb@x {KEY}\n".encode())

    assert [(signer.line, signer.principals[0]) for signer in signers] == [(4, "a@x"), (6, "b@x")]


@pytest.mark.parametrize(
    ("options", "after", "before"),
    [
        ('valid-after="20260102"', datetime(2026, 1, 2, tzinfo=UTC), None),
        ('valid-after="20260102Z"', datetime(2026, 1, 2, tzinfo=UTC), None),
        ('valid-before="202601020304"', None, datetime(2026, 1, 2, 3, 4, tzinfo=UTC)),
        (
            'valid-after="20260102030405Z",valid-before="20270101"',
            datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC),
            datetime(2027, 1, 1, tzinfo=UTC),
        ),
    ],
)
def test_times(options: str, after: datetime | None, before: datetime | None) -> None:
    """A time without a zone is UTC, whatever the machine's zone is."""
    signer = one(f"a@x {options} {KEY}")

    assert (signer.valid_after, signer.valid_before) == (after, before)


@pytest.mark.parametrize(
    ("line", "why"),
    [
        ("a@x", "no key"),
        ("a@x ssh-ed25519", "no key"),
        (f'"a@x {KEY}', "quote is not closed"),
        (f'"a@x"{KEY}', "quote is not closed"),
        (f"a@x,,b@x {KEY}", "a principal is empty"),
        (f'"" {KEY}', "a principal is empty"),
        (f'a@x verify-required="yes" {KEY}', "options cannot be understood"),
        (f'a@x "garbage {KEY}', "no key"),
        (f'a@x " {KEY}', "no key stands behind"),
        (f"a@x garbage {KEY}", "options cannot be understood: garbage"),
        (f"a@x namespaces=git {KEY}", "options cannot be understood"),
        (f"a@x namespaces {KEY}", "options cannot be understood"),
        (f'a@x cert-authority="yes" {KEY}', "options cannot be understood"),
        (f'a@x namespaces="git", {KEY}', "options cannot be understood"),
        (f'a@x namespaces="git"namespaces="file" {KEY}', "options cannot be understood"),
        (f'a@x namespaces="git",namespaces="file" {KEY}', "stands there twice"),
        (f'a@x restrict,namespaces="git" {KEY}', "options cannot be understood"),
        (f'a@x valid-after="tomorrow" {KEY}', "valid-after is no time: tomorrow"),
        (f'a@x valid-after="20260102-" {KEY}', "valid-after is no time: 20260102-"),
        (f'a@x valid-after="+20260102" {KEY}', "valid-after is no time: +20260102"),
        (f'a@x valid-after="2026010203" {KEY}', "valid-after is no time: 2026010203"),
        (f'a@x valid-after="2026010203045" {KEY}', "valid-after is no time: 2026010203045"),
        (f'a@x valid-after="\u0662\u0660\u0662\u06660102" {KEY}', "valid-after is no time"),
        (f'a@x valid-before="20261301" {KEY}', "valid-before is no time"),
        (f'a@x valid-before="" {KEY}', "valid-before is no time: nothing"),
        ("a@x ssh-ed25519 AAAA=A", "not base64"),
        ("a@x ssh-ed25519 AAAA", "ends too early"),
        (f"a@x ssh-rsa {KEY.split()[1]}", "says ssh-rsa and holds ssh-ed25519"),
        (f"a@x\0 {KEY}", "NUL"),
    ],
)
def test_a_line_that_is_not_understood_refuses_the_file(line: str, why: str) -> None:
    """The good line before it does not count either: the bad one may be the operator's."""
    with pytest.raises(BadSigners, match="line 2") as refused:
        read_signers(f"b@x {KEY}\n{line}\n".encode())

    ((number, said),) = refused.value.problems
    assert number == 2
    assert why in said


def test_every_bad_line_is_named() -> None:
    """All problems are said at once."""
    with pytest.raises(BadSigners) as refused:
        read_signers(b"a\nb\n")

    assert [line for line, _ in refused.value.problems] == [1, 2]


@pytest.mark.parametrize(
    ("content", "why"),
    [
        (b"# \xff", "line 1: it is not UTF-8"),
        (b"\n# \n \xff\n", "line 3: it is not UTF-8"),
        (b"#" * (MAX_BYTES + 1), "line 1: the file is larger"),
    ],
)
def test_a_file_that_is_no_text_is_refused(content: bytes, why: str) -> None:
    """Neither other encodings nor endless files are guessed at."""
    with pytest.raises(BadSigners, match=why):
        read_signers(content)


def test_the_largest_file_is_read() -> None:
    """The limit itself is within it."""
    assert read_signers(b"#" * MAX_BYTES) == ()


@pytest.mark.parametrize(
    ("principals", "covered", "named"),
    [
        ("a@x", True, True),
        ("A@x", False, False),
        ("*@x", True, False),
        ("?@x", True, False),
        ("*@x,a@x", True, True),
        ("*@x,!a@x", False, False),
        ("!b@x,*@x", True, False),
        ("[a]@x", False, False),
        ("b@x", False, False),
    ],
)
def test_a_pattern_covers_and_does_not_name(principals: str, covered: bool, named: bool) -> None:
    """`names` is literal; `covers` follows ssh_config's patterns, which know no brackets."""
    signer = one(f"{principals} {KEY}")

    assert (signer.covers("a@x"), signer.names("a@x")) == (covered, named)
    assert signer.has_patterns is any(mark in principals for mark in "*?!")


def test_only_a_mark_of_exclusion_excludes() -> None:
    """A line is for everybody it names, also where a name ends like another one, and for nobody whom it excludes."""
    assert one(f"*,ba@x {KEY}").covers("a@x")
    assert not one(f"!a@x {KEY}").covers("!a@x")


@given(st.binary(max_size=200))
def test_no_bytes_are_too_strange(content: bytes) -> None:
    """Whatever is in the file, it is read or refused."""
    with contextlib.suppress(BadSigners):
        read_signers(content)


@given(st.integers(0, 4000), st.integers(1, 255))
def test_a_changed_list_is_read_or_refused(position: int, difference: int) -> None:
    """A byte that is changed in a good list changes what it says, or makes it no list; it never raises otherwise."""
    content = bytearray((VECTORS / "allowed_signers").read_bytes())
    content[position % len(content)] ^= difference
    with contextlib.suppress(BadSigners):
        read_signers(bytes(content))


@pytest.mark.parametrize("content", [b"", f"# gone\n{KEY} bob\n".encode(), b"SSHKRL\n\0\0\0"])
def test_what_openssh_can_revoke_with(content: bytes) -> None:
    """Keys one a line, or OpenSSH's own list."""
    check_revoked(content)


@pytest.mark.parametrize("content", [b"nonsense\n", f"{KEY}\nSHA256:abc\n".encode(), b"ssh-ed25519 AAAA\n", b"\xff"])
def test_what_openssh_would_pass_over_is_refused(content: bytes) -> None:
    """A revoked key that is misspelt would go on signing."""
    with pytest.raises(BadSigners):
        check_revoked(content)
