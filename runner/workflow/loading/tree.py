"""From text to the node tree: a small, safe part of YAML 1.1.

- One document, without directives.
- No tags: neither ``!!python/…`` nor ``!!str`` nor ``!x``. Nothing in a file chooses what is constructed, and nothing
  is constructed: PyYAML is asked for events only.
- Keys are texts, written out, each once in its mapping.
- Anchors and aliases are fine. An anchor is defined once, is used, and does not hold itself.
- Merge keys (``<<``) are refused: a reviewer should see every step whole, and a key that is merged in and overridden
  elsewhere is easily missed.
- At most `MAX_DEPTH` levels and `MAX_NODES` values, where an alias counts as all that it repeats.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field

import yaml

from runner.workflow.loading.events import events, kind_of, start
from runner.workflow.loading.keys import entries
from runner.workflow.loading.nodes import Mapping, Node, Refused, Scalar, Sequence
from runner.workflow.loading.problems import START, Mark, Problems
from runner.workflow.loading.quoting import did_you_mean, quoted

MAX_DEPTH = 20
"""Levels of nesting; a playbook needs five. The parser's time grows with depth times length."""

MAX_NODES = 20_000
"""Values with aliases written out; a playbook of 500 full steps. Bounds what aliases of aliases can blow up to."""

# An escape can write one; no UTF-8 can hold it, so no plan and no log could.
_SURROGATE = re.compile("[\ud800-\udfff]")


def parse(text: str, problems: Problems) -> Node:
    """Return the tree of the one document in the text.

    Raises:
        InvalidPlaybook: when the text is not YAML, or has more than one document, too much depth or too many values.
    """
    builder = _Builder(problems)
    for event in events(text, problems):
        builder.take(event)
    return builder.finish()


@dataclass
class _Anchor:
    """Remember an anchored node: None while it is still open."""

    at: Mark
    node: Node | None = None
    size: int = 0
    used: bool = False


@dataclass
class _Open:
    """Hold a collection that has begun; a mapping's keys and values alternate."""

    at: Mark
    anchor: str | None
    is_mapping: bool
    before: int
    """The count of nodes when it began."""
    nodes: list[Node] = field(default_factory=list)


class _Builder:
    """Build the tree from events, without recursion."""

    def __init__(self, problems: Problems) -> None:
        self._problems = problems
        self._open: list[_Open] = []
        self._anchors: dict[str, _Anchor] = {}
        self._count = 0
        self._root: Node | None = None

    def take(self, event: yaml.Event) -> None:
        """Take the next event."""
        match event:
            case yaml.DocumentStartEvent():
                self._document(event)
            case yaml.ScalarEvent():
                self._add(self._scalar(event), start(event), event.anchor)
            case yaml.AliasEvent():
                self._alias(event)
            case yaml.CollectionStartEvent():
                self._begin(event)
            case yaml.CollectionEndEvent():
                self._end()
            case _:
                pass  # the stream's ends and the document's end say nothing

    def finish(self) -> Node:
        """Return the tree when all events are taken."""
        if self._root is None:
            what = self._problems.kind.value
            self._problems.refuse(START, f"the file holds no {what}: it is empty or has only comments")
        for name, anchor in self._anchors.items():
            if not anchor.used:
                self._problems.add(anchor.at, f"the anchor {quoted('&' + name)} is never used", "remove it")
        return self._root

    def _document(self, event: yaml.DocumentStartEvent) -> None:
        at = start(event)
        if self._root is not None:
            self._problems.refuse(at, "a second document begins here", "keep one document in one file")
        if event.version or event.tags:
            self._problems.add(at, "directives (`%YAML`, `%TAG`) are not accepted", "remove them")

    def _scalar(self, event: yaml.ScalarEvent) -> Node:
        at = start(event)
        if self._is_tagged(event):
            return Refused(at)
        if _SURROGATE.search(event.value):
            self._problems.add(at, "the text holds half a character (a lone surrogate)", "write the whole character")
            return Refused(at)
        return Scalar(at, event.value, kind_of(event), quoted=bool(event.style))

    def _is_tagged(self, event: yaml.ScalarEvent | yaml.CollectionStartEvent) -> bool:
        if event.tag is None:
            return False
        shown = quoted(str(event.tag).replace("tag:yaml.org,2002:", "!!"))
        hint = "remove the tag; quote the value if it is a text"
        self._problems.add(start(event), f"tags are not accepted: {shown}", hint)
        return True

    def _begin(self, event: yaml.CollectionStartEvent) -> None:
        at = start(event)
        self._is_tagged(event)
        if len(self._open) == MAX_DEPTH:
            self._problems.refuse(
                at, f"this is nested deeper than {MAX_DEPTH} levels", "nothing that is read here needs that"
            )
        if event.anchor is not None:
            self._define(event.anchor, _Anchor(at))
        is_mapping = isinstance(event, yaml.MappingStartEvent)
        self._open.append(_Open(at, event.anchor, is_mapping=is_mapping, before=self._count))

    def _end(self) -> None:
        done = self._open.pop()
        node: Node
        if done.is_mapping:
            node = Mapping(done.at, entries(done.nodes, self._problems))
        else:
            node = Sequence(done.at, tuple(done.nodes))
        if done.anchor is not None:
            anchor = self._anchors[done.anchor]
            anchor.node, anchor.size = node, self._count - done.before
        self._add(node, node.at)

    def _alias(self, event: yaml.AliasEvent) -> None:
        at = start(event)
        name = str(event.anchor)
        shown = quoted("*" + name)
        anchor = self._anchors.get(name)
        if self._open and self._open[-1].is_mapping and len(self._open[-1].nodes) % 2 == 0:
            self._problems.add(at, f"a key is written out, not an alias: {shown}")
        if anchor is None:
            self._problems.add(at, f"no anchor has this name: {shown}", did_you_mean(name, self._anchors))
        elif anchor.node is None:
            self._problems.add(at, f"the alias {shown} stands inside its own anchor")
        if anchor is not None:
            anchor.used = True
            self._count += anchor.size
        self._add(Refused(at) if anchor is None or anchor.node is None else anchor.node, at)

    def _define(self, name: str, anchor: _Anchor) -> None:
        first = self._anchors.get(name)
        if first is not None:
            shown = quoted("&" + name)
            self._problems.add(anchor.at, f"the anchor {shown} is defined twice; first on line {first.at.line}")
        self._anchors[name] = anchor

    def _add(self, node: Node, at: Mark, anchor: str | None = None) -> None:
        self._count += 1
        if self._count > MAX_NODES:
            message = f"there are more than {MAX_NODES} values, aliases written out"
            self._problems.refuse(at, message, "split the file")
        if anchor is not None:
            self._define(anchor, _Anchor(node.at, node, size=0))
        if self._open:
            self._open[-1].nodes.append(node)
        else:
            self._root = node
