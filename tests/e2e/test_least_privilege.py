"""What ``runner permissions`` prints is enough, and none of it is too much; the documentation shows it as it is."""

from __future__ import annotations

import copy
import json
from functools import cache
from pathlib import Path
from typing import Any
from unittest import mock

import pytest
from typer.testing import CliRunner

from runner.cli.main import app
from runner.cli.prompt import GivenConfirmation
from tests.conftest import BUCKET, Lab, role
from tests.e2e.driving import apply, here, phrase
from tests.e2e.watching import assert_honest, assert_untouched, contents, kinds

ROOT = Path(__file__).parent.parent.parent
EXAMPLE = ROOT / "playbooks" / "teardown.yaml"
PAGE = ROOT / "docs" / "how-to" / "first-deletion.md"
ALICE = "arn:aws:iam::111111111111:user/alice"


@cache
def printed(*args: str) -> str:
    """Return what ``runner permissions`` prints for the example playbook."""
    ended = CliRunner().invoke(app, ["permissions", str(EXAMPLE), *args], catch_exceptions=False)
    assert ended.exit_code == 0, ended.output
    return ended.stdout


def policies() -> Any:
    """Return every policy that the command prints, for the sandbox's operator."""
    return json.loads(printed("--operator", ALICE, "--output", "json"))


def statements() -> list[dict[str, Any]]:
    """Return the statements of the role's one policy."""
    (found,) = policies()["roles"][0]["policies"]
    listed: list[dict[str, Any]] = found["Statement"]
    return listed


def listed(statement: dict[str, Any]) -> list[str]:
    """Return a statement's actions."""
    actions = statement["Action"]
    return [actions] if isinstance(actions, str) else actions


def grant(lab: Lab, granted: list[dict[str, Any]], **others: Any) -> None:
    """Set the sandbox back with these statements for the role, and with the printed operator and trust policies."""
    made = {**policies(), "trust": policies()["roles"][0]["trust"], **others}

    def change(world: dict[str, Any]) -> None:
        policy = {"Version": "2012-10-17", "Statement": granted}
        role(world).update(policies={"printed": policy}, trust=made["trust"])
        world["accounts"][0]["users"][0]["policies"] = {"printed": made["operator"]} if made["operator"] else {}

    lab.world(change)


def without(sid: str, action: str = "") -> list[dict[str, Any]]:
    """Return the statements without one of them, or without one action of it."""
    found = copy.deepcopy(statements())
    (one,) = (statement for statement in found if statement["Sid"] == sid)
    one["Action"] = [other for other in listed(one) if action and other != action]
    return [statement for statement in found if statement["Action"]]


def test_what_is_printed_is_enough(lab: Lab) -> None:
    """With the printed policies alone, of the operator and the role, the example is planned, applied and seen gone."""
    grant(lab, statements())
    ended = apply(lab, lab.playbook())

    assert ended.code == 0, ended.err
    assert not lab.bucket_exists()
    assert_honest(lab)


LOCKED = "ReadS3Contents"
"""What is read only of a bucket with Object Lock, and the example's has none."""


@pytest.mark.parametrize("sid", [statement["Sid"] for statement in statements() if statement["Sid"] != LOCKED])
def test_every_statement_is_needed(lab: Lab, sid: str) -> None:
    """Without any one of the statements the plan is refused, and a permission of the statement is named."""
    grant(lab, without(sid))
    ended = here(lab, "apply", str(lab.playbook()), code=lab.sandbox.code())
    (missing,) = (listed(statement) for statement in statements() if statement["Sid"] == sid)

    assert ended.code == 3, ended.err
    for word in ("touched: nothing was touched", "next: "):
        assert word in ended.said
    assert any(action in ended.said for action in missing)
    assert "Traceback" not in ended.err
    assert_untouched(lab)


@pytest.mark.parametrize(
    ("sid", "action"),
    [
        (statement["Sid"], action)
        for statement in statements()
        if len(listed(statement)) > 1 and statement["Sid"] != LOCKED
        for action in listed(statement)
    ],
)
def test_every_action_is_needed(lab: Lab, sid: str, action: str) -> None:
    """Without any one of the actions the plan is refused, and the action is named."""
    grant(lab, without(sid, action))
    # Records are looked for in zones only that the bucket's name lies in.
    lab.client("route53").create_hosted_zone(Name=BUCKET, CallerReference="a")
    ended = here(lab, "plan", str(lab.playbook()), "--output", "json", code=lab.sandbox.code())

    assert ended.code == 3, ended.err
    assert action in ended.out
    assert "Traceback" not in ended.err
    assert_untouched(lab)


def test_the_optional_reads_do_without_the_simulator(lab: Lab) -> None:
    """With the optional policy, and without the permission to simulate, the plan stands on the policies themselves."""
    optional = policies()["roles"][0]["optional"]["Statement"]
    grant(lab, [*without("GuardIam", "iam:SimulatePrincipalPolicy"), *optional])
    ended = here(lab, "plan", str(lab.playbook()), "--output", "json", code=lab.sandbox.code())

    assert ended.code == 0, ended.err
    assert {step["verdict"]["evidence"] for step in ended.data["steps"]} == {"local"}


@pytest.mark.parametrize(
    ("sid", "code", "left"),
    [
        ("ReadS3", 3, {"Versions": 90, "DeleteMarkers": 4, "Uploads": 1}),
        ("WriteS3ContentsWithMfa", 6, {"Versions": 90, "DeleteMarkers": 4, "Uploads": 1}),
        ("WriteS3WithMfa", 6, {"Versions": 0, "DeleteMarkers": 0, "Uploads": 0}),
    ],
)
def test_a_statement_that_goes_after_the_plan_ends_the_run(lab: Lab, sid: str, code: int, left: dict[str, int]) -> None:
    """A permission taken away between confirmation and call ends the step, and the log is enough to say why."""
    grant(lab, statements())
    confirm = phrase(lab, lab.playbook())
    iam, original = lab.client("iam"), GivenConfirmation.confirm
    document = json.dumps({"Version": "2012-10-17", "Statement": without(sid)})

    def take_away(self: GivenConfirmation, *given: Any) -> None:
        original(self, *given)
        iam.put_role_policy(RoleName="Teardown", PolicyName="printed", PolicyDocument=document)

    with mock.patch.object(GivenConfirmation, "confirm", take_away):
        ended = here(lab, "apply", str(lab.playbook()), "--confirm", confirm, code=lab.sandbox.code())

    assert ended.code == code, ended.err
    assert "Traceback" not in ended.err
    assert contents(lab) == left
    assert kinds(lab)[-1] == "run.close"
    assert_honest(lab)
    explained = here(lab, "explain").out
    assert "policy refused it" in explained or "no identity-based policy allows it" in explained
    missing = next(listed(statement) for statement in statements() if statement["Sid"] == sid)
    assert any(action in explained for action in missing)


@pytest.mark.parametrize("others", [{"trust": None}, {"operator": None}], ids=["no trust", "no permission to assume"])
def test_the_way_to_the_role_is_needed(lab: Lab, others: dict[str, Any]) -> None:
    """Without the trust policy, or without the operator's own, the role is not assumed, and AssumeRole is named."""
    nobody = copy.deepcopy(policies()["roles"][0]["trust"])
    nobody["Statement"][0]["Principal"] = {"AWS": "arn:aws:iam::333333333333:root"}
    grant(lab, statements(), **{name: nobody if name == "trust" else None for name in others})
    ended = here(lab, "plan", str(lab.playbook()), code=lab.sandbox.code())

    assert ended.code == 4, ended.err
    assert "sts:AssumeRole" in ended.said
    assert_untouched(lab)


def test_the_trust_policy_lets_nobody_in_without_mfa(lab: Lab) -> None:
    """The printed trust policy refuses the operator's long-term key; only the chain opens the role."""
    grant(lab, statements())
    sts = lab.client("sts", "alice")

    with pytest.raises(sts.exceptions.ClientError, match="AccessDenied"):
        sts.assume_role(RoleArn="arn:aws:iam::222222222222:role/Teardown", RoleSessionName="alice")


def test_the_snippet_protects_the_target_by_itself(lab: Lab) -> None:
    """With the printed statements as the bucket's policy, even a role that may do everything needs MFA."""
    (target,) = json.loads(printed("--snippet", "--output", "json"))["targets"]
    everything = {"Effect": "Allow", "Action": "*", "Resource": "*"}

    def change(world: dict[str, Any]) -> None:
        role(world)["policies"] = {"everything": {"Version": "2012-10-17", "Statement": [everything]}}
        policy = {"Version": "2012-10-17", "Statement": target["statements"]}
        world["accounts"][1]["buckets"][0]["policy"] = policy

    lab.world(change)
    ended = here(lab, "plan", str(lab.playbook()), "--output", "json", code=lab.sandbox.code())
    verdicts = [(step["verdict"]["protection"], step["verdict"]["reason"]) for step in ended.data["steps"]]

    assert [protection for protection, _ in verdicts] == ["protected", "protected"]
    assert "statement DenyWithoutMfaContents of the bucket policy" in verdicts[0][1]
    assert "statement DenyWithoutMfa of the bucket policy" in verdicts[1][1]


def test_the_page_shows_what_the_command_prints() -> None:
    """Every policy on the page stands in the command's output, character for character, and none is missing."""
    text = PAGE.read_text(encoding="utf-8")
    shown = [block.partition("\n```")[0] for block in text.split("```json\n")[1:]]
    whole = printed("--operator", "111111111111") + printed("--snippet")

    assert len(shown) == 5
    for block in shown:
        assert f"\n{block}\n" in whole


def test_the_policies_of_every_hop_are_enough(lab: Lab) -> None:
    """Two roles, a source identity, tags and an external id: what is printed for the way lets the plan be made.

    The bucket's policy turns on the source identity and on a tag, and the simulation knows both.
    """
    hub = "arn:aws:iam::111111111111:role/Hub"
    assume = {"source_identity": True, "external_id": "orders-7", "tags": {"Team": "orders"}}
    book = lab.playbook(lambda data: data.update(role_arn=[hub, data["role_arn"]], assume=assume))
    made = here(lab, "permissions", str(book), "--operator", ALICE, "--output", "json").data

    def change(world: dict[str, Any]) -> None:
        policies = [{f"p{n}": policy for n, policy in enumerate(one["policies"])} for one in made["roles"]]
        trusts = [one["trust"] for one in made["roles"]]
        world["accounts"][0]["roles"] = [{"name": "Hub", "trust": trusts[0], "policies": policies[0]}]
        role(world).update(trust=trusts[1], policies=policies[1])
        world["accounts"][0]["users"][0]["policies"] = {"printed": made["operator"]}
        bucket = world["accounts"][1]["buckets"][0]
        deny = {"Effect": "Deny", "Principal": "*", "Action": "s3:DeleteBucket"}
        for key, value in (("aws:SourceIdentity", "alice"), ("aws:PrincipalTag/Team", "orders")):
            other = {"Resource": f"arn:aws:s3:::{bucket['name']}", "Condition": {"StringNotEquals": {key: value}}}
            bucket["policy"]["Statement"].append({**deny, **other})

    lab.world(change)
    ended = here(lab, "plan", str(book), "--output", "json", code=lab.sandbox.code())

    assert ended.code == 0, ended.err
    assert "assumed-role/Teardown" in ended.said


@pytest.mark.parametrize("operator", ["*", "arn:aws:iam::111111111111:role/Hub"])
def test_only_people_are_operators(lab: Lab, operator: str) -> None:
    """A trust policy for everybody, or for a role that has no MFA device, is not written."""
    ended = here(lab, "permissions", str(lab.playbook()), "--operator", operator)

    assert ended.code == 2
    assert ended.out == ""
    assert "give an account id of 12 digits" in ended.said


def test_what_is_printed_can_be_pasted_from_a_narrow_terminal(lab: Lab) -> None:
    """Lines are not wrapped, and what stands between two headings is JSON."""
    long = "acme-" + "x" * 58
    book = lab.playbook(lambda data: data["steps"][1].update(target={"bucket": long}))
    ended = here(lab, "permissions", str(book), "--operator", ALICE, env={"COLUMNS": "40"})
    lines = ended.out.splitlines()
    starts = [number for number, line in enumerate(lines) if line == "{"]
    ends = [number for number, line in enumerate(lines) if line == "}"]

    documents = [json.loads("\n".join(lines[a : b + 1])) for a, b in zip(starts, ends, strict=True)]
    assert [document["Version"] for document in documents] == ["2012-10-17"] * 4
    assert long in json.dumps(documents[1])


def test_a_playbook_without_operators_says_how_to_name_them(lab: Lab) -> None:
    """Without --operator the trust policy is left out, and the output says so."""
    ended = here(lab, "permissions", str(lab.playbook()))

    assert ended.code == 0
    assert "trust policy: give --operator" in ended.out
