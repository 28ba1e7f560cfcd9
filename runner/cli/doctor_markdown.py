r"""What the doctor found as Markdown, to paste into an issue: no secrets, and everything masked that names you.

- Account ids keep their last four digits; ARNs keep their service and kind; the names in them are masked wherever they
  stand, and so are access key ids, profile names, the home directory and hosts that are not AWS's.
- AWS's request ids are kept: they mean something to AWS only.
- Foreign text is text: what Markdown, HTML or a mention could act on is escaped.
"""

from __future__ import annotations

import re
from collections.abc import Callable

from runner import __version__
from runner.cli.safe_text import safe_text
from runner.guard.diagnosis import Examination, words_of
from runner.guard.diagnosis_live import Settled

_ARN = re.compile(r"arn:(aws[a-z-]*):([a-z0-9-]+):([a-z0-9-]*):(\d{12})?:([^\s\"',;()]+)")
_ACCOUNT = re.compile(r"(?<!\d)\d{8}(\d{4})(?!\d)")
_KEY = re.compile(r"\b(AKIA|ASIA|AROA|AIDA)[A-Z0-9]{4,}\b")
_PROFILE = re.compile(r"(profile ')[^']*(')")
_HOST = re.compile(r"(?<=://)(?!sts[.\w-]*\.amazonaws\.com)[^\s/:]+")
_MARKUP = re.compile(r"([\\`*_{}\[\]<>#|@~])")
_SHORTEST = 3
"""A name of fewer characters is not masked outside of ARNs: it would mask parts of other words."""
_ABOUT = (
    "Account ids, ARNs, the names in them, access key ids, profiles, paths below the home directory and hosts that are "
    "not AWS's are masked. No secret, code or token stands here; AWS's request ids are kept."
)


def markdown(lines: tuple[Examination, ...], settled: tuple[Settled, ...], home: str) -> str:
    """Return the tables, masked; ``home`` is the operator's home directory."""
    mask = _masking((*lines, *(one.answer for one in settled)), home)
    parts = [f"### runner {__version__} doctor", "", *_table(("looked at", "state", "found", "what to do"))]
    parts += [_row(line.name, line.state.value, _found(line), line.what_to_do, mask=mask) for line in lines]
    if settled:
        parts += ["", *_table(("question", "expected", "state", "answer", "what to do"))]
        parts += [_settled_row(one, mask) for one in settled]
    return "\n".join((*parts, "", _ABOUT, ""))


def _settled_row(one: Settled, mask: Callable[[str], str]) -> str:
    question, answer = one.question, one.answer
    asks = f"{question.id}. {question.asks}"
    return _row(asks, question.expects, answer.state.value, _found(answer), answer.what_to_do, mask=mask)


def _found(line: Examination) -> str:
    return line.what if line.aws is None else f"{line.what} — {words_of(line.aws)}"


def _table(heads: tuple[str, ...]) -> tuple[str, str]:
    return "| " + " | ".join(heads) + " |", "|" + " --- |" * len(heads)


def _row(*cells: str, mask: Callable[[str], str]) -> str:
    return "| " + " | ".join(_MARKUP.sub(r"\\\1", safe_text(mask(cell))) for cell in cells) + " |"


def _masking(lines: tuple[Examination, ...], home: str) -> Callable[[str], str]:
    texts = [part for line in lines for part in (_found(line), line.what_to_do)]
    names = {name for part in texts for found in _ARN.finditer(part) for name in _names(found[5])}
    known = sorted((re.escape(name) for name in names if len(name) >= _SHORTEST), key=len, reverse=True)
    named = re.compile(rf"(?<![\w-])(?:{'|'.join(known)})(?![\w-])") if known else None

    def mask(part: str) -> str:
        masked = part.replace(home, "~") if home not in {"", "/"} else part
        masked = _ARN.sub(_masked_arn, masked)
        masked = named.sub("…", masked) if named is not None else masked
        masked = _HOST.sub("…", _PROFILE.sub(r"\1…\2", _KEY.sub(r"\1…", masked)))
        return _ACCOUNT.sub(r"…\1", masked)

    return mask


def _names(resource: str) -> tuple[str, ...]:
    """Return the names in the last part of an ARN: all after its kind, or all of it when it has none."""
    kind, slash, rest = resource.partition("/")
    return tuple(rest.split("/")) if slash else (kind,)


def _masked_arn(found: re.Match[str]) -> str:
    kind, slash, _ = found[5].partition("/")
    account = f"…{found[4][-4:]}" if found[4] else ""
    shown = f"{kind}/…" if slash and found[4] else "…"
    return f"arn:{found[1]}:{found[2]}:{found[3]}:{account}:{shown}"
