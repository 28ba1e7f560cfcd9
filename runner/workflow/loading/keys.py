"""The keys of a mapping: texts, written out, each once."""

from __future__ import annotations

from runner.workflow.loading.nodes import Entry, Kind, Node, Refused, Scalar, describe
from runner.workflow.loading.problems import Problems
from runner.workflow.loading.quoting import quoted


def entries(nodes: list[Node], problems: Problems) -> tuple[Entry, ...]:
    """Pair keys with values, which alternate; a key that is no text or stands there already is noted and left out."""
    found: dict[str, Entry] = {}
    for key, value in zip(nodes[::2], nodes[1::2], strict=True):
        if not isinstance(key, Scalar):
            _refuse_structure(key, problems)
        elif key.kind is not Kind.TEXT:
            _refuse_converted(key, problems)
        elif key.text in found:
            line = found[key.text].key.at.line
            problems.add(key.at, f"the key {quoted(key.text)} appears twice; first on line {line}", "keep one of them")
        else:
            found[key.text] = Entry(key, value)
    return tuple(found.values())


def _refuse_structure(key: Node, problems: Problems) -> None:
    if not isinstance(key, Refused):
        problems.add(key.at, f"a key must be a text, not {describe(key)}")


def _refuse_converted(key: Scalar, problems: Problems) -> None:
    if key.text == "<<":
        hint = "write the keys out, so that a reviewer sees every step whole"
        problems.add(key.at, "merge keys (`<<`) are not accepted", hint)
    elif not key.text:
        problems.add(key.at, "a key is missing before this `:`")
    else:
        problems.add(key.at, f"a key must be a text, not {describe(key)}", "quote it if it is meant as a text")
