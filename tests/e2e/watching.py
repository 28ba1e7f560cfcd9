"""What end-to-end tests look at after a command: what is left in AWS, and what the audit log says."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

from runner.audit.verify import Verified, verify_ledger
from tests.conftest import BUCKET, Lab

FULL = {"Versions": 90, "DeleteMarkers": 4, "Uploads": 1}
"""What the bucket of the default world holds."""


def contents(lab: Lab, bucket: str = BUCKET, profile: str = "admin-prod") -> dict[str, int]:
    """Return how many versions, delete markers and unfinished uploads the administrator sees in a bucket."""
    s3 = lab.client("s3", profile)
    found: Counter[str] = Counter()
    for page in s3.get_paginator("list_object_versions").paginate(Bucket=bucket):
        found.update({kind: len(page.get(kind, ())) for kind in ("Versions", "DeleteMarkers")})
    found["Uploads"] = len(s3.list_multipart_uploads(Bucket=bucket).get("Uploads", ()))
    return dict(found)


def kinds(lab: Lab) -> list[str]:
    """Return the types of the audit log's records, in order."""
    return [record["type"] for record in lab.records()]


def of_kind(lab: Lab, kind: str) -> list[Mapping[str, Any]]:
    """Return the audit log's records of one type."""
    return [record for record in lab.records() if record["type"] == kind]


def unanswered(records: Sequence[Mapping[str, Any]]) -> list[int]:
    """Return the numbers of the intents that have no outcome."""
    answered = {record["intent_seq"] for record in records if record["type"] == "call.outcome"}
    return [record["seq"] for record in records if record["type"] == "call.intent" and record["seq"] not in answered]


def assert_untouched(lab: Lab) -> None:
    """Fail unless the default bucket is as the world made it and the log holds no call."""
    assert contents(lab) == FULL
    assert "call.intent" not in kinds(lab)


def assert_honest(lab: Lab) -> None:
    """Fail unless the audit log verifies without any remark and every intent has an outcome."""
    verified = verify_ledger(lab.ledger)
    assert isinstance(verified, Verified), verified
    assert verified.warnings == ()
    assert unanswered(lab.records()) == []
