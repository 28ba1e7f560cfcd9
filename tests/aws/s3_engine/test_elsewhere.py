"""Buckets in other regions, buckets whose requesters pay, and servers that are not AWS's."""

from __future__ import annotations

import base64
import hashlib
from dataclasses import replace

import pytest

from runner.aws.s3_engine.batches import alone, batches
from runner.aws.s3_engine.gate import refusal
from runner.aws.s3_engine.pages import VERSIONS, Cursor
from runner.aws.s3_engine.requests import Place, delete_request, list_request
from runner.errors import AwsCallFailed
from tests.aws.s3_engine.bucket import Bucket, Pass, Trouble, error
from tests.aws.s3_engine.sweeps import BUCKET, child, versions_of
from tests.e2e.wire import Answer

PLACE = Place(f"https://{BUCKET}.s3.eu-west-1.amazonaws.com", "eu-west-1", "s3")
OTHER = b"<Region>eu-central-1</Region></Error>"


@pytest.mark.parametrize(
    "answer",
    [
        Answer(301, error("PermanentRedirect").replace(b"</Error>", OTHER)),
        Answer(400, error("AuthorizationHeaderMalformed").replace(b"</Error>", OTHER)),
        Answer(307, error("TemporaryRedirect").replace(b"</Error>", OTHER)),
    ],
    ids=["redirect", "signature", "new bucket"],
)
def test_a_bucket_in_another_region_is_not_followed(answer: Answer) -> None:
    """The plan names a region; where S3 names another one the step ends, says which, and nothing was deleted."""
    work = Pass(Bucket({child("a", "v1")}, listing=lambda _: answer))
    with pytest.raises(AwsCallFailed) as caught:
        work.run()

    assert "set `region: eu-central-1`" in caught.value.hint
    assert work.bucket.listed == 1
    assert work.bucket.left == {child("a", "v1")}


def test_who_pays_stands_in_each_request() -> None:
    """Where the plan's calls say that the requester pays, each request does, and the gate lets no other one through."""
    sweep = versions_of()
    payer = {"RequestPayer": "requester"}
    assert sweep.batch is not None
    sweep = replace(
        sweep,
        list=replace(sweep.list, args={**sweep.list.args, **payer}),
        each=replace(sweep.each, args={**sweep.each.args, **payer}),
        batch=replace(sweep.batch, args={**sweep.batch.args, **payer}),
    )
    allowed = (sweep.list, *sweep.writes)
    (batch,) = batches(sweep, (child("a", "v1"),))
    requests = [
        list_request(PLACE, sweep.list, VERSIONS, Cursor()),
        delete_request(PLACE, batch),
        delete_request(PLACE, alone(sweep, child("\x01", "v1"))),
    ]
    for made in requests:
        assert made.headers["x-amz-request-payer"] == "requester"
        assert refusal(made, PLACE, allowed) is None
        unpaid = replace(made, headers={**made.headers, "x-amz-request-payer": "owner"})
        assert "RequestPayer is not as planned" in (refusal(unpaid, PLACE, allowed) or "")


@pytest.mark.parametrize("code", ["MissingContentMD5", "InvalidDigest.Content-Md5"])
def test_a_server_that_knows_only_md5_gets_it(code: str) -> None:
    """The first batch goes alone; refused for want of MD5, it is sent again with it, and so are all others."""
    versions = {child(f"k{at:04}", "v1") for at in range(1500)}
    work = Pass(Bucket(versions, lambda number, _: Trouble(Answer(400, error(code))) if number == 1 else None))
    swept = work.run()

    assert (swept.error, swept.doubtful, work.bucket.left) == (None, 0, set())
    assert len(work.bucket.sent) == 3


def test_a_server_that_refuses_md5_as_well_ends_the_step() -> None:
    """It is offered once."""
    refused = Trouble(Answer(400, error("MissingContentMD5")))
    work = Pass(Bucket({child("a", "v1")}, lambda _number, _children: refused))
    swept = work.run()

    assert swept.error is not None
    assert swept.error.answer.code == "MissingContentMD5"
    assert len(work.bucket.sent) == 2


def test_md5_is_that_of_the_body() -> None:
    """A body goes with MD5 only where that is wanted: S3 itself takes the CRC, which costs a quarter of it."""
    (batch,) = batches(versions_of(), (child("a", "v1"),))
    made = delete_request(PLACE, batch, with_md5=True)

    assert base64.b64decode(made.headers["Content-MD5"]) == hashlib.md5(batch.body, usedforsecurity=False).digest()
    assert "Content-MD5" not in delete_request(PLACE, batch).headers
