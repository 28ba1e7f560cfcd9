"""Protect rules refuse whatever they protect, and whatever cannot be told."""

from __future__ import annotations

from collections.abc import Mapping

import pytest

from runner.guard.floor import Origin, Protection
from runner.guard.protect import CHECK, Touched, protect_findings
from runner.model.action import Unreadable
from runner.model.playbook import ProtectedArn, ProtectedTags, ProtectRule
from tests.guard.rules import BUCKET

PROD = ProtectedTags({"Environment": "prod"})


def messages(rule: ProtectRule, touched: Touched) -> list[str]:
    """Return what a rule of the guardrails says about what a step touches; every finding blocks, by one name."""
    found = protect_findings((Protection(rule, Origin.GUARDRAILS),), touched)
    assert all(finding.blocks and finding.check == CHECK and finding.hint for finding in found)
    return [finding.message for finding in found]


@pytest.mark.parametrize(
    ("pattern", "resources", "refused"),
    [
        (BUCKET, (), True),
        ("arn:aws:s3:::*-exports", (), True),
        ("arn:*:s3:::acme-orders-export?", (), True),
        ("arn:aws:s3:::*-tfstate", (), False),
        ("arn:aws:s3:::Acme-*", (), False),
        # A sweep reaches every object: a rule about some of them is enough.
        (f"{BUCKET}/secret/*", (f"{BUCKET}/*",), True),
        (f"{BUCKET}/*.pdf", (f"{BUCKET}/*",), True),
        ("arn:aws:s3:::other/*", (f"{BUCKET}/*",), False),
        # A rule about buckets does not reach into others for objects that are called like it.
        ("arn:aws:s3:::*-tfstate", (f"{BUCKET}/*",), False),
        ("arn:aws:s3:::acme-*", (f"{BUCKET}/*",), True),
        # `*` says that IAM knows no resource for the call; the target itself is known.
        ("arn:aws:kms:*:*:key/*", ("*",), False),
    ],
)
def test_arn_patterns(pattern: str, resources: tuple[str, ...], refused: bool) -> None:
    """A pattern protects the target and whatever any write reaches, and says so once."""
    assert len(messages(ProtectedArn(pattern), Touched(BUCKET, resources, {}))) == int(refused)


@pytest.mark.parametrize(
    ("wanted", "tags", "refused"),
    [
        ({"Environment": "prod"}, {"Environment": "prod"}, True),
        ({"Environment": "prod*"}, {"Environment": "production"}, True),
        ({"Environment": "*"}, {"Environment": ""}, True),
        ({"Environment": "prod"}, {"environment": "PROD"}, True),
        ({"Environment": "PROD"}, {"environment": "prod"}, True),
        ({"Environment": "prod"}, {"Stage": "prod"}, False),
        ({"Environment": "prod"}, {"environment": "prod", "Environment": "dev"}, True),
        ({"Environment": "prod", "Data": "pii"}, {"Environment": "prod"}, False),
        ({"Environment": "prod", "Data": "pii"}, {"Environment": "prod", "data": "pii"}, True),
        # The accident of "prod" inside "nonprod" (A18).
        ({"Environment": "prod"}, {"Environment": "nonprod"}, False),
        ({"Environment": "prod"}, {}, False),
    ],
)
def test_tags(wanted: Mapping[str, str], tags: Mapping[str, str], refused: bool) -> None:
    """All tags of a rule have to be there; case makes no difference, and nothing else is guessed."""
    assert bool(messages(ProtectedTags(wanted), Touched(BUCKET, (), tags))) == refused


def test_tags_that_are_not_known_refuse() -> None:
    """Unreadable is not absent: a rule about tags that cannot be evaluated refuses, and says why."""
    assert messages(PROD, Touched(BUCKET, (), Unreadable("s3:GetBucketTagging: AccessDenied"))) == [
        (
            "it cannot be told whether it is protected: s3:GetBucketTagging: AccessDenied "
            "(guardrails: tag Environment=prod)"
        )
    ]
    # A rule about ARNs needs no tags.
    assert messages(ProtectedArn("arn:aws:s3:::x"), Touched(BUCKET, (), Unreadable("no"))) == []


def test_what_dies_with_the_target_is_protected_too() -> None:
    """A pattern is held against everything that dies with the target; tags that nobody reads refuse."""
    child = "arn:aws:s3:ap-northeast-1:222222222222:accesspoint/reports"
    touched = Touched(BUCKET, (), {}, (child,))

    assert messages(ProtectedArn("arn:aws:s3:*:*:accesspoint/*"), touched) == [
        f"{child} is protected (guardrails: arn arn:aws:s3:*:*:accesspoint/*)"
    ]
    assert len(messages(PROD, touched)) == 1


def test_every_rule_is_reported_with_its_origin() -> None:
    """Two rules that protect are two findings; each says whose it is, and who can lift it."""
    found = protect_findings(
        (Protection(ProtectedArn(BUCKET), Origin.GUARDRAILS), Protection(PROD, Origin.PLAYBOOK)),
        Touched(BUCKET, (), {"Environment": "prod"}),
    )

    assert ["(guardrails: arn" in found[0].message, "(playbook: tag" in found[1].message] == [True, True]
    assert "owns the guardrails" in found[0].hint
    assert "playbook's own rule" in found[1].hint
