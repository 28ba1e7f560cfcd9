"""Load a playbook strictly: bytes in, a value out, or every problem at once. Pure: no file, clock or network.

1. ``decoding``: bytes to text in which nothing is hidden from a reviewer.
2. ``tree``: text to a tree of nodes with positions; a small, safe part of YAML 1.1.
3. ``playbook``, ``steps``, ``step``, ``generic_call``: the tree to the value, with the readers of ``fields``,
   ``scalars``, ``arguments`` and ``units``;
   ``order`` puts the steps in order; ``unenforced`` holds keys that are refused because nothing enforces them yet;
   ``fleet`` writes a playbook for several accounts out to one for each.
   ``guardrails`` does the same for the organisation's file, with the same readers.

Unknown means no: unknown keys, unknown actions and anything YAML readers differ on are problems, never ignored.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from runner.model.action import ActionType
from runner.model.fleet import Fleet, Reviewed
from runner.model.guardrails import Guardrails
from runner.model.playbook import Source
from runner.model.ports import ServiceModels
from runner.workflow.loading.decoding import MAX_BYTES, decode
from runner.workflow.loading.fields import Value
from runner.workflow.loading.fleet import fleet, is_fleet
from runner.workflow.loading.guardrails import guardrails
from runner.workflow.loading.nodes import Mapping as Tree
from runner.workflow.loading.nodes import describe
from runner.workflow.loading.playbook import playbook
from runner.workflow.loading.problems import Document, Problems
from runner.workflow.loading.tree import parse

__all__ = ["MAX_BYTES", "load", "load_guardrails"]


def load(
    data: bytes, source: Source, actions: Mapping[str, ActionType], models: ServiceModels | None = None
) -> Reviewed:
    """Return the playbook that the bytes hold, for one account or for several; its steps are in dependency order.

    ``actions`` maps names to action types; ``source.path`` is the file that problems name. ``models`` know what AWS's
    operations take: without them, the parameters of ``aws.call`` are taken as they are, as when a file that was checked
    before is read once more.

    Raises:
        InvalidPlaybook: with every problem of the file, sorted by position.
    """
    problems = Problems(source.path)
    tree = _tree(data, problems)
    found = fleet(tree, source, actions, models) if is_fleet(tree) else playbook(tree, source, actions, models)
    problems.stop_if_any()
    text = data.decode("utf-8")
    if isinstance(found, Fleet):
        return replace(found, sections=tuple(replace(section, text=text) for section in found.sections))
    return replace(found, text=text)


def load_guardrails(data: bytes, source: Source, actions: Mapping[str, ActionType]) -> Guardrails:
    """Return the guardrails that the bytes hold.

    The Terraform states that they name are not read here, and say so.

    Raises:
        InvalidGuardrails: with every problem of the file, sorted by position.
    """
    problems = Problems(source.path, Document.GUARDRAILS)
    found = guardrails(_tree(data, problems), source, actions)
    problems.stop_if_any()
    return found


def _tree(data: bytes, problems: Problems) -> Value:
    """Return the document, which is a mapping."""
    # 1. and 2.
    root = parse(decode(data, problems), problems)
    # 3.
    if not isinstance(root, Tree):
        a_thing = "a playbook is" if problems.kind is Document.PLAYBOOK else "guardrails are"
        problems.refuse(root.at, f"{a_thing} a mapping (`key: value`), not {describe(root)}")
    return Value(root, problems.kind.value, problems)
