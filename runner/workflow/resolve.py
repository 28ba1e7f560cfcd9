"""Step 7 of apply: look at every target and write down what was found and what would be called."""

from __future__ import annotations

from runner.errors import AwsCallFailed
from runner.guard.expectation import expectation_findings
from runner.guard.usage import usage_findings
from runner.model.action import GoneWhen, Recovery
from runner.model.canonical import digest
from runner.model.event import StepResolving
from runner.model.plan import Census, Finding, PlannedStep
from runner.model.playbook import Playbook
from runner.model.target_state import Exists, Missing, NotSeen
from runner.policy.grants import in_words
from runner.workflow.binding import BoundStep
from runner.workflow.blocking import blocking_findings
from runner.workflow.census import count_children
from runner.workflow.copies import copy_findings
from runner.workflow.reading import Observed, check_findings, observe
from runner.workflow.scope import Scope
from runner.workflow.services import Services


def resolve(
    playbook: Playbook, bound: tuple[BoundStep, ...], scope: Scope, services: Services
) -> tuple[tuple[PlannedStep, Observed], ...]:
    """Return every step with its findings, and what was read about its target.

    Raises:
        CredentialsRefused: when a role session cannot be renewed.
    """
    resolved: list[tuple[PlannedStep, Observed]] = []
    for index, step in enumerate(bound, start=1):
        services.watcher.see(StepResolving(step.step.id, index, len(bound)))
        resolved.append(_resolve_step(playbook, step, scope, services, bound[: index - 1]))
    return tuple(resolved)


def _resolve_step(
    playbook: Playbook, bound: BoundStep, scope: Scope, services: Services, earlier: tuple[BoundStep, ...]
) -> tuple[PlannedStep, Observed]:
    observed = observe(scope, bound)
    census, uncounted = _census(playbook, bound, observed, scope, services)
    if census is not None and census.children == 0 and bound.action.gone_when is GoneWhen.CHILDREN_ABSENT:
        observed = Observed(Missing("nothing is in it"), observed.facts)
    findings = list(uncounted)
    if isinstance(observed.state, NotSeen):
        hint = f"check that the target exists in this account, and grant the role {in_words(bound.probe, bound.pin)}"
        findings.append(Finding("target_is_readable", f"the target could not be read: {observed.state.why}", hint))
    if isinstance(observed.state, Exists):
        findings += (_deferred(finding, bound, earlier) for finding in check_findings(bound, observed))
        findings += expectation_findings(bound.step.expect, observed.facts, census)
        findings += usage_findings(bound.action, bound.step, observed.facts, services.clock.now())
        findings += blocking_findings(scope, bound, earlier)
        findings += copy_findings(scope, bound)
    return _planned(bound, observed, census, tuple(findings)), observed


def _planned(bound: BoundStep, observed: Observed, census: Census | None, findings: tuple[Finding, ...]) -> PlannedStep:
    held = {name: data for name, data in observed.evidence.items() if name not in bound.action.changing}
    return PlannedStep(
        id=bound.step.id,
        action=bound.action.name,
        summary=bound.action.summary,
        target=bound.target,
        params=bound.step.target,
        region=bound.step.region,
        needs=bound.step.needs,
        recovery=_recovery(bound),
        irreversible=bound.step.irreversible,
        mfa_protected=bound.step.mfa_protected,
        state=observed.state,
        facts={name: digest(data) for name, data in held.items()},
        census=census,
        calls=bound.calls,
        verdict=None,
        findings=findings,
        undo=bound.action.undo,
        undo_days=bound.action.undo_days,
        evidence=held,
        override=bound.step.override,
        wait=bound.step.wait,
    )


def _recovery(bound: BoundStep) -> Recovery:
    """Return how the step can be undone; without any copy of it, what is restored from a copy cannot be."""
    recovery = bound.action.recovery
    return Recovery.NONE if recovery is Recovery.BACKUP and not bound.copies else recovery


def _census(
    playbook: Playbook, bound: BoundStep, observed: Observed, scope: Scope, services: Services
) -> tuple[Census | None, tuple[Finding, ...]]:
    if not (bound.sweeps and isinstance(observed.state, Exists)):
        return None, ()
    at_most = playbook.limits.objects
    try:
        census = count_children(scope, bound.step.id, bound.sweeps, at_most=at_most, watcher=services.watcher)
    except AwsCallFailed as error:
        message = f"its contents could not be counted: {error.answer.code}: {error.answer.message}"
        needed = f"the role needs {in_words(*(sweep.list for sweep in bound.sweeps))}"
        hint = f"{error.hint}; {needed}" if error.hint else needed
        return None, (Finding("contents_are_counted", message, hint),)
    return census, ()


def _deferred(finding: Finding, bound: BoundStep, earlier: tuple[BoundStep, ...]) -> Finding:
    """Turn a finding into a note when a step that this one needs will make the check true."""
    for other in earlier:
        same_target = other.step.id in bound.step.needs and other.target == bound.target
        if same_target and finding.check in other.action.establishes:
            message = f"{finding.message} yet; it is checked again after step {other.step.id}"
            return Finding(finding.check, message, blocks=False)
    return finding
