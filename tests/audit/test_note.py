"""Signed notes: what Go's tools wrote is read, and nothing else is."""

from __future__ import annotations

import pytest

from runner.audit.checkpoint import BadCheckpoint, Checkpoint
from runner.audit.log_key import verify_ed25519
from runner.audit.note import BadNote, NoteKey, opened, text_of

PETER = "PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW"
"""The key of the example in the documentation of Go's ``golang.org/x/mod/sumdb/note``."""
NOTE = (
    "If you think cryptography is the answer to your problem,\n"
    "then you don't know what your problem is.\n"
    "\n"
    "\u2014 PeterNeumann x08go/ZJkuBS9UG/SffcvIAQxVBtiFupLLr8pAcElZInNIuGUgYN1FFYC2pZSNXgKvqfqdngotpRZb6KE6RyyBwJnAM=\n"
)
"""The note of the same example."""
TEXT = NOTE.split("\n\n", maxsplit=1)[0] + "\n"


def test_go_s_own_example() -> None:
    """The example of Go's documentation opens with its key, and the key is written as it was read."""
    key = NoteKey.parse(PETER)

    assert opened(NOTE.encode(), key, verify_ed25519) == TEXT
    assert str(key) == PETER
    assert text_of(NOTE.encode()) == TEXT


def test_what_is_no_note_has_no_text() -> None:
    """A text without signatures is none that anybody signed."""
    with pytest.raises(BadNote, match="no signature"):
        text_of(TEXT.encode())


@pytest.mark.parametrize(
    ("note", "why"),
    [
        (NOTE.replace("problem,", "Problem,"), "does not fit the text"),
        (NOTE.replace("x08go/ZJ", "x08go/ZK"), "does not fit the text"),
        (NOTE.replace("x08g", "x18g"), "did not sign it"),
        (NOTE.replace("\u2014 Peter", "\u2014 Petra"), "did not sign it"),
        (NOTE.replace("\u2014", "-"), "no signature"),
        (NOTE.replace("BwJnAM=", "BwJnAM"), "base64"),
        (TEXT, "no signature"),
        (NOTE[:-1], "no signature"),
        ("", "no signature"),
    ],
)
def test_what_is_not_signed(note: str, why: str) -> None:
    """A changed text, another key and broken forms are refused with the reason."""
    with pytest.raises(BadNote, match=why):
        opened(note.encode(), NoteKey.parse(PETER), verify_ed25519)


def test_what_is_not_text() -> None:
    """Bytes that are no text are no note."""
    with pytest.raises(BadNote, match="UTF-8"):
        opened(b"\xff\n\n\xff\n", NoteKey.parse(PETER), verify_ed25519)


@pytest.mark.parametrize(
    "text", ["", "x", "a+c74f20a3+AAAA", PETER.replace("c74f", "c74e"), PETER.replace("ARpc", "BRpc")]
)
def test_what_is_no_key(text: str) -> None:
    """A key that is cut, of another kind or under another id is refused."""
    with pytest.raises(BadNote):
        NoteKey.parse(text)


def test_a_checkpoint_reads_what_it_writes() -> None:
    """Three lines: the log's name, its size, the root."""
    made = Checkpoint("guarded-runner/0123456789abcdef", 18, bytes(range(32)))

    assert Checkpoint.parse(made.text) == made


@pytest.mark.parametrize(
    "text", ["", "o\n1\n", "o\n01\nAAAA\n", "o\n-1\n" + "A" * 43 + "=\n", "o\n1\n" + "A" * 43 + "=", "o\n1\nx\ny\n"]
)
def test_what_is_no_checkpoint(text: str) -> None:
    """Another number of lines, a size with a sign or a leading zero, and a root that is none are refused."""
    with pytest.raises(BadCheckpoint):
        Checkpoint.parse(text)
