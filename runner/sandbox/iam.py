"""What ministack's IAM lacks: the ARNs that AWS evaluates, and listings of credentials that no user here has.

A call that names several entities is judged on one of them, which is not always the one whose name stands first:
RemoveRoleFromInstanceProfile on the profile, RemoveUserFromGroup on the group, GetAccessKeyLastUsed on the key's user.

Source: Service Authorization Reference, "AWS Identity and Access Management (IAM)".
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, TypeAlias
from xml.sax.saxutils import escape

from ministack.services import iam

from runner.sandbox.insides import (
    ACCESS_KEYS,
    GROUPS,
    INSTANCE_PROFILES,
    MFA_DEVICES,
    ROLES,
    USERS,
    Answer,
    Store,
    query_answer,
    query_error,
)
from runner.sandbox.patching import Replacement
from runner.sandbox.simulator_request import one

Handler: TypeAlias = Callable[[Mapping[str, Any]], Answer]

ENTITIES: tuple[tuple[str, str, Store], ...] = (
    ("InstanceProfileName", "instance-profile", INSTANCE_PROFILES),
    ("GroupName", "group", GROUPS),
    ("RoleName", "role", ROLES),
    ("UserName", "user", USERS),
)
"""Whose ARN a call is judged on: the first of these that it names; by the name alone where there is no such thing."""

ARNS = ("PolicySourceArn", "OpenIDConnectProviderArn", "SAMLProviderArn")

EMPTY = {
    "ListSSHPublicKeys": "SSHPublicKeys",
    "ListServiceSpecificCredentials": "ServiceSpecificCredentials",
    "ListSigningCertificates": "Certificates",
}
"""Listings that ministack does not know, with their field: nobody can make what they would list."""


def replacements() -> tuple[Replacement, ...]:
    """Return what makes ministack's IAM answer the listings."""
    return (
        Replacement(
            iam,
            "_IAM_HANDLERS",
            None,
            lambda theirs: {
                **theirs,
                **{name: _empty(name) for name in EMPTY},
                "ListMFADeviceTags": _device_tags,
            },
        ),
    )


def resource_arn(params: Mapping[str, Any], account: str) -> str | None:
    """Return the ARN that a call is judged on; None where ministack knows it."""
    given = next((arn for name in ARNS if (arn := one(params, name))), None)
    if given:
        return given
    if one(params, "Action") == "GetAccessKeyLastUsed":
        key = ACCESS_KEYS.get_scoped(account, None, one(params, "AccessKeyId"))
        return _arn("user", USERS, account, key["UserName"]) if key else None
    named = ((kind, store, one(params, name)) for name, kind, store in ENTITIES if one(params, name))
    path, device = one(params, "Path") or "/", one(params, "SerialNumber") or None
    return next((_arn(kind, store, account, name, path) for kind, store, name in named), device)


def _arn(kind: str, store: Store, account: str, name: str, path: str = "/") -> str:
    """Return an entity's ARN; what is about to be made has the path that the request gives it."""
    entity = store.get_scoped(account, None, name)
    return str(entity["Arn"]) if entity else f"arn:aws:iam::{account}:{kind}{path}{name}"


def _device_tags(params: Mapping[str, Any]) -> Answer:
    """Answer for a virtual MFA device, which has no tags here."""
    serial = one(params, "SerialNumber")
    if serial not in MFA_DEVICES:
        return query_error(404, "NoSuchEntity", f"VirtualMFADevice with serial number {escape(serial)} doesn't exist.")
    result = "<ListMFADeviceTagsResult><Tags/><IsTruncated>false</IsTruncated></ListMFADeviceTagsResult>"
    return query_answer("ListMFADeviceTags", result)


def _empty(operation: str) -> Handler:
    def handle(params: Mapping[str, Any]) -> Answer:
        del params
        result = f"<{operation}Result><{EMPTY[operation]}/><IsTruncated>false</IsTruncated></{operation}Result>"
        return query_answer(operation, result)

    return handle
