"""A playbook with ``targets``, written out for one account and region as if it had been written for them alone."""

from __future__ import annotations

from dataclasses import replace

from runner.model.playbook import Account
from runner.workflow.loading.nodes import Entry, Kind, Mapping, Node, Scalar, Sequence
from runner.workflow.loading.problems import Mark

TARGETS = "targets"
SET_BY_TARGETS = ("account", "region")
_STEP_KEYS = frozenset({"target", "keep", "expect", "call"})
"""The keys of a step in which ``{account}`` and ``{region}`` are replaced."""


def written_out(root: Mapping, account: Account, region: str, at: Mark) -> Mapping:
    """Return the document for one account and region; what is set in it stands where the account does."""
    values = {"{account}": account.id, "{region}": region}
    pinned = [_entry("id", account.id, at)]
    pinned += [] if account.alias is None else [_entry("alias", account.alias, at)]
    entries = [Entry(_scalar("account", at), Mapping(at, tuple(pinned))), _entry("region", region, at)]
    for entry in root.entries:
        match entry.key.text:
            case "targets" | "account" | "region":
                continue
            case "role_arn":
                entries.append(replace(entry, value=_replaced(entry.value, values)))
            case "steps":
                entries.append(replace(entry, value=_steps_written_out(entry.value, values)))
            case _:
                entries.append(entry)
    return Mapping(root.at, tuple(entries))


def _steps_written_out(node: Node, values: dict[str, str]) -> Node:
    if not isinstance(node, Sequence):
        return node
    return replace(node, items=tuple(_step_written_out(item, values) for item in node.items))


def _step_written_out(node: Node, values: dict[str, str]) -> Node:
    if not isinstance(node, Mapping):
        return node
    return replace(
        node,
        entries=tuple(
            replace(entry, value=_replaced(entry.value, values)) if entry.key.text in _STEP_KEYS else entry
            for entry in node.entries
        ),
    )


def _replaced(node: Node, values: dict[str, str]) -> Node:
    match node:
        case Scalar():
            text = node.text
            for name, value in values.items():
                text = text.replace(name, value)
            return replace(node, text=text)
        case Sequence():
            return replace(node, items=tuple(_replaced(item, values) for item in node.items))
        case Mapping():
            entries = tuple(replace(entry, value=_replaced(entry.value, values)) for entry in node.entries)
            return replace(node, entries=entries)
        case _:
            return node


def _entry(key: str, text: str, at: Mark) -> Entry:
    return Entry(_scalar(key, at), _scalar(text, at))


def _scalar(text: str, at: Mark) -> Scalar:
    return Scalar(at, text, Kind.TEXT, quoted=True)
