"""A playbook and its steps for tests of rules, without a file and without AWS."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

from runner.model.action import ActionType, Recovery
from runner.model.plan import Census, PlannedStep
from runner.model.playbook import Account, Expectation, Limits, Playbook, Source, Step, Window
from runner.model.target_state import Exists

ACCOUNT = "222222222222"
BUCKET = "arn:aws:s3:::acme-orders-exports"


def playbook(**changes: Any) -> Playbook:
    """Return a playbook with one step, changed."""
    usual = Playbook(
        name="retire",
        description="why",
        owner="team",
        ticket="",
        account=Account(ACCOUNT),
        region="ap-northeast-1",
        role_arn=f"arn:aws:iam::{ACCOUNT}:role/Teardown",
        max_age=timedelta(minutes=15),
        valid=Window(),
        limits=Limits(),
        steps=(step(),),
        source=Source("p.yaml", "0" * 64),
    )
    return replace(usual, **changes)


def step(**changes: Any) -> Step:
    """Return a step of a playbook, changed."""
    usual = Step(
        id="bucket",
        action="s3.delete_bucket",
        target={"bucket": "acme-orders-exports"},
        needs=(),
        region="ap-northeast-1",
        expect=Expectation({}),
        irreversible="empty",
        mfa_protected=True,
        line=1,
    )
    return replace(usual, **changes)


def changed(action: ActionType, **changes: Any) -> ActionType:
    """Return an action type of the catalogue, changed."""
    return replace(action, **changes)


def planned(census: Census | None = None, **changes: Any) -> PlannedStep:
    """Return a step of a plan, changed."""
    usual = PlannedStep(
        id="bucket",
        action="s3.delete_bucket",
        summary="Delete an empty bucket.",
        target=BUCKET,
        params={"bucket": "acme-orders-exports"},
        region="ap-northeast-1",
        needs=(),
        recovery=Recovery.NONE,
        irreversible="empty",
        mfa_protected=True,
        state=Exists("2024-01-01"),
        facts={},
        census=census,
        calls=(),
        verdict=None,
        findings=(),
    )
    return replace(usual, **changes)
