"""``accept_unknown``: which checks need not be decided, each with the reviewers' reason."""

from __future__ import annotations

from functools import partial

from runner.guard.acceptance import acceptable
from runner.model.playbook import Acceptance
from runner.workflow.loading.fields import Fields, Value, Wrong, items
from runner.workflow.loading.quoting import did_you_mean, quoted
from runner.workflow.loading.scalars import text, words
from runner.workflow.loading.step import Actions

NONE: tuple[Acceptance, ...] = ()


def acceptances(value: Value, *, actions: Actions) -> tuple[Acceptance, ...]:
    """Read the list; a check is named once.

    Raises:
        Wrong: when the value is no list, or names a check twice.
    """
    found = items(value, partial(_acceptance, names=acceptable(actions.values())))
    checks = [one.check for one in found if one.check]
    twice = next((check for check in checks if checks.count(check) > 1), "")
    if twice:
        raise Wrong(f"{quoted(value.name)} names {quoted(twice)} twice", "name it once, with one reason")
    return found


def _acceptance(value: Value, *, names: tuple[str, ...]) -> Acceptance:
    fields = Fields(value, f"an item of {quoted('accept_unknown')}", "accept_unknown.")
    found = Acceptance(
        check=fields.required("check", partial(_check, names=names), ""),
        reason=fields.required("reason", words, "", "tell why the plan may go on without knowing"),
    )
    fields.done()
    return found


def _check(value: Value, *, names: tuple[str, ...]) -> str:
    name = text(value)
    if name not in names:
        hint = did_you_mean(name, names) or "`runner plan` names the checks that are unknown; not all can be accepted"
        raise Wrong(f"there is no check {quoted(name)} whose unknown can be accepted", hint)
    return name
