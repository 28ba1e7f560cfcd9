"""MFA-bearing role credentials for other tools: the one place where role credentials leave the process.

Everywhere else they stay in memory, limited by a session policy. Here the operator asks for them by name, to hand them
to the AWS CLI, Terraform or an SDK. They carry no session policy, because nobody knows which calls the tool will make;
what they may do is up to the role. They are never kept.

The proof is made with a second session of the same role, from the same source, whose session policy lets one read
through with MFA only. Both inherit what the source carries, so what is shown of one holds for the other.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime, timedelta

from runner.errors import AwsAnswer, AwsCallFailed, CredentialsRefused, GuardRefused, UsageError
from runner.guard.duration import LONGEST, check_duration
from runner.guard.proof import NotCarried, Proven, Unproven, proof_call, read_proof
from runner.guard.session_end import is_over
from runner.model.arn import Arn
from runner.model.bound import BoundCall
from runner.model.call import Effect
from runner.model.event import ProofPassed
from runner.model.ports import Reply
from runner.model.session import Assume, RoleRequest, RoleSession, UserSession
from runner.policy.session import session_policy
from runner.workflow.authenticate import authenticate
from runner.workflow.route import LIFETIME, Route
from runner.workflow.services import Services

ANY_AGE = timedelta(hours=36)
"""As old as any user session gets (STS API, ``GetSessionToken``): a kept one is used while AWS takes it."""
_SESSION_NAME = re.compile(r"[A-Za-z0-9_+=,.@-]{2,64}")
_ROLE = re.compile(r"role/(?:[!-~]+/)?[A-Za-z0-9_+=,.@-]{1,64}")
_EXTERNAL_ID = re.compile(r"[A-Za-z0-9_+=,.@:/-]{2,1224}")
"""Source: STS API, ``AssumeRole``; IAM API, ``CreateRole``."""


@dataclass(frozen=True)
class RoleWanted:
    """Hold which role is wanted, through which other roles, and for how many seconds.

    ``session_name`` is the user's name when empty. ``external_id`` goes to the last role.
    """

    role_arn: str
    region: str
    via: tuple[str, ...] = ()
    seconds: int = LONGEST
    external_id: str = ""
    session_name: str = ""
    must_be_proven: bool = False


@dataclass(frozen=True)
class RoleCredentials:
    """Hold the role session that is handed out, and whether it was shown to carry MFA."""

    session: RoleSession
    proof: Proven | Unproven


def role_credentials(wanted: RoleWanted, services: Services) -> RoleCredentials:
    """Return role credentials that carry MFA context.

    1. Refuse what cannot be had, before a code is spent. 2. Take the kept user session, or make one with a code.
    3. Assume the roles on the way. 4. Prove that MFA is carried. 5. Assume the role for as long as asked.
    When AWS says that a kept session is over, a new one is made, once.

    Raises:
        UsageError: when the role, a name or the duration is not one that STS takes.
        CredentialsRefused: when no session can be had, or when it is shown not to carry MFA.
        GuardRefused: when MFA could not be proven and must be.
    """
    _check(wanted)  # 1
    started = services.clock.now()
    user = authenticate(services, ANY_AGE)  # 2
    try:
        return _through(user, wanted, services)
    except CredentialsRefused as error:
        if not is_over(error.aws) or user.issued is None or user.issued >= started:
            raise
        age = services.clock.now() - user.issued
    # Younger than the refused one: a session that another process made meanwhile is as good as a new code.
    return _through(authenticate(services, age - datetime.resolution), wanted, services)


def _through(user: UserSession, wanted: RoleWanted, services: Services) -> RoleCredentials:
    assume = Assume(session_name=wanted.session_name, external_id=wanted.external_id)
    route = Route(user, wanted.role_arn, wanted.via, assume, playbook="", region=wanted.region)
    source = _last_hop(route, services)  # 3
    proof = _prove(source, route, services)  # 4
    if isinstance(proof, Unproven) and wanted.must_be_proven:
        raise GuardRefused(
            f"it cannot be told whether the role session carries MFA: {proof.why}", on=wanted.role_arn, hint=proof.hint
        )
    request = RoleRequest(wanted.role_arn, route.session_name, seconds=wanted.seconds, external_id=wanted.external_id)
    return RoleCredentials(services.sts.role_session(source, request), proof)  # 5


def _last_hop(route: Route, services: Services) -> UserSession | RoleSession:
    """Return the session that assumes the wanted role: the user's, or that of the last role on the way to it."""
    if not route.via:
        return route.user
    onwards = BoundCall("sts", "AssumeRole", {}, route.region, (route.role_arn,), Effect.PREPARE)
    way = Route(
        route.user,
        route.via[-1],
        route.via[:-1],
        Assume(session_name=route.assume.session_name),
        route.playbook,
        route.region,
    )
    now = services.clock.now()
    return way.take(services.sts, session_policy((onwards,), until=now + LIFETIME), now)


def _prove(source: UserSession | RoleSession, route: Route, services: Services) -> Proven | Unproven:
    call = proof_call(route.role_arn, route.region)
    policy = session_policy((call,), until=services.clock.now() + LIFETIME)
    request = RoleRequest(route.role_arn, route.session_name, policy, external_id=route.assume.external_id)
    guard = services.sts.role_session(source, request)
    outcome: Reply | AwsAnswer
    try:
        outcome = services.aws.sender(guard, (call,)).send(call, call.params)
    except AwsCallFailed as error:
        outcome = error.answer
    match read_proof(outcome):
        case Proven() as proven:
            services.watcher.see(ProofPassed(guard.arn, outcome.request_id))
            return proven
        case Unproven() as unproven:
            return unproven
        case NotCarried(why):
            raise CredentialsRefused(
                f"the role session does not carry MFA: {why}",
                on=guard.arn,
                hint="use the long-term key of an IAM user with a TOTP device; runner doctor explains the four ways",
                aws=outcome if isinstance(outcome, AwsAnswer) else None,
            )


def _check(wanted: RoleWanted) -> None:
    for arn in (*wanted.via, wanted.role_arn):
        if not _is_role(arn):
            raise UsageError(
                f"{arn!r} is not the ARN of a role",
                on="--role-arn",
                hint="write it as arn:aws:iam::222222222222:role/Name",
            )
    check_duration(wanted.seconds)
    if wanted.session_name and _SESSION_NAME.fullmatch(wanted.session_name) is None:
        raise UsageError(
            f"{wanted.session_name!r} cannot be a role session name",
            on="--session-name",
            hint="use 2 to 64 letters, digits and any of _+=,.@-",
        )
    if wanted.external_id and _EXTERNAL_ID.fullmatch(wanted.external_id) is None:
        raise UsageError(
            "this cannot be an external id", on="--external-id", hint="STS takes 2 to 1224 of A-Z a-z 0-9 _+=,.@:/-"
        )


def _is_role(text: str) -> bool:
    try:
        arn = Arn.parse(text)
    except ValueError:
        return False
    # A wildcard in the path is legal and would widen a session policy.
    is_plain = not any(mark in arn.resource for mark in "*?$")
    return arn.service == "iam" and arn.account != "" and is_plain and _ROLE.fullmatch(arn.resource) is not None
