"""What a step may say besides its target: flags to switch off, copies to keep, time to let pass, use to respect."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from functools import partial
from types import MappingProxyType

from runner.model.action import ActionType
from runner.model.playbook import NO_COPIES, Wait
from runner.model.way_back import Copy
from runner.workflow.loading.fields import Fields, Value, Wrong, items
from runner.workflow.loading.nodes import Kind, Scalar
from runner.workflow.loading.problems import Mark
from runner.workflow.loading.quoting import did_you_mean, quoted
from runner.workflow.loading.scalars import matching, text
from runner.workflow.loading.units import duration

STEP_ID = matching(
    r"[a-z][a-z0-9-]{0,31}", "a step id: a lower-case letter, then at most 31 lower-case letters, digits and hyphens"
)
_TIME = duration(timedelta(minutes=1), timedelta(days=90), "1m to 90d")
_UNUSED = duration(timedelta(hours=1), timedelta(days=400), "1h to 400d")


@dataclass(frozen=True)
class Options:
    """Hold what was read; ``wait_at`` is where the step stands that is waited for."""

    unprotect: tuple[str, ...] = ()
    keep: Mapping[str, str | None] = field(default_factory=lambda: NO_COPIES)
    wait: Wait | None = None
    wait_at: Mark | None = None
    unless_used_within: timedelta | None = None

    def drops_copies(self, action: ActionType) -> bool:
        """Return whether nothing is kept of a target that could be restored from a copy."""
        return bool(action.copies) and all(self.keep.get(copy.name, "") is None for copy in action.copies)


def options(fields: Fields, action: ActionType | None) -> Options:
    """Read the keys of a step that depend on what its action can do."""
    waits = fields.optional("wait", _wait, None)
    return Options(
        unprotect=fields.optional("unprotect", partial(_unprotect, action=action), ()),
        keep=fields.optional("keep", partial(_keep, action=action), NO_COPIES),
        wait=None if waits is None else waits[0],
        wait_at=None if waits is None else waits[1],
        unless_used_within=fields.optional("unless_used_within", partial(_unused, action=action), None),
    )


def _unprotect(value: Value, *, action: ActionType | None) -> tuple[str, ...]:
    known = () if action is None else tuple(flag.name for flag in action.flags)
    found: list[str] = []

    def flag(one: Value) -> None:
        name = text(one)
        if action is not None and name not in known:
            has = f"it has {', '.join(known)}" if known else "it has none that a step may switch off"
            raise Wrong(f"{quoted(name)} is no protection flag of `{action.name}`", did_you_mean(name, known) or has)
        if name in found:
            raise Wrong(f"{quoted(name)} is named twice", "name it once")
        found.append(name)

    items(value, flag)
    return tuple(found)


def _keep(value: Value, *, action: ActionType | None) -> Mapping[str, str | None]:
    if action is None:
        return NO_COPIES
    fields = Fields(value, f"`keep` of `{action.name}`", "keep.")
    unsaid = object()
    read = {copy.name: fields.optional(copy.name, partial(_copy, copy=copy), unsaid) for copy in action.copies}
    fields.done()
    return MappingProxyType({name: said for name, said in read.items() if said is None or isinstance(said, str)})


def _copy(value: Value, *, copy: Copy) -> object:
    """Return the name that a copy gets, None for ``false``: it is not kept."""
    expected = f"{copy.says}, or `false` to keep none"
    if isinstance(value.node, Scalar) and value.node.kind is Kind.BOOLEAN:
        if value.node.text == "false":
            return None
        raise value.must(f"be {expected}")
    return matching(copy.pattern, expected)(value)


def _wait(value: Value) -> tuple[Wait, Mark]:
    fields = Fields(value, "`wait`", "wait.")
    after = fields.required("after", STEP_ID, "", "name the step that has to be done before")
    time = fields.required("for", _TIME, timedelta(), "say how long, like `7d`")
    fields.done()
    return Wait(after, int(time.total_seconds())), fields.at("after")


def _unused(value: Value, *, action: ActionType | None) -> timedelta:
    time = _UNUSED(value)
    if action is not None and not action.usage:
        raise Wrong(
            f"`unless_used_within` has no meaning: AWS keeps no record of use that `{action.name}` could read",
            "remove it, and ask those who may use it",
        )
    return time
