"""S3: what Object Lock keeps, and what else a reader should know of a bucket that is emptied.

Retention and legal holds belong to each version by itself; there is no listing of them. So versions are looked at one
by one, the first thousand: where there are more, nobody knows, and unknown means no.

Source: Amazon S3 user guide, "Locking objects with Object Lock".
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import datetime

from runner.catalog.answers import at
from runner.catalog.s3 import BUCKET, LOCK, OBJECTS, VERSION
from runner.model.action import Absent, Answer, Blocked, Facts, Ok, Present, Unknown
from runner.model.call import Call, Sample
from runner.model.canonical import Json

LOOKED_AT = 1000
"""Versions at most whose retention and legal hold are read: two requests for each."""
NONE = ("NoSuchObjectLockConfiguration",)


def held(*, of_keys: bool = False) -> Mapping[str, Call | Sample]:
    """Return the facts about Object Lock, of all of a bucket or of some of its keys, and about replication."""
    version = {**BUCKET, **VERSION}
    return {
        **LOCK,
        "held": Sample(
            list=Call("s3:ListObjectVersions", BUCKET, of_keys=of_keys),
            items="Versions",
            each={
                "retention": Call("s3:GetObjectRetention", version, absent=NONE, resource=OBJECTS),
                "hold": Call("s3:GetObjectLegalHold", version, absent=NONE, resource=OBJECTS),
            },
            where="lock",
            most=LOOKED_AT,
        ),
        "replication": Call(
            "s3:GetBucketReplication",
            BUCKET,
            absent=("ReplicationConfigurationNotFoundError",),
            query="{To: ReplicationConfiguration.Rules[?Status=='Enabled'].Destination.Bucket}",
        ),
    }


def no_version_is_held(facts: Facts) -> Answer:
    """Refuse versions that are retained or on legal hold, and those that nobody has looked at where some may be."""
    match facts["held"]:
        case Absent():
            return Ok()
        case Present(data):
            return _judged(data)
        case _:
            return Unknown("it cannot be told whether versions are retained or on legal hold")


def what_is_set(facts: Facts) -> tuple[str, ...]:
    """Tell versioning, MFA Delete, Object Lock and replication."""
    versioning, lock, replication = facts["versioning"], facts["lock"], facts["replication"]
    if not isinstance(versioning, Present) or not isinstance(replication, Present | Absent):
        return ()
    status, deletes = at(versioning.data, "Status") or "off", at(versioning.data, "MFADelete") == "Enabled"
    told = (
        f"versioning is {str(status).lower()}, S3 MFA Delete {'on' if deletes else 'off'}",
        _lock(lock.data) if isinstance(lock, Present) else "Object Lock is off",
        _replicated(replication.data if isinstance(replication, Present) else {}),
    )
    return ("; ".join(told),)


def _judged(data: Mapping[str, Json]) -> Answer:
    looked, retained = data["Looked"], sorted(_retained(data))
    on_hold = len(_listed(at(data, "Found[?hold.LegalHold.Status=='ON']")))
    if retained:
        until, modes = retained[-1][0], " and ".join(sorted({mode for _, mode in retained}))
        message = f"{len(retained):,} of {looked:,} versions that were looked at are retained ({modes}), until {until}"
        return Blocked(message + (f"; {on_hold:,} are on legal hold" if on_hold else ""), "wait until then")
    if on_hold:
        message = f"{on_hold:,} of {looked:,} versions that were looked at are on legal hold"
        return Blocked(message, "ask who put them on hold")
    if data["More"] is not False:
        message = f"Object Lock is on, and there are more versions than the {looked:,} that were looked at"
        return Unknown(message, "look at the rest: an S3 Inventory lists retention and legal holds")
    return Ok()


def _retained(data: Mapping[str, Json]) -> Iterator[tuple[str, str]]:
    """Yield until when a version is retained, and how; what is over by AWS's own clock is none."""
    now = str(data["Now"])
    for one in _listed(at(data, "Found[].retention.Retention")):
        until = str(at(one, "RetainUntilDate") or "") if isinstance(one, Mapping) else ""
        if not (until and now) or datetime.fromisoformat(until) > datetime.fromisoformat(now):
            yield until or "nobody knows when", str(at(one, "Mode")) if isinstance(one, Mapping) else ""


def _lock(data: Mapping[str, Json]) -> str:
    retention = at(data, "ObjectLockConfiguration.Rule.DefaultRetention")
    if not isinstance(retention, Mapping):
        return "Object Lock is on, without a default retention"
    length = f"{retention['Days']} days" if "Days" in retention else f"{retention.get('Years')} years"
    return f"Object Lock is on, by default {retention.get('Mode')} for {length}"


def _replicated(data: Mapping[str, Json]) -> str:
    targets = ", ".join(str(one) for one in _listed(at(data, "To")))
    return f"it is replicated to {targets}, where copies stay" if targets else "it is not replicated"


def _listed(found: Json) -> tuple[Json, ...]:
    return tuple(found) if isinstance(found, list | tuple) else ()
