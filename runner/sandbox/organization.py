"""Service control policies: the most that an organisation lets the users and roles of an account do.

One of them must allow, and none may deny; they grant nothing, and no resource policy gets around them. ministack has
none, so the sandbox keeps them itself. Source: AWS Organizations user guide, "SCP evaluation".
"""

from __future__ import annotations

import json

from runner.sandbox.simulation import SourcePolicy
from runner.sandbox.world import World

_by_account: dict[str, tuple[SourcePolicy, ...]] = {}


def organize(world: World) -> None:
    """Put the policies of a world in force, and those of the one before out of it."""
    _by_account.clear()
    for account in world.accounts:
        _by_account[account.id] = tuple(
            SourcePolicy(name, json.dumps(dict(document)), "SCP") for name, document in account.scps.items()
        )


def policies_of(account: str) -> tuple[SourcePolicy, ...]:
    """Return the policies on an account."""
    return _by_account.get(account, ())
