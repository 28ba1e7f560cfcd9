"""A statement is exactly its bytes."""

from __future__ import annotations

import contextlib
import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from runner.guard.approval_statement import (
    MAX_BYTES,
    BadStatement,
    Statement,
    Subject,
    is_principal,
    read_statement,
)
from runner.model.canonical import encode
from runner.model.playbook import Account
from runner.model.target_state import Exists, Missing
from tests.approvals.make_vectors import GOOD, SUBJECT
from tests.model.plans import a_sealed_plan, a_step

TEXT = st.text(st.characters(exclude_categories=["Cs"]), max_size=20)
TIMES = st.datetimes(datetime(2000, 1, 1), datetime(2100, 1, 1), timezones=st.just(UTC))  # noqa: DTZ001  # Hypothesis adds the zone
SUBJECTS = st.builds(
    Subject,
    seal_sha256=TEXT,
    plan_sha256=TEXT,
    nonce=TEXT,
    playbook_sha256=TEXT,
    git_commit=TEXT,
    accounts=st.lists(TEXT, max_size=3).map(tuple),
    regions=st.lists(TEXT, max_size=3).map(tuple),
    resource_count=st.integers(0, 2**53 - 1),
    resources_sha256=TEXT,
)
STATEMENTS = st.builds(
    Statement,
    subject=SUBJECTS,
    approver=st.from_regex(r"[A-Za-z0-9][A-Za-z0-9@._+:/=-]{0,20}", fullmatch=True),
    not_before=TIMES.map(lambda time: time.replace(microsecond=0)),
    expires=TIMES.map(lambda time: time.replace(microsecond=0)),
    comment=TEXT,
)


@given(STATEMENTS)
def test_what_is_written_is_read(statement: Statement) -> None:
    """Every statement comes back from its bytes."""
    assert read_statement(statement.encoded()) == statement


@given(st.integers(0, 2000), st.integers(1, 255))
def test_a_changed_byte_is_another_statement_or_none(position: int, difference: int) -> None:
    """No byte of a statement is without meaning."""
    content = bytearray(GOOD.encoded())
    content[position % len(content)] ^= difference
    with contextlib.suppress(BadStatement):
        assert read_statement(bytes(content)) != GOOD


@given(st.binary(max_size=100))
def test_no_bytes_are_too_strange(content: bytes) -> None:
    """Foreign bytes are refused in words."""
    with pytest.raises(BadStatement):
        read_statement(content)


def changed(**changes: Any) -> bytes:
    """Return the good statement in canonical form, with other values; None removes a key."""
    data = {**json.loads(GOOD.encoded()), **changes}
    return encode({name: value for name, value in data.items() if value is not None}) + b"\n"


@pytest.mark.parametrize(
    ("content", "why"),
    [
        (changed(_type="runner-approval/2"), "_type is not runner-approval/1"),
        (changed(decision="reject"), "decision is not approve"),
        (changed(approver="*@acme.example"), "approver is not the name of one person"),
        (changed(approver="bob@acme.example,eve@acme.example"), "approver is not"),
        (changed(approver=""), "approver is not"),
        (changed(nonce=None), "nonce is missing"),
        (changed(resource_count="2"), "resource_count is not"),
        (changed(expires="2026-12-01"), "expires is not a time"),
        (changed(expires=5), "expires is not a text"),
        (changed(expires="2026-12-1T08:00:00Z"), "does not know"),
        (changed(more="x"), "does not know"),
        (GOOD.encoded()[:-1], "does not know"),
        (GOOD.encoded().replace(b'"comment"', b'"comment":"","comment"'), "canonical"),
        (b"[" * 5000, "not JSON"),
        (b"[]\n", "not an object"),
        (b" " * (MAX_BYTES + 1), "larger"),
    ],
)
def test_what_is_no_statement_is_refused(content: bytes, why: str) -> None:
    """Another version, another decision, a pattern, a missing or foreign key, or other bytes for the same value."""
    with pytest.raises(BadStatement, match=why):
        read_statement(content)


@pytest.mark.parametrize("name", list(SUBJECT.to_data()))
def test_every_part_of_the_subject_counts(name: str) -> None:
    """A difference in any part is named."""
    data = SUBJECT.to_data()
    other = 3 if name == "resource_count" else ("x",) if name in {"accounts", "regions"} else "x"
    subject = Subject(**{**data, name: other})  # type: ignore[arg-type]  # the names are the fields'

    assert SUBJECT.differences(subject) == (name,)
    assert SUBJECT.differences(SUBJECT) == ()


@pytest.mark.parametrize(
    ("text", "good"),
    [
        ("bob@acme.example", True),
        ("arn:aws:iam::111111111111:user/team/bob+x=y", True),
        ("-bob", False),
        ("bob smith", False),
        ("b?b", False),
        ("bob\n", False),
        ("böb", False),
        ("b" * 256, False),
    ],
)
def test_principals(text: str, good: bool) -> None:
    """What OpenSSH could take for an option, a pattern, a list or two words names nobody."""
    assert is_principal(text) is good


def test_the_largest_statement_is_read() -> None:
    """The limit itself is within it."""
    room = MAX_BYTES - len(replace(GOOD, comment="").encoded())
    largest = replace(GOOD, comment="x" * room)

    assert read_statement(largest.encoded()) == largest
    with pytest.raises(BadStatement, match="larger"):
        read_statement(replace(GOOD, comment="x" * (room + 1)).encoded())


def test_a_subject_tells_every_target() -> None:
    """Another account, region, target or creation date of a step that acts is another subject; the rest is none."""
    idle = replace(a_step("idle", "c"), state=Missing("it is absent"))
    planned = Subject.of(a_sealed_plan(a_step(), idle))

    assert planned.resource_count == 1
    assert planned.regions == ("eu-west-1",)
    for other in (
        replace(a_step(), account="333333333333"),
        replace(a_step(), region="eu-west-2"),
        replace(a_step(), target="arn:aws:s3:::d"),
        replace(a_step(), state=Exists("2026-11-30")),
    ):
        assert "resources_sha256" in planned.differences(Subject.of(a_sealed_plan(other, idle)))
    sealed = a_sealed_plan(a_step(), idle)
    elsewhere = replace(sealed, plan=replace(sealed.plan, account=Account("333333333333")))
    assert "resources_sha256" in planned.differences(Subject.of(elsewhere))
    still = Subject.of(a_sealed_plan(a_step(), replace(idle, target="arn:aws:s3:::d", region="eu-west-2")))
    assert (still.resources_sha256, still.resource_count, still.regions) == (
        planned.resources_sha256,
        planned.resource_count,
        planned.regions,
    )


def test_times_are_utc() -> None:
    """A statement holds UTC in whole seconds."""
    assert b'"expires":"2026-12-01T16:00:00Z"' in GOOD.encoded()
    assert GOOD.expires - GOOD.not_before == timedelta(hours=8)
