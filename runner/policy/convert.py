"""Turn a bucket policy into identity-policy statements, because AWS cannot simulate one with a role.

``iam:SimulatePrincipalPolicy`` takes a resource policy for IAM users only. For a role, and for a bucket of the role's
own account, the statements that concern its session can be handed over as extra identity policies instead:

- A Deny converts exactly: an explicit Deny wins wherever it stands.
- An Allow to the role converts exactly: boundary and session policy limit it as they limit identity policies.
- An Allow to the account is dropped: it only hands the decision to the account's identity policies.
- An Allow to the session or to everybody is *not* limited by a boundary, an identity policy is. It converts exactly
  when nothing limits the role. Otherwise it `escapes`: a simulation under the boundary would say "denied" where AWS
  allows, so one without the boundary has to be asked too (``runner.guard.batch``).
- ``NotPrincipal`` and principals of unknown form are doubts, unless the case is plain (``runner.policy.principal``).
- Across accounts both sides must allow, and the other side's policies may be unreadable: a doubt.
- A document that is not understood as a whole is a doubt.

A statement that names none of the actions in question changes nothing and is left out. A doubt means that the
simulation cannot decide; it is never dropped. KMS key policies and trust policies follow other rules: not for them.

Each statement becomes a document of its own, so that AWS's ``PolicyInputList.N`` names the statement exactly. Its Sid
is not in the document: buckets accept Sids that IAM refuses.

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
    """Hold a statement of the bucket policy, how it names the session, and the identity policy that it became."""

    statement: Statement
    way: Way
    policy: str

    @property
    def name(self) -> str:
        """The statement in words: ``statement DenyWithoutMfa of the bucket policy``."""
        return f"statement {self.statement.name} of the bucket policy"

    @property
    def escapes(self) -> bool:
        """Whether it allows in a way that a permissions boundary does not limit."""
        return self.statement.effect == "Allow" and self.way in {Way.SESSION, Way.ANYBODY}


@dataclass(frozen=True)
class Converted:
    """Hold a converted bucket policy; ``doubts`` are sentences: with any of them the simulation cannot tell."""

    origins: tuple[Origin, ...] = ()
    doubts: tuple[str, ...] = ()


def convert(policy: str | Mapping[str, Json] | None, role: Role, *, owner: str, actions: tuple[str, ...]) -> Converted:
    """Convert a bucket policy for one role and the actions in question.

    ``policy`` is None when the bucket has none. ``owner`` is the bucket's account.
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
        (statement, _decide(statement, role)) for statement in document.statements if concerns(statement, actions)
    )
    return Converted(
        origins=tuple(
            Origin(statement, answer.way, _written(document, statement))
            for statement, answer in answers
            if isinstance(answer, Match)
        ),
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


def _decide(statement: Statement, role: Role) -> Match | NoMatch | CannotTell:
    answer = match_principal(statement, role)
    if not isinstance(answer, Match):
        return answer
    if statement.resource is None:
        return CannotTell("it names no resource")
    if statement.effect == "Allow" and answer.way is Way.ACCOUNT:
        return NoMatch()
    return answer


def _written(document: Document, statement: Statement) -> str:
    body = {name: value for name, value in statement.raw.items() if name not in _BUCKET_ONLY}
    whole = {"Version": document.version, "Statement": [body]}
    # ASCII only: IAM refuses characters beyond U+00FF in PolicyInputList, their escapes it takes.
    return json.dumps(whole, separators=(",", ":"), ensure_ascii=True, default=dict)
