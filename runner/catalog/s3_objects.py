"""S3: objects of a bucket by the beginning of their keys, or by one key; with every version they have.

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
from runner.model.call import P

# IAM takes * and ? for wildcards and $ for the beginning of a variable, and AWS STS takes no policy with characters
# beyond Latin-1; quotes and backslashes would end the expression that picks a key out of a listing.
_TEXT = r"(?:(?![*?$'`\\])[ -~]){1,512}"
_SAYS = "1 to 512 printable ASCII characters without * ? $ ' ` and \\"

PREFIX = Param("prefix", _TEXT, f"what the keys begin with: {_SAYS}; to delete everything, use s3.empty_bucket")
KEY = Param("key", _TEXT, f"one whole key: {_SAYS}")

DELETE_OBJECTS = ActionType(
    name="s3.delete_objects",
    summary="Delete every version, delete marker and unfinished upload of the keys that begin with a prefix.",
    params=(NAME, PREFIX),
    target="arn:{partition}:s3:::{bucket}",
    pin=CREATED,
    recovery=Recovery.NONE,
    probe=PROBE,
    facts={**CONFIGURATION, **LOCK},
    checks=(mfa_delete_is_off, object_lock_is_off),
    calls=contents("arn:{partition}:s3:::{bucket}/{prefix}*", {"Prefix": P("prefix")}),
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
    calls=contents("arn:{partition}:s3:::{bucket}/{key}", {"Prefix": P("key")}, "[?Key=='{key}']"),
    gone_when=GoneWhen.CHILDREN_ABSENT,
    gone_within=CONSISTENT,
)
