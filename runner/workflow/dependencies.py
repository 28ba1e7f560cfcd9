"""``runner deps``: what has to be gone before a thing can be, what refuses its deletion, and what dies with it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from runner.errors import AwsCallFailed, GuardRefused, UsageError
from runner.model.action import ActionType
from runner.model.canonical import Json
from runner.model.plan import Cascade, Finding
from runner.model.target_state import TargetState, state_data
from runner.policy.grants import in_words
from runner.workflow.binding import BoundStep, bind_step
from runner.workflow.blocking import blocking
from runner.workflow.cascade import list_cascade, staying, without
from runner.workflow.looking import look_out, step_of
from runner.workflow.proposing import proposals_for
from runner.workflow.reading import check_findings, observe
from runner.workflow.scope import Scope
from runner.workflow.services import Services

FORMAT = "runner-deps/1"
MOST = 10_000
"""Things that die along are listed up to this many."""


@dataclass(frozen=True)
class Dependencies:
    """Hold what stands between a thing and its deletion."""

    arn: str
    actions: tuple[str, ...]
    """What would be done to it, in order; the last one deletes it."""
    state: TargetState
    blockers: tuple[tuple[str, str], ...]
    """What has to be gone first: how its kind is called, and its ARN."""
    refused: tuple[Finding, ...]
    dies_too: tuple[Cascade, ...]

    def to_data(self) -> dict[str, Json]:
        """Return the plain form."""
        return {
            "format": FORMAT,
            "arn": self.arn,
            "actions": self.actions,
            "state": state_data(self.state),
            "blockers": [{"what": what, "arn": arn} for what, arn in self.blockers],
            "refused": [finding.to_data() for finding in self.refused],
            "dies_too": [{"what": one.what, "members": one.members, "complete": one.complete} for one in self.dies_too],
        }


def dependencies(
    arn: str, role_arn: str, region: str, catalog: Mapping[str, ActionType], services: Services
) -> Dependencies:
    """Look at a thing through a role; nothing is changed.

    Raises:
        UsageError: when no action of the catalogue deletes such a thing.
        CredentialsRefused: when no MFA-bearing role session can be had.
        GuardRefused: when MFA could not be proven, or a listing failed: a shorter list would be a wrong one.
    """
    proposed = proposals_for(arn, catalog)
    if not proposed:
        raise UsageError(f"no action deletes {arn}", hint="`runner actions` lists them; aws.call guards any other call")
    lookout = look_out(role_arn, region, services)
    last = proposed[-1]
    bound = bind_step(lookout.playbook, step_of("target", last, region), last.action)
    scope = lookout.scope((bound.reads,))
    observed = observe(scope, bound, services.crew)
    blockers, dies_too = _listed(scope, bound)
    return Dependencies(
        arn=bound.target,
        actions=tuple(one.action.name for one in proposed),
        state=observed.state,
        blockers=blockers,
        refused=check_findings(bound, observed),
        dies_too=without(dies_too, staying(bound, observed.facts)),
    )


def _listed(scope: Scope, bound: BoundStep) -> tuple[tuple[tuple[str, str], ...], tuple[Cascade, ...]]:
    try:
        return blocking(scope, bound.blockers), list_cascade(scope, bound.cascade, at_most=MOST)
    except AwsCallFailed as error:
        every = (*(blocker.listing for blocker in bound.blockers), *bound.cascade)
        listings = tuple(call for listing in every for call in listing.calls)
        raise GuardRefused(
            "what depends on it cannot be listed",
            on=bound.target,
            hint=f"grant the role {in_words(*listings)}",
            aws=error.answer,
        ) from error
