"""The catalogue: one file per AWS service, each action type one value; no IO, no client, no prompt.

``ACTIONS`` is an explicit tuple in a fixed order. A new action is written in its service's file and added here.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from runner.catalog.ec2 import DELETE_SNAPSHOT
from runner.catalog.s3 import DELETE_BUCKET, EMPTY_BUCKET
from runner.model.action import ActionType

ACTIONS: tuple[ActionType, ...] = (
    DELETE_SNAPSHOT,
    DELETE_BUCKET,
    EMPTY_BUCKET,
)
"""Every action type, sorted by name."""

BY_NAME: Mapping[str, ActionType] = MappingProxyType({action.name: action for action in ACTIONS})
"""The catalogue by action name."""
