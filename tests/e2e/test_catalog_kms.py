"""KMS's actions end to end."""

from __future__ import annotations

from tests.conftest import Lab
from tests.e2e.catalogue import Trial, step
from tests.e2e.driving import here


def key(lab: Lab, alias: str) -> str:
    """Make a key with an alias and return its id."""
    kms = lab.client("kms")
    made = str(kms.create_key()["KeyMetadata"]["KeyId"])
    kms.create_alias(AliasName=alias, TargetKeyId=made)
    return made


def test_keys_are_set_aside_and_scheduled(lab: Lab) -> None:
    """A key is disabled, another waits 30 days for its end, and an alias goes; AWS says so of each."""
    disabled, ended, renamed = (key(lab, f"alias/{name}") for name in ("disabled", "ended", "renamed"))
    tried = Trial(
        lab,
        (
            step("disable", "kms.disable_key", {"key": disabled}),
            step("schedule", "kms.schedule_key_deletion", {"key": ended}),
            step("alias", "kms.delete_alias", {"alias": "alias/renamed", "key": renamed}),
        ),
        limits={"cascade": 1},
    ).run()

    assert tried.states == {"disable": "quarantined", "schedule": "scheduled", "alias": "gone"}
    assert set(tried.states_again.values()) == {"already gone"}
    kms = lab.client("kms")
    assert kms.describe_key(KeyId=disabled)["KeyMetadata"]["KeyState"] == "Disabled"
    assert kms.describe_key(KeyId=ended)["KeyMetadata"]["KeyState"] == "PendingDeletion"
    assert kms.describe_key(KeyId=renamed)["KeyMetadata"]["KeyState"] == "Enabled"


def test_a_key_in_use_is_refused(lab: Lab) -> None:
    """Grants refuse a key's deletion; so does a record of its use that is younger than the reviewers allow."""
    used = key(lab, "alias/used")
    lab.client("kms").create_grant(
        KeyId=used, GranteePrincipal="arn:aws:iam::222222222222:role/Teardown", Operations=["Decrypt"]
    )
    target = {"key": used}
    trial = Trial(
        lab, (step("key", "kms.schedule_key_deletion", target, unless_used_within="30d"),), limits={"cascade": 1}
    )
    plan = here(lab, "plan", trial.write(), "--output", "json", code=lab.sandbox.code())

    assert plan.code != 0
    blocking = {found["check"] for found in plan.data["steps"][0]["findings"] if found["blocks"]}
    assert blocking == {"no_grant_is_left", "unused_for_long_enough"}
