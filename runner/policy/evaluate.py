"""Decide a request as AWS would: allowed, explicitly denied, implicitly denied or unknown, and by which statement.

An explicit Deny in any policy wins. Without one, in the account that owns the resource:

- identity policies, or a resource policy that names the role or everybody, must allow, and then boundary and session
  policies must allow too;
- a resource policy that names the session or the user itself allows alone: no *implicit* deny of a boundary or session
  policy limits it. AWS documents the same of ``*`` together with ``aws:PrincipalArn``; for ``*`` alone it is a doubt;
- a resource policy that names the account allows nothing, it leaves the decision to the identity policies;
- a key policy or trust policy must allow itself: identity policies count only when it names the account.

In another account both sides must allow, in whichever way the resource policy names the caller.

Everything is three-valued (``runner.policy.truth``): a doubt never becomes an answer. Organizations' policies, VPC
endpoint policies and ACLs are not in the picture, and no root user is.

Source: IAM user guide, "Policy evaluation logic", "How AWS enforcement code logic evaluates requests to allow or deny
access" and "Cross-account policy evaluation logic"; KMS developer guide, "Key policies in AWS KMS".
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from runner.policy.document import EffectName
from runner.policy.policies import (
    Allowed,
    AnyPolicy,
    Decider,
    Decision,
    ExplicitlyDenied,
    ImplicitlyDenied,
    Policies,
    Unknown,
    Unreadable,
)
from runner.policy.principal import Way
from runner.policy.request import Request
from runner.policy.statement import ON_RESOURCES, Kind, applies
from runner.policy.truth import Answer, Doubt, every, some

_PRINCIPAL_ARN = "aws:principalarn"
_MUST_ALLOW = frozenset({Kind.KEY, Kind.TRUST})


@dataclass(frozen=True)
class _Judged:
    """Hold a statement's effect and whether it applies."""

    decider: Decider
    effect: EffectName | None
    """None for a policy that is not understood: it may be both."""
    answer: Answer
    way: Way | None = None
    names_arn: bool = False
    """Whether a condition narrows the statement by the caller's ARN."""


@dataclass(frozen=True)
class _Word:
    """Hold whether policies of one kind allow, and the statement that does."""

    kind: Kind
    answer: Answer
    by: tuple[Decider, ...] = ()


def evaluate(request: Request, policies: Policies) -> Decision:
    """Decide a request by all its policies."""
    denies: list[_Judged] = []
    for item in _judge_all(request, policies, "Deny"):
        if item.answer is True:
            # Nothing outweighs it: no other statement need be looked at.
            return ExplicitlyDenied(item.decider)
        denies.append(item)
    words = _words(request, policies, list(_judge_all(request, policies, "Allow")))
    doubts = _sentences(denies)
    silent = next((word for word in words if word.answer is False), None)
    if silent is not None:
        return ImplicitlyDenied(silent.kind, doubts)
    doubts = (*doubts, *(word.answer.why for word in words if isinstance(word.answer, Doubt)))
    return Unknown(tuple(dict.fromkeys(doubts))) if doubts else Allowed(tuple(by for word in words for by in word.by))


def _judge_all(request: Request, policies: Policies, effect: EffectName) -> Iterator[_Judged]:
    """Judge the statements with an effect, one by one, and the policies that are not understood."""
    layers = (
        *((Kind.IDENTITY, policy) for policy in policies.identity),
        *((Kind.SESSION, policy) for policy in policies.session),
        (Kind.BOUNDARY, policies.boundary),
        (policies.kind, policies.resource),
    )
    bounded = policies.boundary is not None
    for kind, policy in layers:
        if policy is not None:
            yield from _judge(request, kind, policy, effect, bounded=bounded)


def _judge(request: Request, kind: Kind, policy: AnyPolicy, effect: EffectName, *, bounded: bool) -> Iterator[_Judged]:
    if isinstance(policy, Unreadable):
        why = Doubt(f"the {kind.value} {policy.name} is not understood: {policy.why}")
        yield _Judged(Decider(kind, policy.name, "the document"), None, why)
        return
    for statement in policy.document.statements:
        if statement.effect != effect:
            continue
        found = applies(statement, kind, policy.document.version, request, bounded=bounded)
        answer = found.answer
        if isinstance(answer, Doubt):
            answer = Doubt(f"statement {statement.name} of the {kind.value} {policy.name}: {answer.why}")
        names_arn = any(line.key.lower() == _PRINCIPAL_ARN for line in statement.conditions)
        yield _Judged(Decider(kind, policy.name, statement.name), statement.effect, answer, found.way, names_arn)


def _words(request: Request, policies: Policies, allows: list[_Judged]) -> tuple[_Word, ...]:
    """Return the words that are needed, in AWS's order; all must be yes."""
    identity = _word(Kind.IDENTITY, (item for item in allows if item.decider.kind is Kind.IDENTITY))
    on_resource = [item for item in allows if item.decider.kind in ON_RESOURCES]
    limits = [
        _word(kind, (item for item in allows if item.decider.kind is kind))
        for kind, is_there in ((Kind.BOUNDARY, policies.boundary), (Kind.SESSION, policies.session))
        if is_there
    ]
    if request.owner != request.caller.account:
        return (_word(policies.kind, on_resource), identity, *limits)
    by_itself = _word(policies.kind, (_unlimited(item) for item in on_resource))
    if by_itself.answer is True:
        return (by_itself,)
    named = _word(policies.kind, (item for item in on_resource if item.way is not Way.ACCOUNT))
    limited = (_granted(policies.kind, identity, named, on_resource), *limits)
    if isinstance(by_itself.answer, Doubt) and every(word.answer for word in limited) is not True:
        return (by_itself,)
    return limited


def _granted(kind: Kind, identity: _Word, named: _Word, on_resource: list[_Judged]) -> _Word:
    """Return whether the caller is granted the request, boundary and session policies aside."""
    if kind not in _MUST_ALLOW:
        return _Word(Kind.IDENTITY, some((identity.answer, named.answer)), identity.by or named.by)
    # What names the caller otherwise than by the account is enough alone: that it counts here too makes no difference.
    delegated = _word(kind, on_resource)
    both = every((delegated.answer, identity.answer))
    silent = kind if delegated.answer is False else Kind.IDENTITY
    return _Word(silent, some((named.answer, both)), named.by or (*delegated.by, *identity.by))


def _unlimited(item: _Judged) -> _Judged:
    """Return a grant of a resource policy with the answer to whether it holds without boundary and session policies."""
    match item.way:
        case Way.SESSION | Way.USER | None:
            return item
        case Way.ANYBODY if item.names_arn or item.answer is False:
            return item
        case Way.ANYBODY:
            where = f"statement {item.decider.statement} of the {item.decider.kind.value} {item.decider.policy}"
            why = "allows everybody, and AWS does not say whether boundaries and session policies limit that"
            return _Judged(item.decider, item.effect, Doubt(f"{where} {why}"), item.way)
        case Way.ROLE | Way.ACCOUNT:
            return _Judged(item.decider, item.effect, answer=False, way=item.way)


def _word(kind: Kind, items: Iterable[_Judged]) -> _Word:
    listed = tuple(items)
    by = tuple(item.decider for item in listed if item.answer is True)[:1]
    return _Word(kind, some(item.answer for item in listed), by)


def _sentences(items: Iterable[_Judged]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(item.answer.why for item in items if isinstance(item.answer, Doubt)))
