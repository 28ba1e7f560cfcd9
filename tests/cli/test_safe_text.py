"""Foreign text cannot act on a terminal."""

from __future__ import annotations

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from runner.cli.safe_text import safe_text


@pytest.mark.parametrize(
    ("foreign", "shown"),
    [
        ("acme-orders", "acme-orders"),
        ("[bold]x[/oops]", "[bold]x[/oops]"),
        ("\x1b[2Jgone", r"\x1b[2Jgone"),
        ("a\u202eb", r"a\u202eb"),
        ("line\nbreak", r"line\nbreak"),
        ("\u200b", r"\u200b"),
        ("größe 🎉", "größe 🎉"),
        ("\ud800", r"\ud800"),
        ("\x9b31m", r"\x9b31m"),
    ],
)
def test_what_acts_is_escaped_and_the_rest_is_kept(foreign: str, shown: str) -> None:
    """Escape sequences, bidirectional overrides and line breaks become visible; other text stays."""
    assert shown == safe_text(foreign)


@given(st.text())
def test_nothing_hidden_is_left(foreign: str) -> None:
    """No control, format, surrogate or separator character survives."""
    assert {unicodedata.category(c) for c in safe_text(foreign)}.isdisjoint({"Cc", "Cf", "Cs", "Zl", "Zp"})
