"""The one function that sends: the gate stands before it, and what goes over the wire is what was declared."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from runner.aws.sender import READ_ATTEMPTS, GatedAws, GatedSender
from runner.errors import AwsCallFailed, GateClosed
from runner.model.binding import Binding
from runner.model.bound import BoundCall
from runner.model.call import Args, Call, Effect, P
from runner.model.session import Credentials, RoleSession, Secret

NOW = datetime(2026, 12, 1, tzinfo=UTC)
BINDING = Binding({"bucket": "acme"}, "222222222222", "eu-west-1", "aws", "arn:aws:s3:::acme")
BUCKET = {"Bucket": P("bucket"), "ExpectedBucketOwner": P("account")}
HEAD = BINDING.call(Call("s3:HeadBucket", BUCKET))
LIST = BINDING.call(Call("s3:ListObjectVersions", BUCKET))
DELETE = BINDING.call(Call("s3:DeleteBucket", BUCKET, effect=Effect.DELETE))


@dataclass
class Wire:
    """Hold what reached a server that answers everything alike."""

    url: str = ""
    requests: list[tuple[str, str, str]] = field(default_factory=list)
    status: int = 200
    body: bytes = b""


@pytest.fixture
def wire(monkeypatch: pytest.MonkeyPatch) -> Iterator[Wire]:
    """Serve on loopback and lead every AWS client there."""
    seen = Wire()

    class Handler(BaseHTTPRequestHandler):
        """Answer for the fixture."""

        def answer(self) -> None:
            """Note the request and give the one answer."""
            seen.requests.append((self.command, self.path, self.headers.get("User-Agent", "")))
            self.send_response(seen.status)
            self.send_header("x-amz-request-id", "REQ-1")
            self.send_header("Content-Length", str(len(seen.body)))
            self.end_headers()
            self.wfile.write(seen.body)

        do_GET = do_HEAD = do_DELETE = do_POST = answer  # noqa: N815  # the names that http.server looks for

        def log_message(self, *_: object) -> None:
            """Say nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    seen.url = f"http://127.0.0.1:{server.server_port}"
    thread = threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True)
    thread.start()
    monkeypatch.setenv("AWS_ENDPOINT_URL", seen.url)
    yield seen
    server.shutdown()
    server.server_close()
    thread.join()


def sender(*allowed: BoundCall) -> GatedSender:
    """Open a sender that lets some calls through."""
    credentials = Credentials("ASIAEXAMPLE", Secret("secret"), Secret("token"))
    role = "arn:aws:iam::222222222222:role/Teardown"
    return GatedAws().sender(RoleSession(credentials, "arn", role, NOW, NOW, "REQ"), allowed)


def test_a_declared_call_is_sent_with_its_tag(wire: Wire) -> None:
    """The User-Agent of a write names its intent, so that CloudTrail commits to our log."""
    reply = sender(DELETE).send(DELETE, DELETE.params, tag="runner-intent/01RUN.7.abcdef")

    assert [(method, path) for method, path, _ in wire.requests] == [("DELETE", "/acme")]
    assert wire.requests[0][2].startswith("Botocore/")
    assert wire.requests[0][2].endswith(" runner-intent/01RUN.7.abcdef")
    assert (reply.request_id, reply.status) == ("REQ-1", 200)


@pytest.mark.parametrize(
    "call",
    [
        DELETE,
        BoundCall("s3", "DeleteBucket", {"Bucket": "other"}, "eu-west-1", ("arn:aws:s3:::other",), Effect.DELETE),
        BoundCall("s3", "HeadBucket", {"Bucket": "other"}, "eu-west-1", ("arn:aws:s3:::other",), Effect.READ),
        BoundCall("iam", "DeleteRole", {"RoleName": "r"}, "eu-west-1", ("*",), Effect.DELETE),
    ],
    ids=["a write of another step", "another bucket", "a read of another bucket", "another service"],
)
def test_what_was_not_declared_never_leaves_the_process(wire: Wire, call: BoundCall) -> None:
    """The gate stops an undeclared call before it is signed, whatever it is."""
    with pytest.raises(GateClosed):
        sender(HEAD).send(call, call.params)

    assert wire.requests == []


def test_the_gate_looks_at_what_is_sent_and_not_at_what_is_said(wire: Wire) -> None:
    """Other parameters under the name of a declared write are stopped."""
    with pytest.raises(GateClosed):
        sender(DELETE).send(DELETE, {**DELETE.params, "Bucket": "other"})

    assert wire.requests == []


@pytest.mark.parametrize("status", [500, 503])
def test_a_write_is_sent_once(wire: Wire, status: int) -> None:
    """A server error on a write is reported and not retried behind the log's back."""
    wire.status = status
    with pytest.raises(AwsCallFailed) as caught:
        sender(DELETE).send(DELETE, DELETE.params)

    assert len(wire.requests) == 1
    assert caught.value.retriable


THROTTLED = (
    b"<ErrorResponse><Error><Type>Sender</Type><Code>Throttling</Code><Message>Rate exceeded</Message></Error>"
    b"<RequestId>REQ-1</RequestId></ErrorResponse>"
)
"""IAM's answer to whoever asks too often, with status 400."""


def test_a_throttled_simulation_is_tried_again(wire: Wire, monkeypatch: pytest.MonkeyPatch) -> None:
    """IAM's "Rate exceeded" is retried as often as reads are, and then told as it is."""
    monkeypatch.setattr("botocore.retries.standard.ExponentialBackoff.delay_amount", lambda *_: 0)
    role = "arn:aws:iam::222222222222:role/Teardown"
    args: Args = {"PolicySourceArn": role, "ActionNames": ("s3:DeleteBucket",)}
    call = BoundCall("iam", "SimulatePrincipalPolicy", args, "eu-west-1", (role,), Effect.READ)
    wire.status, wire.body = 400, THROTTLED

    with pytest.raises(AwsCallFailed) as caught:
        list(sender(call).pages(call))

    assert len(wire.requests) == READ_ATTEMPTS
    assert (caught.value.answer.code, caught.value.retriable) == ("Throttling", True)


def test_a_listing_that_stops_in_the_middle_is_an_error(wire: Wire) -> None:
    """A server that says there is more but not where is not believed."""
    wire.body = b"<ListVersionsResult><IsTruncated>true</IsTruncated></ListVersionsResult>"
    with pytest.raises(AwsCallFailed) as caught:
        list(sender(LIST).pages(LIST))

    assert caught.value.answer.code == "<TruncatedListing>"


def test_an_answer_that_knows_no_next_page_is_the_only_page(wire: Wire) -> None:
    """A read that botocore has no paginator for, because it answers with all at once, is a listing of one page."""
    (page,) = sender(HEAD).pages(HEAD)

    assert page.request_id == "REQ-1"
    assert len(wire.requests) == 1


def test_an_answer_that_is_no_xml_is_an_error(wire: Wire, monkeypatch: pytest.MonkeyPatch) -> None:
    """A captive portal's page is not an empty listing."""
    monkeypatch.setattr("runner.aws.sender.READ_ATTEMPTS", 1)
    wire.body = b"<html>please log in"
    with pytest.raises(AwsCallFailed):
        list(sender(LIST).pages(LIST))


def test_replies_are_plain(wire: Wire) -> None:
    """Times become texts, so that every answer can be digested."""
    wire.body = (
        b"<ListVersionsResult><IsTruncated>false</IsTruncated><Version><Key>k</Key><VersionId>v</VersionId>"
        b"<LastModified>2026-11-30T10:00:00.000Z</LastModified><Size>3</Size></Version></ListVersionsResult>"
    )
    page = next(iter(sender(LIST).pages(LIST)))

    assert page.data["Versions"] == [
        {"Key": "k", "VersionId": "v", "LastModified": "2026-11-30T10:00:00+00:00", "Size": 3}
    ]
