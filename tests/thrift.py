"""What a test process is spared, since no test looks at it and thousands would pay for it.

botocore builds for every client anew what depends on the service alone: its model, the methods of its class, its rules
for endpoints. A command makes about seven clients, a test process some ten thousand. And each MFA code that a command
takes is hashed in a hundred thousand rounds, which is 50 ms.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

import botocore.client
import botocore.regions

from runner.aws import used_codes

SHIPPED_ROUNDS = used_codes.ROUNDS
"""The rounds of what is shipped, for those tests that look at them and those that share codes with other processes."""

T = TypeVar("T")


def save() -> None:
    """Share service models, client classes and endpoint rules among the clients of this process; hash codes briefly."""
    used_codes.ROUNDS = 10
    creator = botocore.client.ClientCreator
    creator._load_service_model = _once(creator._load_service_model, lambda self, *named: (self._loader, *named))
    creator._create_client_class = _once(
        creator._create_client_class, lambda self, name, model: (self._event_emitter, name, model)
    )
    botocore.regions.EndpointProvider = _once(
        botocore.regions.EndpointProvider,
        lambda ruleset_data, partition_data, excluded_params: (ruleset_data, partition_data, excluded_params),
    )


def _once(made: Callable[..., T], key: Callable[..., tuple[Any, ...]]) -> Callable[..., T]:
    """Return ``made`` with a memory of what it returned for the same objects, which live as long as the memory."""
    memory: dict[tuple[object, ...], tuple[object, T]] = {}

    def remembered(*args: Any, **kwargs: Any) -> T:
        parts = key(*args, **kwargs)
        known = tuple(part if isinstance(part, str) else id(part) for part in parts)
        if known not in memory:
            memory[known] = (parts, made(*args, **kwargs))
        return memory[known][1]

    return remembered
