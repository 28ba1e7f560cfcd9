"""Turn a bucket policy into identity-policy statements, because AWS cannot simulate one with a role.

``iam:SimulatePrincipalPolicy`` takes a resource policy for IAM users only. For a role, and for a bucket of the role's
own account, the statements that concern its session can be handed over as extra identity policies instead:

- A Deny converts exactly: an explicit Deny wins wherever it stands.
- An Allow to the role converts exactly: boundary and session policy limit it as they limit identity policies.
- An Allow to the account is dropped: it only hands the decision to the account's identity policies.
- An Allow to the session or to everybody is *not* limited by a boundary, an identity policy is. It converts exactly
  when nothing limits the role, and is a doubt otherwise: the simulation would say "denied" where AWS allows.
- ``NotPrincipal`` and principals of unknown form are doubts, unless the case is plain (``runner.policy.principal``).
- Across accounts both sides must allow, and the other side's policies may be unreadable: a doubt.
- A document that is not understood as a whole is a doubt.

A statement that names none of the actions in question changes nothing and is left out. A doubt means that the
simulation cannot decide; it is never dropped. KMS key policies and trust policies follow other rules: not for them.

Each statement becomes a document of its own, so that AWS's ``PolicyInputList.N`` names the statement exactly. Its Sid
is kept in `Origin` and not in the document: buckets accept Sids that IAM refuses.

Source: IAM user guide, "Policy evaluation logic" and "Policy evaluation for requests within a single account".
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from runner.model.canonical import Json
from runner.policy.document import Document, Statement, Undecidable, parse
from runner.policy.principal import CannotTell, Match, NoMatch, Role, Way, match_principal
from runner.policy.wildcard import action_matches

_BUCKET_ONLY = frozenset({"Sid", "Principal", "NotPrincipal"})


@dataclass(frozen=True)
class Origin:
    """Say which statement of the bucket policy became ``PolicyInputList.N``."""

    policy_id: str
    statement: Statement

    @property
    def name(self) -> str:
        """The statement in words: ``statement DenyWithoutMfa of the bucket policy``."""
        return f"statement {self.statement.name} of the bucket policy"


@dataclass(frozen=True)
class Converted:
    """Hold a converted bucket policy.

    ``policies`` goes to ``PolicyInputList``, and ``origins`` stands beside it, one for each. ``doubts`` are sentences:
    with any of them the simulation cannot tell.
    """

    policies: tuple[str, ...] = ()
    origins: tuple[Origin, ...] = ()
    doubts: tuple[str, ...] = ()


def convert(
    policy: str | Mapping[str, Json] | None, role: Role, *, owner: str, actions: tuple[str, ...], limited: bool
) -> Converted:
    """Convert a bucket policy for one role and the actions in question.

    ``policy`` is None when the bucket has none. ``owner`` is the bucket's account. ``limited`` says that a permissions
    boundary, or a session policy other than the runner's own, limits the role.
    """
    if policy is None:
        return Converted()
    if owner != role.account:
        return Converted(doubts=(f"the bucket belongs to account {owner} and the role to account {role.account}",))
    try:
        document = parse(policy)
    except Undecidable as error:
        return Converted(doubts=(f"the bucket policy is not understood: {error}",))
    answers = tuple(
        (statement, _decide(statement, role, limited=limited))
        for statement in document.statements
        if concerns(statement, actions)
    )
    kept = tuple(statement for statement, answer in answers if isinstance(answer, Match))
    return Converted(
        policies=tuple(_written(document, statement) for statement in kept),
        origins=tuple(Origin(f"PolicyInputList.{place}", statement) for place, statement in enumerate(kept, start=1)),
        doubts=tuple(
            f"statement {statement.name} of the bucket policy cannot be simulated: {answer.why}"
            for statement, answer in answers
            if isinstance(answer, CannotTell)
        ),
    )


def concerns(statement: Statement, actions: Iterable[str]) -> bool:
    """Return whether the statement names any of the actions."""
    named = statement.action
    return any(any(action_matches(value, action) for value in named.values) is not named.negated for action in actions)


def _decide(statement: Statement, role: Role, *, limited: bool) -> Match | NoMatch | CannotTell:
    answer = match_principal(statement, role)
    if not isinstance(answer, Match):
        return answer
    if statement.resource is None:
        return CannotTell("it names no resource")
    if statement.effect == "Deny" or answer.way is Way.ROLE:
        return answer
    if answer.way is Way.ACCOUNT:
        return NoMatch()
    if limited:
        whom = "everybody" if answer.way is Way.ANYBODY else "the role's session"
        return CannotTell(f"it allows {whom}, which the role's permissions boundary does not limit")
    return answer


def _written(document: Document, statement: Statement) -> str:
    body = {name: value for name, value in statement.raw.items() if name not in _BUCKET_ONLY}
    whole = {"Version": document.version, "Statement": [body]}
    # ASCII only: IAM refuses characters beyond U+00FF in PolicyInputList, their escapes it takes.
    return json.dumps(whole, separators=(",", ":"), ensure_ascii=True, default=dict)
