"""Let AWS itself try the steps whose calls have a dry run: with the MFA session, and with one that carries no MFA.

The sessions may do exactly the steps' calls on exactly their targets, and the write gate lets only dry runs through.
The session without MFA is made of the operator's key and a ``sts:GetSessionToken`` without a code. Where the role
cannot be assumed with it, nothing is tried without MFA, and the simulation stands.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import TypeAlias

from runner.errors import AwsCallFailed, CredentialsRefused, RunnerError
from runner.guard.dry_run import Trials, Tried, joined, read_trial, trials_of
from runner.model.bound import BoundCall
from runner.model.playbook import Playbook
from runner.model.ports import Sender
from runner.model.session import LongTermIdentity
from runner.policy.packing import pack
from runner.policy.session import trial_policy
from runner.workflow.binding import BoundStep
from runner.workflow.guarded_session import Guarded, age_limit
from runner.workflow.route import LIFETIME, Route
from runner.workflow.scope import Scope
from runner.workflow.services import Services

_Weak: TypeAlias = tuple[tuple[tuple[BoundCall, ...], Sender | None], ...]
"""The calls of each session without MFA, and what sends them; None where there is no such session."""


def try_steps(
    playbook: Playbook, steps: Iterable[BoundStep], guarded: Guarded, services: Services
) -> Mapping[str, Trials]:
    """Return how the dry runs ended, by step; steps without any are left out.

    Raises:
        CredentialsRefused: when the role cannot be assumed with MFA.
        RunnerError: when a service did not understand that it was a dry run.
    """
    groups = {step.step.id: calls for step in steps if (calls := trials_of(step.writes))}
    if not groups:
        return {}
    strong = Scope(services, guarded.route, tuple(groups.values()), age_limit(playbook, guarded.route))
    weak_route = _weak_route(guarded.route, services)
    packed = pack(tuple(groups.values()))
    weak = tuple(zip(packed, services.crew.map(lambda it: _weak_sender(weak_route, it, services), packed), strict=True))

    def tried(group: tuple[BoundCall, ...]) -> Trials:
        return Trials(joined((_try(strong, call) for call in group), Tried.REFUSED), _without_mfa(weak, group))

    return dict(zip(groups, services.crew.map(tried, groups.values()), strict=True))


def _without_mfa(weak: _Weak, calls: tuple[BoundCall, ...]) -> Tried:
    senders = [next(sender for declared, sender in weak if call in declared) for call in calls]
    tried = (
        Tried.UNDECIDED if sender is None else _try(sender, call) for sender, call in zip(senders, calls, strict=True)
    )
    return joined(tried, Tried.PASSED)


def _weak_route(route: Route, services: Services) -> Route | None:
    """Return the way to the role without MFA; None where there is none that could be tried."""
    identity = services.operator.identity()
    if services.weak is None or route.via or not isinstance(identity, LongTermIdentity):
        return None
    try:
        return replace(route, user=services.weak.user_session_without_code(identity))
    except CredentialsRefused:
        return None


def _weak_sender(route: Route | None, calls: tuple[BoundCall, ...], services: Services) -> Sender | None:
    if route is None:
        return None
    now = services.clock.now()
    try:
        session = route.take(services.sts, trial_policy(calls, until=now + LIFETIME), now)
    except CredentialsRefused:
        return None
    return services.aws.sender(session, calls)


def _try(sender: Sender | Scope, call: BoundCall) -> Tried:
    try:
        reply = sender.send(call, call.params)
    except AwsCallFailed as error:
        return read_trial(error.answer)
    raise RunnerError(
        f"{call.api} was sent as a dry run and answered as if it had been done (request {reply.request_id})",
        on=call.resources[0],
        hint="look at the target, and check AWS_ENDPOINT_URL: AWS answers every dry run with an error",
        touched="this call may have been done",
    )
