"""The organisation's guardrails through the real command, against a real policy engine."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any
from unittest import mock

import pytest
import yaml

from runner.audit.signing import CHECKPOINTS
from runner.aws.clients import client
from runner.model.session import Credentials, Secret
from tests.approvals.people import ALICE_ARN, make_people
from tests.conftest import BUCKET, Ended, Lab, role
from tests.e2e.driving import apply, here
from tests.e2e.watching import assert_honest, assert_untouched
from tests.e2e.wire import Answer, tapped

STATE = {
    "version": 4,
    "resources": [
        {
            "mode": "managed",
            "type": "aws_s3_bucket",
            "name": "exports",
            "instances": [{"attributes": {"id": BUCKET, "arn": f"arn:aws:s3:::{BUCKET}"}}],
        }
    ],
}


def guardrails(lab: Lab, name: str = ".runner/guardrails.yaml", **keys: Any) -> Path:
    """Write guardrails, by default where they are found above the playbook; return their path."""
    path = lab.directory / name
    path.parent.mkdir(exist_ok=True)
    path.write_text(yaml.safe_dump({"version": 1, **keys}), encoding="utf-8")
    return path


def plan(lab: Lab, *args: str, **more: Any) -> Ended:
    """Plan the example playbook; the plan is data."""
    return here(lab, "plan", str(lab.playbook()), "--output", "json", *args, code=lab.sandbox.code(), **more)


def blocking(ended: Ended) -> dict[str, str]:
    """Return the checks that block, with their messages."""
    found = [one for step in ended.data["steps"] for one in step["findings"]] + ended.data["findings"]
    return {one["check"]: one["message"] for one in found if one["blocks"]}


def test_guardrails_are_found_shown_and_logged(lab: Lab) -> None:
    """Those above the playbook hold: the plan shows them and has their digest, and so has the log's first record."""
    path = guardrails(lab, accounts=["222222222222"], require=["ticket"], limits={"steps": 2})
    shown = here(lab, "plan", str(lab.playbook()), code=lab.sandbox.code())
    ended = apply(lab, lab.playbook())
    opened = next(record for record in lab.records() if record["type"] == "run.open")

    assert (shown.code, ended.code) == (0, 0), ended.err
    assert ".runner/guardrails.yaml" in shown.out.replace("\n", "").replace(" ", "")
    assert opened["guardrails_path"] == str(path.resolve())
    assert len(opened["guardrails_sha256"]) == 64
    assert_honest(lab)


def test_no_guardrails_are_said(lab: Lab) -> None:
    """A plan under no guardrails says so."""
    shown = here(lab, "plan", str(lab.playbook()), code=lab.sandbox.code())

    assert "none: only the playbook's own rules hold" in " ".join(shown.out.split())


def test_every_rule_is_told_at_once(lab: Lab) -> None:
    """A protected bucket that a stack and Terraform own, too many objects: one plan, all findings, nothing touched."""
    lab.client("s3").put_bucket_tagging(
        Bucket=BUCKET,
        Tagging={"TagSet": [{"Key": "Service", "Value": "orders-v1"}, {"Key": "managed-by", "Value": "argo"}]},
    )
    (lab.directory / "prod.tfstate").write_text(json.dumps(STATE))
    path = guardrails(
        lab,
        "org.yaml",
        protect=[{"arn": "arn:aws:s3:::*-exports"}, {"tag": {"service": "orders-*"}}],
        limits={"objects": 10, "actions": {"s3.delete_bucket": 0}},
        terraform_states=["prod.tfstate"],
        ownership={"tags": ["managed-by"]},
    )
    ended = plan(lab, "--guardrails", str(path))
    messages = [one["message"] for one in ended.data["steps"][1]["findings"] if one["blocks"]]

    assert ended.code == 3, ended.err
    assert set(blocking(ended)) == {
        "nothing_protected_is_touched",
        "nobody_else_owns_the_target",
        "objects_are_within_the_limit",
        "actions_are_within_the_limit",
    }
    assert messages == [
        "it is protected (guardrails: arn arn:aws:s3:::*-exports)",
        "it is protected (guardrails: tag service=orders-*)",
        "the tag managed-by=argo names another owner",
        f"Terraform manages it as aws_s3_bucket.exports ({lab.directory / 'prod.tfstate'})",
    ]
    assert_untouched(lab)


def test_below_the_floor_no_code_is_spent(lab: Lab) -> None:
    """Another account, a forbidden action and a missing ticket are told together, without a code."""
    path = guardrails(lab, accounts=["333333333333"], forbidden_actions=["s3.*"], require=["ticket", "commit"])
    playbook = lab.playbook(lambda data: data.pop("ticket"))
    ended = here(lab, "apply", str(playbook), env={"RUNNER_GUARDRAILS": str(path)})

    assert ended.code == 3, ended.err
    for check in ("account_is_allowed", "action_is_allowed", "ticket_is_given", "playbook_is_committed"):
        assert f"playbook: {check}" in ended.said
    assert "5 findings" in ended.said
    assert_untouched(lab)


def test_a2_a_key_with_a_typo_stops_everything(lab: Lab) -> None:
    """Accident A2, a filter under a key that nobody reads: exit 2 with the place and the nearest key."""
    path = guardrails(lab, protects=[{"arn": "arn:aws:s3:::*"}])
    ended = here(lab, "plan", str(lab.playbook()))

    assert ended.code == 2
    assert f"{path.resolve()}:1:1: unknown key `protects` in the guardrails did you mean `protect`?" in ended.said
    assert "have the lines above corrected by whoever owns the guardrails" in ended.said


def test_a11_a_sealed_plan_rests_on_its_guardrails(lab: Lab) -> None:
    """Accident A11: a plan made under guardrails is not applied under others, or under none."""
    path = guardrails(lab, limits={"steps": 2})
    sealed = str(lab.directory / "plan.json")
    made = here(lab, "plan", str(lab.playbook()), "-o", sealed, "--output", "json", code=lab.sandbox.code())
    confirm = ("--confirm", made.data["confirm"])
    guardrails(lab, limits={"steps": 3})
    changed = here(lab, "apply", sealed, *confirm, code=lab.sandbox.code())
    path.unlink()
    none = here(lab, "apply", sealed, *confirm, code=lab.sandbox.code())

    assert (made.code, changed.code, none.code) == (0, 3, 3), made.err
    assert "guardrails" in changed.said
    assert "guardrails" in none.said
    assert_untouched(lab)
    guardrails(lab, limits={"steps": 2})
    ended = here(lab, "apply", sealed, *confirm, code=lab.sandbox.code())
    assert ended.code == 0, ended.err
    assert_honest(lab)


def test_access_points_refuse_the_bucket(lab: Lab) -> None:
    """S3 refuses to delete a bucket that has access points; the plan says so first, and names them."""
    keys = lab.keys("admin-prod")
    owner = Credentials(keys["aws_access_key_id"], Secret(keys["aws_secret_access_key"]))
    # Ours, because botocore alone puts the account before an address.
    with mock.patch.dict(os.environ, lab.environment(), clear=True):
        s3control = client("s3control", "ap-northeast-1", owner)
    s3control.create_access_point(AccountId="222222222222", Name="reports", Bucket=BUCKET)
    ended = plan(lab)

    assert ended.code == 3, ended.err
    assert blocking(ended) == {"no_access_point_is_attached": "access points are attached: reports"}
    assert_untouched(lab)


@pytest.mark.parametrize(
    ("answer", "words"),
    [
        (None, "could not be read: ssm:GetCalendarState"),
        (Answer(200, b'{"State": "CLOSED", "AtTime": "2026-12-01T00:00:00Z"}'), "Freeze is closed"),
        (Answer(200, b'{"State": "OPEN"}'), ""),
    ],
    ids=["unreadable", "closed", "open"],
)
def test_a_change_calendar(lab: Lab, answer: Answer | None, words: str) -> None:
    """Closed, and unreadable, refuse the plan; open lets it through. The guard's session may ask, with MFA."""
    document = "arn:aws:ssm:ap-northeast-1:222222222222:document/Freeze"
    grant = {"Effect": "Allow", "Action": "ssm:GetCalendarState", "Resource": document}
    lab.world(lambda world: role(world)["policies"]["teardown"]["Statement"].append(grant))
    guardrails(lab, calendars=["Freeze"])
    with tapped(lab.sandbox.endpoint) as wire:
        wire.fault = lambda *request: answer if b"CalendarNames" in request[2] else None
        ended = plan(lab, env={"AWS_ENDPOINT_URL": wire.endpoint})

    assert ended.code == (3 if words else 0), ended.err
    assert words in blocking(ended).get("calendar_is_open", "")
    assert bool(words) == bool(blocking(ended))


def test_explain_says_who_decides(lab: Lab) -> None:
    """As text and as JSON, without a code and without AWS; exit 3 when it is refused already."""
    path = guardrails(lab, "org.yaml", limits={"objects": 100}, protect=[{"arn": f"arn:aws:s3:::{BUCKET}"}])
    env = {"AWS_ENDPOINT_URL": "http://127.0.0.1:9"}
    arguments = ("guardrails", "explain", str(lab.playbook()))
    alone = here(lab, *arguments, env=env)
    text = here(lab, *arguments, "--guardrails", str(path), env=env)
    data = here(lab, *arguments, "--guardrails", str(path), "--output", "json", env=env)
    rules = {rule["rule"]: rule for rule in data.data["rules"]}

    assert (alone.code, text.code, data.code) == (0, 3, 3), text.err
    assert max(map(len, text.out.splitlines())) <= 80
    assert "the playbook says 5,000" in " ".join(text.out.split())
    assert rules["limits.objects"] == {
        "rule": "limits.objects",
        "holds": "100",
        "decided_by": "guardrails",
        "playbook": "5,000",
        "guardrails": "100",
    }
    assert [(one["step"], one["check"]) for one in data.data["findings"]] == [
        ("empty", "nothing_protected_is_touched"),
        ("bucket", "nothing_protected_is_touched"),
    ]
    assert "Nothing refuses this playbook so far" in alone.out


def test_permissions_hold_what_guardrails_ask(lab: Lab) -> None:
    """A calendar that only the guardrails name is in the role's policy too."""
    guardrails(lab, calendars=["Freeze"])
    ended = here(lab, "permissions", str(lab.playbook()), "--output", "json")

    assert ended.code == 0, ended.err
    assert "arn:aws:ssm:ap-northeast-1:222222222222:document/Freeze" in ended.out


def test_the_log_is_signed_by_its_operator(lab: Lab, tmp_path: Path) -> None:
    """Where guardrails want it, no key means no run; with one, the auditor's list says whose run it was."""
    people = make_people(tmp_path / "people")
    guardrails(lab, audit={"signed": True})
    listed = tmp_path / "allowed_signers"
    listed.write_text(people.line(ALICE_ARN, "alice", f'namespaces="{CHECKPOINTS.namespace}"'))
    without = here(lab, "apply", str(lab.playbook()))
    nothing = here(lab, "apply", str(lab.playbook()), "--sign-log", "nothing")
    ended = apply(lab, lab.playbook(), "--sign-log", str(people.key("alice")))
    verified = here(lab, "audit", "verify", "--allowed-signers", str(listed))
    listed.write_text(people.line(ALICE_ARN, "bob", f'namespaces="{CHECKPOINTS.namespace}"'))
    other = here(lab, "audit", "verify", "--allowed-signers", str(listed))

    assert (without.code, "want the log of every run signed" in without.said) == (3, True)
    assert (nothing.code, "there is no such key" in nothing.said) == (2, True)
    assert ended.code == 0, ended.err
    assert (verified.code, "2 signatures of operators" in verified.out) == (0, True), verified.out
    assert (other.code, "is not listed" in other.out) == (3, True), other.out
