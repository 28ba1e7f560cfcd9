"""Mask whatever names somebody in a text that goes to strangers.

- Account ids keep their last four digits; ARNs keep their service and kind. The names in them are masked wherever they
  stand, and so are names that the caller knows.
- Access key ids, device serials, paths, mail and network addresses, hosts that are not AWS's, ids of organizations and
  networks, profiles and aliases are known by their form.
- More is masked than needed, never less: a user called `session` costs the table that word.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from typing import TypeAlias

from runner.model.arn import Arn

Mask: TypeAlias = Callable[[str], str]

HIDDEN = "…"
_ARN = re.compile(r"arn:aws[a-z-]*:[a-z0-9-]+:[a-z0-9-]*:(?:\d{12})?:[^\s\"]*[^\s\".,:;'()\[\]{}]")
_SHORT = 4
"""Names up to this length are masked as whole words only."""
_FORMS: tuple[tuple[re.Pattern[str], str], ...] = tuple(
    (re.compile(pattern), instead)
    for pattern, instead in (
        (r"(?<=://)(?!sts(?:\.[a-z0-9-]+)?\.amazonaws\.com(?:\.cn)?(?![\w.-]))[^\s\"']+", HIDDEN),
        (r"[\w.+-]+@[\w.-]+", HIDDEN),
        (r"\b((?:A3T|AB|AC|AG|AI|AK|AN|AP|AR|AS|AV)[A-Z]{1,2})[A-Z0-9]{12,}\b", rf"\1{HIDDEN}"),
        (r"\b[A-Z]{4}\d{8}\b", HIDDEN),  # the serial of a hardware device
        (r"\b\d{1,3}(?:\.\d{1,3}){3}(?:/\d{1,2})?\b", HIDDEN),
        (r"\b(o|vpce?|subnet)-[0-9a-z]{8,}\b", rf"\1-{HIDDEN}"),
        (r"\b(profile )(?:'[^']*'|\"[^\"]*\")", rf"\1{HIDDEN}"),
        (r"( has ).+(, the playbook says ).+", rf"\1{HIDDEN}\2{HIDDEN}"),  # the account's aliases
        (r"(?<![\w.~/:…-])/(?!usr/bin/|bin/)[^\s\"',;:)]+", HIDDEN),
        (r"~/(?!\.aws/|\.local/state/runner)[^\s\"',;:)]+", f"~/{HIDDEN}"),
        (r"(?<!\d)\d{8}(\d{4})(?!\d)", rf"{HIDDEN}\1"),
    )
)


def masking(texts: Iterable[str], names: Iterable[str], home: str) -> Mask:
    """Return what masks a text: the names that are given, and those in the ARNs of any of the texts.

    ``home`` is the operator's home directory.
    """
    given = {name for name in names if name}
    arns = {name for name in given if name.startswith("arn:")} | {arn for part in texts for arn in _ARN.findall(part)}
    bare = {word for arn in arns for word in _names_in(arn)} | (given - arns)
    known = _alternatives(arns), _alternatives(bare)

    def mask(part: str) -> str:
        masked = part.replace(home, "~") if home not in {"", "/"} else part
        masked = known[0].sub(lambda found: _masked_arn(found[0]), masked)
        masked = known[1].sub(HIDDEN, masked)
        for form, instead in _FORMS:
            masked = form.sub(instead, masked)
        return masked

    return mask


def _alternatives(texts: Iterable[str]) -> re.Pattern[str]:
    """Return a pattern of any of the texts, the longest first; of none it matches nothing."""
    ordered = sorted((text for text in texts if len(text) > 1), key=len, reverse=True)
    return re.compile("|".join(map(_pattern, ordered)) or r"(?!)")


def _pattern(text: str) -> str:
    escaped = re.escape(text)
    return escaped if len(text) > _SHORT else rf"(?<![\w-]){escaped}(?![\w-])"


def _names_in(arn: str) -> tuple[str, ...]:
    """Return the names in the last part of an ARN: all after its kind; S3's, without an account, begin with a name."""
    account, resource = arn.split(":", 5)[4:]
    first, *rest = re.split("[/:]", resource)
    return (resource, *rest) if rest and account else (resource, first, *rest)


def _masked_arn(text: str) -> str:
    try:
        arn = Arn.parse(text)
    except ValueError:
        return HIDDEN
    kind, slash, _ = arn.resource.partition("/")
    account = f"{HIDDEN}{arn.account[-4:]}" if arn.account else ""
    shown = f"{kind}/{HIDDEN}" if slash and arn.account else HIDDEN
    return f"arn:{arn.partition}:{arn.service}:{arn.region}:{account}:{shown}"
