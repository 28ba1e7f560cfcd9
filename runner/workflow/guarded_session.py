"""Steps 4 to 6 of apply: the guard's role session, the account pin, and the live proof of MFA."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta

from runner.errors import AwsAnswer, AwsCallFailed, CredentialsRefused, GuardRefused
from runner.guard.account import check_account, check_alias
from runner.guard.change_calendar import calendar_call
from runner.guard.proof import NotCarried, Proven, Unproven, proof_call, read_proof
from runner.guard.role_policies import scope_calls
from runner.model.arn import Arn
from runner.model.bound import BoundCall
from runner.model.call import Effect
from runner.model.event import ProofPassed
from runner.model.playbook import Playbook
from runner.model.ports import Reply
from runner.model.session import RoleSession
from runner.workflow.binding import BoundStep
from runner.workflow.route import LIFETIME, Route
from runner.workflow.scope import Scope
from runner.workflow.services import Services


@dataclass(frozen=True)
class Proof:
    """Hold the evidence that a role session carries MFA."""

    role_session: str
    request_id: str
    operation: str


@dataclass(frozen=True)
class Guarded:
    """Hold the scope for the guard's own calls and every step's reads, and what was learnt about the role."""

    scope: Scope
    session: RoleSession
    proof: Proof
    role: Mapping[str, object]
    """The ``Role`` of ``iam:GetRole``, which the proof read."""
    route: Route


def open_guarded(playbook: Playbook, bound: tuple[BoundStep, ...], route: Route, services: Services) -> Guarded:
    """Assume the role for reading, pin the account, and prove that the session carries MFA.

    4. Assume the role under session policies that hold the guard's own calls and every step's reads; as few as fit.
    5. Pin the account by its id. 6. Send the read that proves MFA; what AWS lets through with MFA only comes after it,
    the account's alias too when the playbook gives one.

    Raises:
        CredentialsRefused: when the role cannot be assumed, or its session does not carry MFA.
        GuardRefused: when the account is another one, or when it cannot be told whether MFA is carried.
    """
    own, policies = own_calls(playbook), scope_calls(playbook.role_arn, playbook.region)
    reads = (*(step.usual_reads for step in bound), *(step.rare_reads for step in bound if step.rare_reads))
    guard = Scope(services, route, (own, policies, *reads), age_limit(playbook, route))  # 4
    proof, role = _pin_and_prove(playbook, route, guard, services)  # 5, 6
    return Guarded(guard, guard.session, proof, role, route)


def prove_again(playbook: Playbook, route: Route, services: Services) -> Proof:
    """Prove a renewed user session as `open_guarded` proved the first one.

    Raises:
        CredentialsRefused: when the role cannot be assumed, or its session does not carry MFA.
        GuardRefused: on another account, or when it cannot be told whether MFA is carried.
    """
    scope = Scope(services, route, (own_calls(playbook),), age_limit(playbook, route))
    return _pin_and_prove(playbook, route, scope, services)[0]


def own_calls(playbook: Playbook) -> tuple[BoundCall, ...]:
    """Return the guard's own calls, which every run sends before it looks at any target."""
    calls = role_calls(playbook.role_arn, playbook.region)
    aliases = () if playbook.account.alias is None else (_alias_call(playbook),)
    return (*calls, *aliases, *(calendar_call(calendar, playbook) for calendar in playbook.calendars))


def role_calls(role_arn: str, region: str) -> tuple[BoundCall, ...]:
    """Return those of the guard's own calls that only the role has to be known for."""
    return proof_call(role_arn, region), simulation_scope_call(role_arn, region)


def simulation_scope_call(role_arn: str, region: str) -> BoundCall:
    """Return the declaration that lets the guard session simulate; the real calls are known only later."""
    return BoundCall("iam", "SimulatePrincipalPolicy", {}, region, (role_arn,), Effect.READ)


def age_limit(playbook: Playbook, route: Route) -> timedelta:
    """Return how old AWS lets the proof be: looking takes its time, but an age that only AWS knows gets none extra."""
    return playbook.max_age if route.user.issued is None else playbook.max_age + LIFETIME


def _alias_call(playbook: Playbook) -> BoundCall:
    return BoundCall("iam", "ListAccountAliases", {}, playbook.region, ("*",), Effect.READ)


def _pin_and_prove(
    playbook: Playbook, route: Route, scope: Scope, services: Services
) -> tuple[Proof, Mapping[str, object]]:
    check_account(playbook.account, Arn.parse(scope.session.arn).account)
    proved = _prove(playbook, route, scope, services)
    if playbook.account.alias is not None:
        check_alias(playbook.account, _aliases(playbook, scope))
    return proved


def _aliases(playbook: Playbook, scope: Scope) -> tuple[str, ...]:
    try:
        reply = scope.send(_alias_call(playbook), {})
    except AwsCallFailed as error:
        raise GuardRefused(
            "the account's alias could not be read, so the pin cannot be checked",
            on=playbook.account.id,
            hint="grant the role iam:ListAccountAliases, or drop account.alias from the playbook",
            aws=error.answer,
        ) from error
    listed = reply.data.get("AccountAliases")
    return tuple(str(alias) for alias in listed) if isinstance(listed, list) else ()


def _prove(playbook: Playbook, route: Route, scope: Scope, services: Services) -> tuple[Proof, Mapping[str, object]]:
    call = proof_call(playbook.role_arn, playbook.region)
    outcome: Reply | AwsAnswer
    try:
        outcome = scope.send(call, call.params)
    except AwsCallFailed as error:
        outcome = error.answer
    match read_proof(outcome):
        case Proven():
            assert isinstance(outcome, Reply)  # noqa: S101  # Proven is made from a reply only
            role = outcome.data.get("Role")
            services.watcher.see(ProofPassed(scope.session.arn, outcome.request_id))
            return Proof(scope.session.arn, outcome.request_id, call.api), role if isinstance(role, Mapping) else {}
        case NotCarried(why):
            raise CredentialsRefused(
                f"the role session does not carry MFA{_or_too_old(playbook, route)}: {why}",
                on=scope.session.arn,
                hint="use the long-term key of an IAM user with a TOTP device; runner doctor explains the four ways",
                aws=outcome if isinstance(outcome, AwsAnswer) else None,
            )
        case Unproven(why, hint):
            raise GuardRefused(
                f"it cannot be told whether the role session carries MFA: {why}",
                on=scope.session.arn,
                hint=hint,
                aws=outcome if isinstance(outcome, AwsAnswer) else None,
            )


def _or_too_old(playbook: Playbook, route: Route) -> str:
    """Name the age as a second cause where only AWS knows it: a session that was made elsewhere."""
    if route.user.issued is not None:
        return ""
    minutes = int(playbook.max_age.total_seconds() // 60)
    return f", or its code is older than the {minutes} minutes of mfa.max_age"
