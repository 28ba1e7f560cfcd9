"""Find holes in MFA conditions: for whom does a statement not do what its author meant?

- A Deny has a hole when it does not hold for a long-term key or for a session without MFA, an Allow when it does.
  Holding the wrong way round for a session with MFA is the condition inverted.
- A hole of one statement may be closed by another Deny of the same document that reaches as far: then it is none.
- Lines about other keys are taken to hold: they say when a statement is meant, not whom it lets through.
- What is not understood makes the statement undecidable, and the document as a whole when that is not understood.

Source: IAM user guide, "AWS global condition context keys" (aws:MultiFactorAuthPresent), which recommends
``BoolIfExists`` for a Deny and warns of ``Bool`` there.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from enum import Enum

from runner.model.canonical import Json
from runner.policy.document import Condition, Document, Element, Statement, Undecidable, parse
from runner.policy.mfa_condition import Bearer, Truth, corrected, holds, is_about_mfa
from runner.policy.wildcard import action_matches, resource_matches

_UNPROVEN = (Bearer.LONG_TERM_KEY, Bearer.WITHOUT_MFA)
"""Those whom an MFA condition is to keep out."""
_VIA_SERVICE = frozenset({"aws:viaawsservice", "aws:calledvia", "aws:calledviafirst", "aws:calledvialast"})
_VIA_NOTE = (
    "it also denies what an AWS service does on somebody's behalf, with MFA or without; where that is not meant, add "
    '"Bool":{"aws:ViaAWSService":"false"}'
)


class Grade(Enum):
    """Say what is thought of a statement's MFA condition."""

    SOUND = "sound"
    HOLE = "hole"
    CANNOT_TELL = "cannot tell"


@dataclass(frozen=True)
class Remark:
    """Say what is thought of one statement that looks at MFA, and why.

    ``open_to`` are those who get through although they should not. ``corrected`` is the condition as it should be, as
    compact JSON. ``note`` is something to know about a condition that is sound. ``quotes`` are the policy's own words.
    """

    statement: str
    grade: Grade
    why: str
    open_to: tuple[Bearer, ...] = ()
    corrected: str = ""
    note: str = ""
    quotes: tuple[str, ...] = ()


def lint(policy: str | Mapping[str, Json]) -> tuple[Remark, ...]:
    """Return a remark for each statement of a policy document that looks at MFA; none when none does."""
    try:
        return lint_document(parse(policy))
    except Undecidable as error:
        return (Remark("the document", Grade.CANNOT_TELL, f"it is not understood: {error}", quotes=(str(error),)),)


def lint_document(document: Document) -> tuple[Remark, ...]:
    """Return a remark for each statement of a document that looks at MFA."""
    found = (statement for statement in document.statements if any(map(is_about_mfa, statement.conditions)))
    return tuple(replace(_remark(one, document.statements), quotes=_quotes(one)) for one in found)


def _quotes(statement: Statement) -> tuple[str, ...]:
    """Return the Sid, and what the conditions that are not about MFA look at and compare with."""
    words = (word for line in _others(statement) for word in (*line.key.split("/")[1:], *line.values))
    return tuple(word for word in (statement.sid, *sorted(words)) if word and word not in {"true", "false"})


def _remark(statement: Statement, statements: tuple[Statement, ...]) -> Remark:
    truths = {bearer: holds(statement.conditions, bearer) for bearer in Bearer}
    # A Deny must hold for those without MFA, an Allow must not.
    wanted = statement.effect == "Deny"
    gaps = tuple(bearer for bearer in _UNPROVEN if truths[bearer] is (not wanted))
    closed = {bearer: _closed(statement, bearer, statements) for bearer in gaps}
    open_to = tuple(bearer for bearer in gaps if closed[bearer] is False)
    is_wrong_with_mfa = truths[Bearer.WITH_MFA] is wanted and (wanted or bool(gaps))
    if open_to or is_wrong_with_mfa:
        why = _inverted(statement) if is_wrong_with_mfa else _open(statement, open_to)
        return Remark(statement.name, Grade.HOLE, why, open_to, corrected(statement.effect, statement.conditions))
    if None in closed.values() or any(truths[bearer] is None for bearer in _UNPROVEN):
        return Remark(statement.name, Grade.CANNOT_TELL, "it tests MFA in a way that is not understood here")
    return Remark(statement.name, Grade.SOUND, _praise(statement, gaps), note=_note(statement))


def _inverted(statement: Statement) -> str:
    if statement.effect == "Deny":
        return "the condition is inverted: it denies those with MFA"
    return "the condition is inverted: it allows those without MFA, and nobody with it"


def _open(statement: Statement, open_to: tuple[Bearer, ...]) -> str:
    verb = "does not deny" if statement.effect == "Deny" else "allows"
    return f"it {verb} {' and '.join(bearer.value for bearer in open_to)}"


def _praise(statement: Statement, gaps: tuple[Bearer, ...]) -> str:
    if gaps:
        return "what it leaves open, another Deny of the document closes"
    if statement.effect == "Deny":
        return "it denies whoever has no MFA, long-term keys included"
    return "it allows nobody without MFA"


def _note(statement: Statement) -> str:
    looks_at = {line.key.lower() for line in statement.conditions}
    return "" if statement.effect == "Allow" or looks_at & _VIA_SERVICE else _VIA_NOTE


def _closed(statement: Statement, bearer: Bearer, statements: tuple[Statement, ...]) -> Truth:
    """Return whether a Deny stops the bearer wherever the statement lets it through: none does so itself."""
    others = (other for other in statements if other.effect == "Deny")
    truths = {holds(other.conditions, bearer) for other in others if _reaches_as_far(other, statement)}
    if True in truths:
        return True
    return None if None in truths else False


def _reaches_as_far(wide: Statement, narrow: Statement) -> bool:
    """Return whether a statement certainly concerns every request that the other one concerns."""
    return (
        _names_all(wide, narrow)
        and _others(wide) <= _others(narrow)
        and _covers(wide.action, narrow.action, actions=True)
        and _covers(wide.resource, narrow.resource, actions=False)
    )


def _names_all(wide: Statement, narrow: Statement) -> bool:
    whom = wide.principals
    return whom == narrow.principals or (whom is not None and not whom.negated and ("AWS", "*") in whom.entries)


def _others(statement: Statement) -> frozenset[Condition]:
    return frozenset(line for line in statement.conditions if not is_about_mfa(line))


def _covers(wide: Element | None, narrow: Element | None, *, actions: bool) -> bool:
    if wide == narrow:
        return True
    if wide is None or narrow is None or wide.negated or narrow.negated:
        return False
    match = action_matches if actions else resource_matches
    return all(any(match(pattern, value) for pattern in wide.values) for value in narrow.values)
