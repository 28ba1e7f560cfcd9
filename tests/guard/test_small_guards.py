"""The guards that need no policy: account, limits, window, expectation."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from runner.errors import GuardRefused
from runner.guard.account import check_account, check_alias
from runner.guard.expectation import expectation_findings
from runner.guard.window import window_findings
from runner.model.action import Absent, Facts, Present, Recovery, Unreadable
from runner.model.plan import Census, PlannedStep
from runner.model.playbook import Account, Expectation, Window
from runner.model.target_state import Exists

NOON = datetime(2026, 12, 1, 12, tzinfo=UTC)


def step(census: Census | None = None, pin: str = "2024-01-01") -> PlannedStep:
    """Return a planned step that exists."""
    return PlannedStep(
        id="empty",
        action="s3.empty_bucket",
        summary="",
        target="arn:aws:s3:::b",
        params={"bucket": "b"},
        region="eu-west-1",
        needs=(),
        recovery=Recovery.NONE,
        irreversible="why",
        mfa_protected=True,
        state=Exists(pin),
        facts={"policy": "a" * 64},
        census=census,
        calls=(),
        verdict=None,
        findings=(),
    )


def test_the_pinned_account_passes() -> None:
    """Id and alias as pinned are fine; an account may have more aliases than one."""
    check_account(Account("222222222222", "acme"), "222222222222")
    check_alias(Account("222222222222", "acme"), ("other", "acme"))


def test_another_account_is_refused() -> None:
    """Another id is refused, and both ids are named."""
    with pytest.raises(GuardRefused, match=r"account 333333333333, the playbook is for 222222222222"):
        check_account(Account("222222222222", "acme"), "333333333333")


@pytest.mark.parametrize("aliases", [("other",), (), ("ACME",)])
def test_another_alias_is_refused(aliases: tuple[str, ...]) -> None:
    """Another alias, no alias and another spelling are all refused."""
    with pytest.raises(GuardRefused, match="the playbook says acme"):
        check_alias(Account("222222222222", "acme"), aliases)


@pytest.mark.parametrize(
    ("window", "is_open"),
    [
        (Window(), True),
        (Window(NOON, NOON), True),
        (Window(start=NOON.replace(hour=13)), False),
        (Window(end=NOON.replace(hour=11)), False),
    ],
)
def test_the_window_includes_its_ends(window: Window, is_open: bool) -> None:
    """Outside the window there is a finding, at its ends there is none."""
    assert is_open == (window_findings(window, NOON) == ())


TAGS = Present({"TagSet": [{"Key": "Service", "Value": "orders-v1"}]})


@pytest.mark.parametrize(
    ("expect", "facts", "census", "refused"),
    [
        (Expectation({"Service": "orders-v1"}), {"tags": TAGS}, None, False),
        (Expectation({"Service": "orders-v2"}), {"tags": TAGS}, None, True),
        (Expectation({"Owner": "x"}), {"tags": TAGS}, None, True),
        (Expectation({"Service": "orders-v1"}), {"tags": Absent("NoSuchTagSet")}, None, True),
        (Expectation({"Service": "orders-v1"}), {"tags": Unreadable("403")}, None, True),
        (Expectation({"Service": "orders-v1"}), {}, None, True),
        (Expectation({}, versioning="Enabled"), {"versioning": Present({"Status": "Enabled"})}, None, False),
        (Expectation({}, versioning="Enabled"), {"versioning": Present({})}, None, True),
        (Expectation({}, versioning="Off"), {"versioning": Present({})}, None, False),
        (Expectation({}, versioning="Off"), {"versioning": Unreadable("403")}, None, True),
        (Expectation({}, versioning="Off"), {"versioning": Absent("NoSuchBucket")}, None, True),
        (Expectation({}, versioning="Off"), {}, None, True),
        (Expectation({}, max_objects=5), {}, Census(5, 0, {}), False),
        (Expectation({}, max_objects=5), {}, Census(6, 0, {}), True),
        (Expectation({}, max_objects=5), {}, None, True),
        (Expectation({}, pin="2024"), {}, None, False),
        (Expectation({}, pin="2023"), {}, None, True),
    ],
)
def test_the_world_has_to_be_as_expected(
    expect: Expectation, facts: Facts, census: Census | None, refused: bool
) -> None:
    """Another value, a missing one, and one that could not be read all refuse."""
    assert refused == bool(expectation_findings(expect, facts, census, "2024"))


@pytest.mark.parametrize("fact", ["tags", "versioning"])
def test_an_expectation_that_cannot_be_looked_at_may_be_accepted(fact: str) -> None:
    """Reviewers may accept that something is unknown, and never that it is not as expected."""
    expect = Expectation(
        {"Team": "orders"} if fact == "tags" else {}, versioning="Off" if fact == "versioning" else None
    )
    unread: Facts = {fact: Unreadable("s3:Get: AccessDenied")}
    other: Facts = {"tags": Present({"TagSet": ()}), "versioning": Present({"Status": "Enabled"})}

    assert [one.unknown for one in expectation_findings(expect, unread, None, "2024")] == [True]
    assert [one.unknown for one in expectation_findings(expect, other, None, "2024")] == [False]
