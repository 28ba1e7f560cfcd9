"""The playbook's targets: the account pin, every read of every step by really reading, and the targets' policies.

Nothing is written: a step's writes are bound as data, and only its reads are sent, under the guard's session policy.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from functools import partial
from typing import TypeAlias

from runner.errors import AwsCallFailed
from runner.guard.diagnosis import Seen, cannot_tell, not_examined, ok, problem
from runner.guard.diagnosis_policies import judge_mfa_delete, judge_policy, looks_at_mfa
from runner.guard.diagnosis_role import judge_denial
from runner.guard.floor import floor_findings
from runner.model.action import Absent, Present, Reading
from runner.model.bound import BoundCall
from runner.model.guardrails import Guardrails
from runner.model.plan import Finding
from runner.model.playbook import Playbook
from runner.policy.session import MAX_SIZE, PolicyTooLarge
from runner.workflow.binding import BoundStep
from runner.workflow.doctoring.chart import START, Chart, Found, Known, NotKnown
from runner.workflow.doctoring.role_stage import Proved
from runner.workflow.doctoring.wanted import Wanted
from runner.workflow.guarded_session import Guarded, open_guarded
from runner.workflow.hours import Hours
from runner.workflow.reading import picked
from runner.workflow.scope import Scope

_VERSIONING = "s3:GetBucketVersioning"
"""The read that says whether S3 MFA Delete is on."""


_Answer: TypeAlias = Reading | AwsCallFailed


def examine_targets(chart: Chart, wanted: Wanted, proved: Found[Proved]) -> None:
    """Look at the account and at each step's target; at nothing without a playbook."""
    playbook = wanted.playbook
    if playbook is None:
        return
    guarded = chart.look("account", proved, lambda found: _pin(playbook, wanted.bound, found))
    if playbook.calendars:
        chart.look_through("calendars", guarded, lambda found: _calendars(playbook, wanted.guardrails, found))
    judged: set[str] = set()
    for step in wanted.bound:
        name = f"step {step.step.id}"
        if isinstance(guarded, NotKnown):
            chart.add(name, not_examined(guarded.because))
            continue
        chart.look_through(
            name, Known(guarded.value.scope), partial(_examine_step, step, is_new=step.target not in judged)
        )
        judged.add(step.target)


def examine_playbook(chart: Chart, wanted: Wanted, now: Callable[[], datetime]) -> None:
    """Look at what refuses a playbook before AWS is asked; at nothing without one."""
    playbook = wanted.playbook
    if playbook is None:
        return
    found = (
        *Hours(playbook, wanted.guardrails).by_the_clock(now()),
        *floor_findings(playbook, wanted.guardrails),
    )
    source = wanted.guardrails.source
    under = "no guardrails are set" if source is None else f"as {source.path} demands"
    good = ok(f"it may run now; {under}")
    chart.look_through("playbook", START, lambda _: tuple(_refused(finding) for finding in found) or (good,))


def _refused(finding: Finding) -> Seen:
    return problem(finding.message, finding.hint)


def _calendars(playbook: Playbook, guardrails: Guardrails, guarded: Guarded) -> tuple[Seen, ...]:
    closed = Hours(playbook, guardrails).by_calendars(guarded.scope)
    good = ok(f"{', '.join(playbook.calendars)}: open")
    return tuple(_refused(finding) for finding in closed) or (good,)


def _pin(playbook: Playbook, bound: tuple[BoundStep, ...], proved: Proved) -> tuple[Seen, Guarded | None]:
    try:
        guarded = open_guarded(playbook, bound, proved.opened.route, proved.opened.services)
    except PolicyTooLarge as error:
        said = f"a read of a step needs a session policy of {error.size} characters; AWS takes {MAX_SIZE}"
        return problem(said, "the target's ARN is too long for a session that is limited to it"), None
    alias = f" ({playbook.account.alias})" if playbook.account.alias else ""
    return ok(f"the role is in {playbook.account.id}{alias}, as the playbook says"), guarded


def _examine_step(step: BoundStep, scope: Scope, *, is_new: bool) -> tuple[Seen, ...]:
    """Send every read of a step, and look at the target's policy and at MFA Delete unless an earlier step did.

    1. Is the target there? 2. Send the other reads; each refusal is a line. 3. Judge the resource policy. 4. Judge S3
    MFA Delete.
    """
    there = _read(scope, step.probe)  # 1
    if isinstance(there, Absent):
        return (ok(f"{step.target} is absent: there is nothing to read"),)
    others = (call for call in step.reads if call is not step.probe and not call.needs_child)
    answers = ((step.probe, there), *((call, _read(scope, call)) for call in others))  # 2
    refused = tuple(judge_denial(call, answer) for call, answer in answers if isinstance(answer, AwsCallFailed))
    lines = refused or (ok(f"{len(answers)} reads of {step.target} were answered; nothing was written"),)
    if not is_new:
        return lines
    policy, has_condition = _policy(step, answers)  # 3
    versioning = (answer for call, answer in answers if call.api == _VERSIONING)  # 4
    known = (answer for answer in versioning if not isinstance(answer, AwsCallFailed))
    return (*lines, *policy, *(judge_mfa_delete(answer, beside_condition=has_condition) for answer in known))


def _read(scope: Scope, call: BoundCall) -> _Answer:
    try:
        reply = scope.send(call, call.params)
    except AwsCallFailed as error:
        if error.answer.code in call.nothing:
            return Present({})
        return Absent(error.answer.code, error.answer.request_id) if error.answer.code in call.absent else error
    found = picked(call, reply)
    return found if isinstance(found, Present) else Present(reply.data)


def _policy(step: BoundStep, answers: tuple[tuple[BoundCall, _Answer], ...]) -> tuple[tuple[Seen, ...], bool]:
    """Return what the target's own policy means, and whether it looks at MFA; what is not known may do so."""
    if step.action.resource_policy not in step.facts:
        return (), True
    wanted = step.facts[step.action.resource_policy]
    match next(answer for call, answer in answers if call is wanted):
        case Present(data) if isinstance(text := data.get("Policy"), str):
            return judge_policy(text), looks_at_mfa(text)
        case Absent() | Present({"Policy": None}):
            return judge_policy(None), False
        case Present():
            return (cannot_tell("the answer holds no resource policy", "read the policy by hand"),), True
        case _:
            return (), True  # the refused read is a line already
