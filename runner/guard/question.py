"""What has to be known about a step's writes: pairs of an action and a resource, and the policies that concern them.

The target's resource policy stands in a question as identity policies (``runner.policy.convert``), because AWS's
simulator takes no resource policy for a role. A `Part` is the piece of a question that one simulation can answer: the
actions that are asked about one resource, with those statements of the resource policy that concern them.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cached_property

from runner.guard.context import RoleFacts, Scenario, known_keys
from runner.guard.role_policies import RolePolicies
from runner.model.bound import BoundCall
from runner.policy.convert import Converted, Origin, concerns
from runner.policy.names import iam_actions, iam_grants
from runner.policy.policies import AnyPolicy


@dataclass(frozen=True, order=True)
class Ask:
    """Name one action on one resource."""

    action: str
    resource: str

    def __str__(self) -> str:
        return f"{self.action} on {self.resource}"


@dataclass(frozen=True)
class Setting:
    """Hold what is the same for every question of a run: the role, who owns the resources, the time, MFA's age.

    ``own`` are the role's own policies, as far as they were read.
    """

    facts: RoleFacts
    own: RolePolicies
    account: str
    now: datetime
    """Aware."""
    mfa_age: timedelta

    def keys(self, scenario: Scenario, region: str) -> Mapping[str, tuple[str, str]]:
        """Return type and value of the condition keys that are known in a scenario."""
        return known_keys(self.facts, scenario, region=region, account=self.account, now=self.now, mfa_age=self.mfa_age)


@dataclass(frozen=True)
class Question:
    """Hold what is asked about one step.

    ``writes`` are all its writes, those of sweeps included (``writes_of``). ``converted`` is the target's resource
    policy, converted for these writes' actions (`asked_actions`), and ``policy`` is that policy as it was read, None
    when there is none.
    """

    step: str
    writes: tuple[BoundCall, ...]
    converted: Converted
    region: str
    policy: AnyPolicy | None = None

    @cached_property
    def asks(self) -> tuple[Ask, ...]:
        """Every pair of action and resource that the writes need, sorted."""
        pairs = {Ask(action, arn) for call in self.writes for action, arn in iam_grants(call)}
        return tuple(sorted(pairs))

    @cached_property
    def parts(self) -> tuple[Part, ...]:
        """The pairs, put together by resource."""
        actions: dict[str, list[str]] = {}
        for ask in self.asks:
            actions.setdefault(ask.resource, []).append(ask.action)
        return tuple(self._part(resource, tuple(names)) for resource, names in actions.items())

    def _part(self, resource: str, actions: tuple[str, ...]) -> Part:
        origins = tuple(origin for origin in self.converted.origins if concerns(origin.statement, actions))
        return Part(resource, actions, origins, self.region, self.policy)


@dataclass(frozen=True)
class Part:
    """Hold the actions that are asked about one resource, and the resource policy's statements that concern them."""

    resource: str
    actions: tuple[str, ...]
    origins: tuple[Origin, ...]
    region: str
    policy: AnyPolicy | None

    @property
    def asks(self) -> tuple[Ask, ...]:
        """The pairs."""
        return tuple(Ask(action, self.resource) for action in self.actions)


def asked_actions(writes: tuple[BoundCall, ...]) -> tuple[str, ...]:
    """Return the IAM actions of the writes, sorted: what a bucket policy has to be converted for."""
    return tuple(sorted({action for call in writes for action in iam_actions(call)}))
