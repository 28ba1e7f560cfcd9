"""Steps 2 to 10 of ``runner apply``; ``runner plan`` is exactly this. Nothing here writes to AWS."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from runner.errors import GuardRefused
from runner.guard.acceptance import accept, unused
from runner.guard.confirmation import phrase
from runner.guard.floor import Rules, approvals_needed, floor_findings, rules_for
from runner.guard.limits import limit_findings
from runner.model.action import ActionType
from runner.model.guardrails import Guardrails
from runner.model.interrupted import InterruptedRun
from runner.model.plan import Finding, Plan
from runner.model.playbook import Playbook
from runner.model.sealed import SealedPlan
from runner.policy.packing import pack
from runner.policy.session import MAX_SIZE, PolicyTooLarge
from runner.workflow.approvals import Admitted
from runner.workflow.authenticate import authenticate
from runner.workflow.binding import BoundStep, bind_steps
from runner.workflow.cascade import count_shares
from runner.workflow.guarded_session import Proof, open_guarded
from runner.workflow.hours import Hours
from runner.workflow.resolve import resolve
from runner.workflow.route import Route
from runner.workflow.services import Services
from runner.workflow.simulate import simulate
from runner.workflow.surroundings import surroundings


@dataclass(frozen=True)
class Prepared:
    """Hold a plan with what it takes to execute it."""

    plan: Plan
    bound: tuple[BoundStep, ...]
    playbook: Playbook
    """As reviewed, with the limits and calendars that are in force."""
    rules: Rules
    route: Route
    proof: Proof
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
    def hours(self) -> Hours:
        """When something may be done."""
        return Hours(self.playbook, self.rules.guardrails)


def prepare(
    playbook: Playbook, catalog: Mapping[str, ActionType], services: Services, guardrails: Guardrails
) -> Prepared:
    """Look at everything a playbook names and return the plan, with every finding at once.

    2. Find the operator's long-term identity. 3. Make a user session with MFA. 4. Assume the role under the guard's
    session policy: the plan's reads, and those only with MFA. 5. Pin the account. 6. Prove that the session carries
    MFA. 7. Resolve every step. 8. Simulate every step's writes. (9. A sealed plan is compared in
    ``runner.workflow.plan_file``.) 10. Apply what is protected or owned by others, what dies with the targets, the
    limits and the calendars.

    Raises:
        CredentialsRefused: when no MFA-bearing role session can be had.
        GuardRefused: when the playbook is below the guardrails' floor or out of time, before a code is asked for; on
            another account, or when MFA could not be proven.
    """
    rules = rules_for(playbook, guardrails)
    playbook = rules.over(playbook)
    hours = Hours(playbook, guardrails)
    _refuse_below_the_floor(playbook, hours, services)
    bound = bind_steps(playbook, catalog)
    _refuse_what_does_not_fit(bound, hours)
    route = Route.of(playbook, authenticate(services, playbook.max_age))  # 2, 3
    guarded = open_guarded(playbook, bound, route, services)  # 4, 5, 6
    resolved = resolve(playbook, bound, guarded.scope, services)  # 7
    resolved = surroundings(rules, bound, resolved, guarded.scope, services.crew)  # 10
    judged = simulate(playbook, bound, resolved, guarded, services)  # 8
    steps = tuple(replace(step, findings=accept(step.findings, playbook.accept_unknown)) for step in judged)
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
        steps=steps,
        findings=(  # 10
            *limit_findings(rules, steps, count_shares(bound, steps, guarded.scope, services.crew)),
            *hours.by_calendars(guarded.scope),
            *unused(playbook.accept_unknown, (finding for step in steps for finding in step.findings)),
        ),
        guardrails=guardrails.source,
    )
    return Prepared(plan, bound, playbook, rules, route, guarded.proof)


def _refuse_below_the_floor(playbook: Playbook, hours: Hours, services: Services) -> None:
    """Return when nothing refuses the playbook that is known without AWS, and so before a code is spent."""
    findings = (*hours.by_the_clock(services.clock.now()), *floor_findings(playbook, hours.guardrails))
    if len(findings) == 1:
        raise GuardRefused(findings[0].message, on=playbook.source.path, hint=findings[0].hint)
    if findings:
        raise GuardRefused(
            f"the playbook is refused: {len(findings)} findings",
            findings=tuple(_line("playbook", finding) for finding in findings),
            on=playbook.source.path,
            hint="`runner guardrails explain` says which rule decides what",
        )


def _refuse_what_does_not_fit(bound: tuple[BoundStep, ...], hours: Hours) -> None:
    """Return when every call fits into a session policy; nothing is ever widened to make it fit.

    Steps whose calls do not fit together get several sessions.
    """
    for step in bound:
        try:
            pack(((*step.reads, *step.writes, *hours.calls),))
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
        hint="nothing was changed; correct what is named above and plan again",
    )


def _line(place: str, finding: Finding) -> str:
    return f"{place}: {finding.check}: {finding.told}" + (f" ({finding.hint})" if finding.hint else "")
