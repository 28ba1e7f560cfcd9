"""The way to the role: a code, the chain, the live proof, the simulator, and the role's trust policy."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import TypeAlias

from runner.errors import AwsAnswer, AwsCallFailed, CredentialsRefused
from runner.guard.context import role_facts
from runner.guard.diagnosis import Seen, State, cannot_tell, not_examined, ok
from runner.guard.diagnosis_policies import judge_role_policies, judge_trust
from runner.guard.diagnosis_role import judge_denial, judge_proof
from runner.guard.proof import proof_call, read_proof
from runner.guard.role_policies import RolePolicies, scope_calls
from runner.model.arn import Arn
from runner.model.bound import BoundCall
from runner.model.call import Args, Effect
from runner.model.canonical import Json
from runner.model.ports import Reply
from runner.model.session import Assume, LongTermIdentity, UserSession
from runner.policy.document import Undecidable
from runner.workflow.authenticate import authenticate
from runner.workflow.doctoring.chart import Chart, Found, Known, NotKnown, both
from runner.workflow.doctoring.operator_stage import Operator, Recognised
from runner.workflow.doctoring.wanted import Wanted
from runner.workflow.guarded_session import role_calls
from runner.workflow.role_policies import read_role_policies
from runner.workflow.route import LIFETIME, Route
from runner.workflow.scope import Scope
from runner.workflow.services import Services

Role: TypeAlias = Mapping[str, Json]
"""The ``Role`` of an answer to ``iam:GetRole``."""


@dataclass(frozen=True)
class Opened:
    """Hold the way to a role, and the guard's scope over the calls that every run needs."""

    services: Services
    route: Route
    scope: Scope
    max_age: timedelta
    """How old AWS lets the MFA proof be."""


@dataclass(frozen=True)
class Proved:
    """Hold the way to a role whose session was proven to carry MFA, and what the proof read about the role."""

    opened: Opened
    role: Role


def examine_role(chart: Chart, wanted: Wanted, operator: Operator) -> tuple[Found[Opened], Found[Proved]]:
    """Look at everything from the code to the role; return the way to it, and the same when MFA was proven."""
    command = Known(value=True) if wanted.code_given else operator.command
    session = chart.look("MFA code", both(operator.recognised, command), lambda found: _session(found[0], wanted))
    arn = _role_arn(wanted, operator)
    opened = chart.look(
        "role",
        both(both(operator.recognised, session), arn),
        lambda found: _assume(found[0][0], _route(wanted, found[1], found[0][1], found[0][0].region), wanted.max_age),
    )
    proved = chart.look("live proof", opened, _prove)
    policies = chart.look_at_all("role policies", proved, _policies)
    chart.look("simulator", both(proved, policies), lambda found: (_simulate(found[0].opened, found[1]), True))
    chart.look_through("trust policy", proved, lambda found: _trust(found.role))
    return opened, proved


def age_limit(max_age: timedelta, user: UserSession) -> timedelta:
    """Return how old AWS lets the MFA proof be: looking takes time, but an age that only AWS knows gets none extra."""
    return max_age if user.issued is None else max_age + LIFETIME


def _session(recognised: Recognised, wanted: Wanted) -> tuple[Seen, UserSession | None]:
    identity = recognised.identity
    is_long_term = isinstance(identity, LongTermIdentity)
    if is_long_term and not wanted.ask_code:
        return not_examined("--no-code says that none is asked for", "run without --no-code"), None
    asked = recognised.services.clock.now()
    try:
        session = authenticate(recognised.services, wanted.max_age)
    except CredentialsRefused as refused:
        if refused.aws is not None or (isinstance(identity, LongTermIdentity) and identity.mfa_process):
            raise
        return not_examined(refused.what, refused.hint), None
    until = f"a session until {session.expires:%H:%M:%S} UTC"
    if session.issued is None or session.issued < asked:
        return ok(f"none was asked for: there is {until} already"), session
    request = f" (request {session.request_id})" if session.request_id else ""
    return ok(f"AWS accepted a code: sts:GetSessionToken made {until}{request}"), session


def _role_arn(wanted: Wanted, operator: Operator) -> Found[str]:
    """Return the role: the playbook's, the option's, or the one that the operator's profile would assume."""
    if wanted.playbook is not None:
        return Known(wanted.playbook.role_arn)
    named = wanted.role_arn
    if not named and isinstance(operator.keys, Known):
        named = operator.keys.value.role_arn
    if not named:
        return NotKnown("no role is named: give a PLAYBOOK or --role-arn")
    return Known(named) if is_role(named) else NotKnown(f"{named!r} is not the ARN of a role")


def is_role(text: str) -> bool:
    """Return whether a text is the ARN of a role."""
    try:
        arn = Arn.parse(text)
    except ValueError:
        return False
    return arn.service == "iam" and arn.resource.startswith("role/")


def _route(wanted: Wanted, role_arn: str, user: UserSession, region: str) -> Route:
    if wanted.playbook is not None:
        return Route.of(wanted.playbook, user)
    return Route(user, role_arn, (), Assume(), "doctor", region)


def _assume(recognised: Recognised, route: Route, max_age: timedelta) -> tuple[Seen, Opened]:
    calls = role_calls(route.role_arn, route.region)
    limit = age_limit(max_age, route.user)
    scope = Scope(recognised.services, route, (calls,), limit)
    session = scope.session
    size = session.packed_policy_size
    room = "" if size is None else f", its session policy fills {size} % of AWS's limit"
    said = f"{session.arn} until {session.expires:%H:%M:%S} UTC{room} (request {session.request_id})"
    return ok(said), Opened(recognised.services, route, scope, limit)


def _prove(opened: Opened) -> tuple[Seen, Proved | None]:
    call = proof_call(opened.route.role_arn, opened.route.region)
    answer: Reply | AwsAnswer
    try:
        answer = opened.scope.send(call, call.params)
    except AwsCallFailed as error:
        answer = error.answer
    seen = judge_proof(read_proof(answer), answer)
    role = answer.data.get("Role") if isinstance(answer, Reply) else None
    return seen, Proved(opened, role) if isinstance(role, Mapping) else None


def _policies(proved: Proved) -> tuple[tuple[Seen, ...], RolePolicies]:
    opened = proved.opened
    try:
        facts = role_facts(proved.role, opened.route.session_name)
    except Undecidable as error:
        said = f"the role is not understood: {error}"
        return (cannot_tell(said, "read its description by hand"),), RolePolicies((), None, (said,))
    route = opened.route
    scope = Scope(opened.services, route, (scope_calls(route.role_arn, route.region),), opened.max_age)
    found = read_role_policies(facts, route.region, scope, opened.services.crew)
    return judge_role_policies(found), found


def _simulate(opened: Opened, own: RolePolicies) -> Seen:
    """Ask the simulator something harmless: may the role read itself?"""
    arn = opened.route.role_arn
    args: Args = {"PolicySourceArn": arn, "ActionNames": ("iam:GetRole",), "ResourceArns": (arn,)}
    call = BoundCall("iam", "SimulatePrincipalPolicy", args, opened.route.region, (arn,), Effect.READ)
    try:
        reply = opened.scope.sender((call,)).send(call, call.params)
    except AwsCallFailed as error:
        seen = judge_denial(call, error)
        if seen.state is State.PROBLEM and not own.unread:
            said = "the role may not simulate; its policies were read, and runner judges by them alone"
            return replace(seen, state=State.OK, what=said)
        return seen
    return ok(f"the role may simulate its own policies (request {reply.request_id})")


def _trust(role: Role) -> tuple[Seen, ...]:
    document = role.get("AssumeRolePolicyDocument")
    if not isinstance(document, str | Mapping):
        return (ok("the answer to iam:GetRole holds no trust policy"),)
    return judge_trust(document)
