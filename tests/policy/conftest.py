"""What the policy tests share: the published list of IAM actions, and one role."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from policy_sentry.querying.actions import get_actions_for_service
from policy_sentry.querying.all import get_all_service_prefixes

from runner.model.bound import BoundCall
from runner.model.call import Args, Effect
from runner.policy.principal import Role


@pytest.fixture(scope="session")
def published() -> frozenset[str]:
    """Return every IAM action that AWS publishes, in lower case."""
    prefixes = get_all_service_prefixes()
    return frozenset(action.lower() for prefix in prefixes for action in get_actions_for_service(prefix))


@pytest.fixture
def role() -> Role:
    """Return a role with a path, in account 222222222222."""
    return Role("arn:aws:iam::222222222222:role/ops/Teardown", "AROAEXAMPLEROLEID0001", "runner-01")


@pytest.fixture(scope="session")
def call() -> Callable[..., BoundCall]:
    """Return a maker of calls: ``call("s3:DeleteBucket", "arn:…", {…})``."""

    def make(api: str, resource: str = "*", args: Args | None = None, effect: Effect = Effect.DELETE) -> BoundCall:
        service, operation = api.split(":")
        return BoundCall(service, operation, args or {}, "ap-northeast-1", (resource,), effect)

    return make
