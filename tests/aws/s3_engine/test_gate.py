"""The write gate reads finished requests and lets only those of the plan through."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from runner.aws.s3_engine.batches import alone, batches
from runner.aws.s3_engine.gate import refusal
from runner.aws.s3_engine.keys import told
from runner.aws.s3_engine.pages import VERSIONS, Cursor
from runner.aws.s3_engine.requests import Place, Request, delete_request, list_request
from runner.catalog.s3_objects import DELETE_OBJECT, DELETE_OBJECTS
from runner.model.action import ActionType
from runner.model.binding import Binding
from runner.model.bound import BoundSweep
from tests.aws.s3_engine.sweeps import BUCKET, KEY_TEXTS, child, versions_of

SWEEP = versions_of()
ALLOWED = (SWEEP.list, *SWEEP.writes)
PLACE = Place(f"https://s3.eu-west-1.amazonaws.com/{BUCKET}", "eu-west-1", "s3")
(BATCH,) = batches(SWEEP, (child("logs/a"), child("logs/b&c", "v2"), child("other")))
DELETION = delete_request(PLACE, BATCH)
LISTING = list_request(PLACE, SWEEP.list, VERSIONS, Cursor("é".encode(), b"v1"))
SINGLE = delete_request(PLACE, alone(SWEEP, child("../\x01?x", "v1")))


@pytest.mark.parametrize("request_", [DELETION, LISTING, SINGLE], ids=["batch", "listing", "single"])
def test_the_plans_requests_pass(request_: Request) -> None:
    """What the engine makes of the plan's calls is let through."""
    assert refusal(request_, PLACE, ALLOWED) is None


@pytest.mark.parametrize(
    ("request_", "why"),
    [
        (replace(DELETION, url=DELETION.url.replace(BUCKET, "another")), "is not the plan's bucket"),
        (replace(DELETION, url=DELETION.url.replace(BUCKET, BUCKET + "-2")), "is not the plan's bucket"),
        (replace(DELETION, url=DELETION.url.replace("https", "http")), "is not the plan's bucket"),
        (replace(DELETION, url=PLACE.base), "no such call"),
        (replace(DELETION, url=f"{PLACE.base}?delete&delete"), "says a thing twice"),
        (replace(DELETION, url=f"{PLACE.base}?delete&x-id=1"), "no such call"),
        (replace(DELETION, url=f"{PLACE.base}?policy", method="DELETE", body=b""), "no such call"),
        (replace(DELETION, url=PLACE.base, method="DELETE", body=b""), "is not the plan's bucket"),
        (replace(DELETION, method="PUT"), "no such call"),
        (replace(DELETION, headers={}), "ExpectedBucketOwner is missing"),
        (replace(DELETION, headers={"x-amz-expected-bucket-owner": "333333333333"}), "ExpectedBucketOwner is not as"),
        (replace(DELETION, body=b"<Delete><Object><Key>a</Key></Object></Delete>"), "its body is no deletion"),
        (replace(DELETION, body=DELETION.body.replace(b"true", b"false")), "its body is no deletion"),
        (replace(DELETION, body=DELETION.body.replace(b"<Quiet>", b"<X/><Quiet>")), "its body is no deletion"),
        (replace(SINGLE, url=f"{SINGLE.url}&x=1"), "no such call"),
        (replace(SINGLE, method="POST"), "no such call"),
        (replace(LISTING, url=f"{PLACE.base}?versions&prefix=a"), "Prefix is not in the plan"),
        (replace(LISTING, url=f"{PLACE.base}?acl"), "no such call"),
    ],
)
def test_whatever_is_not_in_the_plan_is_refused(request_: Request, why: str) -> None:
    """Another bucket, another operation, another owner or another body is stopped, and the refusal says why."""
    said = refusal(request_, PLACE, ALLOWED)
    if request_.url == PLACE.base:
        assert said is not None
    else:
        assert why in (said or "")


def test_a_batch_of_more_than_a_thousand_is_refused() -> None:
    """S3 takes 1,000 keys at once, and so does the gate."""
    (most,) = batches(SWEEP, tuple(child(f"k{at}") for at in range(1000)))
    assert refusal(delete_request(PLACE, most), PLACE, ALLOWED) is None
    one_more = most.body.replace(b"<Object>", b"<Object><Key>x</Key></Object><Object>", 1)
    assert "1 to 1,000" in (refusal(replace(DELETION, body=one_more), PLACE, ALLOWED) or "")


def test_another_buckets_sweep_is_refused() -> None:
    """A request that is right in itself, but of a sweep that is not the plan's, is stopped."""
    other = versions_of("acme-orders-imports")
    (batch,) = batches(other, (child("a"),))
    place = replace(PLACE, base=PLACE.base.replace(BUCKET, "acme-orders-imports"))
    assert "is not as planned" in (refusal(delete_request(place, batch), place, ALLOWED) or "")
    assert "is not the plan's bucket" in (refusal(delete_request(place, batch), PLACE, ALLOWED) or "")


def of(action: ActionType, **target: str) -> tuple[BoundSweep, ...]:
    """Return the sweeps of an action on the tests' bucket."""
    binding = Binding({"bucket": BUCKET, **target}, "222222222222", "eu-west-1", "aws", f"arn:aws:s3:::{BUCKET}")
    return tuple(binding.sweep(sweep) for sweep in action.sweeps)


@given(key=st.text(KEY_TEXTS + "logs/", min_size=1, max_size=12), prefix=st.sampled_from(("logs/", "lo", "a%+&b", "<")))
def test_no_request_leaves_the_range_of_a_prefix(key: str, prefix: str) -> None:
    """A deletion passes exactly when its key begins with the plan's prefix, whoever's call it says it is."""
    versions, uploads = of(DELETE_OBJECTS, prefix=prefix)
    for made in (SWEEP, versions):
        for batch in (*batches(made, (child(key),)), alone(made, child(key, "v1"))):
            said = refusal(delete_request(PLACE, batch), PLACE, (versions.list, *versions.writes))
            assert (said is None) == key.startswith(prefix), said
    abort = delete_request(PLACE, alone(uploads, child(key, "upload")))
    assert (refusal(abort, PLACE, uploads.writes) is None) == key.startswith(prefix)


@pytest.mark.parametrize("key", ["logs", "logs/a", "logs/a.gz", "other", "LOGS/a"])
def test_a_plan_of_one_key_reaches_no_other(key: str) -> None:
    """Neither a longer key nor a shorter one passes where the plan names one."""
    (versions, _) = of(DELETE_OBJECT, key="logs/a")
    for made in (SWEEP, versions):
        for batch in (*batches(made, (child(key),)), alone(made, child(key, "v1"))):
            said = refusal(delete_request(PLACE, batch), PLACE, (versions.list, *versions.writes))
            assert (said is None) == (key == "logs/a"), said


@given(
    wanted=st.lists(st.text(KEY_TEXTS + "ab*?$", min_size=1, max_size=4), min_size=1, max_size=3),
    key=st.text(KEY_TEXTS + "ab*?$", min_size=1, max_size=4),
)
def test_no_request_leaves_a_list_of_keys(wanted: list[str], key: str) -> None:
    """A deletion passes exactly when each of its keys is one that the plan names, whoever's call it says it is."""
    versions, uploads = of(DELETE_OBJECTS, keys=json.dumps(wanted))
    for made in (SWEEP, versions):
        both = (child(wanted[0]), child(key))
        for batch in (*batches(made, both), alone(made, child(key, "v1"))):
            named = {told(one) for one, _ in batch.children}
            said = refusal(delete_request(PLACE, batch), PLACE, (versions.list, *versions.writes))
            assert (said is None) == (named <= set(wanted)), said
    abort = delete_request(PLACE, alone(uploads, child(key, "upload")))
    assert (refusal(abort, PLACE, uploads.writes) is None) == (key in wanted)


@pytest.mark.parametrize(("version", "passes"), [("v1", True), ("v2", False)])
def test_a_plan_of_one_version_reaches_no_other(version: str, passes: bool) -> None:
    """Where the plan names a version, neither another one passes, nor an upload, nor the key without a version."""
    listed = [{"key": "a", "version": "v1"}, {"key": "b", "version": "v2"}]
    versions, uploads = of(DELETE_OBJECTS, keys=json.dumps(listed))
    allowed = (versions.list, *versions.writes)
    for batch in (*batches(versions, (child("a", version),)), alone(versions, child("a", version))):
        assert (refusal(delete_request(PLACE, batch), PLACE, allowed) is None) == passes
    assert refusal(delete_request(PLACE, alone(uploads, child("a", "upload"))), PLACE, uploads.writes) is not None
    (bare,) = batches(versions, ((b"a", b""),))
    assert "outside" in (refusal(delete_request(PLACE, bare), PLACE, allowed) or "")


@pytest.mark.parametrize(("prefix", "passes"), [("logs/", True), ("logs/a", True), ("log", False), ("", False)])
def test_a_listing_may_be_of_less_than_the_plans_prefix(prefix: str, passes: bool) -> None:
    """A key that is named is listed by itself; nothing outside of the plan's prefix is."""
    versions, _ = of(DELETE_OBJECTS, prefix="logs/")
    listing = list_request(PLACE, versions.list, VERSIONS, Cursor())
    asked = replace(listing, url=listing.url.replace("prefix=logs%2F", f"prefix={prefix}"))
    assert (refusal(asked, PLACE, (versions.list,)) is None) == passes
