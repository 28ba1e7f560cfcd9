"""Request parameters as a playbook writes them: texts, whole numbers, true and false, lists and mappings of these.

YAML's other values have no single form in a request: dates and numbers with a point are quoted, and AWS's own client
takes them as texts.
"""

from __future__ import annotations

from types import MappingProxyType

from runner.model.call import Args, Argument
from runner.workflow.loading.fields import Value, attempt
from runner.workflow.loading.nodes import Kind, Mapping, Node, Scalar, Sequence
from runner.workflow.loading.problems import Mark
from runner.workflow.loading.quoting import quoted
from runner.workflow.loading.scalars import boolean, integer, text

_INTEGER = integer(0)


def arguments(value: Value) -> Args:
    """Read a mapping of parameters.

    Raises:
        Wrong: when the value is no mapping.
    """
    if not isinstance(value.node, Mapping):
        raise value.must("be a mapping (`parameter: value`)")
    for entry in value.node.entries:
        if not entry.key.text.isascii():
            # Plans have no canonical form for others, and AWS has no parameters that are called so.
            message = f"{quoted(f'{value.name}.{entry.key.text}')} must have an ASCII name"
            value.problems.add(entry.key.at, message)
    return MappingProxyType(
        {
            entry.key.text: attempt(
                Value(entry.value, f"{value.name}.{entry.key.text}", value.problems), _argument, None
            )
            for entry in value.node.entries
        }
    )


def place_of(node: Node, path: tuple[str | int, ...]) -> Mark:
    """Return where a part of a value stands; where it is missing, the place of what it is missing in."""
    at = node.at
    for part in path:
        match node:
            case Mapping():
                entry = next((one for one in node.entries if one.key.text == part), None)
                if entry is None:
                    return at
                at, node = entry.key.at, entry.value
            case Sequence() if isinstance(part, int) and part < len(node.items):
                node = node.items[part]
                at = node.at
            case _:
                return at
    return at


def _argument(value: Value) -> Argument:
    match value.node:
        case Mapping():
            return arguments(value)
        case Sequence():
            items = (
                Value(item, f"{value.name} #{number}", value.problems)
                for number, item in enumerate(value.node.items, 1)
            )
            return tuple(attempt(item, _argument, None) for item in items)
        case Scalar(kind=Kind.BOOLEAN):
            return boolean(value)
        case Scalar(kind=Kind.NUMBER):
            return _INTEGER(value)
        case _:
            return text(value)
