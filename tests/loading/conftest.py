"""A valid playbook, three action types of its own, and short ways to load and to see the problems."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import TypeAlias

import pytest

from runner.errors import InvalidPlaybook
from runner.model.action import ActionType, Param, Pin, Recovery
from runner.model.call import Call, Children, Each, Effect, P, Sweep
from runner.model.fleet import in_common
from runner.model.playbook import Playbook, Source
from runner.workflow.loading import load

VALID = """\
version: 1
name: retire-exports
description: Nothing reads this bucket since orders-v2.
owner: team-orders@acme.example
ticket: OPS-4312
account:
  id: "222222222222"
  alias: acme-staging
region: ap-northeast-1
role_arn: arn:aws:iam::222222222222:role/Teardown
mfa:
  max_age: 20m
valid:
  from: 2026-12-01T08:00:00Z
  until: "2026-12-05T18:00:00+09:00"
limits:
  steps: 30
  objects: 200000
  bytes: 500GiB
  cascade: 0
approvals: 0
protect: []
accept_unknown: []
steps:
  - id: empty
    action: s3.empty_bucket
    target: {bucket: acme-orders-exports}
    expect: {tags: {Service: orders-v1}, versioning: Enabled, max_objects: 150000}
    irreversible: "exports are copies"
  - id: bucket
    needs: [empty]
    action: s3.delete_bucket
    target: {bucket: acme-orders-exports}
    mfa_protected: true
    irreversible: "empty by then"
  - id: key
    needs: [bucket]
    action: kms.schedule_key_deletion
    target: {key: 1234abcd-12ab-34cd-56ef-1234567890ab}
    region: us-east-1
    mfa_protected: false
"""

BUCKET = Param("bucket", r"[a-z0-9][a-z0-9-]{1,61}[a-z0-9]", "the exact name of a bucket")
KEY = Param("key", r"[\da-f]{8}(-[\da-f]{4}){3}-[\da-f]{12}", "a KMS key id")

HEAD_BUCKET = Call("s3:HeadBucket", {"Bucket": P("bucket")}, absent=("404",))
DESCRIBE_KEY = Call("kms:DescribeKey", {"KeyId": P("key")}, absent=("NotFoundException",))
ACTIONS = (
    ActionType(
        name="s3.empty_bucket",
        summary="Delete every object of a bucket.",
        params=(BUCKET,),
        target="arn:{partition}:s3:::{bucket}",
        pin=Pin(HEAD_BUCKET, lambda data, _: str(data["CreationDate"])),
        recovery=Recovery.NONE,
        probe=HEAD_BUCKET,
        calls=(
            Sweep(
                "object versions",
                list=Call("s3:ListObjectVersions", {"Bucket": P("bucket")}),
                items=("Versions", "DeleteMarkers"),
                each=Call("s3:DeleteObject", {"Bucket": P("bucket"), "Key": Each("Key")}, effect=Effect.DELETE),
                batch=Call("s3:DeleteObjects", {"Bucket": P("bucket"), "Delete": Children()}, effect=Effect.DELETE),
            ),
        ),
    ),
    ActionType(
        name="s3.delete_bucket",
        summary="Delete an empty bucket.",
        params=(BUCKET,),
        target="arn:{partition}:s3:::{bucket}",
        pin=Pin(HEAD_BUCKET, lambda data, _: str(data["CreationDate"])),
        recovery=Recovery.NONE,
        probe=HEAD_BUCKET,
        calls=(Call("s3:DeleteBucket", {"Bucket": P("bucket")}, effect=Effect.DELETE),),
    ),
    ActionType(
        name="kms.schedule_key_deletion",
        summary="Schedule the deletion of a key.",
        params=(KEY,),
        target="arn:{partition}:kms:{region}:{account}:key/{key}",
        pin=Pin(DESCRIBE_KEY, lambda data, _: str(data["CreationDate"])),
        recovery=Recovery.WINDOW,
        probe=DESCRIBE_KEY,
        calls=(Call("kms:ScheduleKeyDeletion", {"KeyId": P("key")}, effect=Effect.DELETE),),
    ),
)

Load: TypeAlias = Callable[["str | bytes"], Playbook]
Seen: TypeAlias = Callable[["str | bytes"], list[str]]


@pytest.fixture(scope="session")
def valid() -> str:
    """Return a playbook that uses every key."""
    return VALID


@pytest.fixture(scope="session")
def actions() -> Mapping[str, ActionType]:
    """Return three action types: with a sweep, without one, and one that can be undone and lives in a region."""
    return MappingProxyType({action.name: action for action in ACTIONS})


@pytest.fixture(scope="session")
def load_text(actions: Mapping[str, ActionType]) -> Load:
    """Return a function that loads a text or bytes as ``p.yaml``."""

    def run(text: str | bytes) -> Playbook:
        data = text.encode() if isinstance(text, str) else text
        return in_common(load(data, Source("p.yaml", "0" * 64), actions))

    return run


@pytest.fixture(scope="session")
def seen(load_text: Load) -> Seen:
    """Return a function that loads a text and returns its problems as ``line:column message``, none when valid."""

    def run(text: str | bytes) -> list[str]:
        try:
            load_text(text)
        except InvalidPlaybook as invalid:
            return [f"{it.line}:{it.column} {it.message}" for it in invalid.problems]
        return []

    return run
