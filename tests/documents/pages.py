"""The pages that people read, and what stands in them: links, headings, fenced blocks and the commands in those."""

from __future__ import annotations

import functools
import re
import shlex
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from markdown_it import MarkdownIt
from markdown_it.token import Token

ROOT = Path(__file__).parent.parent.parent
PAGES = (ROOT / "README.md", ROOT / "CHANGELOG.md", *sorted((ROOT / "docs").rglob("*.md")))

_MARKDOWN = MarkdownIt("commonmark").enable("table")
_PROMPT = re.compile(r"^(?:\w+)?\$ ")
"""What stands before a command: a dollar, with the name of who types it where that matters."""


@dataclass(frozen=True)
class Block:
    """Hold a fenced block with its place."""

    page: Path
    line: int
    language: str
    text: str

    @property
    def place(self) -> str:
        """Where it stands, for people."""
        return f"{self.page.relative_to(ROOT)}:{self.line}"


@functools.cache
def tokens(page: Path) -> tuple[Token, ...]:
    """Return a page as Markdown reads it."""
    return tuple(_MARKDOWN.parse(page.read_text(encoding="utf-8")))


def links(page: Path) -> Iterator[str]:
    """Yield where the links and pictures of a page lead."""
    for token in tokens(page):
        for child in token.children or ():
            target = child.attrGet("href") if child.type == "link_open" else child.attrGet("src")
            if isinstance(target, str):
                yield target


@functools.cache
def anchors(page: Path) -> frozenset[str]:
    """Return the anchors of a page's headings."""
    seen = tokens(page)
    heads = (seen[number + 1] for number, token in enumerate(seen) if token.type == "heading_open")
    return frozenset(_slug("".join(child.content for child in head.children or ())) for head in heads)


def _slug(heading: str) -> str:
    """Return a heading's anchor as both GitHub and Python-Markdown make it; where they differ, no heading may be."""
    return re.sub(r"[\s]+", "-", re.sub(r"[^\w\s-]", "", heading).strip().lower())


def blocks(page: Path) -> Iterator[Block]:
    """Yield the fenced blocks of a page."""
    for token in tokens(page):
        if token.type == "fence" and token.map is not None:
            yield Block(page, token.map[0] + 1, token.info.strip(), token.content)


def commands(block: Block) -> Iterator[str]:
    """Yield the commands of a block: every line of ``sh``, the lines behind a prompt of ``console``."""
    lines = iter(block.text.splitlines())
    for line in lines:
        prompt = _PROMPT.match(line)
        if block.language == "console" and prompt is None:
            continue
        command = line if block.language == "sh" or prompt is None else line[prompt.end() :]
        # A command goes on while its line ends in a backslash or a quote is open.
        while command.endswith("\\") or _open(command):
            command = f"{command.removesuffix(chr(92))} {next(lines).strip()}"
        yield command


def _open(command: str) -> bool:
    try:
        shlex.split(command, comments=True)
    except ValueError:
        return True
    return False


def words(command: str) -> list[str]:
    """Return a command's words without its comment, operators of the shell apart."""
    lexer = shlex.shlex(command, posix=True, punctuation_chars=True)
    lexer.wordchars += "$:@…+{}%,"
    lexer.commenters = "#"
    return list(lexer)
