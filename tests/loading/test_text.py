"""What a reviewer sees is what the parser reads: bytes that hide something are refused before YAML is read."""

from __future__ import annotations

import codecs
from collections.abc import Callable

import pytest

from runner.workflow.loading import MAX_BYTES

Seen = Callable[["str | bytes"], list[str]]


@pytest.mark.parametrize(
    ("data", "expected"),
    [
        (b"", "1:1 the file holds no playbook: it is empty or has only comments"),
        (b"# only\n# comments\n", "1:1 the file holds no playbook: it is empty or has only comments"),
        (b"---\n", "2:1 a playbook is a mapping (`key: value`), not nothing"),
        (b"hello", "1:1 a playbook is a mapping (`key: value`), not the text `hello`"),
        (b"- a", "1:1 a playbook is a mapping (`key: value`), not a list"),
        (b"a: 1\nb: \xff", "2:4 byte 0xff is not UTF-8"),
        (b"\xc3\xa4\xc3", "1:2 byte 0xc3 is not UTF-8"),
        (b"a: \xed\xa0\x80", "1:4 byte 0xed is not UTF-8"),
        ("a: 1".encode("utf-16"), "1:1 the file is UTF-16, not UTF-8"),
        (codecs.BOM_UTF16_BE + "a: 1".encode("utf-16-be"), "1:1 the file is UTF-16, not UTF-8"),
        ("a: 1".encode("utf-32"), "1:1 the file is UTF-32, not UTF-8"),
        ("a: 1".encode("utf-16-le"), "1:2 the character U+0000 is not visible to a reviewer"),
        (b"a: \x00", "1:4 the character U+0000 is not visible to a reviewer"),
        (b"a: \x1b[2J", "1:4 the character U+001B is not visible to a reviewer"),
        (b"a: \x7f", "1:4 the character U+007F is not visible to a reviewer"),
        ("a: b\ufeff", "1:5 the character U+FEFF is not visible to a reviewer"),
        ("a: \uffff", "1:4 the character U+FFFF is not visible to a reviewer"),
        ("\n# ü\u202e: x", "2:4 the character U+202E reorders what a reviewer sees"),
        ("# \u2066", "1:3 the character U+2066 reorders what a reviewer sees"),
        ("# \u2028a: 1", "1:3 the character U+2028 ends a line for YAML, but not where a reviewer sees one end"),
        ("# \u2029a: 1", "1:3 the character U+2029 ends a line for YAML, but not where a reviewer sees one end"),
        ("# \x85a: 1", "1:3 the character U+0085 ends a line for YAML, but not where a reviewer sees one end"),
        ("# \ra: 1", "1:3 the character U+000D ends a line for YAML, but not where a reviewer sees one end"),
        (b"#" * (MAX_BYTES + 1), f"1:1 the file is larger than {MAX_BYTES} bytes"),
    ],
    ids=range(24),
)
def test_bytes_that_hide_something_are_refused(data: str | bytes, expected: str, seen: Seen) -> None:
    """Each kind of hidden or foreign byte is refused at its place."""
    assert expected in seen(data)


def test_a_hidden_step_in_a_comment_is_refused(valid: str, seen: Seen) -> None:
    """A comment cannot carry a step behind a line end that only YAML sees."""
    text = valid.replace("protect: []", "protect: []  # agreed\u2028description: another")

    assert seen(text) == ["22:22 the character U+2028 ends a line for YAML, but not where a reviewer sees one end"]


def test_every_hidden_character_is_reported(seen: Seen) -> None:
    """All hidden characters of a file are reported, not the first only."""
    assert [line.split(" ")[0] for line in seen("a: \x01\x02\nb: \u202e\n")] == ["1:4", "1:5", "2:4"]


def test_a_file_of_the_greatest_size_is_read(valid: str, seen: Seen) -> None:
    """The limit itself is allowed."""
    assert seen(valid + "#" * (MAX_BYTES - len(valid))) == []


def test_a_leading_byte_order_mark_is_dropped(valid: str, seen: Seen) -> None:
    """The mark that some editors write in front of UTF-8 changes nothing, columns included."""
    assert seen("\ufeff" + valid) == []
    assert seen("\ufeff" + valid.replace("version: 1", "version: 2"))[0].startswith("1:10 ")


def test_columns_count_characters(valid: str, seen: Seen) -> None:
    """Columns count code points, so that editors find the place."""
    found = seen(valid.replace("{Service: orders-v1}", "{ü😀: ä, Service: 1}"))

    assert found == ["28:37 `expect.tags.Service` must be a text, not the number `1`"]
