"""What brings things back: a role from its definition, objects from under their markers; on AWS's answers alone."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

import pytest

from runner.catalog.iam_restore import CREATE_ROLE, as_defined
from runner.catalog.s3_markers import one_request_takes_them_all, versioning_is_on
from runner.model.action import Absent, Blocked, Ok, Present, Unknown, Unreadable
from runner.model.binding import Binding
from runner.model.bound import BoundCall
from runner.model.sighting import InPlace, SetAside, Sighting, Unclear

TRUST = {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": ["sts:AssumeRole", "sts:TagSession"]}]}
TURNED = {"Statement": [{"Action": ["sts:TagSession", "sts:AssumeRole"], "Effect": "Allow"}], "Version": "2012-10-17"}
CLOSED = {"Statement": [{"Sid": "RunnerLetsNobodyIn", "Effect": "Deny"}]}


def role(trust: object, path: str = "/") -> dict[str, Any]:
    """Return what GetRole answers."""
    return {"Role": {"Path": path, "AssumeRolePolicyDocument": trust}}


@pytest.mark.parametrize(
    ("definition", "answer", "seen"),
    [
        ({"trust": TRUST}, {}, SetAside),
        ({"trust": TRUST}, role(TRUST), InPlace),
        ({"trust": TRUST}, role(TURNED), InPlace),
        ({"trust": TRUST}, role(TRUST, "/apps/"), Unclear),
        ({"trust": TRUST}, role(CLOSED), Unclear),
        ({"trust": TRUST}, role({"Statement": []}), Unclear),
        ({}, {}, Unclear),
        ("no JSON", {}, Unclear),
    ],
)
def test_a_role_is_back_with_the_trust_of_its_definition(
    definition: object, answer: Mapping[str, Any], seen: type[Sighting]
) -> None:
    """Absent is not back yet, another trust is somebody else's role or half of ours, and order makes no difference."""
    written = definition if isinstance(definition, str) else json.dumps(definition)

    assert isinstance(as_defined(answer, {"path": "/", "definition": written}), seen)


def sent(definition: str) -> list[BoundCall]:
    """Return the calls that make a role of a definition."""
    params = {"role": "orders", "path": "/", "definition": definition}
    binding = Binding(params, "222222222222", "ap-northeast-1", "aws", "arn:aws:iam::222222222222:role/orders")
    calls = [call for template in CREATE_ROLE.calls for call in binding.planned(template)]
    return [call for call in calls if isinstance(call, BoundCall)]


def test_a_call_is_sent_for_each_thing_of_the_definition() -> None:
    """What the definition lacks is left out; policies become texts, tags stay lists, and the true trust comes last."""
    written = json.dumps(
        {
            "trust": TRUST,
            "description": None,
            "tags": [{"Key": "Team", "Value": "orders"}],
            "inline": [{"name": "one", "document": {"a": 1}}, {"name": "two", "document": {"b": 1.5}}],
            "attached": [],
        }
    )
    made, one, two, last = sent(written)

    assert made.args["Tags"] == ({"Key": "Team", "Value": "orders"},)
    assert not {"Description", "PermissionsBoundary"} & set(made.args)
    assert (one.args["PolicyName"], one.args["PolicyDocument"]) == ("one", '{"a":1}')
    assert two.args["PolicyDocument"] == '{"b":"1.5"}'
    assert last.operation == "UpdateAssumeRolePolicy"
    assert json.loads(str(last.args["PolicyDocument"])) == TRUST


def test_what_is_no_definition_stands_for_one_call_each() -> None:
    """The reference shows what may be sent; a step with it is refused, because its sight does not understand it."""
    assert [call.operation for call in sent("{definition}")] == [
        "CreateRole",
        "PutRolePolicy",
        "AttachRolePolicy",
        "AddRoleToInstanceProfile",
        "UpdateAssumeRolePolicy",
    ]
    assert [call.operation for call in sent("7")] == ["CreateRole", "UpdateAssumeRolePolicy"]


def test_objects_are_hidden_only_where_versions_stay() -> None:
    """Versioning has to be on, and one answer has to name all markers; what cannot be read refuses."""
    unread = Unreadable("denied")

    assert versioning_is_on({"versioning": Present({"Status": "Enabled"})}) == Ok()
    assert isinstance(versioning_is_on({"versioning": Present({"Status": "Suspended"})}), Blocked)
    assert isinstance(versioning_is_on({"versioning": Present({})}), Blocked)
    assert isinstance(versioning_is_on({"versioning": unread}), Unknown)
    assert one_request_takes_them_all({"objects": Present({"More": False})}) == Ok()
    assert isinstance(one_request_takes_them_all({"objects": Present({"More": True})}), Blocked)
    assert isinstance(one_request_takes_them_all({"objects": Absent("404")}), Unknown)
