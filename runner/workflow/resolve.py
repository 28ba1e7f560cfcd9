"""Step 7 of apply: look at every target and write down what was found and what would be called.

The targets are looked at side by side, and a read that several steps need is sent once.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

from runner.errors import AwsCallFailed
from runner.guard.expectation import expectation_findings
from runner.guard.usage import usage_findings
from runner.model.action import Recovery
from runner.model.canonical import digest, encode
from runner.model.event import StepResolving
from runner.model.plan import Census, Finding, PlannedStep
from runner.model.playbook import Playbook
from runner.model.target_state import Exists, Missing, NotSeen
from runner.policy.grants import in_words
from runner.workflow.binding import BoundStep
from runner.workflow.blocking import blocking_findings
from runner.workflow.cascade import staying
from runner.workflow.census import Teller
from runner.workflow.copies import copy_findings
from runner.workflow.reading import Observed, check_findings, observe
from runner.workflow.scope import Scope
from runner.workflow.services import Services
from runner.workflow.shared_reads import SharedReads

MANY = 5
"""From so many targets on, their pins are read with one listing, which may hold others too."""


def resolve(
    playbook: Playbook, bound: tuple[BoundStep, ...], scope: Scope, services: Services
) -> tuple[tuple[PlannedStep, Observed], ...]:
    """Return every step with its findings, and what was read about its target.

    Raises:
        CredentialsRefused: when a role session cannot be renewed.
    """
    look = _Look(playbook, bound, scope, services)
    return services.crew.map(look.at, look.announced())


class _Look:
    """Hold what every step is looked at with."""

    def __init__(self, playbook: Playbook, bound: tuple[BoundStep, ...], scope: Scope, services: Services) -> None:
        self._playbook = playbook
        self._bound = bound
        self._sender = SharedReads(scope)
        self._services = services
        self._teller = Teller(self._sender, scope, services.bulk, services.watcher)
        listings = Counter(str(pins.to_data()) for pins in {step.target: step.pins for step in bound}.values() if pins)
        self._many = {listing for listing, count in listings.items() if count >= MANY}

    def announced(self) -> Iterator[int]:
        """Yield the places of the steps, and say of each that it is looked at now."""
        for index, step in enumerate(self._bound):
            self._services.watcher.see(StepResolving(step.step.id, index + 1, len(self._bound)))
            yield index

    def at(self, index: int) -> tuple[PlannedStep, Observed]:
        """Look at one step's target."""
        step, services, earlier = self._bound[index], self._services, self._bound[:index]
        of_many = step.pins is not None and str(step.pins.to_data()) in self._many
        observed = observe(self._sender, step, services.crew, of_many=of_many)
        census, uncounted = _census(self._playbook, step, observed, self._teller)
        if census is not None and census.children == 0 and step.action.gone_when.by_listing:
            observed = Observed(Missing(_nothing(step)), observed.facts)
        findings = list(uncounted)
        if isinstance(observed.state, NotSeen):
            hint = f"check that the target exists in this account, and grant the role {in_words(step.probe, step.pin)}"
            message = f"the target could not be read: {observed.state.why}"
            findings.append(Finding("target_is_readable", message, hint))
        if isinstance(observed.state, Exists):
            findings += (_deferred(finding, step, earlier) for finding in check_findings(step, observed))
            findings += expectation_findings(step.step.expect, observed.facts, census, observed.state.pin)
            findings += usage_findings(step.action, step.step, observed.facts, services.clock.now())
            findings += blocking_findings(self._sender, step, earlier)
            findings += copy_findings(self._sender, step)
            findings += _told(step)
            findings += _remarked(step, observed)
        return _planned(step, observed, census, tuple(findings)), observed


def _nothing(bound: BoundStep) -> str:
    if not bound.action.restores:
        return "nothing is in it"
    return f"there are no such {' or '.join(sweep.children for sweep in bound.sweeps)}"


def _told(bound: BoundStep) -> Iterator[Finding]:
    """Yield notes of what a reader would not think of: what ``aws.call`` sends, and what AWS lets the session reach."""
    reaching = next((one for one in bound.writes if one.keys is not None and not one.keys.is_said), None)
    if reaching is not None:
        message = (
            f"its session policy can only say {reaching.resources[0]}; the write gate lets {reaching.keys} through"
        )
        yield Finding("what_the_session_reaches", message, blocks=False)
    if bound.step.call is None:
        return
    for call in bound.writes:
        params = encode(call.params).decode("utf-8")
        yield Finding("what_is_called", f"it calls {call.api} with {params}", blocks=False)


def _remarked(bound: BoundStep, observed: Observed) -> Iterator[Finding]:
    """Yield what the action says of its target besides what refuses it."""
    for remark in bound.action.remarks:
        for told in remark(observed.facts):
            yield Finding(remark.__name__, told, blocks=False)
    for name in sorted(staying(bound, observed.facts)):
        yield Finding("what_stays", f"{name} stays", blocks=False)


def _planned(bound: BoundStep, observed: Observed, census: Census | None, findings: tuple[Finding, ...]) -> PlannedStep:
    held = {name: data for name, data in observed.evidence.items() if name not in bound.action.volatile}
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
    playbook: Playbook, bound: BoundStep, observed: Observed, teller: Teller
) -> tuple[Census | None, tuple[Finding, ...]]:
    if not (bound.sweeps and isinstance(observed.state, Exists)):
        return None, ()
    at_most = playbook.limits.objects
    try:
        census = teller.count(bound.step.id, bound.sweeps, at_most=at_most)
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
