"""S3: a bucket of billions, emptied by S3 itself: a lifecycle rule costs no request for each object.

S3 looks at the rules once a day and deletes by and by, which takes days. The step is done when the rule is in place; a
step `s3.delete_bucket` that needs it and waits goes on when the bucket is seen empty, and else says that it is not.

Source: Amazon S3 user guide, "Expiring objects", "Setting an S3 Lifecycle configuration on a bucket" (what MFA Delete
forbids) and "Lifecycle and other bucket configurations" (what Object Lock keeps).
"""

from __future__ import annotations

from collections.abc import Mapping

from runner.catalog.answers import at
from runner.catalog.s3 import (
    BUCKET,
    CONFIGURATION,
    CREATED,
    LOCK,
    NAME,
    mfa_delete_is_off,
    object_lock_is_off,
)
from runner.model.action import ActionType, Answer, Blocked, Facts, GoneWhen, Ok, Present, Recovery, Unknown
from runner.model.call import Args, Call, Effect
from runner.model.canonical import Json
from runner.model.sighting import InPlace, SetAside, Sighting

_VERSIONS = "runner-expires-versions"
_MARKERS = "runner-expires-markers"
EVERYTHING: Args = {"Prefix": ""}
# A marker whose versions are all gone goes by a rule of its own: no rule may hold both kinds of expiration.
RULES: Args = {
    "Rules": (
        {
            "ID": _VERSIONS,
            "Status": "Enabled",
            "Filter": EVERYTHING,
            "Expiration": {"Days": 1},
            "NoncurrentVersionExpiration": {"NoncurrentDays": 1},
            "AbortIncompleteMultipartUpload": {"DaysAfterInitiation": 1},
        },
        {
            "ID": _MARKERS,
            "Status": "Enabled",
            "Filter": EVERYTHING,
            "Expiration": {"ExpiredObjectDeleteMarker": True},
        },
    )
}
_OURS = frozenset({_VERSIONS, _MARKERS})

SEEN = Call(
    "s3:GetBucketLifecycleConfiguration",
    BUCKET,
    absent=("NoSuchBucket",),
    nothing=("NoSuchLifecycleConfiguration",),
    query="{Rules: Rules[].{ID: ID, Status: Status}}",
)


def expires(data: Mapping[str, Json], params: Mapping[str, str]) -> Sighting:
    """Say whether the bucket's rules expire everything."""
    del params
    enabled = at(data, "Rules[?Status=='Enabled'].ID") or []
    return SetAside("its lifecycle rules expire everything") if {*_listed(enabled)} >= _OURS else InPlace()


def no_rule_would_be_replaced(facts: Facts) -> Answer:
    """Refuse a bucket that has lifecycle rules of its own: these take their place."""
    match facts["lifecycle"]:
        case Present(data):
            others = sorted(str(one) for one in {*_listed(at(data, "Rules[].ID") or [])} - _OURS)
            if others:
                hint = "look whether they matter, and delete them first"
                return Blocked(f"it has lifecycle rules, which would be replaced: {', '.join(others)}", hint)
            return Ok()
        case other:
            del other
            return Unknown("its lifecycle rules could not be read")


def _listed(found: Json) -> tuple[Json, ...]:
    return tuple(found) if isinstance(found, list | tuple) else ()


EXPIRE_BUCKET = ActionType(
    name="s3.expire_bucket",
    summary="Let S3 itself delete all that is in a bucket, over days, by lifecycle rules.",
    params=(NAME,),
    target="arn:{partition}:s3:::{bucket}",
    pin=CREATED,
    recovery=Recovery.NONE,
    probe=SEEN,
    sight=expires,
    gone_when=GoneWhen.SET_ASIDE,
    facts={**CONFIGURATION, **LOCK, "lifecycle": SEEN},
    checks=(mfa_delete_is_off, object_lock_is_off, no_rule_would_be_replaced),
    calls=(
        Call("s3:PutBucketLifecycleConfiguration", {**BUCKET, "LifecycleConfiguration": RULES}, effect=Effect.DELETE),
    ),
    establishes=("bucket_is_empty",),
)
