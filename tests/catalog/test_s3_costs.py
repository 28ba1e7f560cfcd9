"""What the ways to empty buckets cost: requests, hours, dollars, for one census."""

from __future__ import annotations

from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st

from runner.catalog.s3_costs import GB_MONTH, LEAST_DAYS, costs_of
from runner.cli.cost_words import FEW, SOURCE, costs, costs_data
from runner.cli.plan_markdown import markdown
from runner.model.plan import Census, Plan
from tests.model.plans import a_plan, a_step

MANY = Census(1_000_000_000, 1024**4, {"Versions": 1_000_000_000}, classes={"STANDARD": 1_000_000_000})
ARCHIVED = replace(MANY, size=1024**3, classes={"DEEP_ARCHIVE": 1, "STANDARD": 9})


def test_a_billion_objects() -> None:
    """Listing is what is paid for; hours come from S3's own rate; a rule costs storage until everything is due."""
    alone, workers, rule = costs_of(MANY).ways

    assert (alone.requests, f"{alone.dollars:.2f}", f"{alone.hours:.1f}") == (5_000_004, "20.00", "79.4")
    assert (workers.requests, f"{workers.dollars:.2f}", f"{workers.hours:.1f}") == (5_000_004, "20.00", "19.8")
    assert (rule.requests, f"{rule.dollars:.2f}", rule.hours) == (1, "2.36", 72)
    assert not costs_of(MANY).early


def test_deleting_early_is_an_upper_bound() -> None:
    """All of it as if written today in the dearest class, small objects at the size that is billed."""
    at_most = (1 + 128 / 1024**2) * GB_MONTH["DEEP_ARCHIVE"] * LEAST_DAYS["DEEP_ARCHIVE"] / 30

    assert costs_of(ARCHIVED).early == at_most


@given(st.integers(0, 10**10), st.integers(0, 10**10), st.integers(0, 10**15))
def test_more_objects_cost_no_less(first: int, second: int, size: int) -> None:
    """Every figure grows with the census."""
    fewer, more = (costs_of(Census(count, size, {})) for count in sorted((first, second)))

    for one, other in zip(fewer.ways, more.ways, strict=True):
        assert one.requests <= other.requests
        assert one.hours <= other.hours
        assert one.dollars <= other.dollars


def planned(census: Census) -> Plan:
    """Return a plan that empties a bucket."""
    return a_plan(replace(a_step("empty"), action="s3.empty_bucket", census=census))


def test_a_plan_says_what_it_costs() -> None:
    """The ways stand in the plan with the date of the prices; a small one says it in JSON only, another one never."""
    plan = planned(replace(MANY, complete=False))

    assert [words for _, _, words in costs(plan)] == [
        "one machine: at least 5,000,004 requests, 79 h 21 min, $20.00",
        "4 workers of a cluster: at least 5,000,004 requests, 19 h 50 min, $20.00",
        "s3.expire_bucket, a lifecycle rule: at least 1 request, 72 h, $2.36",
    ]
    assert SOURCE in markdown(plan)
    assert "What emptying costs" not in markdown(planned(Census(FEW - 1, 0, {})))
    assert costs_data(planned(Census(1, 0, {}))) is not None
    assert costs_data(a_plan()) is None
    assert (
        list(costs(planned(ARCHIVED)))[-1][2]
        == "in any way: at most $0.01 more, for what AWS bills longer than it is there"
    )
