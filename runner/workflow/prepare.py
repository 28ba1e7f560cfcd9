"""Steps 2 to 10 of ``runner apply``; ``runner plan`` is exactly this. Nothing here writes to AWS."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from runner.errors import GuardRefused
from runner.guard.acceptance import accept, unused
from runner.guard.confirmation import phrase
from runner.guard.floor import Rules, approvals_needed, floor_findings, rules_for
from runner.guard.limits import limit_findings
from runner.guard.own_way import own_way_findings
from runner.model.action import ActionType
from runner.model.fleet import Fleet, Reviewed, sections_of
from runner.model.guardrails import Guardrails
from runner.model.interrupted import InterruptedRun
from runner.model.plan import Finding, Plan, PlannedStep
from runner.model.playbook import Playbook
from runner.model.sealed import SealedPlan
from runner.model.session import UserSession
from runner.policy.packing import pack
from runner.policy.session import MAX_SIZE, PolicyTooLarge
from runner.workflow.approvals import Admitted
from runner.workflow.authenticate import authenticate
from runner.workflow.binding import BoundStep, bind_steps
from runner.workflow.cascade import count_shares
from runner.workflow.guarded_session import Proof, open_guarded
from runner.workflow.hours import Hours
from runner.workflow.joining import joined
from runner.workflow.resolve import resolve
from runner.workflow.route import Route
from runner.workflow.services import Services
from runner.workflow.simulate import simulate
from runner.workflow.surroundings import surroundings


@dataclass(frozen=True)
class Part:
    """Hold one account's part of a plan with what it takes to execute it."""

    steps: tuple[PlannedStep, ...]
    bound: tuple[BoundStep, ...]
    playbook: Playbook
    """As reviewed, with the limits and calendars that are in force."""
    rules: Rules
    route: Route
    proof: Proof

    @property
    def hours(self) -> Hours:
        """When something may be done."""
        return Hours(self.playbook, self.rules.guardrails)


@dataclass(frozen=True)
class Prepared:
    """Hold a plan with what it takes to execute it, account by account."""

    plan: Plan
    parts: tuple[Part, ...]
    sealed: SealedPlan | None = None
    """The sealed plan that this one was compared with, when it was one that is applied."""
    resumes: InterruptedRun | None = None
    """The run that this one goes on from."""
    admitted: Admitted = field(default_factory=Admitted)
    """By whose approval it may be executed."""

    @property
    def phrase(self) -> str:
        """What the operator types to go on."""
        return phrase(self.plan, broken_glass=bool(self.admitted.broken_glass))

    @property
    def playbook(self) -> Playbook:
        """The playbook, for what all accounts have in common: text, time, approvals."""
        return self.parts[0].playbook

    @property
    def operator(self) -> str:
        """The ARN of who acts."""
        return self.parts[0].route.user.caller.arn


@dataclass(frozen=True)
class _Held:
    """Hold one account's playbook under the rules that are in force, with its calls."""

    playbook: Playbook
    rules: Rules
    hours: Hours
    bound: tuple[BoundStep, ...]


def prepare(
    reviewed: Reviewed, catalog: Mapping[str, ActionType], services: Services, guardrails: Guardrails
) -> Prepared:
    """Look at everything a playbook names and return the plan, with every finding at once.

    2. Find the operator's long-term identity. 3. Make a user session with MFA; several accounts share it. Then for each
    account, side by side: 4. Assume the role under the guard's session policy: the plan's reads, and those only with
    MFA. 5. Pin the account. 6. Prove that the session carries MFA. 7. Resolve every step. 8. Simulate every step's
    writes. (9. A sealed plan is compared in ``runner.workflow.plan_file``.) 10. Apply what is protected or owned by
    others, what dies with the targets, the limits and the calendars.

    Raises:
        CredentialsRefused: when no MFA-bearing role session can be had.
        GuardRefused: when the playbook is below the guardrails' floor or out of time, before a code is asked for; on
            another account, or when MFA could not be proven.
    """
    held = tuple(_held(playbook, catalog, guardrails) for playbook in sections_of(reviewed))
    _refuse_below_the_floor(held, services)
    for one in held:
        _refuse_what_does_not_fit(one.bound, one.hours)
    user = authenticate(services, held[0].playbook.max_age)  # 2, 3
    looked = services.crew.map(lambda one: _look(one, user, services), held)  # 4 to 10
    parts = tuple(part for part, _ in looked)
    plan = _plan(reviewed, looked, guardrails)
    if plan.sections:
        parts = tuple(replace(part, steps=_of_account(plan, part.playbook.account.id)) for part in parts)
    return Prepared(plan, parts)


def _held(playbook: Playbook, catalog: Mapping[str, ActionType], guardrails: Guardrails) -> _Held:
    rules = rules_for(playbook, guardrails)
    over = rules.over(playbook)
    return _Held(over, rules, Hours(over, guardrails), bind_steps(over, catalog))


def _look(held: _Held, user: UserSession, services: Services) -> tuple[Part, tuple[Finding, ...]]:
    """Look at one account; return its part of the plan, and what is found of the account as a whole."""
    playbook, rules, bound = held.playbook, held.rules, held.bound
    route = Route.of(playbook, user)
    guarded = open_guarded(playbook, bound, route, services)  # 4, 5, 6
    resolved = resolve(playbook, bound, guarded.scope, services)  # 7
    resolved = surroundings(rules, bound, resolved, guarded.scope, services.crew)  # 10
    resolved = tuple((_own_way(step, one, route), seen) for one, (step, seen) in zip(bound, resolved, strict=True))
    judged = simulate(playbook, bound, resolved, guarded, services)  # 8
    steps = tuple(replace(step, findings=accept(step.findings, playbook.accept_unknown)) for step in judged)
    findings = (  # 10
        *limit_findings(rules, steps, count_shares(bound, steps, guarded.scope, services.crew)),
        *held.hours.by_calendars(guarded.scope),
    )
    return Part(steps, bound, playbook, rules, route, guarded.proof), findings


def _plan(reviewed: Reviewed, looked: tuple[tuple[Part, tuple[Finding, ...]], ...], guardrails: Guardrails) -> Plan:
    ((part, findings), *_) = looked
    playbook = part.playbook
    plan = Plan(
        name=playbook.name,
        description=playbook.description,
        owner=playbook.owner,
        ticket=playbook.ticket,
        account=playbook.account,
        region=playbook.region,
        role_arn=playbook.role_arn,
        via=playbook.via,
        limits=playbook.limits,
        source=playbook.source,
        approvals=approvals_needed(playbook, guardrails).most,
        steps=part.steps,
        findings=findings,
        guardrails=guardrails.source,
    )
    if isinstance(reviewed, Fleet):
        accounts = tuple((one.playbook, one.steps, found) for one, found in looked)
        plan = joined(plan, reviewed, accounts, guardrails)
    every = (finding for step in plan.steps for finding in step.findings)
    return replace(plan, findings=(*plan.findings, *unused(playbook.accept_unknown, every)))


def _of_account(plan: Plan, account: str) -> tuple[PlannedStep, ...]:
    return tuple(step for step in plan.steps if step.account == account)


def _own_way(step: PlannedStep, bound: BoundStep, route: Route) -> PlannedStep:
    found = own_way_findings(bound.writes, route.user.caller.arn, (*route.via, route.role_arn), route.user.serial)
    return replace(step, findings=(*step.findings, *found)) if step.acts else step


def _refuse_below_the_floor(held: tuple[_Held, ...], services: Services) -> None:
    """Return when nothing refuses the playbook that is known without AWS, and so before a code is spent."""
    now = services.clock.now()
    # What several accounts have in common is said once.
    findings = tuple(
        dict.fromkeys(
            finding
            for one in held
            for finding in (*one.hours.by_the_clock(now), *floor_findings(one.playbook, one.hours.guardrails))
        )
    )
    source = held[0].playbook.source
    if len(findings) == 1:
        raise GuardRefused(findings[0].message, on=source.path, hint=findings[0].hint)
    if findings:
        raise GuardRefused(
            f"the playbook is refused: {len(findings)} findings",
            findings=tuple(_line("playbook", finding) for finding in findings),
            on=source.path,
            hint="`runner guardrails explain` says which rule decides what",
        )


def _refuse_what_does_not_fit(bound: tuple[BoundStep, ...], hours: Hours) -> None:
    """Return when every call fits into a session policy; nothing is ever widened to make it fit.

    Steps whose calls do not fit together get several sessions.
    """
    for step in bound:
        try:
            pack(step.groups(hours.calls))
        except PolicyTooLarge as error:
            raise GuardRefused(
                f"a call of step {step.step.id} needs {error.size} characters of session policy; AWS takes {MAX_SIZE}",
                on=step.target,
                hint="a session cannot be limited to a target with an ARN as long as this; delete it in another way",
            ) from error


def refuse_blocked(plan: Plan) -> None:
    """Return when no finding blocks the plan.

    Raises:
        GuardRefused: with every finding.
    """
    if not plan.blocking:
        return
    count = f"{len(plan.blocking)} finding" + ("" if len(plan.blocking) == 1 else "s")
    raise GuardRefused(
        f"the plan is refused: {count}",
        findings=tuple(_line(step or "plan", finding) for step, finding in plan.blocking),
        on=plan.source.path,
        hint="correct what is named above and plan again",
    )


def _line(place: str, finding: Finding) -> str:
    return f"{place}: {finding.check}: {finding.told}" + (f" ({finding.hint})" if finding.hint else "")
