"""``runner undo`` end to end: a key that was put out of use is switched on again, in the way of every deletion."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from tests.conftest import Lab
from tests.e2e.catalogue import ALICE, Trial, step
from tests.e2e.driving import apply, here
from tests.e2e.watching import assert_honest, of_kind


@pytest.fixture
def key(lab: Lab) -> str:
    """Make a user with an access key, and have a run put it out of use."""
    iam = lab.client("iam")
    iam.create_user(UserName="ci")
    made: str = iam.create_access_key(UserName="ci")["AccessKey"]["AccessKeyId"]
    path = Trial(lab, (step("off", "iam.deactivate_access_key", {"user": "ci", "path": "/", "key": made}),)).write()
    assert apply(lab, Path(path)).code == 0
    assert status(lab, made) == "Inactive"
    lab.sandbox.advance(60)
    return made


def status(lab: Lab, key: str) -> str:
    """Return the state of a key as the administrator sees it."""
    listed = lab.client("iam").list_access_keys(UserName="ci")["AccessKeyMetadata"]
    return next(str(one["Status"]) for one in listed if one["AccessKeyId"] == key)


def grant(lab: Lab, path: str) -> None:
    """Let the role do what a playbook needs, and nothing else."""
    printed: Any = here(lab, "permissions", path, "--operator", ALICE, "--output", "json").data
    (document,) = printed["roles"][0]["policies"]
    lab.client("iam").put_role_policy(RoleName="Teardown", PolicyName="printed-0", PolicyDocument=json.dumps(document))


def test_a_key_is_switched_on_again_by_a_playbook_of_its_own(lab: Lab, key: str) -> None:
    """The playbook that undoes a run is planned, confirmed with its own phrase, seen back in place and logged."""
    shown = here(lab, "undo", "--show", "--output", "json")
    written = here(lab, "undo", "-o", "undo.yaml")
    grant(lab, "undo.yaml")
    planned = here(lab, "plan", "undo.yaml", "--output", "json", code=lab.sandbox.code())
    done = here(lab, "undo", "--confirm", "delete 1 in 222222222222 abcdef", code=lab.sandbox.code())
    lab.sandbox.advance(60)
    phrase = planned.data["confirm"]
    applied = here(lab, "apply", "undo.yaml", "--confirm", phrase, code=lab.sandbox.code())

    assert [(one["undo"], one["with"]) for one in shown.data["steps"]] == [("by runner", "iam.activate_access_key")]
    assert written.code == 0, written.err
    assert phrase.startswith("restore 1 in 222222222222 ")
    assert done.code == 5
    assert applied.code == 0, applied.err
    assert "restored" in applied.out
    assert status(lab, key) == "Active"
    assert of_kind(lab, "check.gone")[-1]["verdict"] == "restored"
    assert_honest(lab)


def test_it_goes_on_in_one_command(lab: Lab, key: str) -> None:
    """Confirmed with the plan's phrase, `undo` itself brings the key back; a second time there is nothing to do."""
    here(lab, "undo", "-o", "undo.yaml")
    grant(lab, "undo.yaml")
    run = lab.records()[-1]["run"]
    refused = here(lab, "undo", run, code=lab.sandbox.code())
    lab.sandbox.advance(60)
    asked = refused.said
    phrase = asked[asked.index("restore 1 in") :].split('"')[0].split("`")[0][: len("restore 1 in 222222222222 123456")]
    done = here(lab, "undo", run, "--confirm", phrase, code=lab.sandbox.code())
    lab.sandbox.advance(60)
    again = here(lab, "undo", run, code=lab.sandbox.code())

    assert refused.code == 5, refused.err
    assert done.code == 0, done.err
    assert status(lab, key) == "Active"
    assert again.code == 0, again.err
    assert_honest(lab)


def test_what_cannot_come_back_is_said(lab: Lab) -> None:
    """After a bucket was emptied and deleted there is nothing that runner could do, and it asks for no code."""
    assert apply(lab, lab.playbook()).code == 0
    ended = here(lab, "undo")

    assert ended.code == 0
    assert ended.said.count("cannot be undone") == 2


def test_a_file_that_is_there_stays(lab: Lab, key: str) -> None:
    """Nothing is written over."""
    del key
    (lab.directory / "undo.yaml").write_text("mine", encoding="utf-8")
    ended = here(lab, "undo", "-o", "undo.yaml")

    assert ended.code == 2
    assert (lab.directory / "undo.yaml").read_text(encoding="utf-8") == "mine"


def test_keys_and_secrets_come_back_from_their_last_days(lab: Lab) -> None:
    """A key that waits for its end, one that is disabled, and a secret are brought back, the last deletion first."""
    kms, secrets = lab.client("kms"), lab.client("secretsmanager")
    off, ended = (str(kms.create_key()["KeyMetadata"]["KeyId"]) for _ in range(2))
    arn = secrets.create_secret(Name="orders/db", SecretString="x")["ARN"]
    steps = (
        step("off", "kms.disable_key", {"key": off}),
        step("end", "kms.schedule_key_deletion", {"key": ended}),
        step("secret", "secretsmanager.delete_secret", {"secret": arn.rsplit(":", 1)[-1]}),
    )
    assert apply(lab, Path(Trial(lab, steps).write())).code == 0
    lab.sandbox.advance(60)
    here(lab, "undo", "-o", "undo.yaml")
    grant(lab, "undo.yaml")
    ended_well = apply(lab, lab.directory / "undo.yaml", "--output", "json")

    assert ended_well.code == 0, ended_well.err
    assert [(one["id"], one["state"]) for one in ended_well.data["steps"]] == [
        ("secret", "restored"),
        ("end", "restored"),
        ("off", "restored"),
    ]
    assert kms.describe_key(KeyId=off)["KeyMetadata"]["KeyState"] == "Enabled"
    assert kms.describe_key(KeyId=ended)["KeyMetadata"]["KeyState"] == "Disabled"
    assert secrets.get_secret_value(SecretId=arn)["SecretString"] == "x"
    assert_honest(lab)


ORDERS = "arn:aws:iam::222222222222:policy/apps/orders"


def statement(**more: object) -> str:
    """Return a policy of one statement."""
    return json.dumps({"Version": "2012-10-17", "Statement": [{"Effect": "Allow", **more}]})


def born_role(lab: Lab) -> Any:
    """Make a role with everything that one can have, and return IAM's client."""
    iam = lab.client("iam")
    everything = statement(Action="s3:*", Resource="*")
    iam.create_policy(PolicyName="orders", Path="/apps/", PolicyDocument=everything)
    iam.create_role(
        RoleName="orders",
        Path="/apps/",
        AssumeRolePolicyDocument=statement(Action="sts:AssumeRole", Principal={"Service": "ec2.amazonaws.com"}),
        Description="Reads orders; {nothing} is a placeholder here",
        MaxSessionDuration=7200,
        PermissionsBoundary=ORDERS,
        Tags=[{"Key": "Team", "Value": "orders"}],
    )
    iam.put_role_policy(RoleName="orders", PolicyName="inline", PolicyDocument=everything)
    iam.attach_role_policy(RoleName="orders", PolicyArn=ORDERS)
    iam.create_instance_profile(InstanceProfileName="orders")
    iam.add_role_to_instance_profile(InstanceProfileName="orders", RoleName="orders")
    return iam


def role_as_it_is(iam: Any) -> dict[str, object]:
    """Return everything of the role that a definition holds."""
    role = iam.get_role(RoleName="orders")["Role"]
    fields = ("Arn", "AssumeRolePolicyDocument", "Description", "MaxSessionDuration", "PermissionsBoundary", "Tags")
    return {
        **{name: role[name] for name in fields},
        "inline": iam.get_role_policy(RoleName="orders", PolicyName="inline")["PolicyDocument"],
        "attached": iam.list_attached_role_policies(RoleName="orders")["AttachedPolicies"],
        "profile": iam.get_instance_profile(InstanceProfileName="orders")["InstanceProfile"]["Roles"][0]["Arn"],
    }


def test_a_role_is_made_again_from_its_saved_definition(lab: Lab) -> None:
    """Trust, description, session time, boundary, tags, policies and instance profile are as they were; the id is not.

    Nobody could work with it before all of that was back: its own trust policy is put in place last.
    """
    iam = born_role(lab)
    before, old = role_as_it_is(iam), iam.get_role(RoleName="orders")["Role"]["RoleId"]
    steps = (step("role", "iam.delete_role", {"role": "orders", "path": "/apps/"}),)
    assert apply(lab, Path(Trial(lab, steps).write())).code == 0
    lab.sandbox.advance(60)
    shown = here(lab, "undo", "--show")
    here(lab, "undo", "-o", "undo.yaml")
    grant(lab, "undo.yaml")
    done = apply(lab, lab.directory / "undo.yaml", "--output", "json")
    lab.sandbox.advance(60)
    again = here(lab, "plan", "undo.yaml", "--output", "json", code=lab.sandbox.code())

    assert "iam.create_role" in shown.out
    assert "does not come back: its unique id" in shown.out
    assert done.code == 0, done.err + done.out
    assert [one["state"] for one in done.data["steps"]] == ["restored"]
    assert role_as_it_is(iam) == before
    assert iam.get_role(RoleName="orders")["Role"]["RoleId"] != old
    sent = [one["operation"] for one in of_kind(lab, "call.intent")][-5:]
    assert sent == [
        "CreateRole",
        "PutRolePolicy",
        "AttachRolePolicy",
        "AddRoleToInstanceProfile",
        "UpdateAssumeRolePolicy",
    ]
    assert "it is in place" in json.dumps(again.data)
    assert_honest(lab)


def test_a_role_that_comes_back_in_part_lets_nobody_in(lab: Lab) -> None:
    """When its instance profile is gone, the step fails, the role stays closed, and the next plan says so."""
    iam = born_role(lab)
    steps = (step("role", "iam.delete_role", {"role": "orders", "path": "/apps/"}),)
    assert apply(lab, Path(Trial(lab, steps).write())).code == 0
    lab.sandbox.advance(60)
    here(lab, "undo", "-o", "undo.yaml")
    grant(lab, "undo.yaml")
    iam.delete_instance_profile(InstanceProfileName="orders")
    done = apply(lab, lab.directory / "undo.yaml")
    assert done.code == 6, done.err + done.out
    lab.sandbox.advance(60)
    again = here(lab, "plan", "undo.yaml", "--output", "json", code=lab.sandbox.code())

    trust = iam.get_role(RoleName="orders")["Role"]["AssumeRolePolicyDocument"]["Statement"]
    assert [one["Effect"] for one in trust] == ["Deny"]
    assert again.code == 3
    assert "it was made again in part and lets nobody in" in json.dumps(again.data)
    assert_honest(lab)


HIDDEN = "acme-orders-hidden"


def shelf(lab: Lab) -> Any:
    """Make a versioned bucket of a few objects, one of which somebody has deleted; return a client."""
    s3 = lab.client("s3")
    s3.create_bucket(Bucket=HIDDEN, CreateBucketConfiguration={"LocationConstraint": "ap-northeast-1"})
    s3.put_bucket_versioning(Bucket=HIDDEN, VersioningConfiguration={"Status": "Enabled"})
    for key in ("logs/a", "logs/b", "logs/c", "logs/deleted", "other"):
        s3.put_object(Bucket=HIDDEN, Key=key, Body=key.encode())
    s3.delete_object(Bucket=HIDDEN, Key="logs/deleted")
    return s3


def shown(s3: Any) -> list[str]:
    """Return the keys that somebody who lists the bucket sees."""
    return [one["Key"] for one in s3.list_objects_v2(Bucket=HIDDEN).get("Contents", ())]


def markers(s3: Any) -> list[str]:
    """Return the keys over which delete markers lie."""
    return sorted(one["Key"] for one in s3.list_object_versions(Bucket=HIDDEN).get("DeleteMarkers", ()))


def test_hidden_objects_are_shown_again_and_only_they(lab: Lab) -> None:
    """The markers that the run wrote stand in its log and are deleted; what others have deleted before and since stays.

    No version is deleted, neither way: the session that hides may not.
    """
    s3 = shelf(lab)
    hide = step("hide", "s3.hide_objects", {"bucket": HIDDEN, "prefix": "logs/"})
    assert apply(lab, Path(Trial(lab, (hide,)).write())).code == 0
    hidden, written = shown(s3), of_kind(lab, "call.outcome")[-1]["markers"]
    s3.delete_object(Bucket=HIDDEN, Key="logs/c")
    lab.sandbox.advance(60)
    told = here(lab, "undo", "--show", "--output", "json")
    here(lab, "undo", "-o", "undo.yaml")
    grant(lab, "undo.yaml")
    done = apply(lab, lab.directory / "undo.yaml", "--output", "json")
    lab.sandbox.advance(60)
    again = here(lab, "plan", "undo.yaml", "--output", "json", code=lab.sandbox.code())

    assert hidden == ["other"]
    assert [one["Key"] for one in written] == ["logs/a", "logs/b", "logs/c"]
    assert [(one["undo"], one["with"]) for one in told.data["steps"]] == [("by runner", "s3.show_objects")]
    assert done.code == 0, done.err + done.out
    assert [one["state"] for one in done.data["steps"]] == ["restored"]
    assert shown(s3) == ["logs/a", "logs/b", "other"]
    assert markers(s3) == ["logs/c", "logs/deleted"]
    assert len(s3.list_object_versions(Bucket=HIDDEN)["Versions"]) == 5
    assert "there are no such delete markers" in json.dumps(again.data)
    assert_honest(lab)


def test_without_versioning_nothing_is_hidden(lab: Lab) -> None:
    """Where deleting is losing, the action refuses."""
    s3 = shelf(lab)
    s3.put_bucket_versioning(Bucket=HIDDEN, VersioningConfiguration={"Status": "Suspended"})
    hide = step("hide", "s3.hide_objects", {"bucket": HIDDEN, "prefix": "logs/"})
    refused = here(lab, "plan", Trial(lab, (hide,)).write(), code=lab.sandbox.code())

    assert refused.code == 3
    assert "versioning is suspended" in " ".join(refused.out.split())
