"""Keys of the playbook's design that this version does not enforce yet: refused, never ignored.

A reviewer who writes a key counts on it. Whatever demands nothing (``targets: []``) is accepted, because ignoring it
changes nothing. A key leaves its table when its rule is enforced.
"""

from __future__ import annotations

from collections.abc import Mapping as Table
from functools import partial
from types import MappingProxyType

from runner.workflow.loading.fields import Fields
from runner.workflow.loading.nodes import Node, Refused, Scalar, Sequence

IN_STEP: Table[str, str] = MappingProxyType({"targets": "[]"})
"""Keys and the spelling that demands nothing."""


def refuse_unenforced(fields: Fields, table: Table[str, str]) -> None:
    """Note a problem at every key of the table that demands something."""
    for key, nothing in table.items():
        message = (
            f"`{fields.prefix}{key}` is not enforced by this version of runner, so it is refused rather than ignored"
        )
        fields.refuse_unless(key, partial(_is, nothing), message, f"remove it; only `{key}: {nothing}` is accepted")


def _is(nothing: str, node: Node) -> bool:
    if isinstance(node, Scalar):
        return not node.quoted and node.text == nothing
    if isinstance(node, Sequence):
        return nothing == "[]" and not node.items
    # What was refused is reported already.
    return isinstance(node, Refused) or (nothing == "{}" and not node.entries)
