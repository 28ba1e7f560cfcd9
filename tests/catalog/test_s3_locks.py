"""What Object Lock keeps is refused, with the date; what nobody has looked at is not known."""

from __future__ import annotations

from typing import Any

import pytest

from runner.catalog.s3_locks import no_version_is_held, what_is_set
from runner.model.action import Absent, Blocked, Ok, Present, Unknown, Unreadable

NOW = "2026-12-01T00:00:00+00:00"


def kept(until: str, mode: str = "COMPLIANCE") -> dict[str, Any]:
    """Return a version that is retained."""
    return {"item": {"Key": "a"}, "retention": {"Retention": {"Mode": mode, "RetainUntilDate": until}}}


ON_HOLD = {"item": {"Key": "a"}, "hold": {"LegalHold": {"Status": "ON"}}}
NOT_ON_HOLD = {"item": {"Key": "a"}, "hold": {"LegalHold": {"Status": "OFF"}}}


def look(*found: dict[str, Any], more: bool = False, now: str = NOW) -> Present:
    """Return what looking at three versions found."""
    return Present({"Looked": 3, "More": more, "Now": now, "Found": list(found)})


@pytest.mark.parametrize(
    ("held", "answer"),
    [
        (Absent("ObjectLockConfigurationNotFoundError"), Ok()),
        (look(), Ok()),
        (look(NOT_ON_HOLD, kept("2026-11-30T00:00:00+00:00")), Ok()),
        (Unreadable("AccessDenied"), Unknown),
        (look(more=True), Unknown),
        (look(ON_HOLD), Blocked("1 of 3 versions that were looked at are on legal hold", "ask who put them on hold")),
        (
            look(
                kept("2027-01-01T00:00:00+00:00"), kept("2028-01-01T00:00:00+00:00", "GOVERNANCE"), ON_HOLD, more=True
            ),
            Blocked(
                "2 of 3 versions that were looked at are retained (COMPLIANCE and GOVERNANCE), until "
                "2028-01-01T00:00:00+00:00; 1 are on legal hold",
                "wait until then",
            ),
        ),
        (look(kept("2020-01-01T00:00:00+00:00"), now=""), Blocked),
        (look({"item": {}, "retention": {"Retention": {"Mode": "COMPLIANCE"}}}), Blocked),
    ],
)
def test_a_version_that_is_held_refuses(held: Any, answer: Any) -> None:
    """Retention that is over by AWS's clock is none; without that clock, or with more to look at, nobody knows."""
    found = no_version_is_held({"held": held})

    assert found == answer or (isinstance(answer, type) and isinstance(found, answer))


ON = "versioning is enabled, S3 MFA Delete off"
COPIED = "it is replicated to arn:aws:s3:::copy, where copies stay"
VERSIONING = Present({"Status": "Enabled"})
LOCK = Present({"ObjectLockConfiguration": {"Rule": {"DefaultRetention": {"Mode": "GOVERNANCE", "Days": 30}}}})


@pytest.mark.parametrize(
    ("facts", "told"),
    [
        (
            {"versioning": VERSIONING, "lock": LOCK, "replication": Present({"To": ["arn:aws:s3:::copy"]})},
            (f"{ON}; Object Lock is on, by default GOVERNANCE for 30 days; {COPIED}",),
        ),
        (
            {"versioning": Present({"MFADelete": "Enabled"}), "lock": Absent("x"), "replication": Absent("x")},
            ("versioning is off, S3 MFA Delete on; Object Lock is off; it is not replicated",),
        ),
        ({"versioning": VERSIONING, "lock": Absent("x"), "replication": Unreadable("AccessDenied")}, ()),
    ],
)
def test_what_is_set_on_a_bucket_is_told(facts: Any, told: tuple[str, ...]) -> None:
    """One sentence, the same for buckets that are set the same; what could not be read is told by other findings."""
    assert what_is_set(facts) == told
