"""The steps of a playbook together.

- Ids are unique; ``needs`` names other steps, each once, and no circle of them.
- No two steps do the same to the same target.
"""

from __future__ import annotations

from functools import partial

from runner.model.playbook import Step
from runner.model.ports import ServiceModels
from runner.workflow.loading.fields import Value, Wrong, items
from runner.workflow.loading.nodes import Sequence
from runner.workflow.loading.order import cycles, in_order
from runner.workflow.loading.problems import Problems
from runner.workflow.loading.quoting import did_you_mean, quoted
from runner.workflow.loading.step import Actions, Draft, draft


def steps(
    value: Value, *, region: str, actions: Actions, account: str = "", models: ServiceModels | None = None
) -> tuple[Step, ...]:
    """Read the list of steps; the result is in dependency order.

    Raises:
        Wrong: when there is no list, or nothing in it.
    """
    if isinstance(value.node, Sequence) and not value.node.items:
        raise Wrong("`steps` is empty", "a playbook has at least one step")
    drafts = items(value, partial(draft, region=region, account=account, actions=actions, models=models))
    by_id = _by_id(drafts, value.problems)
    _refuse_repeats(drafts, value.problems)
    needs = {name: _known_needs(one, by_id, value.problems) for name, one in by_id.items()}
    for cycle in cycles(needs):
        at = next(need.at for need in by_id[cycle[0]].needs if need.id == cycle[1])
        value.problems.add(at, f"no order is possible: {' → '.join(cycle)}", "remove one of these needs")
    return tuple(by_id[name].step for name in in_order(needs))


def _by_id(drafts: tuple[Draft, ...], problems: Problems) -> dict[str, Draft]:
    """Return the drafts by id, in the order written; a second step of the same id is reported and left out."""
    found: dict[str, Draft] = {}
    for one in drafts:
        name = one.step.id
        if name in found:
            message = f"the step id {quoted(name)} appears twice; first on line {found[name].id_at.line}"
            problems.add(one.id_at, message, "give each step its own id")
        elif name:
            found[name] = one
    return found


def _refuse_repeats(drafts: tuple[Draft, ...], problems: Problems) -> None:
    first: dict[tuple[str, ...], Draft] = {}
    for one in drafts:
        other = first.setdefault(one.identity, one)
        if one.identity and other is not one:
            where = f"the step {quoted(other.step.id)} on line {other.step.line}"
            message = f"{where} already does `{one.step.action}` to this target"
            problems.add(one.target_at, message, "remove one of the two steps")


def _known_needs(one: Draft, by_id: dict[str, Draft], problems: Problems) -> tuple[str, ...]:
    """Return the needs that name a step, each once; the others are reported."""
    found: list[str] = []
    for need in one.needs:
        if need.id in found:
            problems.add(need.at, f"{quoted(need.id)} is needed twice", "name it once")
        elif need.id not in by_id:
            others = (name for name in by_id if name != one.step.id)
            hint = did_you_mean(need.id, others) or "`needs` names the ids of other steps of this playbook"
            problems.add(need.at, f"no step has the id {quoted(need.id)}", hint)
        else:
            found.append(need.id)
    return tuple(found)
