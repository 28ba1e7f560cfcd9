"""A count that is taken again: what differs is told, and refused beyond what is agreed to."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from runner.guard.count_drift import Tolerance, as_sealed, count_changes, difference, tolerance_for
from runner.model.plan import Census, PlannedStep
from runner.model.playbook import Account, Limits
from runner.model.section import Section
from tests.model.plans import a_plan, a_step

PLANNED = Census(12, 100, {"Versions": 10, "DeleteMarkers": 2}, newest="2026-11-01T00:00:00.000Z")
LATER = "2026-11-02T00:00:00.000Z"
KINDS = st.dictionaries(st.sampled_from(["Versions", "DeleteMarkers", "Uploads"]), st.integers(0, 9))


@pytest.mark.parametrize(
    ("found", "tolerance", "why"),
    [
        (PLANNED, Tolerance(), ""),
        (replace(PLANNED, newest=LATER), Tolerance(), "the newest was written later, at 2026-11-02"),
        (replace(PLANNED, newest=LATER), Tolerance(1), ""),
        (replace(PLANNED, kinds={"Versions": 9, "DeleteMarkers": 3}), Tolerance(), "DeleteMarkers +1, Versions -1"),
        (replace(PLANNED, kinds={"Versions": 9, "DeleteMarkers": 3}), Tolerance(1), ""),
        (Census(0, 0, {}), Tolerance(11), "12 were counted, and there are 0 now"),
        (Census(0, 0, {}), Tolerance(0, may_shrink=True), ""),
        (
            Census(13, 101, {"Versions": 13}, complete=False),
            Tolerance(2),
            "at least 13 now (DeleteMarkers -2, Versions +3",
        ),
    ],
)
def test_what_differs_is_refused_beyond_the_tolerance(found: Census, tolerance: Tolerance, why: str) -> None:
    """Each kind counts by itself, fewer is a difference too, and where none is agreed to a later write is one."""
    changes = count_changes(PLANNED, found, tolerance)

    assert len(changes) == bool(why)
    assert all(why in change for change in changes)


@given(KINDS, KINDS, st.integers(0, 30))
def test_a_tolerance_is_never_exceeded_in_silence(before: dict[str, int], after: dict[str, int], most: int) -> None:
    """Whatever is found: more or fewer than agreed to is told."""
    planned, found = (Census(sum(kinds.values()), 0, kinds) for kinds in (before, after))

    agreed = not count_changes(planned, found, Tolerance(most))

    assert not agreed or abs(planned.children - found.children) <= most


def test_another_step_on_the_same_target_may_take_some_of_it() -> None:
    """Only steps that delete contents of the same target make a smaller count expected."""
    step, other = replace(a_step("all"), census=PLANNED), replace(a_step("some"), census=PLANNED)

    assert tolerance_for(step, (step, other), Limits(drift=3)) == Tolerance(3, may_shrink=True)
    assert tolerance_for(step, (step, replace(other, census=None)), Limits()) == Tolerance(0)
    assert tolerance_for(step, (step, replace(other, target="arn:aws:s3:::else")), Limits()) == Tolerance(0)


def test_a_sealed_plan_stays_what_it_is_within_the_drift() -> None:
    """The sealed count is kept, so that the digest is the approved one; beyond the drift the new one shows."""
    sealed = replace(a_plan(replace(a_step(), census=PLANNED)), limits=Limits(drift=2))
    near = replace(PLANNED, children=13, kinds={"Versions": 11, "DeleteMarkers": 2}, newest=LATER)
    far = replace(PLANNED, children=15, kinds={"Versions": 13, "DeleteMarkers": 2})

    kept, told = as_sealed(sealed, replace(sealed, steps=(replace(a_step(), census=near),)))
    assert kept.digest == sealed.digest
    assert told == ((a_step().id, "12 were counted, and there are 13 now (Versions +1; +0 bytes)"),)
    other, silent = as_sealed(sealed, replace(sealed, steps=(replace(a_step(), census=far),)))
    assert (other.digest == sealed.digest, silent) == (False, ())


@pytest.mark.parametrize(
    ("sealed", "found"),
    [
        (replace(a_step(), census=PLANNED), replace(a_step("another"), census=PLANNED)),
        (replace(a_step(), census=None), replace(a_step(), census=PLANNED)),
        (replace(a_step(), census=PLANNED), replace(a_step(), census=None)),
        (replace(a_step(), census=PLANNED), replace(a_step(), census=PLANNED)),
        (replace(a_step(), census=PLANNED), replace(a_step(), census=replace(PLANNED, complete=False))),
    ],
    ids=["another step", "nothing counted before", "nothing counted now", "the same", "not all counted"],
)
def test_what_is_not_compared_stays_as_it_is(sealed: PlannedStep, found: PlannedStep) -> None:
    """Without two complete counts that differ, a plan stays as it was found, and nothing is told."""
    before = replace(a_plan(sealed), limits=Limits(drift=2))
    now = replace(before, steps=(found,))

    assert as_sealed(before, now) == (now, ())


def test_without_an_agreed_drift_a_sealed_count_is_never_put_in() -> None:
    """Other bytes in as many objects show in the plan when nothing was agreed to."""
    sealed = a_plan(replace(a_step(), census=PLANNED))
    now = replace(sealed, steps=(replace(a_step(), census=replace(PLANNED, size=101)),))

    assert as_sealed(sealed, now) == (now, ())


def test_each_account_has_the_drift_of_its_section() -> None:
    """In a plan for several accounts the limits of the step's own account count."""
    step = replace(a_step(), account="333333333333", census=PLANNED)
    section = Section(Account("333333333333", ""), ("eu-west-1",), "arn", (), Limits(drift=2))
    sealed = replace(a_plan(step), sections=(section,))
    now = replace(
        sealed, steps=(replace(step, census=replace(PLANNED, children=13, kinds={"Versions": 11, "DeleteMarkers": 2})),)
    )

    kept, told = as_sealed(sealed, now)

    assert (kept.steps, len(told)) == (sealed.steps, 1)


def test_a_kind_that_is_new_or_gone_counts() -> None:
    """A version that became a marker is one more of a kind, also where there was none; a kind of none is no kind."""
    planned, found = Census(10, 100, {"Versions": 10}), Census(10, 100, {"Versions": 9, "DeleteMarkers": 1})

    assert count_changes(planned, found, Tolerance(0, may_shrink=True))
    assert count_changes(found, planned, Tolerance(0, may_shrink=True))
    assert not count_changes(replace(planned, kinds={"Versions": 10, "Uploads": 0}), planned, Tolerance())
    assert difference(planned, found).endswith("10 now (DeleteMarkers +1, Versions -1; +0 bytes)")
    assert difference(found, planned).endswith("10 now (DeleteMarkers -1, Versions +1; +0 bytes)")
    assert difference(planned, planned) == "10 were counted, and there are 10 now"
