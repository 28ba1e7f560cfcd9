"""IAM: users and what they prove themselves with.

Credentials that somebody may still use are actions of their own, so that each is named and can be put out of use first;
a user is deleted when they are gone. A key and a password are known to IAM by their user, and so are permissions.
"""

from __future__ import annotations

from collections.abc import Mapping

from runner.catalog.answers import at, last_use, none_listed, picked, unread
from runner.catalog.iam import GONE, NAME, PATH, at_path
from runner.model.action import (
    Absent,
    ActionType,
    Answer,
    Blocked,
    Blocker,
    Facts,
    GoneWhen,
    Ok,
    Param,
    Pin,
    Present,
    Recovery,
    Usage,
)
from runner.model.call import Args, Call, Each, Effect, Listing, P, Sweep
from runner.model.canonical import Json
from runner.model.sighting import InPlace, NotThere, SetAside, Sighting, Unclear

USER_NAME = Param("user", NAME, "the name of a user, without its path")
KEY_ID = Param("key", r"AKIA[A-Z0-9]{12,124}", "the id of an access key: AKIA and upper-case letters and digits")

USER: Args = {"UserName": P("user")}
KEY: Args = {"UserName": P("user"), "AccessKeyId": P("key")}
USER_ARN = "arn:{partition}:iam::{account}:user{path}{user}"
# IAM has no ARN for an access key; this one tells two keys of a user apart and stands in no request.
KEY_ARN = "arn:{partition}:iam::{account}:access-key/{key}"
GROUPS = "arn:{partition}:iam::{account}:group/*"


def the_password_is_gone(facts: Facts) -> Answer:
    """Refuse a user who can still sign in to the console."""
    match facts["login"]:
        case Absent():
            return Ok()
        case Present():
            return Blocked("the user has a password", hint="add an iam.delete_login_profile step that this step needs")
        case other:
            return unread("the user has a password", other)


def the_key_is_inactive(facts: Facts) -> Answer:
    """Refuse a key that still works: deactivated first, it can be switched on again when somebody misses it."""
    match facts["status"]:
        case Present(data):
            if at(data, "Status") == "Inactive":
                return Ok()
            return Blocked("the key is active", hint="add an iam.deactivate_access_key step, and a `wait` after it")
        case other:
            return unread("the key is inactive", other)


def key_in(data: Mapping[str, Json], params: Mapping[str, str]) -> Mapping[str, Json] | None:
    """Return what a listing of a user's keys says about one of them."""
    listed = data.get("AccessKeyMetadata")
    found = (one for one in listed if isinstance(one, Mapping)) if isinstance(listed, list | tuple) else iter(())
    return next((one for one in found if one.get("AccessKeyId") == params["key"]), None)


def key_is_listed(data: Mapping[str, Json], params: Mapping[str, str]) -> Sighting:
    """Look for a key in the listing of its user's keys; IAM has no read of a single one."""
    if not isinstance(data.get("AccessKeyMetadata"), list | tuple):
        return Unclear("the answer holds no list of keys")
    key = key_in(data, params)
    if key is None:
        return Unclear("the list of keys goes on") if data.get("IsTruncated") else NotThere("IAM lists it no more")
    return SetAside("Inactive") if key.get("Status") == "Inactive" else InPlace(str(key.get("Status")))


def _created(data: Mapping[str, Json], params: Mapping[str, str]) -> str | None:
    key = key_in(data, params)
    return None if key is None else str(key.get("CreateDate"))


# When a user is gone, IAM judges the read by the name alone: nobody knows its path any more.
BY_NAME = ("arn:{partition}:iam::{account}:user/{user}",)
GET_USER = Call("iam:GetUser", USER, absent=GONE, also=BY_NAME)
GET_LOGIN = Call("iam:GetLoginProfile", USER, absent=GONE, also=BY_NAME)
LIST_KEYS = Call("iam:ListAccessKeys", USER, absent=GONE, resource=USER_ARN, also=BY_NAME)
USER_TAGS = Call("iam:GetUser", USER, absent=GONE, resource=USER_ARN, query="{Tags: User.Tags || `[]`}")
KEY_FACTS = {
    "tags": USER_TAGS,
    "used": Call(
        "iam:GetAccessKeyLastUsed",
        {"AccessKeyId": P("key")},
        resource=USER_ARN,
        query="{Last: AccessKeyLastUsed.LastUsedDate}",
    ),
    "status": Call(
        "iam:ListAccessKeys",
        USER,
        resource=USER_ARN,
        query="{Status: AccessKeyMetadata[?AccessKeyId=='{key}'].Status | [0]}",
    ),
}
KEY_USED = Usage("the key was last used", "used", last_use("Last"))


def _taken(what: str, listing: str, items: str, deletion: str, field: str, resource: str = USER_ARN) -> Sweep:
    each = Call(f"iam:{deletion}", {**USER, field: Each(field)}, effect=Effect.PREPARE, resource=resource)
    return Sweep(what, list=Call(f"iam:{listing}", USER), items=(items,), each=each)


CREDENTIALS = Call(
    "iam:ListServiceSpecificCredentials",
    USER,
    query="{Ids: ServiceSpecificCredentials[].ServiceSpecificCredentialId, More: IsTruncated}",
)
no_service_credentials_are_left = none_listed(
    "no_service_credentials_are_left",
    "credentials",
    "Ids",
    "it has credentials for CodeCommit, Keyspaces or Bedrock",
    hint="find out who uses them, and delete them first",
    more="More",
)
ACCESS_KEYS = Blocker(
    Listing("access keys", Call("iam:ListAccessKeys", USER), "AccessKeyMetadata", "AccessKeyId"),
    arn="arn:{partition}:iam::{account}:access-key/{item}",
)

DELETE_USER = ActionType(
    name="iam.delete_user",
    # IAM forgets whose a virtual device was when it is deactivated, so nothing tells it from others that are free.
    summary="Delete a user with its policies, group memberships, SSH keys and signing certificates; its MFA devices are"
    " deactivated, and virtual ones stay in the account, assigned to nobody.",
    params=(USER_NAME, PATH),
    target=USER_ARN,
    pin=Pin(GET_USER, picked("User.UserId")),
    recovery=Recovery.NONE,
    probe=GET_USER,
    sight=at_path("User"),
    facts={
        "tags": USER_TAGS,
        "login": GET_LOGIN,
        "signed_in": Call("iam:GetUser", USER, query="{Last: User.PasswordLastUsed}"),
        "credentials": CREDENTIALS,
    },
    changing=("login",),
    checks=(the_password_is_gone, no_service_credentials_are_left),
    usage=(Usage("the user last signed in with a password", "signed_in", last_use("Last")),),
    blockers=(ACCESS_KEYS,),
    calls=(
        _taken("MFA devices", "ListMFADevices", "MFADevices", "DeactivateMFADevice", "SerialNumber"),
        _taken("group memberships", "ListGroupsForUser", "Groups", "RemoveUserFromGroup", "GroupName", GROUPS),
        _taken("attached policies", "ListAttachedUserPolicies", "AttachedPolicies", "DetachUserPolicy", "PolicyArn"),
        _taken(
            "inline policies", "ListUserPolicies", "PolicyNames[].{PolicyName: @}", "DeleteUserPolicy", "PolicyName"
        ),
        _taken("SSH keys", "ListSSHPublicKeys", "SSHPublicKeys", "DeleteSSHPublicKey", "SSHPublicKeyId"),
        _taken(
            "signing certificates",
            "ListSigningCertificates",
            "Certificates",
            "DeleteSigningCertificate",
            "CertificateId",
        ),
        Call("iam:DeleteUser", USER, effect=Effect.DELETE),
    ),
    population=Listing("users", Call("iam:ListUsers", resource="*"), "Users", "Arn"),
)

DELETE_LOGIN_PROFILE = ActionType(
    name="iam.delete_login_profile",
    summary="Delete a user's password, so that nobody signs in to the console with it.",
    params=(USER_NAME, PATH),
    target=USER_ARN,
    pin=Pin(GET_LOGIN, picked("LoginProfile.CreateDate")),
    recovery=Recovery.NONE,
    probe=GET_LOGIN,
    facts={"tags": USER_TAGS, "signed_in": Call("iam:GetUser", USER, query="{Last: User.PasswordLastUsed}")},
    usage=(Usage("the user last signed in with a password", "signed_in", last_use("Last")),),
    calls=(Call("iam:DeleteLoginProfile", USER, effect=Effect.DELETE),),
    transient=("EntityTemporarilyUnmodifiable",),
    establishes=("the_password_is_gone",),
)

# Switching a key changes its status, so that is none of the facts which are compared with the plan.
SWITCHED_FACTS = {name: call for name, call in KEY_FACTS.items() if name != "status"}

DEACTIVATE_ACCESS_KEY = ActionType(
    name="iam.deactivate_access_key",
    summary="Put an access key out of use; it can be switched on again until it is deleted.",
    params=(USER_NAME, PATH, KEY_ID),
    target=KEY_ARN,
    pin=Pin(LIST_KEYS, _created),
    recovery=Recovery.REVERT,
    probe=LIST_KEYS,
    sight=key_is_listed,
    facts=SWITCHED_FACTS,
    usage=(KEY_USED,),
    calls=(Call("iam:UpdateAccessKey", {**KEY, "Status": "Inactive"}, effect=Effect.DELETE, resource=USER_ARN),),
    gone_when=GoneWhen.SET_ASIDE,
    establishes=("the_key_is_inactive",),
    undo="switch it on again: iam:UpdateAccessKey with Status=Active",
    undone_by="iam.activate_access_key",
)

ACTIVATE_ACCESS_KEY = ActionType(
    name="iam.activate_access_key",
    summary="Switch an access key on again that was put out of use.",
    params=(USER_NAME, PATH, KEY_ID),
    target=KEY_ARN,
    pin=Pin(LIST_KEYS, _created),
    recovery=Recovery.REVERT,
    probe=LIST_KEYS,
    sight=key_is_listed,
    facts=SWITCHED_FACTS,
    changing=("used",),
    calls=(Call("iam:UpdateAccessKey", {**KEY, "Status": "Active"}, effect=Effect.RESTORE, resource=USER_ARN),),
    gone_when=GoneWhen.RESTORED,
    undo="put it out of use again with iam.deactivate_access_key",
)

DELETE_ACCESS_KEY = ActionType(
    name="iam.delete_access_key",
    summary="Delete an access key that is out of use.",
    params=(USER_NAME, PATH, KEY_ID),
    target=KEY_ARN,
    pin=Pin(LIST_KEYS, _created),
    recovery=Recovery.NONE,
    probe=LIST_KEYS,
    sight=key_is_listed,
    facts=KEY_FACTS,
    changing=("status",),
    checks=(the_key_is_inactive,),
    usage=(KEY_USED,),
    calls=(Call("iam:DeleteAccessKey", KEY, effect=Effect.DELETE, resource=USER_ARN),),
)
