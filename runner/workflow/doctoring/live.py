"""``runner doctor --live``: settle on the operator's own account what AWS does not document, with harmless calls.

The calls are those that make sessions, ``iam:GetRole`` on the role, and simulations. Two codes are needed: one for the
chain, and one for the way that loses it. A code works once, so the second is asked for when the device shows a new one;
the wait serves the question about the age of MFA as well.

1. The chain as every run takes it (questions 1a and 7). 2. What needs no other code (5, 8, 9, 10, 1c). 3. Wait. 4. The
age (2). 5. The second code (1b).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import TypeVar

from runner.errors import AwsAnswer, AwsCallFailed, CredentialsRefused
from runner.guard.diagnosis import Examination, Seen, not_examined, ok
from runner.guard.diagnosis_live import (
    PROBE_AGE,
    QUESTIONS,
    WAIT,
    Settled,
    left_to_hand,
    read_age,
    read_chain,
    read_duration,
    read_unassumed,
    read_wrong_way,
)
from runner.guard.proof import Proof, proof_call, read_proof
from runner.model.bound import BoundCall
from runner.model.event import Waiting
from runner.model.ports import Reply, Sender
from runner.model.session import LongTermIdentity, RoleRequest
from runner.policy.session import session_policy
from runner.workflow.doctoring.chart import Chart, Found, Known, NotKnown
from runner.workflow.doctoring.examine import Diagnosis
from runner.workflow.doctoring.live_simulation import ask_converted, ask_invented_caller, ask_unknown_action
from runner.workflow.doctoring.ports import ProbeSts
from runner.workflow.doctoring.role_stage import Opened, age_limit
from runner.workflow.doctoring.wanted import USUAL_AGE
from runner.workflow.route import LIFETIME
from runner.workflow.scope import Scope

CODES = 2
"""How many codes are asked for, at most: a kept session saves the first."""
_TOO_LONG = 3601
"""One second more than a role session may last that was made from another session."""
_BEYOND = timedelta(minutes=10)
"""Added to the code's age for a limit that does not refuse it."""

A = TypeVar("A")


@dataclass(frozen=True)
class _Trial:
    """Hold the way to the role, the long-term key that the wrong ways begin with, and what goes them."""

    opened: Opened
    identity: LongTermIdentity
    probe: ProbeSts

    @property
    def read(self) -> BoundCall:
        """The one read that each session may do with MFA only."""
        return proof_call(self.opened.route.role_arn, self.opened.route.region)


def settle(diagnosis: Diagnosis, probe: Callable[[str], ProbeSts]) -> tuple[Settled, ...]:
    """Return an answer to each question, in their order; nothing is written anywhere."""
    chart = Chart()
    opened, trial = diagnosis.opened, _trial(diagnosis, probe)
    _ask(chart, "7", opened, _accepted)  # 1
    _ask(chart, "1a", opened, _chain)
    _ask(chart, "5", opened, lambda found: _duration(found, probe(found.route.region)))  # 2
    _ask(chart, "8", diagnosis.proved, ask_converted)
    _ask(chart, "9", opened, ask_invented_caller)
    _ask(chart, "10", opened, ask_unknown_action)
    _ask(chart, "1c", trial, _without_code)
    _ask(chart, "2", opened, _age)  # 3, 4
    _ask(chart, "1b", trial, _code_for_role)  # 5
    answers = {line.name: line for line in chart.lines}
    by_hand = {found.id: Examination.of(found.id, left_to_hand(found)) for found in QUESTIONS if found.by_hand}
    return tuple(Settled(question, {**answers, **by_hand}[question.id]) for question in QUESTIONS)


def _ask(chart: Chart, question: str, needed: Found[A], ask: Callable[[A], Seen]) -> None:
    chart.look(question, needed, lambda found: (ask(found), True))


def _trial(diagnosis: Diagnosis, probe: Callable[[str], ProbeSts]) -> Found[_Trial]:
    if isinstance(diagnosis.opened, NotKnown):
        return diagnosis.opened
    if isinstance(diagnosis.recognised, NotKnown):
        return diagnosis.recognised
    identity = diagnosis.recognised.value.identity
    if not isinstance(identity, LongTermIdentity):
        return NotKnown("the wrong ways begin with a long-term key, and there is a session only")
    opened = diagnosis.opened.value
    return Known(_Trial(opened, identity, probe(opened.route.region)))


def _accepted(opened: Opened) -> Seen:
    return ok(f"yes (AssumeRole request {opened.scope.session.request_id})")


def _chain(opened: Opened) -> Seen:
    proof, answer = _read(opened.scope, proof_call(opened.route.role_arn, opened.route.region))
    return read_chain(proof, answer, opened.scope.session.request_id)


def _duration(opened: Opened, probe: ProbeSts) -> Seen:
    route = opened.route
    request = RoleRequest(route.role_arn, route.session_name, _policy(opened), seconds=_TOO_LONG)
    try:
        probe.role_session_unchecked(route.user, request)
    except CredentialsRefused as refused:
        return read_duration(refused)
    return read_duration(None)


def _without_code(trial: _Trial) -> Seen:
    opened = trial.opened
    user = trial.probe.user_session_without_code(trial.identity)
    scope = Scope(opened.services, replace(opened.route, user=user), ((trial.read,),), USUAL_AGE)
    try:
        request = scope.session.request_id
    except CredentialsRefused as refused:
        return read_unassumed(refused)
    return read_wrong_way(*_read(scope, trial.read), request)


def _age(opened: Opened) -> Seen:
    """Read twice with two limits on the age of MFA, under sessions made long after the code was given."""
    route, clock = opened.route, opened.services.clock
    if route.user.issued is None:
        return not_examined("when the session's code was given is known to AWS alone")
    _wait(opened)
    call, began = proof_call(route.role_arn, route.region), clock.now()
    short, _ = _read(Scope(opened.services, route, ((call,),), PROBE_AGE), call)
    took, age = clock.now() - began, clock.now() - route.user.issued
    long, _ = _read(Scope(opened.services, route, ((call,),), age + _BEYOND), call)
    return read_age(short, long, took, age)


def _code_for_role(trial: _Trial) -> Seen:
    """Give a second code to sts:AssumeRole, as people do, and try the read."""
    opened, route = trial.opened, trial.opened.route
    _wait(opened)
    try:
        code = opened.services.codes.code(trial.identity)
    except CredentialsRefused as refused:
        return not_examined(f"a second code is needed: {refused.what}", refused.hint)
    request = RoleRequest(route.role_arn, route.session_name, _policy(opened))
    try:
        session = trial.probe.role_session_with_code(trial.identity, code, request)
    except CredentialsRefused as refused:
        return read_unassumed(refused)
    sender = opened.services.aws.sender(session, (trial.read,))
    return read_wrong_way(*_read(sender, trial.read), session.request_id)


def _policy(opened: Opened) -> str:
    """Return the session policy that lets the one read through with MFA only."""
    call = proof_call(opened.route.role_arn, opened.route.region)
    limit = age_limit(USUAL_AGE, opened.route.user)
    return session_policy((call,), until=opened.services.clock.now() + LIFETIME, max_age=limit)


def _wait(opened: Opened) -> None:
    """Return when the code of the chain is old enough, and the device shows another one."""
    issued, clock = opened.route.user.issued, opened.services.clock
    if issued is None:
        return
    left = (issued + WAIT - clock.now()).total_seconds()
    if left > 0:
        opened.services.watcher.see(Waiting("doctor", "the device shows a new code", round(left)))
        clock.sleep(left)


def _read(sender: Sender, call: BoundCall) -> tuple[Proof, Reply | AwsAnswer]:
    answer: Reply | AwsAnswer
    try:
        answer = sender.send(call, call.params)
    except AwsCallFailed as error:
        answer = error.answer
    return read_proof(answer), answer
