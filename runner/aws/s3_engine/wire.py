"""One sweep's requests, gated, signed and sent over connections that are kept alive.

botocore says where the bucket is, signs, and sends: endpoint, CA bundle, proxy and timeouts are the operator's, exactly
as for every other call. What is left out is its serialiser and its parsers, which are nearly all of its time here.
"""

from __future__ import annotations

import re
import threading
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final
from xml.etree.ElementTree import Element

from botocore.exceptions import ClientError
from botocore.parsers import ResponseParserError

from runner.aws.clients import Client
from runner.aws.failures import AWS_FAILURES, translate
from runner.aws.s3_engine.connections import Connections
from runner.aws.s3_engine.exchange import Heard
from runner.aws.s3_engine.gate import refusal
from runner.aws.s3_engine.pages import UnreadablePage, parsed
from runner.aws.s3_engine.requests import Place, Request
from runner.aws.s3_engine.signing import Signer
from runner.errors import GateClosed
from runner.model.bound import BoundCall
from runner.model.canonical import Json
from runner.model.ports import Reply
from runner.model.session import RoleSession

_OK: Final = frozenset({200, 204})
_HEAD: Final = 512
_NOTHING_REFUSED: Final = re.compile(
    rb"\s*(?:<\?xml [^>]*\?>)?\s*<DeleteResult(?: [^>]*)?(?:/>|>\s*</DeleteResult>)\s*"
)


@dataclass(frozen=True)
class Answer:
    """Hold what S3 answered, and the children of a batch that it did not delete, in its own words."""

    content: bytes
    reply: Reply
    refused: tuple[Mapping[str, Json], ...] = ()


class Wire:
    """Send requests that are among ``allowed``, all of one bucket."""

    def __init__(self, made: Client, allowed: tuple[BoundCall, ...]) -> None:
        """Send over a client's connections; whose credentials it was made with makes no difference."""
        self._allowed = allowed
        self._agent = made._user_agent_creator.to_string()  # noqa: SLF001  # botocore has no other way to its name
        self.place = _place(made, allowed[0])
        self._connections = Connections(made._endpoint.http_session, self.place.base)  # noqa: SLF001  # same
        self._signers: dict[str, Signer] = {}
        self._lock = threading.Lock()

    def send(self, request: Request, session: RoleSession, tag: str = "") -> Answer:
        """Send one request, once.

        Raises:
            AwsCallFailed: with AWS's words, when AWS refuses or does not answer; also when it says so with a 200.
            GateClosed: when the request is not what the plan says.
        """
        api, on = request.call.api, request.call.resources[0]
        refused = refusal(request, self.place, self._allowed)
        if refused is not None:
            raise GateClosed(
                f"the write gate stopped {api}: {refused}",
                on=session.role_arn,
                hint="this is a bug in runner; please report it with the playbook",
                touched="this call was not sent",
            )
        started = time.monotonic()
        try:
            made = self._signer(session).signed(request)
            made.headers["User-Agent"] = f"{self._agent} {tag}".rstrip()
            heard = self._connections.send(made)
            reply = _reply(heard, started)
            return Answer(heard.content, reply, _judged(request, heard, reply))
        except AWS_FAILURES as error:
            raise translate(error, api, on) from error

    def _signer(self, session: RoleSession) -> Signer:
        keys = session.credentials
        with self._lock:
            if keys.access_key not in self._signers:
                # One at a time: what an earlier session signed with is forgotten.
                self._signers = {keys.access_key: Signer(keys, self.place)}
            return self._signers[keys.access_key]


def _place(made: Any, call: BoundCall) -> Place:
    """Ask botocore's endpoint rules where the bucket is, and for which region a signature has to be."""
    context: dict[str, Any] = {
        "client_region": call.region,
        "client_config": made.meta.config,
        "has_streaming_input": False,
    }
    model = made.meta.service_model.operation_model("DeleteObjects")
    url, _, _ = made._resolve_endpoint_ruleset(model, {"Bucket": call.args["Bucket"]}, context)  # noqa: SLF001  # same
    signing = context.get("signing", {})
    return Place(url.rstrip("/"), signing.get("region", call.region), signing.get("signing_name", "s3"))


def _judged(request: Request, heard: Heard, reply: Reply) -> tuple[Mapping[str, Json], ...]:
    """Return the children that were refused.

    Raises:
        ClientError: when the answer is an error, whatever its status.
        ResponseParserError: when it is no answer of S3's.
    """
    is_ok = reply.status in _OK
    if is_ok and _is_done(request, heard.content):
        return ()
    try:
        root = parsed(heard.content)
    except UnreadablePage as error:
        if is_ok:
            raise ResponseParserError(f"the answer is no XML: {error}") from error
        root = Element("Error")
    if is_ok and _name(root) == "DeleteResult":
        return tuple(_fields(item) for item in root if _name(item) == "Error")
    if is_ok and _name(root) != "Error":
        raise ResponseParserError(f"the answer is a {_name(root)}, and not what was asked for")
    raise _refused(request, _fields(root) if _name(root) == "Error" else {}, reply, heard.headers)


def _is_done(request: Request, content: bytes) -> bool:
    """Return whether an answer with status 200 holds no error; pages are read by those who asked for them."""
    if request.method == "DELETE":
        return not content.strip()
    if request.method == "GET":
        return b"<Error>" not in content[:_HEAD]
    # A quiet deletion names those children only that were not deleted.
    return _NOTHING_REFUSED.fullmatch(content) is not None


def _refused(request: Request, said: Mapping[str, str], reply: Reply, headers: Mapping[str, str]) -> ClientError:
    metadata = {
        "RequestId": said.get("RequestId") or reply.request_id,
        "HostId": said.get("HostId") or reply.extended_request_id,
        "HTTPStatusCode": reply.status,
        "HTTPHeaders": dict(headers),
    }
    error = {"Code": said.get("Code") or str(reply.status), "Message": said.get("Message", "")}
    return ClientError({"Error": {**said, **error}, "ResponseMetadata": metadata}, request.call.operation)


def _reply(heard: Heard, started: float) -> Reply:
    headers = heard.headers
    return Reply(
        data={},
        request_id=headers.get("x-amz-request-id", ""),
        status=heard.status,
        extended_request_id=headers.get("x-amz-id-2", ""),
        date=headers.get("date", ""),
        duration_ms=round((time.monotonic() - started) * 1000),
    )


def _fields(element: Element) -> dict[str, str]:
    return dict(_pairs(element))


def _pairs(element: Element) -> Iterator[tuple[str, str]]:
    for child in element:
        yield _name(child), child.text or ""


def _name(element: Element) -> str:
    return element.tag.rpartition("}")[2]
