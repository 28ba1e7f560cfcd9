"""What the reviewers believed about a target, compared with what was read."""

from __future__ import annotations

from collections.abc import Iterator

from runner.guard.tags import tags_of
from runner.model.action import Absent, Facts, Present, Unreadable
from runner.model.plan import Census, Finding
from runner.model.playbook import Expectation


def expectation_findings(expect: Expectation, facts: Facts, census: Census | None, pin: str) -> tuple[Finding, ...]:
    """Return a finding for everything that is not as expected, or that could not be read; ``pin`` was just read."""
    return (*_pin(expect, pin), *_tags(expect, facts), *_versioning(expect, facts), *_objects(expect, census))


def _pin(expect: Expectation, pin: str) -> Iterator[Finding]:
    if expect.pin is not None and expect.pin != pin:
        message = f"it is another one of the same name: its pin is {pin}; the playbook expects {expect.pin}"
        yield Finding("expect_pin", message, _REVIEW)


def _tags(expect: Expectation, facts: Facts) -> Iterator[Finding]:
    if not expect.tags:
        return
    found = tags_of(facts)
    if isinstance(found, Unreadable):
        yield _unknown("expect_tags", "the tags", found)
        return
    for key, value in expect.tags.items():
        if key not in found:
            yield Finding("expect_tags", f"tag {key} is missing; the playbook expects {value!r}", _REVIEW)
        elif found[key] != value:
            yield Finding("expect_tags", f"tag {key} is {found[key]!r}; the playbook expects {value!r}", _REVIEW)


def _versioning(expect: Expectation, facts: Facts) -> Iterator[Finding]:
    if expect.versioning is None:
        return
    match facts.get("versioning", Unreadable("this action reads no versioning state")):
        case Present(data):
            found = data.get("Status", "Off")
            if found != expect.versioning:
                message = f"versioning is {found}; the playbook expects {expect.versioning}"
                yield Finding("expect_versioning", message, _REVIEW)
        case Absent():
            yield Finding("expect_versioning", "there is no versioning state to compare", _REVIEW)
        case Unreadable() as reading:
            yield _unknown("expect_versioning", "the versioning state", reading)


def _objects(expect: Expectation, census: Census | None) -> Iterator[Finding]:
    if expect.max_objects is None:
        return
    if census is None:
        yield Finding("expect_max_objects", "nothing was counted", _REVIEW)
    elif census.children > expect.max_objects:
        message = f"{census.children:,} would be deleted; the playbook expects at most {expect.max_objects:,}"
        yield Finding("expect_max_objects", message, _REVIEW)


_REVIEW = "the world is not as reviewed: look at the target, then correct the playbook and have it reviewed"


def _unknown(check: str, what: str, reading: Unreadable) -> Finding:
    return Finding(
        check, f"{what} could not be read: {reading.why}", "grant the read, or drop the expectation", unknown=True
    )
