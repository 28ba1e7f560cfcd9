"""Look through a role without a playbook: its session carries MFA, proven as for a plan, and may only read."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import timedelta

from runner.errors import UsageError
from runner.model.arn import Arn
from runner.model.bound import BoundCall
from runner.model.playbook import Account, Expectation, Limits, Playbook, Source, Step, Window
from runner.workflow.authenticate import authenticate
from runner.workflow.guarded_session import age_limit, open_guarded
from runner.workflow.proposing import Proposal
from runner.workflow.route import Route
from runner.workflow.scope import Scope
from runner.workflow.services import Services

MAX_AGE = timedelta(minutes=15)


@dataclass(frozen=True)
class Lookout:
    """Hold a role whose sessions carry MFA, to look through."""

    playbook: Playbook
    route: Route
    services: Services

    def scope(self, calls: Iterable[tuple[BoundCall, ...]]) -> Scope:
        """Return what sends exactly these reads."""
        return Scope(self.services, self.route, tuple(calls), age_limit(self.playbook, self.route))


def look_out(role_arn: str, region: str, services: Services) -> Lookout:
    """Assume a role for reading, and prove that its session carries MFA.

    Raises:
        UsageError: when this is no role.
        CredentialsRefused: when no MFA-bearing role session can be had.
        GuardRefused: when MFA could not be proven.
    """
    playbook = bare_playbook(role_arn, region)
    route = Route.of(playbook, authenticate(services, MAX_AGE))
    open_guarded(playbook, (), route, services)
    return Lookout(playbook, route, services)


def bare_playbook(role_arn: str, region: str) -> Playbook:
    """Return a playbook that only says where things are; it has no steps.

    Raises:
        UsageError: when this is no role.
    """
    try:
        arn = Arn.parse(role_arn)
    except ValueError as error:
        raise UsageError(f"{role_arn} is no ARN", hint="give the ARN of the role that may look") from error
    if arn.service != "iam" or not arn.account or not arn.resource.startswith("role/"):
        raise UsageError(f"{role_arn} is no role", hint="give the ARN of the role that may look")
    return Playbook(
        name="look",
        description="",
        owner="",
        ticket="",
        account=Account(arn.account),
        region=region,
        role_arn=role_arn,
        max_age=MAX_AGE,
        valid=Window(),
        limits=Limits(),
        steps=(),
        source=Source("", ""),
    )


def step_of(identifier: str, proposal: Proposal, region: str, needs: tuple[str, ...] = ()) -> Step:
    """Return the step that a proposal means; what the ARN does not say of the target has its default."""
    defaults = {param.name: param.default for param in proposal.action.params if param.default is not None}
    return Step(
        id=identifier,
        action=proposal.action.name,
        target={**defaults, **proposal.target},
        needs=needs,
        region=proposal.region or region,
        expect=Expectation({}),
        irreversible=None,
        mfa_protected=True,
        line=1,
    )
