"""What messages quote of a playbook is visible and short."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from runner.workflow.loading.quoting import SHOWN, did_you_mean, quoted


@given(st.text())
def test_quoted_text_is_printable_and_short(text: str) -> None:
    """Whatever stands in a file, a message shows printable characters and a bounded number of them."""
    shown = quoted(text)

    assert shown.isprintable()
    assert len(shown) <= SHOWN + 2


@given(st.text("abc äö🙂-.:", max_size=SHOWN))
def test_ordinary_text_is_shown_as_it_is(text: str) -> None:
    """Text that can be shown is not changed."""
    assert quoted(text) == f"`{text}`"


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("\x1b[2J", "`\\x1b[2J`"),
        ("a\nb", "`a\\nb`"),
        ("\u202e", "`\\u202e`"),
        ("\x00" * 30, "`" + "\\x00" * 14 + "\\x0…`"),
    ],
)
def test_what_cannot_be_shown_is_an_escape(text: str, shown: str) -> None:
    """Controls and format characters become escapes, and escapes count."""
    assert quoted(text) == shown


@pytest.mark.parametrize(
    ("word", "hint"),
    [
        ("regoin", "did you mean `region`?"),
        ("REGION", "did you mean `region`?"),
        ("xyz", ""),
        ("", ""),
        ("region" * 100_000, ""),
    ],
)
def test_the_nearest_word_is_suggested(word: str, hint: str) -> None:
    """A near word is suggested, and nothing when none is near."""
    assert did_you_mean(word, ["name", "region", "steps"]) == hint
