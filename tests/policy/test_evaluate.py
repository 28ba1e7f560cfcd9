"""What must hold for every policy and request: less permission or less knowledge never ends in "allowed"."""

from __future__ import annotations

import copy
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from ministack.core import iam_evaluator

from runner.model.canonical import Json
from runner.policy.evaluate import evaluate
from runner.policy.policies import (
    Allowed,
    AnyPolicy,
    Decision,
    ExplicitlyDenied,
    ImplicitlyDenied,
    Policies,
    Unknown,
    read_policy,
)
from runner.policy.request import Request, RequestContext
from runner.policy.statement import Kind
from tests.policy.policy_strategies import (
    ACCOUNT,
    ROLE,
    Written,
    as_policies,
    requests,
    statements,
    written_policies,
    written_sets,
)

ROLES = ("identity", "boundary", "session", "resource")
kinds = st.sampled_from([Kind.RESOURCE, Kind.RESOURCE, Kind.KEY])


def _is_denied(decision: Decision) -> bool:
    return isinstance(decision, ExplicitlyDenied | ImplicitlyDenied)


def _is_less_certain(after: Decision, before: Decision) -> bool:
    """Return whether an answer is the one before, or a doubt."""
    same = not isinstance(before, Unknown) and _is_denied(after) is _is_denied(before)
    return isinstance(after, Unknown) or same


def _some_statement(data: st.DataObject, written: Written, effect: str) -> tuple[str, int]:
    found = [
        (role, place)
        for role in ROLES
        if written[role] is not None
        for place, statement in enumerate(written[role]["Statement"])
        if statement["Effect"] == effect
    ]
    assume(found)
    return data.draw(st.sampled_from(found))


@given(written=written_sets(certain=False), request=requests(), kind=kinds, data=st.data())
def test_adding_a_deny_never_allows(written: Written, request: Request, kind: Kind, data: st.DataObject) -> None:
    """Whatever the Deny says and wherever it stands, what was not allowed before is not allowed after."""
    role = data.draw(st.sampled_from([role for role in ROLES if written[role] is not None]))
    changed = copy.deepcopy(dict(written))
    deny = statements(certain=False, with_principal=role == "resource", effect="Deny")
    changed[role]["Statement"].append(data.draw(deny))

    before, after = (evaluate(request, as_policies(each, kind)) for each in (written, changed))

    assert isinstance(before, Allowed) or not isinstance(after, Allowed)


@given(written=written_sets(certain=False), request=requests(), kind=kinds, data=st.data())
def test_removing_an_allow_never_allows(written: Written, request: Request, kind: Kind, data: st.DataObject) -> None:
    """With one Allow less, what was not allowed before is not allowed after."""
    role, place = _some_statement(data, written, "Allow")
    changed = copy.deepcopy(dict(written))
    changed[role]["Statement"][place] = {"Effect": "Allow", "Action": "none:None", "Resource": "*"}
    if role == "resource":
        changed[role]["Statement"][place]["Principal"] = "*"

    before, after = (evaluate(request, as_policies(each, kind)) for each in (written, changed))

    assert isinstance(before, Allowed) or not isinstance(after, Allowed)


@given(written=written_sets(certain=False), request=requests(), kind=kinds, limit=written_policies(certain=False))
def test_a_limit_never_allows(written: Written, request: Request, kind: Kind, limit: Any) -> None:
    """A boundary, or a session policy where there was none, makes nothing allowed."""
    for role in ("boundary", "session"):
        before = evaluate(request, as_policies({**written, role: None}, kind))
        after = evaluate(request, as_policies({**written, role: limit}, kind))

        assert isinstance(before, Allowed) or not isinstance(after, Allowed)


@given(written=written_sets(certain=False), request=requests(), kind=kinds, data=st.data())
def test_forgetting_a_key_only_adds_doubt(written: Written, request: Request, kind: Kind, data: st.DataObject) -> None:
    """With one key not known any more, the answer stays or becomes unknown; it never becomes another."""
    known = request.context.values
    names = ["k:String", "k:Bool", "k:Numeric", "k:Date", "k:list", "k:Arn", "k:IpAddress", "k:Binary"]
    forgotten = data.draw(st.sampled_from(names))
    rest = {name: value for name, value in known.items() if name != forgotten}
    absent = frozenset(names) - set(rest) - {forgotten}
    only_present = frozenset({forgotten} & set(known)) if data.draw(st.booleans()) else frozenset[str]()
    context = RequestContext(rest, absent=absent, present=only_present)

    before = evaluate(request, as_policies(written, kind))
    after = evaluate(replace(request, context=context), as_policies(written, kind))

    assert _is_less_certain(after, before)


@given(written=written_sets(certain=True), request=requests(), kind=kinds, data=st.data())
def test_an_unknown_operator_only_adds_doubt(
    written: Written, request: Request, kind: Kind, data: st.DataObject
) -> None:
    """An operator that is not known never decides, neither in an Allow nor in a Deny."""
    role, place = _some_statement(data, written, data.draw(st.sampled_from(["Allow", "Deny"])))
    changed = copy.deepcopy(dict(written))
    conditions = changed[role]["Statement"][place]["Condition"]
    assume(conditions)
    operator = data.draw(st.sampled_from(sorted(conditions)))
    conditions[f"{operator}OrSo"] = conditions.pop(operator)

    before, after = (evaluate(request, as_policies(each, kind)) for each in (written, changed))

    assert _is_less_certain(after, before)


@given(written=written_sets(certain=False), request=requests(), kind=kinds, data=st.data())
def test_a_policy_that_is_not_understood_only_adds_doubt(
    written: Written, request: Request, kind: Kind, data: st.DataObject
) -> None:
    """A policy that cannot be read may allow and deny anything: it never decides."""
    role = data.draw(st.sampled_from([role for role in ROLES if written[role] is not None]))
    changed = {**written, role: "no policy"}

    assert _is_less_certain(
        evaluate(request, as_policies(changed, kind)), evaluate(request, as_policies(written, kind))
    )


@settings(max_examples=300)
@given(written=written_sets(certain=True), request=requests(), kind=kinds)
def test_another_evaluator_agrees(written: Written, request: Request, kind: Kind) -> None:
    """On what both understand, ministack's evaluator allows and denies the same."""
    decision = evaluate(request, as_policies(written, kind))

    expected = _ministack(written, request, required=kind is Kind.KEY)

    assert isinstance(decision, Unknown) or isinstance(decision, Allowed) is (expected == "Allow")


def _ministack(written: Written, request: Request, *, required: bool) -> str:
    caller = request.caller
    context = iam_evaluator.EvalContext(
        principal_arn=caller.session_arn if caller is ROLE else caller.arn,
        principal_type="AssumedRole" if caller is ROLE else "User",
        principal_account=ACCOUNT,
        action=request.action,
        resource_arn=request.resource,
        region="us-east-1",
        service_context={
            key.lower(): list(value) if isinstance(value, tuple) else value
            for key, value in request.context.values.items()
        },
    )
    read = {role: iam_evaluator.parse_policy_document(written[role]) for role in ROLES[:3] if written[role]}
    limits = tuple([read[role]] for role in ("boundary", "session") if role in read)
    identity = iam_evaluator.evaluate(context, [read["identity"]], *limits)
    combined = iam_evaluator.combine_resource_policy(
        identity, context, written["resource"], request.owner, required, limits
    )
    return str(combined.decision)


def test_an_answer_names_every_statement_that_was_needed() -> None:
    """An allowed request names the statement of each layer, a doubt the policy and the statement it is about."""
    allow: dict[str, Json] = {"Sid": "Yes", "Effect": "Allow", "Action": "*", "Resource": "*"}
    doubtful: dict[str, Json] = {**allow, "Sid": "Perhaps", "Condition": {"Bool": {"aws:SecureTransport": "true"}}}
    request = Request(ROLE, "s3:GetObject", "arn:aws:s3:::doomed/a", ACCOUNT, RequestContext())
    yes, perhaps = read_policy("yes", {"Statement": allow}), read_policy("perhaps", {"Statement": doubtful})

    allowed = evaluate(request, Policies((yes,), boundary=yes, session=(yes,)))
    unknown = evaluate(request, Policies((yes,), session=(perhaps,)))

    assert isinstance(allowed, Allowed)
    assert [item.kind for item in allowed.by] == [Kind.IDENTITY, Kind.BOUNDARY, Kind.SESSION]
    assert isinstance(unknown, Unknown)
    why = "it is not known whether the request has the key aws:SecureTransport, and with which value"
    assert unknown.doubts == (f"statement Perhaps of the session policy perhaps: {why}",)


REQUEST = Request(ROLE, "kms:Decrypt", f"arn:aws:kms:eu-west-1:{ACCOUNT}:key/k", ACCOUNT, RequestContext())
ALLOW: Mapping[str, Json] = {"Effect": "Allow", "Action": "*", "Resource": "*"}
YES = read_policy("yes", {"Statement": dict(ALLOW)})
SILENT = read_policy("silent", {"Statement": {**ALLOW, "Action": "none:None"}})


def _for(principal: Json, condition: Json = None) -> AnyPolicy:
    return read_policy("on it", {"Statement": {**ALLOW, "Principal": principal, "Condition": condition or {}}})


def test_a_deny_in_doubt_allows_nothing() -> None:
    """Where no statement allows, a Deny of which nobody can tell whether it applies leaves the answer at no."""
    doubtful: Json = {**ALLOW, "Effect": "Deny", "Condition": {"Bool": {"aws:SecureTransport": "true"}}}

    decision = evaluate(REQUEST, Policies((read_policy("perhaps", {"Statement": doubtful}),)))

    assert isinstance(decision, ImplicitlyDenied)
    assert decision.kind is Kind.IDENTITY
    assert len(decision.doubts) == 1


def test_a_condition_that_does_not_hold_grants_nobody() -> None:
    """An Allow to everybody is a doubt only where it applies: otherwise the identity policies decide alone."""
    elsewhere = _for("*", {"Null": {"aws:PrincipalAccount": "true"}})
    request = replace(REQUEST, context=RequestContext({"aws:PrincipalAccount": ACCOUNT}))

    assert isinstance(evaluate(request, Policies((YES,), resource=elsewhere)), Allowed)
    assert isinstance(evaluate(request, Policies((SILENT,), resource=elsewhere)), ImplicitlyDenied)
    assert isinstance(evaluate(request, Policies((YES,), boundary=SILENT, resource=elsewhere)), ImplicitlyDenied)


def test_across_accounts_every_limit_counts() -> None:
    """The other account's word and the caller's own are not enough where a boundary or a session is silent."""
    request = replace(REQUEST, owner="222222222222")
    granted = _for({"AWS": ROLE.session_arn})

    assert isinstance(evaluate(request, Policies((YES,), YES, (YES,), granted)), Allowed)
    for policies, kind in (
        (Policies((YES,), SILENT, (), granted), Kind.BOUNDARY),
        (Policies((YES,), None, (SILENT,), granted), Kind.SESSION),
        (Policies((SILENT,), None, (), granted), Kind.IDENTITY),
        (Policies((YES,)), Kind.RESOURCE),
    ):
        decision = evaluate(request, policies)
        assert isinstance(decision, ImplicitlyDenied)
        assert decision.kind is kind


@pytest.mark.parametrize(
    ("principal", "identity", "by"),
    [
        ({"AWS": ROLE.arn}, SILENT, [Kind.KEY]),
        ({"AWS": ROLE.arn}, YES, [Kind.KEY]),
        ({"AWS": ACCOUNT}, YES, [Kind.KEY, Kind.IDENTITY]),
        ({"AWS": ACCOUNT}, SILENT, Kind.IDENTITY),
        ({"AWS": "222222222222"}, YES, Kind.KEY),
    ],
)
def test_a_key_policy_allows_alone_or_together(principal: Json, identity: AnyPolicy, by: list[Kind] | Kind) -> None:
    """Who is named needs no other policy, the account's word needs one; a refusal names what is silent."""
    decision = evaluate(REQUEST, Policies((identity,), resource=_for(principal), kind=Kind.KEY))

    match decision:
        case Allowed():
            assert [item.kind for item in decision.by] == by
        case ImplicitlyDenied():
            assert decision.kind is by
        case _:
            pytest.fail(str(decision))


@pytest.mark.parametrize(
    ("resource", "is_known"),
    [
        (read_policy("on it", "no policy"), False),
        (_for("*"), False),
        (_for({"AWS": ROLE.arn}), True),
        (_for("*", {"Null": {"aws:PrincipalArn": "true"}}), True),
    ],
)
def test_a_silent_boundary_denies_only_where_nothing_may_pass_it_by(resource: AnyPolicy, *, is_known: bool) -> None:
    """A resource policy that cannot be read may name the session, whom no boundary limits."""
    context = RequestContext({"aws:PrincipalArn": ROLE.arn})
    request = replace(REQUEST, context=context)

    decision = evaluate(request, Policies((YES,), boundary=SILENT, resource=resource))

    assert isinstance(decision, ImplicitlyDenied if is_known else Unknown)
