"""IAM's actions end to end: roles, profiles, policies, providers, users and their credentials."""

from __future__ import annotations

import json
from typing import Any

from tests.conftest import Lab
from tests.e2e.catalogue import ACCOUNT, ROLE, Trial, step, told
from tests.e2e.driving import here

IAM = f"arn:aws:iam::{ACCOUNT}"
URL = "token.ci.acme.example"


def trusting(principal: dict[str, str]) -> str:
    """Return a trust policy."""
    statement = {"Effect": "Allow", "Principal": principal, "Action": "sts:AssumeRole"}
    return json.dumps({"Version": "2012-10-17", "Statement": [statement]})


def policy(name: str = "*") -> str:
    """Return an identity policy."""
    return json.dumps({"Version": "2012-10-17", "Statement": {"Effect": "Allow", "Action": "s3:*", "Resource": name}})


def born(iam: Any) -> dict[str, str]:
    """Make a role in a profile, a policy with versions, two providers and a user with everything; return its key."""
    arn = iam.create_policy(PolicyName="orders", Path="/apps/", PolicyDocument=policy())["Policy"]["Arn"]
    iam.create_policy_version(PolicyArn=arn, PolicyDocument=policy("arn:aws:s3:::a"), SetAsDefault=True)
    iam.create_open_id_connect_provider(Url=f"https://{URL}", ClientIDList=["sts"], ThumbprintList=["a" * 40])
    provider = {"Federated": f"{IAM}:oidc-provider/{URL}"}
    iam.create_role(RoleName="orders", Path="/apps/", AssumeRolePolicyDocument=trusting(provider))
    iam.put_role_policy(RoleName="orders", PolicyName="inline", PolicyDocument=policy())
    iam.attach_role_policy(RoleName="orders", PolicyArn=arn)
    iam.create_instance_profile(InstanceProfileName="orders")
    iam.add_role_to_instance_profile(InstanceProfileName="orders", RoleName="orders")
    iam.create_saml_provider(Name="old-idp", SAMLMetadataDocument="<x>" + "m" * 1000 + "</x>")
    iam.create_user(UserName="ci", Path="/bots/", Tags=[{"Key": "Team", "Value": "orders"}])
    iam.create_group(GroupName="bots", Path="/bots/")
    iam.add_user_to_group(GroupName="bots", UserName="ci")
    iam.put_user_policy(UserName="ci", PolicyName="inline", PolicyDocument=policy())
    iam.attach_user_policy(UserName="ci", PolicyArn=arn)
    iam.create_login_profile(UserName="ci", Password="Long-enough-1!")
    return {"key": iam.create_access_key(UserName="ci")["AccessKey"]["AccessKeyId"]}


def test_everything_of_iam_is_deleted_in_order(lab: Lab) -> None:
    """Users, roles, policies and providers go with MFA only, each after what needs it, and are already gone then."""
    user = {"user": "ci", "path": "/bots/"}
    key = {**user, **born(lab.client("iam"))}
    steps = (
        step("off", "iam.deactivate_access_key", key),
        step("key", "iam.delete_access_key", key, needs=["off"]),
        step("password", "iam.delete_login_profile", user),
        step("user", "iam.delete_user", user, needs=["key", "password"]),
        step("role", "iam.delete_role", {"role": "orders", "path": "/apps/"}),
        step("profile", "iam.delete_instance_profile", {"profile": "orders"}, needs=["role"]),
        step("policy", "iam.delete_policy", {"policy": "orders", "path": "/apps/"}, needs=["user", "role"]),
        step("oidc", "iam.delete_oidc_provider", {"provider": URL}, needs=["role"]),
        step("saml", "iam.delete_saml_provider", {"provider": "old-idp"}),
    )
    tried = Trial(lab, steps).run()

    assert tried.states == {**dict.fromkeys((one["id"] for one in steps), "gone"), "off": "quarantined"}
    assert set(tried.states_again.values()) == {"already gone"}
    evidence = json.dumps(tried.plan.data)
    assert "there is no record that the key was last used" in evidence


def test_what_is_in_the_way_is_refused_with_its_names(lab: Lab) -> None:
    """What is still used, trusted or able to sign in is named in the plan, before a request changes anything."""
    iam = lab.client("iam")
    key = born(iam)["key"]
    user = {"user": "ci", "path": "/bots/"}
    steps = (
        step("key", "iam.delete_access_key", {**user, "key": key}),
        step("user", "iam.delete_user", user),
        step("policy", "iam.delete_policy", {"policy": "orders", "path": "/apps/"}),
        step("oidc", "iam.delete_oidc_provider", {"provider": URL}),
        step("profile", "iam.delete_instance_profile", {"profile": "orders"}),
        step("elsewhere", "iam.delete_role", {"role": "orders", "path": "/other/"}),
        step("itself", "iam.delete_role", {"role": "Teardown"}),
    )
    planned = here(lab, "plan", Trial(lab, steps).write(), "--output", "json", code=lab.sandbox.code())
    found = {
        one["id"]: " ".join(f"{f['message']} {f['hint']}" for f in one["findings"]) for one in planned.data["steps"]
    }

    assert planned.code == 3
    for name, words in (
        ("key", "the key is active"),
        ("user", f"access keys: {IAM}:access-key/{key}"),
        ("user", "the user has a password"),
        ("policy", f"roles that use it: {IAM}:role/orders; users that use it: {IAM}:user/ci"),
        ("oidc", f"roles that trust it: {IAM}:role/apps/orders"),
        ("profile", f"roles that it holds: {IAM}:role/apps/orders"),
        ("elsewhere", "the target could not be read: iam:GetRole: AccessDenied"),
        ("itself", f"{ROLE} is a role that this very run works with"),
    ):
        assert words in found[name], found[name]
    assert iam.list_access_keys(UserName="ci")["AccessKeyMetadata"][0]["Status"] == "Active"


def test_a_users_virtual_device_goes_after_its_user_and_the_operators_never(lab: Lab) -> None:
    """A device is refused while a user has it that no earlier step deletes; one that a step does not name stays."""
    iam = lab.client("iam")
    iam.create_user(UserName="ci")
    for name in ("ci-phone", "ci-old-phone"):
        serial = iam.create_virtual_mfa_device(VirtualMFADeviceName=name)["VirtualMFADevice"]["SerialNumber"]
        iam.enable_mfa_device(
            UserName="ci", SerialNumber=serial, AuthenticationCode1="123456", AuthenticationCode2="654321"
        )
    phone = step("phone", "iam.delete_virtual_mfa_device", {"device": "ci-phone"})
    refused = here(lab, "plan", Trial(lab, (phone,)).write(), "--output", "json", code=lab.sandbox.code())
    assert f"users who have it: {IAM}:user/ci" in told(refused)["phone"]
    lab.sandbox.advance(60)
    user = step("user", "iam.delete_user", {"user": "ci", "path": "/"})
    tried = Trial(lab, (user, {**phone, "needs": ["user"]})).run()

    assert tried.states == {"user": "gone", "phone": "gone"}
    assert set(tried.states_again.values()) == {"already gone"}
    free = iam.list_virtual_mfa_devices(AssignmentStatus="Unassigned")["VirtualMFADevices"]
    assert [device["SerialNumber"].rsplit("/", 1)[-1] for device in free] == ["ci-old-phone"]
