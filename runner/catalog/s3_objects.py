"""S3: objects of a bucket by the beginning of their keys, a list of keys, or one key; with every version they have.

The target is the bucket, so that rules about it, its tags and its policy hold; what may be deleted is the range alone:
the listings, the write gate and the session policy all name it.
"""

from __future__ import annotations

from runner.catalog.s3 import (
    CONFIGURATION,
    CONSISTENT,
    CREATED,
    LOCK,
    NAME,
    PROBE,
    contents,
    mfa_delete_is_off,
    object_lock_is_off,
)
from runner.model.action import ActionType, GoneWhen, Param, Recovery

# Any text, but not what somebody would mean a wildcard by. What IAM cannot say of it, the write gate does.
TEXT = r"[^*?]{1,1024}"
_SAYS = "any text of up to 1,024 bytes without * and ?; keys that hold these are listed in `keys` of s3.delete_objects"

PREFIX = Param("prefix", TEXT, f"what the keys begin with: {_SAYS}", default="")
KEYS = Param("keys", r"\[.+\]", "keys, each as it is; `{key: …, version: …}` for one version", default="", listed=True)
KEY = Param("key", TEXT, f"one whole key: {_SAYS}")

DELETE_OBJECTS = ActionType(
    name="s3.delete_objects",
    summary="Delete all versions, delete markers and unfinished uploads of the keys that a prefix or a list names.",
    params=(NAME, PREFIX, KEYS),
    one_of=("prefix", "keys"),
    target="arn:{partition}:s3:::{bucket}",
    pin=CREATED,
    recovery=Recovery.NONE,
    probe=PROBE,
    facts={**CONFIGURATION, **LOCK},
    checks=(mfa_delete_is_off, object_lock_is_off),
    calls=contents(of_keys=True),
    gone_when=GoneWhen.CHILDREN_ABSENT,
    gone_within=CONSISTENT,
)

DELETE_OBJECT = ActionType(
    name="s3.delete_object",
    summary="Delete every version, delete marker and unfinished upload of one key.",
    params=(NAME, KEY),
    target="arn:{partition}:s3:::{bucket}",
    pin=CREATED,
    recovery=Recovery.NONE,
    probe=PROBE,
    facts={**CONFIGURATION, **LOCK},
    checks=(mfa_delete_is_off, object_lock_is_off),
    calls=contents(of_keys=True),
    gone_when=GoneWhen.CHILDREN_ABSENT,
    gone_within=CONSISTENT,
)
