"""``limits``, of a playbook and of guardrails: how much may go at most.

=============  ==========================================================================================
``steps``      steps of the playbook
``objects``    what sweeps delete, over the whole plan
``bytes``      how large that is
``cascade``    what dies although no step names it
``share``      percent of all resources of one kind: ``25%``
``drift``      by how many a count right before a step may differ from the plan's
``actions``    steps of one action: ``{s3.delete_bucket: 3}``
=============  ==========================================================================================
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import fields as fields_of
from dataclasses import replace
from functools import partial
from types import MappingProxyType

from runner.model.playbook import NO_COUNTS, Limits, StatedLimits
from runner.workflow.loading.fields import Fields, Value
from runner.workflow.loading.nodes import Mapping as MappingNode
from runner.workflow.loading.quoting import did_you_mean, quoted
from runner.workflow.loading.scalars import integer
from runner.workflow.loading.step import Actions, known
from runner.workflow.loading.units import percent, size


def limits(value: Value, *, actions: Actions) -> Limits:
    """Read a playbook's limits; the defaults stand in `Limits`.

    Raises:
        Wrong: when the value is no mapping.
    """
    stated = stated_limits(value, actions=actions)
    given = {one.name: getattr(stated, one.name) for one in fields_of(stated)}
    return replace(Limits(), **{name: found for name, found in given.items() if found is not None})


def stated_limits(value: Value, *, actions: Actions) -> StatedLimits:
    """Read limits as a file states them; a limit that is not there stays None.

    Raises:
        Wrong: when the value is no mapping.
    """
    fields = Fields(value, "`limits`", "limits.")
    found = StatedLimits(
        steps=fields.optional("steps", integer(1), None),
        objects=fields.optional("objects", integer(0), None),
        size=fields.optional("bytes", size, None),
        cascade=fields.optional("cascade", integer(0), None),
        share=fields.optional("share", percent, None),
        drift=fields.optional("drift", integer(0), None),
        actions=fields.optional("actions", partial(_actions, actions=actions), NO_COUNTS),
    )
    fields.done()
    return found


def _actions(value: Value, *, actions: Actions) -> Mapping[str, int]:
    if not isinstance(value.node, MappingNode):
        raise value.must("be a mapping (`action: number`)")
    fields = Fields(value, quoted(value.name), value.name + ".")
    counts: dict[str, int] = {}
    for entry in value.node.entries:
        name = entry.key.text
        counts[name] = fields.required(name, integer(0), 0)
        if name not in known(actions):
            # A limit that names nothing would bound nothing.
            value.problems.add(entry.key.at, f"unknown action {quoted(name)}", did_you_mean(name, known(actions)))
    return MappingProxyType(counts)
