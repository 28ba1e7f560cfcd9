"""Seal a prepared plan; prepare a sealed one, which is to be exactly what was sealed.

No file, clock or random number is read here.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime, timedelta

from runner.errors import GuardRefused
from runner.guard.count_drift import as_sealed
from runner.guard.drift import plan_changes
from runner.model.action import ActionType
from runner.model.event import CountDrifted
from runner.model.fleet import Reviewed
from runner.model.guardrails import Guardrails
from runner.model.plan import Plan
from runner.model.sealed import SealedPlan
from runner.workflow.loading import load
from runner.workflow.prepare import Prepared, prepare
from runner.workflow.services import Services

_AGAIN = "plan again, and have the new plan reviewed"


def seal(prepared: Prepared, *, now: datetime, nonce: str, runner: str, valid_for: timedelta | None) -> SealedPlan:
    """Return the plan, sealed; it expires after ``valid_for`` or with the playbook's own window, whichever is sooner.

    Raises:
        GuardRefused: when a finding blocks the plan: what cannot be applied is not sealed.
    """
    if prepared.plan.blocking:
        hint = "correct what is refused, and plan again"
        raise GuardRefused("a plan that is refused is not sealed", on=prepared.plan.source.path, hint=hint)
    ends = [end for end in (prepared.playbook.valid.end, valid_for and now + valid_for) if end]
    return SealedPlan(
        plan=prepared.plan,
        playbook=prepared.playbook.text,
        nonce=nonce,
        created=now.replace(microsecond=0),
        expires=min(ends).replace(microsecond=0) if ends else None,
        runner=runner,
    )


def playbook_of(sealed: SealedPlan, actions: Mapping[str, ActionType]) -> Reviewed:
    """Return the playbook that a plan was made from, loaded from the text in the plan.

    Raises:
        InvalidPlaybook: when this version of runner refuses what the version that made the plan took.
    """
    return load(sealed.playbook.encode("utf-8"), sealed.plan.source, actions)


def prepare_sealed(
    sealed: SealedPlan, actions: Mapping[str, ActionType], services: Services, guardrails: Guardrails
) -> Prepared:
    """Plan again from the playbook in a sealed plan, and return that plan when it is the sealed one (step 9 of apply).

    Raises:
        GuardRefused: when the plan expired, or the world is not as planned: with everything that drifted.
        CredentialsRefused: as `prepare`.
    """
    refuse_expired(sealed, services.clock.now())
    prepared = _as_counted(sealed, prepare(playbook_of(sealed, actions), actions, services, guardrails), services)
    refuse_drift(sealed, prepared.plan)
    return replace(prepared, sealed=sealed)


def _as_counted(sealed: SealedPlan, prepared: Prepared, services: Services) -> Prepared:
    """Return the plan with the sealed counts where the drift is agreed to, and tell what differs."""
    plan, drifted = as_sealed(sealed.plan, prepared.plan)
    for step, told in drifted:
        services.watcher.see(CountDrifted(step, told))
    steps = {step.id: step for step in plan.steps}
    parts = tuple(replace(part, steps=tuple(steps[one.id] for one in part.steps)) for part in prepared.parts)
    return replace(prepared, plan=plan, parts=parts)


def refuse_expired(sealed: SealedPlan, now: datetime) -> None:
    """Return when the plan may still be applied.

    Raises:
        GuardRefused: after its expiry.
    """
    if sealed.expires is not None and now > sealed.expires:
        raise GuardRefused(f"the plan expired at {sealed.expires:%Y-%m-%d %H:%M:%S} UTC", on=sealed.file, hint=_AGAIN)


def refuse_drift(sealed: SealedPlan, found: Plan) -> None:
    """Return when the plan as made now has the digest of the sealed one.

    Raises:
        GuardRefused: else, with every difference: where, what was planned, what was found.
    """
    if found.digest == sealed.digest:
        return
    changes = plan_changes(sealed.plan, found)
    count = f"{len(changes)} difference" + ("" if len(changes) == 1 else "s")
    raise GuardRefused(
        f"the world is not as it was planned on {sealed.created:%Y-%m-%d %H:%M} UTC: {count}, planned → found",
        findings=tuple(str(change) for change in changes),
        on=sealed.file,
        hint=_AGAIN,
    )
