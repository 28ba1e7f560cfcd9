"""What the doctor found as Markdown, to paste into an issue: no secrets, and everything masked that names you.

What is masked says `runner.cli.doctor_masking`. AWS's request ids are kept: they mean something to AWS only. Foreign
text is text: what Markdown or HTML could act on is escaped, and a mention is broken.
"""

from __future__ import annotations

import re
from collections.abc import Iterable

from runner import __version__
from runner.cli.doctor_masking import Mask, masking
from runner.cli.safe_text import safe_text
from runner.guard.diagnosis import Examination, words_of
from runner.guard.diagnosis_live import Settled

_MARKUP = re.compile(r"([\\`*_{}\[\]<>|~&!])")
_MENTION = re.compile(r"([@#])")
"""A backslash does not stop a code host from reading these as a mention of somebody, or of another issue."""
_STEP = "step "
_ABOUT = (
    "Account ids, ARNs, the names in them, steps, access key ids, profiles, paths, addresses, hosts that are not AWS's "
    "and a policy's own words are masked. No secret, code or token stands here; AWS's request ids are kept."
)


def markdown(lines: tuple[Examination, ...], settled: tuple[Settled, ...], names: Iterable[str], home: str = "") -> str:
    """Return the tables, masked; ``names`` are texts that name somebody, ``home`` is the operator's home directory."""
    seen = (*lines, *(one.answer for one in settled))
    quoted = (quote for line in seen for quote in line.quotes)
    mask = masking((part for line in seen for part in (_found(line), line.what_to_do)), (*names, *quoted), home)
    steps = list(dict.fromkeys(line.name for line in lines if line.name.startswith(_STEP)))
    parts = [f"### runner {__version__} doctor", "", *_table(("looked at", "state", "found", "what to do"))]
    for line in lines:
        name = f"{_STEP}{steps.index(line.name) + 1}" if line.name in steps else line.name
        parts.append(_row(name, line.state.value, *_answer(line, mask)))
    if settled:
        parts += ["", *_table(("question", "expected", "state", "answer", "what to do"))]
        parts += [_settled_row(one, mask) for one in settled]
    return "\n".join((*parts, "", _ABOUT, ""))


def _settled_row(one: Settled, mask: Mask) -> str:
    question, answer = one.question, one.answer
    return _row(f"{question.id}. {question.asks}", question.expects, answer.state.value, *_answer(answer, mask))


def _answer(line: Examination, mask: Mask) -> tuple[str, str]:
    return mask(_found(line)), mask(line.what_to_do)


def _found(line: Examination) -> str:
    return line.what if line.aws is None else f"{line.what} — {words_of(line.aws)}"


def _table(heads: tuple[str, ...]) -> tuple[str, str]:
    return "| " + " | ".join(heads) + " |", "|" + " --- |" * len(heads)


def _row(*cells: str) -> str:
    return "| " + " | ".join(map(_harmless, cells)) + " |"


def _harmless(cell: str) -> str:
    return _MENTION.sub(r"\1<!-- -->", _MARKUP.sub(r"\\\1", safe_text(cell)))
