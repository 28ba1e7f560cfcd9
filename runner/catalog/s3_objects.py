"""S3: objects with every version they have: all of a bucket, what a prefix or a list of keys names, or one key.

The target is the bucket, so that rules about it, its tags and its policy hold; what may be deleted is the range alone:
the listings, the write gate and the session policy all name it.
"""

from __future__ import annotations

from runner.catalog.s3 import (
    CONFIGURATION,
    CONSISTENT,
    CREATED,
    NAME,
    PROBE,
    contents,
    mfa_delete_is_off,
)
from runner.catalog.s3_locks import held, no_version_is_held, what_is_set
from runner.model.action import ActionType, GoneWhen, Param, Recovery

# Any text, but not what somebody would mean a wildcard by. What IAM cannot say of it, the write gate does.
TEXT = r"[^*?]{1,1024}"
_SAYS = "any text of up to 1,024 bytes without * and ?; keys that hold these are listed in `keys` of s3.delete_objects"

PREFIX = Param("prefix", TEXT, f"what the keys begin with: {_SAYS}", default="")
KEYS = Param("keys", r"\[.+\]", "keys, each as it is; `{key: …, version: …}` for one version", default="", listed=True)
KEY = Param("key", TEXT, f"one whole key: {_SAYS}")

EMPTY_BUCKET = ActionType(
    name="s3.empty_bucket",
    summary="Delete every object version, delete marker and unfinished upload of a bucket.",
    params=(NAME,),
    target="arn:{partition}:s3:::{bucket}",
    pin=CREATED,
    recovery=Recovery.NONE,
    probe=PROBE,
    facts={**CONFIGURATION, **held()},
    changing=("held",),
    checks=(mfa_delete_is_off, no_version_is_held),
    remarks=(what_is_set,),
    calls=contents(),
    gone_when=GoneWhen.CHILDREN_ABSENT,
    gone_within=CONSISTENT,
    establishes=("bucket_is_empty",),
)

DELETE_OBJECTS = ActionType(
    name="s3.delete_objects",
    summary="Delete all versions, delete markers and unfinished uploads of the keys that a prefix or a list names.",
    params=(NAME, PREFIX, KEYS),
    one_of=("prefix", "keys"),
    target="arn:{partition}:s3:::{bucket}",
    pin=CREATED,
    recovery=Recovery.NONE,
    probe=PROBE,
    facts={**CONFIGURATION, **held(of_keys=True)},
    changing=("held",),
    checks=(mfa_delete_is_off, no_version_is_held),
    remarks=(what_is_set,),
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
    facts={**CONFIGURATION, **held(of_keys=True)},
    changing=("held",),
    checks=(mfa_delete_is_off, no_version_is_held),
    remarks=(what_is_set,),
    calls=contents(of_keys=True),
    gone_when=GoneWhen.CHILDREN_ABSENT,
    gone_within=CONSISTENT,
)
