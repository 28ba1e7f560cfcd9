"""Whatever a name or a sentence holds, a Markdown reader shows exactly that and does nothing with it."""

from __future__ import annotations

import html
import re

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from markdown_it import MarkdownIt

from runner.cli.markdown_text import LONGEST, NOTHING, clipped, code, prose, row
from runner.cli.safe_text import safe_text

READER = MarkdownIt("commonmark", {"html": True}).enable("table").enable("strikethrough")
HOSTILE = st.text(
    st.sampled_from("\\`*_{}[]()<>#+-.!|~^&;:@$\"'=/ \n\t\x1b\u202eax1") | st.characters(codec="utf-8"), max_size=40
)
CELL = re.compile(r"<td>(.*?)</td>", re.DOTALL)


def cells(*markdown: str) -> list[str]:
    """Return what stands in the cells of a table of one row, as HTML."""
    head = row(*("head" for _ in markdown))
    page = READER.render("\n".join((head, row(*("---" for _ in markdown)), row(*markdown))))
    assert page.count("<tr>") == 2, page
    return CELL.findall(page)


@given(HOSTILE)
@example("| a | b |")
@example("``` `` `")
@example("` ")
@example("<img src=x onerror=alert(1)>")
def test_a_name_is_a_code_span_and_nothing_else(foreign: str) -> None:
    """One code span with the name in it, in one cell, whatever the name is made of."""
    (cell,) = cells(code(foreign))
    shown = safe_text(foreign)

    if not shown.strip():
        assert cell == NOTHING
        return
    assert re.fullmatch(r"<code>[^<]*</code>", cell), cell
    assert html.unescape(cell[6:-7]).strip() == shown.strip()


@given(HOSTILE)
@example("a <b>bold</b> [link](https://x.example) ![i](x) **s** ~~d~~ | c & &lt; \\")
@example("www.example.com https://example.com <https://example.com>")
@example("$\N{NO-BREAK SPACE}")
def test_a_sentence_is_its_own_text(foreign: str) -> None:
    """No tag but code spans comes of it, and the text is what was written, but for spaces of any kind at its ends."""
    (cell,) = cells(prose(foreign))
    shown = safe_text(foreign).strip()

    tags = set(re.findall(r"<(/?\w+)", cell))
    text = html.unescape(re.sub(r"</?code>", "", cell))
    assert tags <= {"code", "/code"}
    assert text.strip() == (shown or NOTHING)


@pytest.mark.parametrize("word", ["@octocat", "#12", "acme/x#12", "$x$", "a@b.example", "arn:aws:s3:::b", ":tada:"])
def test_what_review_pages_act_on_stands_in_code(word: str) -> None:
    """Mentions, references, formulas and pictures are left alone in code spans only."""
    assert prose(f"see {word} now") == f"see `{word}` now"


@pytest.mark.parametrize("link", ["www.example.com", "https://example.com", "HTTP://x", "WWW.x"])
def test_no_link_begins(link: str) -> None:
    """What GitHub makes a link of without any mark is broken where the link would begin, and reads the same."""
    assert link not in prose(f"see {link} now")
    assert cells(prose(f"see {link} now")) == [f"see {link} now"]


def test_a_long_text_is_cut_and_says_so() -> None:
    """A cut tells how long the text is."""
    assert clipped("x" * (LONGEST + 1)) == f"{'x' * LONGEST}… ({LONGEST + 1} characters)"
    assert clipped("x" * LONGEST) == "x" * LONGEST
