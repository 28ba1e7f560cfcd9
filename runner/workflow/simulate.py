"""Step 8 of apply: ask IAM's simulator about every step's writes, and give each step its verdict.

Where a service can try a call itself, what that shows outranks the simulation (``runner.workflow.trials``).
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from itertools import product

from runner.errors import AwsCallFailed
from runner.guard.batch import Batch, batches
from runner.guard.context import RoleFacts, Scenario, role_facts
from runner.guard.decision import CannotTell
from runner.guard.dry_run import Trials, outranked
from runner.guard.question import Question, Setting, asked_actions
from runner.guard.simulation import Answer, alone, answer, evidence_for, read_decision
from runner.guard.trust import is_gated
from runner.guard.verdict import Scenarios, judge, refusal
from runner.model.action import Absent, Present, Unreadable
from runner.model.bound import BoundCall
from runner.model.event import Simulating
from runner.model.plan import PlannedStep
from runner.model.playbook import Playbook
from runner.model.ports import Crew, Sender
from runner.policy.convert import Converted, convert
from runner.policy.document import Undecidable
from runner.policy.mfa_condition import Truth
from runner.policy.policies import read_policy
from runner.workflow.binding import BoundStep
from runner.workflow.guarded_session import Guarded
from runner.workflow.reading import Observed
from runner.workflow.role_policies import read_role_policies
from runner.workflow.services import Services
from runner.workflow.trials import try_steps

CONCURRENT = 8
"""Requests in flight; IAM throttles bulk simulation (see the retries of ``runner.aws.sender``)."""
DENIED = frozenset({"AccessDenied", "AccessDeniedException"})
"""How IAM says that the role may not simulate."""


def simulate(
    playbook: Playbook,
    bound: tuple[BoundStep, ...],
    resolved: tuple[tuple[PlannedStep, Observed], ...],
    guarded: Guarded,
    services: Services,
) -> tuple[PlannedStep, ...]:
    """Return the steps with a verdict each, and a finding where the verdict refuses; absent targets are left as is.

    Raises:
        CredentialsRefused: when a role session cannot be had or renewed.
        RunnerError: when a service did not understand that it was a dry run.
    """
    try:
        described = role_facts(guarded.role, guarded.route.session_name)
    except Undecidable as error:
        unclear = CannotTell(f"the role is not understood: {error}")
        scenarios = Scenarios(unclear, unclear, unclear)
        return tuple(_judged(step, scenarios, gated=None) if step.acts else step for step, _ in resolved)
    facts = described.under(playbook.assume.tags, guarded.route.source_identity)
    questions: dict[str, Question] = {}
    for (step, observed), target in zip(resolved, bound, strict=True):
        if step.acts:
            services.watcher.see(Simulating(step.id))
            questions[step.id] = _question(playbook, target, observed, facts)
    if not questions:
        return tuple(step for step, _ in resolved)
    now = services.clock.now()
    # An age that only AWS knows is simulated as the oldest that the session policy lets through.
    age = guarded.route.user.age(now) or playbook.max_age
    own = read_role_policies(facts, playbook.region, guarded.scope, services.crew)
    setting = Setting(facts, own, playbook.account.id, now, age)
    answers = _ask(setting, tuple(questions.values()), guarded, services.crew)
    trials = try_steps(playbook, (step for step in bound if step.step.id in questions), guarded, services)
    gated = is_gated(facts.trust)
    return tuple(
        _judged(step, _scenarios(setting, questions[step.id], answers, trials.get(step.id)), gated)
        if step.id in questions
        else step
        for step, _ in resolved
    )


def _scenarios(setting: Setting, question: Question, answers: tuple[Answer, ...], trials: Trials | None) -> Scenarios:
    with_mfa, without_mfa, no_key = (
        read_decision(setting, question, scenario, answers)
        for scenario in (Scenario.WITH_MFA, Scenario.WITHOUT_MFA, Scenario.NO_KEY)
    )
    simulated = Scenarios(with_mfa, without_mfa, no_key, evidence_for(question, answers))
    return simulated if trials is None else outranked(simulated, trials, question.asks)


def _question(playbook: Playbook, bound: BoundStep, observed: Observed, facts: RoleFacts) -> Question:
    found = _resource_policy(bound, observed)
    if isinstance(found, Unreadable):
        return Question(bound.step.id, bound.writes, Converted(doubts=(found.why,)), bound.step.region)
    converted = convert(found, facts.role, owner=playbook.account.id, actions=asked_actions(bound.writes))
    policy = None if found is None else read_policy("of the target", found)
    return Question(bound.step.id, bound.writes, converted, bound.step.region, policy)


def _resource_policy(bound: BoundStep, observed: Observed) -> str | Unreadable | None:
    """Return the text of the target's own policy; None when it has none."""
    if bound.action.resource_policy not in bound.facts:
        return None
    match observed.facts.get(bound.action.resource_policy, Unreadable("it was not read")):
        case Unreadable(why):
            return Unreadable(f"the resource policy could not be read: {why}")
        case Absent():
            return None
        case Present({"Policy": str(text)}):
            return text
        case Present({"Policy": None}):
            # What a query makes of an answer that leaves the policy out where there is none.
            return None
        case Present():
            return Unreadable("the answer holds no resource policy")


def _ask(setting: Setting, questions: tuple[Question, ...], guarded: Guarded, crew: Crew) -> tuple[Answer, ...]:
    """Ask AWS; where an answer does not say which resource an SCP stops, ask about each alone."""
    # Where a policy leaves a doubt, the answer is known: nothing is asked that could not change it.
    certain = tuple(question for question in questions if not question.converted.doubts)
    asked = batches(certain, limited=setting.facts.boundary is not None)
    first = _send(setting, product(asked, Scenario), guarded, crew)
    unclear = tuple((batch, given.scenario) for given in first for batch in alone(given))
    second = _send(setting, unclear, guarded, crew)
    return (*(given for given in first if not alone(given)), *second)


def _send(
    setting: Setting, wanted: Iterable[tuple[Batch, Scenario]], guarded: Guarded, crew: Crew
) -> tuple[Answer, ...]:
    calls = tuple((batch, scenario, batch.call(setting, scenario)) for batch, scenario in wanted)
    if not calls:
        return ()
    sender = guarded.scope.sender(tuple(call for _, _, call in calls))
    return crew.map(lambda asked: _answer(sender, *asked), calls, CONCURRENT)


def _answer(sender: Sender, batch: Batch, scenario: Scenario, call: BoundCall) -> Answer:
    try:
        return answer(batch, scenario, tuple(sender.pages(call)))
    except AwsCallFailed as error:
        unsure = CannotTell(
            f"IAM would not simulate: {error.answer.code}: {error.answer.message}",
            hint=error.hint or "allow the role iam:SimulatePrincipalPolicy on itself",
        )
        return Answer(batch, scenario, unsure, refused=error.answer.code in DENIED)


def _judged(step: PlannedStep, scenarios: Scenarios, gated: Truth) -> PlannedStep:
    verdict = judge(scenarios, gated=gated)
    finding = refusal(verdict, mfa_protected=step.mfa_protected)
    findings = step.findings if finding is None else (*step.findings, finding)
    return replace(step, verdict=verdict, findings=findings)
