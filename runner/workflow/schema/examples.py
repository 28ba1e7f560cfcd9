"""Examples of what stands behind the keys of a playbook; editors offer them where nothing else can be listed."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from runner.model.canonical import Json

EXAMPLES: Mapping[str, Json] = MappingProxyType(
    {
        "name": "retire-orders-exports",
        "description": "Nothing has read this bucket since orders-v2 took over.",
        "owner": "team-orders@acme.example",
        "ticket": "OPS-4312",
        "id": "222222222222",
        "alias": "acme-staging",
        "region": "ap-northeast-1",
        "regions": ["eu-west-1", "us-east-1"],
        "role_arn": "arn:aws:iam::222222222222:role/Teardown",
        "session_name": "{user}-{playbook}",
        "external_id": "acme-7f3a",
        "tags": {"Service": "orders-v1"},
        "tag": {"Environment": "prod"},
        "protect": [{"arn": "arn:aws:s3:::*-tfstate"}],
        "calendars": ["ReleaseFreeze"],
        "accept_unknown": [{"check": "tags_is_readable", "reason": "the tags are kept in the inventory"}],
        "reason": "the tags are kept in the inventory; seen there on 2026-11-30",
        "accounts": [{"id": "222222222222", "regions": ["eu-west-1"]}],
        "actions": {"s3.delete_bucket": 3},
    }
)
"""By the name of a playbook's key, wherever it stands outside of steps."""
STEP_EXAMPLES: Mapping[str, Json] = MappingProxyType(
    {
        "id": "bucket",
        "target": {"bucket": "acme-orders-exports"},
        "needs": ["empty"],
        "region": "eu-west-1",
        "tags": {"Service": "orders-v1"},
        "irreversible": "exports are copies; the source is in orders-v2",
        "ownership": "the stack was deleted with --retain-resources in March",
        "unprotect": ["DeletionProtection"],
        "pin": "2024-03-01T09:30:00+00:00",
        "max_objects": 150000,
        "after": "disable",
        "unless_used_within": "90d",
        "keep": {"final_snapshot": "orders-final"},
        "params": {"Name": "nightly-export", "GroupName": "default"},
        "iam": "scheduler:GetSchedule",
        "resource": "arn:aws:scheduler:ap-northeast-1:222222222222:schedule/default/nightly-export",
        "error": "ResourceNotFoundException",
        "empty": "Schedules",
        "query": "{Tags: TagList}",
        "undo": "scheduler:CreateSchedule with the definition that the plan holds",
    }
)
"""By the name of a step's key."""
_TOLD = frozenset({"examples", "enum", "const", "$ref", "properties"})
"""What says already how a value looks."""


def with_examples(schema: dict[str, Json], examples: Mapping[str, Json]) -> dict[str, Json]:
    """Return a schema in which each property that can have an example has one; the schema itself stays as it is."""
    made = dict(schema)
    properties = schema.get("properties")
    if isinstance(properties, dict):
        made["properties"] = {name: _told(name, part, examples) for name, part in properties.items()}
    items = schema.get("items")
    if isinstance(items, dict):
        made["items"] = with_examples(items, examples)
    return made


def _told(name: str, part: Json, examples: Mapping[str, Json]) -> Json:
    if not isinstance(part, dict):
        return part
    made = with_examples(dict(part), examples)
    if name in examples and not _TOLD & set(made):
        made["examples"] = [examples[name]]
    elif "default" in made and "examples" not in made and "enum" not in made:
        made["examples"] = [made["default"]]
    return made
