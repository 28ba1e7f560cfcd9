"""IAM's policy simulator: contexts, policies of every kind, several resources, the shape of answers, refusals."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
import yaml

from runner.sandbox.world_file import default_text

BUCKET = "arn:aws:s3:::acme-orders-exports"
OTHER = "arn:aws:s3:::something-else"
ROLE = "arn:aws:iam::222222222222:role/Teardown"
ACTION = "s3:DeleteBucket"
IF_MFA = {"Bool": {"aws:MultiFactorAuthPresent": "true"}}
UNLESS_MFA = {"BoolIfExists": {"aws:MultiFactorAuthPresent": "false"}}

TRUE = [{"ContextKeyName": "aws:MultiFactorAuthPresent", "ContextKeyValues": ["true"], "ContextKeyType": "boolean"}]
FALSE = [{"ContextKeyName": "aws:multifactorauthpresent", "ContextKeyValues": ["false"], "ContextKeyType": "boolean"}]
SCENARIOS: tuple[list[dict[str, Any]], ...] = (TRUE, FALSE, [])


def _policy(*statements: dict[str, Any]) -> str:
    return json.dumps({"Version": "2012-10-17", "Statement": statements})


def _statement(effect: str, condition: Any = None, **more: Any) -> dict[str, Any]:
    when = {"Condition": condition} if condition else {}
    return {"Effect": effect, "Action": ACTION, "Resource": "*", **when, **more}


@pytest.fixture
def admin(aws: Any) -> Any:
    """Hand over IAM as the administrator of the account of the role."""
    return aws.client("iam", aws.keys("admin-prod"))


def _role(admin: Any, name: str, *statements: dict[str, Any], path: str = "/", boundary: str = "") -> str:
    trust = _policy({"Effect": "Allow", "Principal": {"AWS": "111111111111"}, "Action": "sts:AssumeRole"})
    limit = {}
    if boundary:
        limit["PermissionsBoundary"] = admin.create_policy(PolicyName="edge", PolicyDocument=boundary)["Policy"]["Arn"]
    made = admin.create_role(RoleName=name, Path=path, AssumeRolePolicyDocument=trust, **limit)
    admin.put_role_policy(RoleName=name, PolicyName="inline", PolicyDocument=_policy(*statements))
    return str(made["Role"]["Arn"])


def _results(admin: Any, source: str = ROLE, **more: Any) -> list[dict[str, Any]]:
    arguments = {"PolicySourceArn": source, "ActionNames": [ACTION], "ResourceArns": [BUCKET], **more}
    return list(admin.simulate_principal_policy(**arguments)["EvaluationResults"])


def _decisions(admin: Any, source: str = ROLE, **more: Any) -> list[str]:
    """Return the decision with MFA, without it, and with the key absent."""
    found = [_results(admin, source, ContextEntries=context, **more)[0] for context in SCENARIOS]
    return [result["ResourceSpecificResults"][0]["EvalResourceDecision"] for result in found]


def test_context_decides_a_conditional_allow(admin: Any) -> None:
    """Allowed with MFA only; an absent key does not meet Bool."""
    role = _role(admin, "IfMfa", _statement("Allow", IF_MFA))

    assert _decisions(admin, role) == ["allowed", "implicitDeny", "implicitDeny"]


def test_context_decides_a_deny_with_if_exists(admin: Any) -> None:
    """Denied without MFA and with the key absent."""
    role = _role(admin, "Guarded", _statement("Allow"), _statement("Deny", UNLESS_MFA))

    assert _decisions(admin, role) == ["allowed", "explicitDeny", "explicitDeny"]


def test_plain_bool_leaves_the_hole_open(admin: Any) -> None:
    """A Deny with Bool false does not catch an absent key, as on AWS."""
    role = _role(admin, "Hole", _statement("Allow"), _statement("Deny", {"Bool": UNLESS_MFA["BoolIfExists"]}))

    assert _decisions(admin, role) == ["allowed", "explicitDeny", "allowed"]


def test_input_policies_are_added_to_the_roles_own(admin: Any) -> None:
    """The bucket's Deny as an input policy decides as it does live."""
    assert _decisions(admin) == ["allowed", "allowed", "allowed"]
    assert _decisions(admin, PolicyInputList=[_policy(_statement("Deny", UNLESS_MFA))]) == [
        "allowed",
        "explicitDeny",
        "explicitDeny",
    ]


def test_attached_boundary_counts(admin: Any) -> None:
    """What the boundary leaves out is denied, and the detail says so."""
    boundary = _policy(_statement("Allow", IF_MFA))
    role = _role(admin, "Bound", _statement("Allow"), boundary=boundary)

    within = [
        _results(admin, role, ContextEntries=context)[0]["ResourceSpecificResults"][0][
            "PermissionsBoundaryDecisionDetail"
        ]["AllowedByPermissionsBoundary"]
        for context in SCENARIOS
    ]

    assert _decisions(admin, role) == ["allowed", "implicitDeny", "implicitDeny"]
    assert within == [True, False, False]


def test_boundary_that_denies_is_an_explicit_deny(admin: Any) -> None:
    """A Deny in the boundary wins like any other, and the boundary is named."""
    role = _role(admin, "Edge", _statement("Allow"), boundary=_policy(_statement("Allow"), _statement("Deny")))

    found = _results(admin, role)[0]

    assert found["EvalDecision"] == "explicitDeny"
    assert found["PermissionsBoundaryDecisionDetail"] == {"AllowedByPermissionsBoundary": False}
    assert [match["SourcePolicyId"] for match in found["MatchedStatements"]] == ["edge"]


def test_given_boundary_replaces_the_attached_one(admin: Any) -> None:
    """A boundary in the request is the one that counts."""
    role = _role(admin, "Bound", _statement("Allow"), boundary=_policy(_statement("Allow", Resource=OTHER)))

    assert _decisions(admin, role) == ["implicitDeny"] * 3
    assert _decisions(admin, role, PermissionsBoundaryPolicyInputList=[_policy(_statement("Allow"))]) == ["allowed"] * 3


def test_without_a_boundary_there_is_no_detail(admin: Any) -> None:
    """The detail is there only when a boundary was evaluated."""
    assert "PermissionsBoundaryDecisionDetail" not in _results(admin)[0]


def test_role_with_a_path_is_simulated(admin: Any) -> None:
    """The policies of a role under /ops/ are found by its full ARN only."""
    arn = _role(admin, "Ops", _statement("Allow", IF_MFA), path="/ops/")

    assert _decisions(admin, arn) == ["allowed", "implicitDeny", "implicitDeny"]
    with pytest.raises(admin.exceptions.NoSuchEntityException):
        _results(admin, "arn:aws:iam::222222222222:role/Ops")


def test_every_action_is_judged_on_every_resource(admin: Any) -> None:
    """Results stand per resource; at the top stand a template, the most restrictive decision and unions."""
    role = _role(admin, "Two", _statement("Allow", Resource=BUCKET), _statement("Deny", Action="s3:PutBucketPolicy"))

    found = _results(admin, role, ActionNames=[ACTION, "s3:PutBucketPolicy"], ResourceArns=[BUCKET, OTHER])

    shown = [
        [(one["EvalResourceName"], one["EvalResourceDecision"]) for one in result["ResourceSpecificResults"]]
        for result in found
    ]
    assert shown == [
        [(BUCKET, "allowed"), (OTHER, "implicitDeny")],
        [(BUCKET, "explicitDeny"), (OTHER, "explicitDeny")],
    ]
    assert [result["EvalDecision"] for result in found] == ["implicitDeny", "explicitDeny"]
    assert {result["EvalResourceName"] for result in found} == {"arn:${Partition}:s3:::${BucketName}"}
    assert len(found[0]["MatchedStatements"]) == 1


@pytest.mark.parametrize("resources", [{}, {"ResourceArns": ["*"]}])
def test_without_resources_the_star_is_judged(admin: Any, resources: dict[str, Any]) -> None:
    """No resource means ``*``, and then nothing stands per resource."""
    role = _role(admin, "Star", _statement("Allow", IF_MFA))

    answer = admin.simulate_principal_policy(PolicySourceArn=role, ActionNames=[ACTION], **resources)

    found = answer["EvaluationResults"][0]
    assert (found["EvalResourceName"], found["EvalDecision"]) == ("*", "implicitDeny")
    assert found["MissingContextValues"] == ["aws:MultiFactorAuthPresent"]
    assert "ResourceSpecificResults" not in found


def test_matches_point_into_the_policy(admin: Any) -> None:
    """A deciding statement is named by policy, line and column, as IAM counts them."""
    text = json.dumps(json.loads(_policy(_statement("Deny"))), indent=2)

    match = _results(admin, PolicyInputList=[_policy(_statement("Allow", Resource=OTHER)), text])[0][
        "MatchedStatements"
    ]

    assert match == [
        {
            "SourcePolicyId": "PolicyInputList.2",
            "SourcePolicyType": "IAM Policy",
            "StartPosition": {"Line": 3, "Column": 17},
            "EndPosition": {"Line": 8, "Column": 6},
        }
    ]


def test_inline_and_managed_policies_have_their_names(admin: Any) -> None:
    """Inline policies go by entity and name, managed ones by their name; the groups of a user are his."""
    admin.create_group(GroupName="strangers")
    admin.create_group(GroupName="cleaners")
    admin.add_user_to_group(GroupName="cleaners", UserName="prod-admin")
    admin.put_group_policy(GroupName="cleaners", PolicyName="sweep", PolicyDocument=_policy(_statement("Allow")))
    admin.put_user_policy(UserName="prod-admin", PolicyName="own", PolicyDocument=_policy(_statement("Allow")))

    user = _results(admin, "arn:aws:iam::222222222222:user/prod-admin")[0]["MatchedStatements"]
    role = _results(admin)[0]["MatchedStatements"]
    group = _results(admin, "arn:aws:iam::222222222222:group/cleaners")[0]["MatchedStatements"]

    assert [match["SourcePolicyId"] for match in user] == [
        "user_prod-admin_own",
        "AdministratorAccess",
        "group_cleaners_sweep",
    ]
    assert [match["SourcePolicyId"] for match in role] == ["role_Teardown_teardown"]
    assert [match["SourcePolicyId"] for match in group] == ["group_cleaners_sweep"]


def test_missing_keys_are_over_reported(admin: Any) -> None:
    """Keys of all statements are listed, those of other actions too, and supplied ones are not."""
    elsewhere = {**_statement("Deny", {"IpAddress": {"aws:SourceIp": "10.0.0.0/8"}}), "Action": "ec2:*"}
    role = _role(admin, "Missing", _statement("Allow", IF_MFA), elsewhere)

    absent, given = (_results(admin, role, ContextEntries=context)[0] for context in ([], TRUE))

    assert absent["ResourceSpecificResults"][0]["MissingContextValues"] == [
        "aws:MultiFactorAuthPresent",
        "aws:SourceIp",
    ]
    assert given["ResourceSpecificResults"][0]["MissingContextValues"] == ["aws:SourceIp"]


@pytest.mark.parametrize(
    ("kind", "values", "condition", "decision"),
    [
        ("string", ["x"], {"StringEquals": {"k:ey": "x"}}, "allowed"),
        ("stringList", ["x", "y"], {"ForAnyValue:StringEquals": {"k:ey": "y"}}, "allowed"),
        ("stringList", ["x"], {"StringEquals": {"k:ey": "x"}}, "allowed"),
        ("numeric", ["300"], {"NumericLessThan": {"k:ey": "900"}}, "allowed"),
        ("numericList", ["300", "901"], {"ForAllValues:NumericLessThan": {"k:ey": "900"}}, "implicitDeny"),
        ("boolean", ["true"], {"Bool": {"k:ey": True}}, "allowed"),
        ("booleanList", ["true", "false"], {"ForAnyValue:Bool": {"k:ey": "false"}}, "allowed"),
        ("ip", ["10.1.2.3"], {"IpAddress": {"k:ey": "10.0.0.0/8"}}, "allowed"),
        ("ipList", ["192.0.2.1"], {"NotIpAddress": {"k:ey": "10.0.0.0/8"}}, "allowed"),
        ("date", ["2026-01-01T00:00:00Z"], {"DateGreaterThan": {"k:ey": "2025-01-01T00:00:00Z"}}, "allowed"),
        ("dateList", ["1700000000"], {"DateLessThan": {"k:ey": "2020-01-01T00:00:00Z"}}, "implicitDeny"),
        ("binary", ["QUJD"], {"BinaryEquals": {"k:ey": "QUJD"}}, "allowed"),
        ("string", ["x"], {"Null": {"k:ey": "false"}}, "allowed"),
    ],
)
def test_context_of_every_type(admin: Any, kind: str, values: list[str], condition: Any, decision: str) -> None:
    """Every type of context entry reaches its operators."""
    role = _role(admin, "Typed", _statement("Allow", condition))
    entry = {"ContextKeyName": "K:Ey", "ContextKeyValues": values, "ContextKeyType": kind}

    assert _results(admin, role, ContextEntries=[entry])[0]["EvalDecision"] == decision


@pytest.mark.parametrize(
    ("kind", "value"),
    [("boolean", "yes"), ("numeric", "ten"), ("ip", "here"), ("date", "soon"), ("colour", "red")],
)
def test_value_must_fit_its_type(admin: Any, kind: str, value: str) -> None:
    """A value that is not of its type is refused, not taken for absent."""
    entry = {"ContextKeyName": "k:ey", "ContextKeyValues": [value], "ContextKeyType": kind}

    with pytest.raises(admin.exceptions.InvalidInputException, match="Invalid values of k:ey"):
        _results(admin, ContextEntries=[entry])


def test_nothing_is_taken_from_the_callers_session(aws: Any) -> None:
    """A caller with MFA gets the same verdicts: what is not supplied is absent."""
    role = aws.client("iam", aws.chained())
    denied = [_policy(_statement("Deny", UNLESS_MFA))]

    assert _decisions(role, PolicyInputList=denied) == ["allowed", "explicitDeny", "explicitDeny"]


def test_principal_arn_is_absent_unless_supplied(admin: Any) -> None:
    """Even the source's own ARN has to be supplied."""
    role = _role(
        admin, "Named", _statement("Allow", {"ArnEquals": {"aws:PrincipalArn": "arn:aws:iam::222222222222:role/Named"}})
    )
    entry = {"ContextKeyName": "aws:PrincipalArn", "ContextKeyValues": [role], "ContextKeyType": "string"}

    assert [_results(admin, role, ContextEntries=entries)[0]["EvalDecision"] for entries in ([], [entry])] == [
        "implicitDeny",
        "allowed",
    ]


def test_resource_policy_is_refused_for_a_role(admin: Any) -> None:
    """IAM's words, because a naive call would show a bucket unprotected."""
    bucket = _policy({**_statement("Deny", UNLESS_MFA), "Principal": "*"})

    with pytest.raises(admin.exceptions.InvalidInputException) as refused:
        _results(admin, ResourcePolicy=bucket)

    assert refused.value.response["Error"]["Message"] == "Invalid caller - Caller must be an IAM user in this context"
    assert refused.value.response["Error"]["Code"] == "InvalidInput"


def test_resource_policy_counts_for_a_user(admin: Any) -> None:
    """For a user, or with a user as the caller, the resource policy is evaluated, principals included."""
    user = "arn:aws:iam::222222222222:user/prod-admin"
    named = _policy({**_statement("Deny"), "Principal": {"AWS": user}})
    unnamed = _policy({**_statement("Deny"), "Principal": {"AWS": "arn:aws:iam::222222222222:user/other"}})
    unlisted = _policy({**_statement("Deny"), "NotPrincipal": {"AWS": "arn:aws:iam::222222222222:user/other"}})

    found = [_results(admin, user, ResourcePolicy=policy)[0] for policy in (named, unnamed, unlisted)]

    assert [result["EvalDecision"] for result in found] == ["explicitDeny", "allowed", "explicitDeny"]
    assert found[0]["MatchedStatements"][0]["SourcePolicyType"] == "Resource Policy"
    assert _results(admin, CallerArn=user, ResourcePolicy=named)[0]["EvalDecision"] == "explicitDeny"


@pytest.mark.parametrize(
    ("source", "error", "text"),
    [
        (
            "arn:aws:sts::222222222222:assumed-role/Teardown/tester",
            "InvalidInputException",
            "Invalid Entity Arn: arn:aws:sts::222222222222:assumed-role/Teardown/tester does not clearly define",
        ),
        ("arn:aws:iam::222222222222:policy/edge", "InvalidInputException", "Invalid Entity Arn"),
        (
            "arn:aws:iam::222222222222:role/Nobody",
            "NoSuchEntityException",
            "The role with name Nobody cannot be found.",
        ),
        ("arn:aws:iam::111111111111:user/alice", "NoSuchEntityException", "The user with name alice cannot be found."),
    ],
)
def test_source_must_be_an_entity_of_the_account(admin: Any, source: str, error: str, text: str) -> None:
    """A session, a policy, a stranger and another account's user are refused."""
    with pytest.raises(getattr(admin.exceptions, error), match=text):
        _results(admin, source)


@pytest.mark.parametrize(
    "more",
    [
        {"PolicyInputList": ["{"]},
        {"PolicyInputList": ["[]"]},
        {"PolicyInputList": ['{"Version": "2012-10-17"}']},
        {"PermissionsBoundaryPolicyInputList": ["not json"]},
        {"ActionNames": ["s3:*"]},
        {"ActionNames": ["DeleteBucket"]},
        {"ResourceArns": ["acme-orders-exports"]},
        {"ResourceHandlingOption": "EC2-VPC-InstanceStore"},
        {"PolicyExclusionList": [{"PolicyType": "scp"}]},
        {"Marker": "next"},
    ],
)
def test_what_cannot_be_simulated_is_refused(admin: Any, more: dict[str, Any]) -> None:
    """Malformed input and what the sandbox does not know are errors, never ignored."""
    with pytest.raises(admin.exceptions.InvalidInputException):
        _results(admin, **more)


def test_answers_come_in_pages(admin: Any) -> None:
    """MaxItems cuts the answer, the marker leads on, and boto3's paginator gets everything once."""
    actions = [f"s3:GetBucket{name}" for name in ("Acl", "Location", "Policy", "Tagging", "Versioning")]

    first = admin.simulate_principal_policy(PolicySourceArn=ROLE, ActionNames=actions, MaxItems=2)
    pages = admin.get_paginator("simulate_principal_policy").paginate(
        PolicySourceArn=ROLE, ActionNames=actions, PaginationConfig={"PageSize": 2}
    )

    assert (first["IsTruncated"], len(first["EvaluationResults"]), first["Marker"]) == (True, 2, "2")
    assert [[one["EvalActionName"] for one in page["EvaluationResults"]] for page in pages] == [
        actions[:2],
        actions[2:4],
        actions[4:],
    ]


def test_custom_policies_are_simulated(admin: Any) -> None:
    """SimulateCustomPolicy judges the given policies alone, with context and boundary."""
    policies = [_policy(_statement("Allow")), _policy(_statement("Deny", UNLESS_MFA))]
    found = [
        admin.simulate_custom_policy(
            PolicyInputList=policies,
            PermissionsBoundaryPolicyInputList=[_policy(_statement("Allow", Resource=BUCKET))],
            ActionNames=[ACTION],
            ResourceArns=[BUCKET, OTHER],
            ContextEntries=context,
        )["EvaluationResults"][0]["ResourceSpecificResults"]
        for context in SCENARIOS
    ]

    assert [[one["EvalResourceDecision"] for one in result] for result in found] == [
        ["allowed", "implicitDeny"],
        ["explicitDeny", "explicitDeny"],
        ["explicitDeny", "explicitDeny"],
    ]


def test_context_keys_are_listed(admin: Any) -> None:
    """The keys of a role's policies, and of given ones, each once."""
    extra = _policy(_statement("Deny", {"IpAddress": {"aws:SourceIp": "10.0.0.0/8"}, **UNLESS_MFA}))

    principal = admin.get_context_keys_for_principal_policy(PolicySourceArn=ROLE, PolicyInputList=[extra])
    custom = admin.get_context_keys_for_custom_policy(PolicyInputList=[extra])

    assert principal["ContextKeyNames"] == ["aws:MultiFactorAuthPresent", "aws:SourceIp"]
    assert custom["ContextKeyNames"] == ["aws:SourceIp", "aws:MultiFactorAuthPresent"]


def test_permission_to_simulate_is_needed(aws: Any) -> None:
    """The role may simulate itself and nobody else."""
    role = aws.client("iam", aws.chained())

    refusal = aws.refusal(
        "iam", aws.chained(), "simulate_principal_policy", PolicySourceArn=f"{ROLE}2", ActionNames=[ACTION]
    )

    assert _results(role)[0]["EvalDecision"] == "allowed"
    assert refusal.code == "AccessDenied"


def test_a_control_policy_is_told_in_the_summary(aws: Any, tmp_path: Path) -> None:
    """An SCP denies without any statement, by conditions of its own, and AWS says so for all resources together."""
    everything = {"Effect": "Allow", "Action": "*", "Resource": "*"}
    only = {**_statement("Deny", {"StringEquals": {"aws:Odd": "x"}}), "Resource": OTHER}
    world = yaml.safe_load(default_text())
    stops = _statement("Deny", UNLESS_MFA, Resource=BUCKET)
    scp = {"Version": "2012-10-17", "Statement": [everything, stops, only]}
    world["accounts"][1]["scps"] = {"mfa": scp}
    (tmp_path / "world.yaml").write_text(yaml.safe_dump(world))
    aws.sandbox.reset(tmp_path / "world.yaml")
    admin = aws.client("iam", aws.keys("admin-prod"))
    role = _role(admin, "Free", _statement("Allow"))

    found = [_results(admin, role, ContextEntries=context, ResourceArns=[BUCKET, OTHER])[0] for context in SCENARIOS]

    assert [it["OrganizationsDecisionDetail"]["AllowedByOrganizations"] for it in found] == [True, False, False]
    specific = [[one["EvalResourceDecision"] for one in it["ResourceSpecificResults"]] for it in found]
    assert specific == [["allowed", "allowed"], ["implicitDeny", "allowed"], ["implicitDeny", "allowed"]]
    assert found[1]["ResourceSpecificResults"][0]["MatchedStatements"] == []
    assert {key for it in found for key in it["MissingContextValues"]} == set()
    assert "OrganizationsDecisionDetail" not in _without_scp(aws)


def _without_scp(aws: Any) -> dict[str, Any]:
    aws.sandbox.reset()
    return _results(aws.client("iam", aws.keys("admin-prod")))[0]
