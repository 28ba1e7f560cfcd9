"""What S3's entries read out of answers: closed buckets, policies that came back, rules that expire everything."""

from __future__ import annotations

import json
from typing import Any

import pytest

from runner.catalog.s3_expiry import expires, no_rule_would_be_replaced
from runner.catalog.s3_quarantine import as_before, closed, nobody_changed_the_policy_since
from runner.model.action import Absent, Blocked, Ok, Present, Unknown, Unreadable
from runner.model.sighting import InPlace, SetAside, Unclear

OURS = {"Sid": "RunnerDeniesAll", "Effect": "Deny", "Action": "s3:*"}


def policy(*statements: dict[str, Any]) -> dict[str, Any]:
    """Return what GetBucketPolicy answers."""
    return {"Policy": json.dumps({"Statement": list(statements)})}


@pytest.mark.parametrize("data", [{}, policy(), policy({**OURS, "Sid": "x"}), policy({**OURS, "Effect": "Allow"})])
def test_a_bucket_is_closed_by_our_policy_only(data: dict[str, Any]) -> None:
    """A policy that only looks like it closes nothing; what is no JSON is not taken for anything."""
    assert isinstance(closed(data, {}), InPlace)
    assert isinstance(closed(policy(OURS), {}), SetAside)
    assert isinstance(closed({"Policy": "{"}, {}), Unclear)


def test_a_policy_is_back_when_it_says_the_same() -> None:
    """White space is S3's affair; another statement is another policy."""
    assert isinstance(as_before({"Policy": '{"a": 1}'}, {"policy": '{"a":1}'}), InPlace)
    assert isinstance(as_before({"Policy": '{"a": 2}'}, {"policy": '{"a":1}'}), SetAside)
    assert isinstance(as_before({"Policy": '{"a": 2}'}, {"policy": "{a}"}), Unclear)


def test_what_somebody_has_opened_is_left_alone() -> None:
    """The policy of before goes back in the place of ours only."""
    assert nobody_changed_the_policy_since({"policy": Present(policy(OURS))}) == Ok()
    for other in (Present(policy({"Sid": "theirs"})), Absent("NoSuchBucketPolicy"), Unreadable("denied")):
        assert isinstance(nobody_changed_the_policy_since({"policy": other}), Blocked)
    assert isinstance(nobody_changed_the_policy_since({"policy": Present({"Policy": "{"})}), Unknown)


def test_rules_of_others_are_not_replaced() -> None:
    """Both of our rules have to be there and enabled; any other rule refuses the step, and so does not knowing."""
    ours: list[Any] = [{"ID": f"runner-expires-{what}", "Status": "Enabled"} for what in ("versions", "markers")]
    assert isinstance(expires({"Rules": ours}, {}), SetAside)
    assert isinstance(expires({"Rules": ours[:1]}, {}), InPlace)
    assert isinstance(expires({"Rules": [{**one, "Status": "Disabled"} for one in ours]}, {}), InPlace)
    assert isinstance(expires({"Rules": None}, {}), InPlace)
    assert no_rule_would_be_replaced({"lifecycle": Present({"Rules": ours})}) == Ok()
    theirs = no_rule_would_be_replaced({"lifecycle": Present({"Rules": [*ours, {"ID": "archive"}]})})
    assert isinstance(theirs, Blocked)
    assert theirs.why.endswith("archive")
    assert isinstance(no_rule_would_be_replaced({"lifecycle": Unreadable("denied")}), Unknown)
