"""Does the role's trust policy keep out everybody who has no MFA?

Such a policy guards the way to the role, and protects no call: a session that was made with a code given to
``sts:AssumeRole`` has ``aws:MultiFactorAuthPresent`` ``false``, whatever the trust policy asked for, and others who may
delete the target never come by this role. It is reported beside an unprotected step, so that nobody takes the one for
the other.

Three-valued: when a statement is not understood, the answer is None.

Source: IAM user guide, "Configuring MFA-protected API access"; IAM API reference, ``GetRole``.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from runner.policy.convert import concerns
from runner.policy.document import Statement, Undecidable, parse
from runner.policy.mfa_condition import Bearer, Truth, holds, is_about_mfa

WAYS_IN = ("sts:AssumeRole", "sts:AssumeRoleWithSAML", "sts:AssumeRoleWithWebIdentity")
"""The actions that make a session of a role."""

_UNPROVEN = (Bearer.LONG_TERM_KEY, Bearer.WITHOUT_MFA)


def is_gated(trust: object) -> Truth:
    """Return whether nobody can assume the role without MFA; ``trust`` is ``AssumeRolePolicyDocument``.

    Conditions about other things than MFA are taken to hold: they say who may come in, not that MFA is needed.
    """
    if not isinstance(trust, str | Mapping):
        return None
    try:
        statements = parse(trust).statements
    except Undecidable:
        return None
    ways = tuple((statement, way) for statement in statements for way in WAYS_IN if _allows(statement, way))
    closed = {_closed(statement, way, statements) for statement, way in ways}
    if False in closed or not closed:
        return False
    return None if None in closed else True


def _allows(statement: Statement, way: str) -> bool:
    return statement.effect == "Allow" and concerns(statement, (way,))


def _closed(allow: Statement, way: str, statements: Iterable[Statement]) -> Truth:
    """Return whether a statement lets nobody in without MFA, by its own condition or because a Deny of all steps in."""
    found: set[Truth] = set()
    for bearer in _UNPROVEN:
        opens = holds(allow.conditions, bearer)
        denied = {holds(deny.conditions, bearer) for deny in statements if _denies_all(deny, way)}
        found.add(True if opens is False or True in denied else None if opens is None or None in denied else False)
    return False if False in found else None if None in found else True


def _denies_all(statement: Statement, way: str) -> bool:
    """Return whether a Deny is about everybody, and about MFA alone."""
    whom = statement.principals
    everybody = whom is not None and not whom.negated and ("AWS", "*") in whom.entries
    plain = all(map(is_about_mfa, statement.conditions))
    return statement.effect == "Deny" and everybody and plain and concerns(statement, (way,))
