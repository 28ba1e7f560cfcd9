"""What a Terraform state manages: every identifier that can name a resource, with its address.

Format 4 is read, the one that Terraform has written since 0.12 and OpenTofu writes. What is not understood is
unreadable, never empty. Data sources are left out: Terraform reads them and manages them not.

Nothing but identifiers is kept: a state holds passwords too.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import replace
from types import MappingProxyType

from runner.model.guardrails import TerraformState

VERSION = 4
IDENTIFIERS = ("arn", "id", "bucket")


def read_state(state: TerraformState, data: bytes) -> TerraformState:
    """Return a state with what its file manages, or why that cannot be told."""
    try:
        document = json.loads(data)
    except (ValueError, RecursionError):
        return replace(state, unreadable="it is not JSON")
    if not isinstance(document, Mapping) or document.get("version") != VERSION:
        return replace(state, unreadable=f"it is no Terraform state of format {VERSION}")
    try:
        managed = dict(_managed(document))
    except (KeyError, TypeError):
        return replace(state, unreadable="its resources are of an unknown form")
    return TerraformState(state.path, MappingProxyType(managed), unreadable="")


def _managed(document: Mapping[str, object]) -> Iterator[tuple[str, str]]:
    """Yield identifiers with addresses; whatever is not as the format says raises."""
    for resource in _listed(document["resources"]):
        if resource["mode"] != "managed":
            continue
        module = f"{resource['module']}." if "module" in resource else ""
        address = f"{module}{resource['type']}.{resource['name']}"
        for instance in _listed(resource["instances"]):
            attributes = instance.get("attributes") or instance["attributes_flat"]
            if not isinstance(attributes, Mapping):
                raise TypeError
            index = f"[{json.dumps(instance['index_key'])}]" if "index_key" in instance else ""
            for name in IDENTIFIERS:
                value = attributes.get(name)
                if isinstance(value, str) and value:
                    yield value, address + index


def _listed(value: object) -> list[Mapping[str, object]]:
    if not isinstance(value, list) or not all(isinstance(item, Mapping) for item in value):
        raise TypeError
    return value
