"""Build a world inside ministack, through the handlers that answer API requests (which check no permission).

Access keys and MFA devices are put into ministack's stores directly, because their secrets are ours.
"""

from __future__ import annotations

import base64
import json
from collections.abc import Mapping
from urllib.parse import urlencode
from xml.sax.saxutils import escape

from ministack.core.responses import request_scope
from ministack.services import iam, s3

from runner.errors import UsageError
from runner.sandbox.insides import ACCESS_KEYS, MFA_DEVICES, now
from runner.sandbox.keyring import Keyring
from runner.sandbox.world import Account, Bucket, Objects, Role, Texts, User, World

_NAMESPACE = 'xmlns="http://s3.amazonaws.com/doc/2006-03-01/"'


async def build(world: World, keyring: Keyring) -> None:
    """Build a world; ministack must be empty.

    Raises:
        UsageError: when ministack refuses something of it, with its words.
    """
    for account in world.accounts:
        with request_scope(account.id, world.region):
            await _build_account(account, world.region, keyring)


async def _build_account(account: Account, region: str, keyring: Keyring) -> None:
    if account.alias:
        await _iam("CreateAccountAlias", AccountAlias=account.alias)
    for policy in account.policies:
        document = json.dumps(dict(policy.document))
        await _iam("CreatePolicy", PolicyName=policy.name, Path=policy.path, PolicyDocument=document)
    for user in account.users:
        await _build_user(user, account.id, keyring)
    for role in account.roles:
        trust = json.dumps(dict(role.trust))
        await _iam(
            "CreateRole", AssumeRolePolicyDocument=trust, MaxSessionDuration=str(role.max_session), **_entity(role)
        )
        await _add_policies("Role", role)
    for bucket in account.buckets:
        with request_scope(account.id, bucket.region or region):
            await _build_bucket(bucket)


async def _build_user(user: User, account: str, keyring: Keyring) -> None:
    await _iam("CreateUser", **_entity(user))
    await _add_policies("User", user)
    key = keyring.access_key(user.arn(account))
    ACCESS_KEYS[key.id] = {
        "UserName": user.name,
        "AccessKeyId": key.id,
        "SecretAccessKey": key.secret.reveal(),
        "Status": "Active",
        "CreateDate": now(),
    }
    for serial in user.serials(account):
        MFA_DEVICES[serial] = {
            "SerialNumber": serial,
            "Path": "/",
            "CreateDate": now(),
            "User": user.name,
            "EnableDate": now(),
            "Base32StringSeed": base64.b32encode(keyring.seed(serial)).decode(),
            "Tags": [],
        }


def _entity(entity: User | Role) -> dict[str, str]:
    kind = "User" if isinstance(entity, User) else "Role"
    boundary = {"PermissionsBoundary": entity.boundary} if entity.boundary else {}
    return {f"{kind}Name": entity.name, "Path": entity.path, **boundary, **_tags(entity.tags)}


def _tags(tags: Texts) -> dict[str, str]:
    return {
        f"Tags.member.{index}.{part}": text
        for index, pair in enumerate(tags.items(), 1)
        for part, text in zip(("Key", "Value"), pair, strict=True)
    }


async def _add_policies(kind: str, entity: User | Role) -> None:
    name = {f"{kind}Name": entity.name}
    for policy, document in entity.policies.items():
        await _iam(f"Put{kind}Policy", PolicyName=policy, PolicyDocument=json.dumps(dict(document)), **name)
    for arn in entity.attach:
        await _iam(f"Attach{kind}Policy", PolicyArn=arn, **name)


async def _build_bucket(bucket: Bucket) -> None:
    at = f"/{bucket.name}"
    await _s3("PUT", at, "", headers={"x-amz-bucket-object-lock-enabled": str(bucket.object_lock)})
    if bucket.versioning:
        status = f"<Status>{bucket.versioning}</Status>"
        await _s3("PUT", at, f"<VersioningConfiguration {_NAMESPACE}>{status}</VersioningConfiguration>", "versioning")
    if bucket.tags:
        pairs = "".join(
            f"<Tag><Key>{escape(key)}</Key><Value>{escape(value)}</Value></Tag>" for key, value in bucket.tags.items()
        )
        await _s3("PUT", at, f"<Tagging {_NAMESPACE}><TagSet>{pairs}</TagSet></Tagging>", "tagging")
    for objects in bucket.objects:
        await _build_objects(at, objects)
    for key in bucket.uploads:
        await _s3("POST", f"{at}/{key}", "", "uploads")
    if bucket.public_policy:
        await _s3("DELETE", at, "", "publicAccessBlock")
    if bucket.policy is not None:
        await _s3("PUT", at, json.dumps(dict(bucket.policy)), "policy")


async def _build_objects(bucket: str, objects: Objects) -> None:
    for version in range(1, objects.versions + 1):
        body = f"version {version} ".ljust(objects.size, "x")[: objects.size]
        for key in objects.keys:
            await _s3("PUT", f"{bucket}/{key}", body)
    if objects.deleted:
        for key in objects.keys:
            await _s3("DELETE", f"{bucket}/{key}", "")


async def _iam(action: str, **params: str) -> None:
    form = {"content-type": "application/x-www-form-urlencoded"}
    body = urlencode({"Action": action, **params}).encode()
    status, _, answer = await iam.handle_request("POST", "/", form, body, {})
    _accept(status, answer, action)


async def _s3(
    method: str, path: str, body: str, subresource: str = "", headers: Mapping[str, str] | None = None
) -> None:
    query = {subresource: [""]} if subresource else {}
    status, _, answer = await s3.handle_request(method, path, dict(headers or {}), body.encode(), query, internal=True)
    _accept(status, answer, f"{method} {path} {subresource}".rstrip())


def _accept(status: int, answer: bytes, what: str) -> None:
    if status >= 300:  # noqa: PLR2004  # every HTTP status from here on is a refusal
        raise UsageError("the world cannot be built", on=what, hint=answer.decode(errors="replace"))
