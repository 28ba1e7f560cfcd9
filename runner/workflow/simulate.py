"""Step 8 of apply: ask IAM's simulator about every step's writes, and give each step its verdict."""

from __future__ import annotations

from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

from runner.errors import AwsCallFailed
from runner.guard.context import RoleFacts, Scenario, role_facts
from runner.guard.decision import CannotTell, Decision
from runner.guard.simulation import Question, asked_actions, read_decision, simulation_calls
from runner.guard.verdict import judge, refusal
from runner.model.action import Absent, Present, Unreadable
from runner.model.call import BoundCall
from runner.model.event import Simulating
from runner.model.plan import PlannedStep
from runner.model.playbook import Playbook
from runner.model.ports import Reply, Sender
from runner.policy.convert import Converted, convert
from runner.policy.document import Undecidable
from runner.workflow.binding import BoundStep
from runner.workflow.guarded_session import Guarded
from runner.workflow.reading import Observed
from runner.workflow.services import Services

CONCURRENT = 8
"""Simulations in flight; IAM throttles bulk simulation (see the retries of ``runner.aws.sender``)."""


def simulate(
    playbook: Playbook,
    bound: tuple[BoundStep, ...],
    resolved: tuple[tuple[PlannedStep, Observed], ...],
    guarded: Guarded,
    services: Services,
) -> tuple[PlannedStep, ...]:
    """Return the steps with a verdict each, and a finding where the verdict refuses; absent targets are left as is."""
    try:
        facts = role_facts(guarded.role, guarded.route.session_name)
    except Undecidable as error:
        unclear = CannotTell(f"the role is not understood: {error}")
        return tuple(_judged(step, dict.fromkeys(Scenario, unclear)) for step, _ in resolved)
    judged: list[PlannedStep] = []
    with ThreadPoolExecutor(CONCURRENT) as pool:
        for (step, observed), target in zip(resolved, bound, strict=True):
            if not step.acts:
                judged.append(step)
                continue
            services.watcher.see(Simulating(step.id))
            question = _question(playbook, target, observed, facts, guarded, services)
            judged.append(_judged(step, _ask(question, guarded, pool)))
    return tuple(judged)


def _question(
    playbook: Playbook, bound: BoundStep, observed: Observed, facts: RoleFacts, guarded: Guarded, services: Services
) -> Question:
    now = services.clock.now()
    return Question(
        step=bound.step.id,
        writes=bound.writes,
        facts=facts,
        converted=_converted(playbook, bound, observed, facts),
        region=bound.step.region,
        account=playbook.account.id,
        now=now,
        # An age that only AWS knows is simulated as the oldest that the session policy lets through.
        mfa_age=guarded.route.user.age(now) or playbook.max_age,
    )


def _converted(playbook: Playbook, bound: BoundStep, observed: Observed, facts: RoleFacts) -> Converted:
    if not bound.action.resource_policy:
        return Converted()
    policy: str | None
    match observed.facts.get(bound.action.resource_policy, Unreadable("it was not read")):
        case Unreadable(why):
            return Converted(doubts=(f"the resource policy could not be read: {why}",))
        case Absent():
            policy = None
        case Present(data):
            text = data.get("Policy")
            if not isinstance(text, str):
                return Converted(doubts=("the answer holds no resource policy",))
            policy = text
    return convert(
        policy,
        facts.role,
        owner=playbook.account.id,
        actions=asked_actions(bound.writes),
        limited=facts.boundary is not None,
    )


def _ask(question: Question, guarded: Guarded, pool: ThreadPoolExecutor) -> Mapping[Scenario, Decision]:
    if question.converted.doubts:
        # The answer is known: nothing is asked that could not change it.
        return {scenario: read_decision(question, scenario, ()) for scenario in Scenario}
    calls = simulation_calls(question)
    sender = guarded.scope.sender(tuple(call for _, call in calls))
    replies = pool.map(lambda call: _pages(sender, call[1]), calls)
    found: dict[Scenario, list[Reply] | CannotTell] = {scenario: [] for scenario in Scenario}
    for (scenario, _), pages in zip(calls, replies, strict=True):
        known = found[scenario]
        if isinstance(pages, CannotTell):
            found[scenario] = pages
        elif not isinstance(known, CannotTell):
            known.extend(pages)
    return {
        scenario: pages if isinstance(pages, CannotTell) else read_decision(question, scenario, tuple(pages))
        for scenario, pages in found.items()
    }


def _pages(sender: Sender, call: BoundCall) -> tuple[Reply, ...] | CannotTell:
    try:
        return tuple(sender.pages(call))
    except AwsCallFailed as error:
        return CannotTell(
            f"IAM would not simulate: {error.answer.code}: {error.answer.message}",
            hint=error.hint or "allow the role iam:SimulatePrincipalPolicy on itself",
        )


def _judged(step: PlannedStep, decisions: Mapping[Scenario, Decision]) -> PlannedStep:
    verdict = judge(decisions[Scenario.WITH_MFA], decisions[Scenario.WITHOUT_MFA], decisions[Scenario.NO_KEY])
    finding = refusal(verdict, mfa_protected=step.mfa_protected)
    findings = step.findings if finding is None else (*step.findings, finding)
    return replace(step, verdict=verdict, findings=findings)
