"""What a step may say about flags, copies, waiting and use: only what its action can do."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING

import pytest

from runner.catalog.answers import last_use
from runner.errors import InvalidPlaybook
from runner.model.action import ActionType, Usage
from runner.model.fleet import in_common
from runner.model.playbook import Playbook, Source, Step, Wait
from runner.workflow.loading import load
from tests.workflow.database import ASIDE, DELETE

if TYPE_CHECKING:
    from collections.abc import Mapping

USED = replace(DELETE, name="rds.delete_used", usage=(Usage("it was last used", "db", last_use("Last")),))
ACTIONS: Mapping[str, ActionType] = {action.name: action for action in (DELETE, ASIDE, USED)}

HEAD = """\
version: 1
name: short
description: Gone.
owner: me
account: {id: "222222222222"}
region: eu-west-1
role_arn: arn:aws:iam::222222222222:role/Teardown
steps:
  - {id: stop, action: rds.stop_instance, target: {name: orders}}
"""

Seen = Callable[[str], list[str]]


def read(step: str) -> Playbook:
    """Load a playbook whose second step is this one."""
    text = f"{HEAD}  - {{id: db, action: rds.delete_instance, target: {{name: orders}}, {step}}}\n"
    return in_common(load(text.encode(), Source("p.yaml", ""), ACTIONS))


def loaded(step: str) -> Step:
    """Return the second step."""
    return next(one for one in read(step).steps if one.id == "db")


def problems(step: str) -> str:
    """Return what is wrong with it, message and hint."""
    with pytest.raises(InvalidPlaybook) as caught:
        read(step)
    return "|".join(f"{one.message} ({one.hint})" for one in caught.value.problems)


def test_every_option_arrives() -> None:
    """The step that is waited for is needed too, without being named twice."""
    step = loaded(
        "unprotect: [DeletionProtection], keep: {final_snapshot: last-orders}, wait: {after: stop, for: 7d}",
    )

    assert step.unprotect == ("DeletionProtection",)
    assert step.keep == {"final_snapshot": "last-orders"}
    assert step.wait == Wait("stop", 7 * 86400)
    assert step.needs == ("stop",)


def test_a_step_that_says_nothing_keeps_everything() -> None:
    """The defaults lift nothing, drop nothing and wait for nothing."""
    step = loaded("region: eu-west-1")

    assert (step.unprotect, step.keep, step.wait, step.unless_used_within) == ((), {}, None, None)


def test_a_dropped_copy_needs_a_reason() -> None:
    """What could be restored from its copy cannot be without one."""
    dropped = 'keep: {final_snapshot: false}, irreversible: "a copy is in the lake"'

    assert loaded(dropped).keep == {"final_snapshot": None}
    assert "`rds.delete_instance` without the copy cannot be undone" in problems("keep: {final_snapshot: false}")


@pytest.mark.parametrize(
    ("step", "problem"),
    [
        ("unprotect: [DeletionProtektion]", "did you mean `DeletionProtection`?"),
        ("unprotect: [Lock]", "`Lock` is no protection flag of `rds.delete_instance` (it has DeletionProtection)"),
        ("unprotect: [DeletionProtection, DeletionProtection]", "`DeletionProtection` is named twice"),
        ("unprotect: true", "`unprotect` must be a list"),
        ("keep: {final_snapshot: true}", "or `false` to keep none, not the truth value `true`"),
        ("keep: {final_snapshot: no}", "`keep.final_snapshot` must be"),
        ('keep: {final_snapshot: "*"}', "must be the name of a snapshot, or `false` to keep none"),
        ("keep: {snapshot: orders}", "unknown key `snapshot` in `keep` of `rds.delete_instance`"),
        ("wait: {after: stop}", "`wait.for` is missing"),
        ("wait: {for: 7d}", "`wait.after` is missing"),
        ("wait: {after: stop, for: 30s}", "must be a duration from 1m to 90d"),
        ("wait: {after: stpo, for: 7d}", "no step has the id `stpo`"),
        ("wait: {after: db, for: 7d}", "no order is possible"),
        ("unless_used_within: 30d", "AWS keeps no record of use that `rds.delete_instance` could read"),
    ],
)
def test_mistakes_are_refused(step: str, problem: str) -> None:
    """Each with what is known instead."""
    assert problem in problems(step)


def test_a_time_of_use_is_read_where_there_is_evidence() -> None:
    """Only where AWS knows the last use."""
    text = f"{HEAD}  - {{id: db, action: rds.delete_used, target: {{name: orders}}, unless_used_within: 30d}}\n"
    step = load(text.encode(), Source("p.yaml", ""), ACTIONS).steps[1]

    assert step.unless_used_within == timedelta(days=30)


def test_options_of_an_unknown_action_are_not_judged() -> None:
    """Its name is the one problem; nobody knows which flags it has."""
    text = f"{HEAD}  - {{id: db, action: rds.x, target: {{a: b}}, unprotect: [Lock], keep: {{c: d}}}}\n"
    with pytest.raises(InvalidPlaybook) as caught:
        load(text.encode(), Source("p.yaml", ""), ACTIONS)

    assert [one.message for one in caught.value.problems] == ["unknown action `rds.x`"]
