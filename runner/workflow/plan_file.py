"""Seal a prepared plan, and load the playbook of a sealed one. Pure: no file, clock or random number is read here."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta

from runner.errors import GuardRefused
from runner.model.action import ActionType
from runner.model.playbook import Playbook
from runner.model.sealed import SealedPlan
from runner.workflow.loading import load
from runner.workflow.prepare import Prepared


def seal(prepared: Prepared, *, now: datetime, nonce: str, runner: str, valid_for: timedelta | None) -> SealedPlan:
    """Return the plan, sealed; it expires after ``valid_for`` or with the playbook's own window, whichever is sooner.

    Raises:
        GuardRefused: when a finding blocks the plan: what cannot be applied is not sealed.
    """
    if prepared.plan.blocking:
        raise GuardRefused("a plan that is refused is not sealed", on=prepared.plan.source.path)
    ends = [end for end in (prepared.playbook.valid.end, valid_for and now + valid_for) if end]
    return SealedPlan(
        plan=prepared.plan,
        playbook=prepared.playbook.text,
        nonce=nonce,
        created=now.replace(microsecond=0),
        expires=min(ends).replace(microsecond=0) if ends else None,
        runner=runner,
    )


def playbook_of(sealed: SealedPlan, actions: Mapping[str, ActionType]) -> Playbook:
    """Return the playbook that a plan was made from, loaded from the text in the plan.

    Raises:
        InvalidPlaybook: when this version of runner refuses what the version that made the plan took.
    """
    return load(sealed.playbook.encode("utf-8"), sealed.plan.source, actions)


def refuse_expired(sealed: SealedPlan, now: datetime) -> None:
    """Return when the plan may still be applied.

    Raises:
        GuardRefused: after its expiry.
    """
    if sealed.expires is not None and now > sealed.expires:
        raise GuardRefused(
            f"the plan expired at {sealed.expires:%Y-%m-%d %H:%M:%S} UTC",
            on=sealed.plan.source.path,
            hint="plan again, and have the new plan reviewed",
        )
