"""What the policies say as runner reads them: it contradicts, settles, or decides alone, and never guesses."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from runner.guard.batch import Batch, batches
from runner.guard.context import RoleFacts, Scenario
from runner.guard.decision import Allowed, CannotTell, Decision, Denied
from runner.guard.evaluation import Effective, Matched, Result
from runner.guard.local import view
from runner.guard.question import Ask, Question, Setting
from runner.guard.role_policies import RolePolicies
from runner.guard.simulation import Answer, evidence_for, read_decision
from runner.model.bound import BoundCall
from runner.model.call import Effect
from runner.model.verdict import Evidence, Level
from runner.policy.convert import Origin, convert
from runner.policy.document import parse
from runner.policy.policies import AnyPolicy, Unreadable, read_policy
from runner.policy.principal import Role, Way
from runner.policy.truth import Doubt

ROLE = Role("arn:aws:iam::222222222222:role/Teardown", "AROAEXAMPLEROLEID0001", "alice")
LIMIT = "arn:aws:iam::222222222222:policy/Limit"
BUCKET = "arn:aws:s3:::b"
OBJECTS = "arn:aws:s3:::b/*"
MFA = {"Bool": {"aws:MultiFactorAuthPresent": "true"}}
NO_MFA = {"BoolIfExists": {"aws:MultiFactorAuthPresent": "false"}}
OFFICE = {"NotIpAddress": {"aws:SourceIp": "192.0.2.0/24"}}
REFUSED = CannotTell("IAM would not simulate: AccessDenied", "allow the role iam:SimulatePrincipalPolicy on itself")


def _statement(effect: str, condition: Mapping[str, Any] | None = None, **more: Any) -> dict[str, Any]:
    base = {"Sid": "S", "Effect": effect, "Action": "s3:*", "Resource": "*"}
    return {**base, **({"Condition": condition} if condition else {}), **more}


def _document(*statements: Mapping[str, Any]) -> dict[str, Any]:
    return {"Version": "2012-10-17", "Statement": list(statements)}


ALLOW = read_policy("own", _document(_statement("Allow")))
ALLOW_WITH_MFA = read_policy("own", _document(_statement("Allow", MFA)))
NO_DELETE = read_policy("Limit", _document(_statement("Allow", Action="s3:Get*")))


def _setting(*identity: AnyPolicy, boundary: AnyPolicy | None = None) -> Setting:
    facts = RoleFacts(ROLE, LIMIT if boundary else None, {})
    own = (
        RolePolicies.of(identity, boundary)
        if identity
        else RolePolicies.unknown(facts, "ListRolePolicies: AccessDenied")
    )
    return Setting(facts, own, "222222222222", datetime(2026, 12, 1, tzinfo=UTC), timedelta(seconds=9))


def _question(*statements: Mapping[str, Any], operation: str = "DeleteBucket", resource: str = BUCKET) -> Question:
    write = BoundCall("s3", operation, {}, "eu-west-1", (resource,), Effect.DELETE)
    policy = _document(*({**statement, "Principal": "*"} for statement in statements)) if statements else None
    converted = convert(policy, ROLE, owner="222222222222", actions=(f"s3:{operation}",))
    read = None if policy is None else read_policy("of the target", policy)
    return Question("step", (write,), converted, "eu-west-1", read)


def _result(
    question: Question,
    effective: Effective,
    *matched: str,
    missing: tuple[str, ...] = (),
    scp: bool = False,
    alone: bool = True,
) -> Result:
    (ask,) = question.asks
    found = tuple(Matched(name, 1) for name in matched)
    keys = frozenset(missing)
    return Result(ask.action.lower(), ask.resource, effective, found, keys, scp, boundary_denies=False, alone=alone)


def _batch(question: Question) -> Batch:
    (batch,) = batches((question,), limited=False)
    return batch


def _simulated(setting: Setting, question: Question, result: Result, scenario: Scenario) -> Decision:
    return read_decision(setting, question, scenario, (Answer(_batch(question), scenario, (result,)),))


def _alone(setting: Setting, question: Question, scenario: Scenario) -> Decision:
    return read_decision(setting, question, scenario, (Answer(_batch(question), scenario, REFUSED, refused=True),))


# Contradicting


@pytest.mark.parametrize(
    ("effective", "identity", "statement", "words"),
    [
        (Effective.ALLOWED, ALLOW, _statement("Deny"), ("is allowed", "is denied: statement S of the bucket policy")),
        (
            Effective.ALLOWED,
            ALLOW_WITH_MFA,
            _statement("Deny", MFA),
            ("is allowed", "is denied: no statement allows it"),
        ),
        (
            Effective.IMPLICIT_DENY,
            ALLOW,
            _statement("Deny", MFA),
            ("is denied: no statement", "is allowed by statement S"),
        ),
        (Effective.EXPLICIT_DENY, ALLOW, _statement("Deny", MFA), ("is denied: a Deny", "is allowed by statement S")),
    ],
)
def test_two_certain_answers_that_differ_are_none(
    effective: Effective, identity: AnyPolicy, statement: Mapping[str, Any], words: tuple[str, ...]
) -> None:
    """Neither AWS's simulator nor the own evaluator is believed against the other, and both are named."""
    question = _question(statement)

    decision = _simulated(_setting(identity), question, _result(question, effective), Scenario.NO_KEY)

    assert isinstance(decision, CannotTell)
    for word in ("AWS's simulator says", "as runner reads them", *words):
        assert word in decision.why


def test_a_deny_that_cannot_apply_is_not_believed_when_aws_names_it() -> None:
    """The target's own statement contradicts alone, whatever is known of the role."""
    question = _question(_statement("Deny", MFA))
    result = _result(question, Effective.EXPLICIT_DENY, "PolicyInputList.1")

    decision = _simulated(_setting(), question, result, Scenario.WITHOUT_MFA)

    assert isinstance(decision, CannotTell)
    assert "not denied by that statement" in decision.why


def test_an_scp_contradicts_nothing() -> None:
    """Organizations' policies are not read here."""
    question = _question()
    result = _result(question, Effective.IMPLICIT_DENY, scp=True)

    assert isinstance(_simulated(_setting(ALLOW), question, result, Scenario.WITH_MFA), Denied)


@pytest.mark.parametrize("scenario", Scenario)
@pytest.mark.parametrize("alone", [True, False])
def test_where_the_role_is_allowed_an_scp_is_all_that_is_left(scenario: Scenario, *, alone: bool) -> None:
    """AWS says it of several resources together; the policies tell that nothing else stops this one."""
    question = _question()
    result = _result(question, Effective.IMPLICIT_DENY, scp=True, alone=alone)

    decision = _simulated(_setting(ALLOW), question, result, scenario)

    assert decision == Denied(question.asks, "an SCP", explicit=False, level=Level.ORGANIZATION)


def test_what_else_aws_names_stays_named_beside_an_scp() -> None:
    """Only where AWS speaks of several resources do the policies say what is left."""
    question = _question()
    result = _result(question, Effective.EXPLICIT_DENY, "other", scp=True)

    decision = _simulated(_setting(ALLOW), question, result, Scenario.NO_KEY)

    by = "the statement at line 1 of the role's policy other and an SCP"
    assert decision == Denied(question.asks, by, explicit=True, level=Level.ORGANIZATION)


def test_several_resources_without_an_scp_are_no_exception() -> None:
    """Where no SCP denies, a denial of what the policies allow is a contradiction, and told as AWS says it."""
    question = _question()
    result = _result(question, Effective.IMPLICIT_DENY, alone=False)

    decision = _simulated(_setting(ALLOW), question, result, Scenario.WITH_MFA)

    assert isinstance(decision, CannotTell)
    assert "is denied: no statement allows it, and" in decision.why


def test_a_grant_that_does_not_apply_contradicts_no_denial() -> None:
    """AWS names what it looked at; only a Deny among it has to apply."""
    question = _question(_statement("Allow", MFA))
    result = _result(question, Effective.IMPLICIT_DENY, "PolicyInputList.1")

    assert isinstance(_simulated(_setting(), question, result, Scenario.NO_KEY), Denied)


def test_an_allowed_that_aws_gives_no_statement_for_is_told_as_it_is() -> None:
    """No statement is made up in the words of a contradiction."""
    question = _question(_statement("Deny"))

    decision = _simulated(_setting(ALLOW), question, _result(question, Effective.ALLOWED), Scenario.NO_KEY)

    assert isinstance(decision, CannotTell)
    assert "is allowed, and by the policies" in decision.why


@pytest.mark.parametrize("effective", Effective)
def test_a_doubt_contradicts_nothing(effective: Effective) -> None:
    """Where the own evaluator cannot tell, AWS's answer stands."""
    question = _question()

    decision = _simulated(_setting(), question, _result(question, effective), Scenario.WITH_MFA)

    assert isinstance(decision, Allowed if effective is Effective.ALLOWED else Denied)


# Settling


@pytest.mark.parametrize(
    ("statement", "identity", "certain"),
    [
        (_statement("Deny", {**OFFICE, "StringEquals": {"aws:PrincipalAccount": "111111111111"}}), (ALLOW,), True),
        (_statement("Deny", OFFICE), (ALLOW,), False),
        (_statement("Deny", {**OFFICE, "StringEquals": {"aws:PrincipalAccount": "111111111111"}}), (), False),
    ],
)
def test_a_missing_key_that_cannot_matter_is_ignored(
    statement: Mapping[str, Any], identity: tuple[AnyPolicy, ...], certain: bool
) -> None:
    """AWS reports every key that any policy names; whether one matters, the policies tell when all are known."""
    question = _question(statement)
    result = _result(question, Effective.ALLOWED, "own", missing=("aws:SourceIp",))

    decision = _simulated(_setting(*identity), question, result, Scenario.WITH_MFA)

    assert isinstance(decision, Allowed if certain else CannotTell)


@pytest.mark.parametrize(
    ("identity", "expected"),
    [
        ((ALLOW_WITH_MFA,), ""),
        ((), "is assumed, because they could not be read"),
        ((ALLOW_WITH_MFA, read_policy("some", _document(_statement("Allow", Resource="arn:aws:s3:::b/x/*")))), None),
        ((ALLOW_WITH_MFA, Unreadable("other", "GetRolePolicy: AccessDenied")), "is assumed"),
    ],
)
def test_a_denial_has_to_hold_for_every_object(identity: tuple[AnyPolicy, ...], expected: str | None) -> None:
    """The role's policies may let some objects through; where they are not known, the verdict says what it assumes."""
    question = _question(operation="AbortMultipartUpload", resource=OBJECTS)

    decision = _simulated(_setting(*identity), question, _result(question, Effective.IMPLICIT_DENY), Scenario.NO_KEY)

    if expected is None:
        assert isinstance(decision, CannotTell)
        assert "for every object it cannot be told" in decision.why
    else:
        assert isinstance(decision, Denied)
        assert expected in decision.assumed
        assert bool(expected) is bool(decision.assumed)


CALLED = {"Null": {"aws:CalledVia": "true"}}


@pytest.mark.parametrize(
    ("own", "boundary", "statement"),
    [
        (read_policy("own", _document(_statement("Allow", CALLED))), None, None),
        (ALLOW, read_policy("Limit", _document(_statement("Allow", CALLED))), None),
        (read_policy("own", _document(_statement("Allow", Action="x:y"))), None, _statement("Allow", CALLED)),
    ],
    ids=["own", "boundary", "resource"],
)
def test_keys_that_no_such_request_carries_are_absent(
    own: AnyPolicy, boundary: AnyPolicy | None, statement: Mapping[str, Any] | None
) -> None:
    """Whichever policy looks at them: what a service's call would carry, ours does not."""
    question = _question(*(() if statement is None else (statement,)))
    ((part,), (ask,)) = question.parts, question.asks

    seen = view(_setting(own, boundary=boundary), part, ask, Scenario.WITH_MFA)

    assert seen.is_certain


def test_a_target_policy_that_is_not_understood_may_apply() -> None:
    """Nothing certain is said of a statement of a document that cannot be read."""
    question = _question(_statement("Deny", MFA))
    ((part,), (ask,)) = question.parts, question.asks
    odd = replace(part, policy=Unreadable("of the target", "no JSON"))
    (origin,) = part.origins

    assert isinstance(view(_setting(ALLOW), odd, ask, Scenario.NO_KEY).applies(origin), Doubt)
    assert view(_setting(ALLOW), part, ask, Scenario.NO_KEY).applies(origin) is False


def test_a_boundary_leaves_nobody_sure_to_be_spared() -> None:
    """Who is spared by NotPrincipal is certain only where no permissions boundary limits the role."""
    spared = [f"arn:aws:iam::{ROLE.account}:root", ROLE.arn, ROLE.session_arn]
    (statement,) = parse(_document({**_statement("Deny"), "NotPrincipal": {"AWS": spared}})).statements
    origin = Origin(statement, Way.ANYBODY, "{}")
    question = _question(_statement("Deny", MFA))
    ((part,), (ask,)) = question.parts, question.asks

    assert view(_setting(ALLOW), part, ask, Scenario.NO_KEY).applies(origin) is False
    assert isinstance(view(_setting(ALLOW, boundary=NO_DELETE), part, ask, Scenario.NO_KEY).applies(origin), Doubt)


# Deciding alone


def _denied(by: str, level: Level, *, explicit: bool) -> Denied:
    return Denied((Ask("s3:DeleteBucket", BUCKET),), by, explicit, level)


@pytest.mark.parametrize(
    ("setting", "statement", "expected"),
    [
        (_setting(ALLOW), None, Allowed((Ask("s3:DeleteBucket", BUCKET),), "statement S of the role's policy own")),
        (
            _setting(ALLOW),
            _statement("Deny", NO_MFA),
            _denied("statement S of the bucket policy", Level.RESOURCE, explicit=True),
        ),
        (
            _setting(read_policy("own", _document(_statement("Allow"), _statement("Deny", NO_MFA)))),
            None,
            _denied("statement S of the role's policy own", Level.ROLE, explicit=True),
        ),
        (
            _setting(ALLOW_WITH_MFA),
            None,
            _denied("no statement allows it", Level.ROLE, explicit=False),
        ),
        (
            _setting(ALLOW, boundary=NO_DELETE),
            None,
            _denied("the permissions boundary", Level.ROLE, explicit=False),
        ),
        (
            _setting(ALLOW, boundary=read_policy("Limit", _document(_statement("Allow"), _statement("Deny", NO_MFA)))),
            None,
            _denied("the permissions boundary", Level.ROLE, explicit=True),
        ),
    ],
)
def test_a_role_that_may_not_simulate(
    setting: Setting, statement: Mapping[str, Any] | None, expected: Decision
) -> None:
    """With all policies known the own evaluator decides, and the evidence says so."""
    question = _question(*(() if statement is None else (statement,)))
    refused = Answer(_batch(question), Scenario.NO_KEY, REFUSED, refused=True)

    assert _alone(setting, question, Scenario.NO_KEY) == expected
    assert evidence_for(question, (refused,)) is Evidence.LOCAL


@pytest.mark.parametrize(
    "setting",
    [
        _setting(),
        _setting(ALLOW, Unreadable("other", "GetRolePolicy: AccessDenied")),
        _setting(ALLOW, boundary=Unreadable(LIMIT, "GetPolicy: AccessDenied")),
    ],
)
@pytest.mark.parametrize("scenario", Scenario)
def test_a_policy_that_is_not_known_is_never_guessed(setting: Setting, scenario: Scenario) -> None:
    """Neither simulator nor policies: it cannot be told, and both ways out are named."""
    decision = _alone(setting, _question(), scenario)

    assert isinstance(decision, CannotTell)
    assert "could not be read" in decision.why
    for word in ("AccessDenied", "iam:SimulatePrincipalPolicy", "iam:GetPolicyVersion"):
        assert word in f"{decision.why} {decision.hint}"


def test_what_the_evaluator_does_not_understand_is_told() -> None:
    """All policies are known, and one is beyond the evaluator: its doubt is the reason."""
    odd = read_policy("own", _document(_statement("Allow", {"FutureOperator": {"aws:x": "y"}})))

    decision = _alone(_setting(odd), _question(), Scenario.WITH_MFA)

    assert isinstance(decision, CannotTell)
    assert "'FutureOperator' is not known" in decision.why


def test_other_failures_are_not_judged_alone() -> None:
    """Only a role that may not simulate is judged here: a throttled simulation is none."""
    question = _question()
    throttled = Answer(_batch(question), Scenario.NO_KEY, CannotTell("IAM would not simulate: Throttling"))

    assert isinstance(read_decision(_setting(ALLOW), question, Scenario.NO_KEY, (throttled,)), CannotTell)
    assert evidence_for(question, (throttled,)) is Evidence.SIMULATED


def test_evidence_is_about_the_steps_own_answers() -> None:
    """Another step's refusal says nothing about this one."""
    mine, other = _question(), _question(resource="arn:aws:s3:::c")

    assert evidence_for(mine, (Answer(_batch(other), Scenario.NO_KEY, REFUSED, refused=True),)) is Evidence.SIMULATED


# Which of several denied


@pytest.mark.parametrize(
    ("identity", "by", "level"),
    [
        ((ALLOW,), "an SCP", Level.ORGANIZATION),
        ((ALLOW_WITH_MFA,), "an SCP, or no statement allows it", Level.ROLE),
        ((), "an SCP, or no statement allows it", Level.ROLE),
    ],
)
def test_an_scp_is_found_by_leaving_out_the_rest(identity: tuple[AnyPolicy, ...], by: str, level: Level) -> None:
    """AWS tells of an SCP for all resources together; where all other policies allow, it is the SCP that denies."""
    question = _question()
    shared = replace(_result(question, Effective.IMPLICIT_DENY, scp=True), alone=False)

    decision = _simulated(_setting(*identity), question, shared, Scenario.NO_KEY)

    assert isinstance(decision, Denied)
    assert (decision.by, decision.level) == (by, level)
