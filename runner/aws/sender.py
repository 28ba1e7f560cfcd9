"""The one function that sends, behind the write gate.

Reads are retried by botocore; writes are sent once, so that every attempt has its own intent and outcome in the audit
log and no request id is lost. The gate stands in botocore's event chain before parameters are serialised and signed:
a call that was not declared when the sender was opened never leaves the process.
"""

from __future__ import annotations

import base64
import threading
import time
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from typing import Any

from botocore.response import StreamingBody

from runner.aws.clients import client
from runner.aws.failures import AWS_FAILURES, translate
from runner.errors import AwsAnswer, AwsCallFailed, GateClosed
from runner.guard.gate import permit
from runner.model.bound import BoundCall, Params
from runner.model.canonical import Json
from runner.model.ports import Reply
from runner.model.session import RoleSession

MOST_BODY = 64 * 1024
"""Bytes of an object's content that are read; what runner reads is far smaller."""
READ_ATTEMPTS = 5
"""How often botocore sends a read before it gives up."""


class GatedAws:
    """Open senders that talk to AWS."""

    def sender(self, session: RoleSession, allowed: tuple[BoundCall, ...]) -> GatedSender:
        """Return a sender whose write gate lets exactly ``allowed`` through."""
        return GatedSender(session, allowed)


class GatedSender:
    """Send calls under one role session."""

    def __init__(self, session: RoleSession, allowed: tuple[BoundCall, ...]) -> None:
        self._session = session
        self._allowed: dict[str, tuple[BoundCall, ...]] = {}
        for call in allowed:
            self._allowed[call.api] = (*self._allowed.get(call.api, ()), call)
        self._clients: dict[tuple[str, str, bool], Any] = {}
        self._lock = threading.Lock()
        self._tag = threading.local()

    def send(self, call: BoundCall, params: Params, tag: str = "") -> Reply:
        """Send one request; a write is sent once.

        Raises:
            AwsCallFailed: with AWS's words, when AWS refuses or does not answer.
            GateClosed: when the call was not declared.
        """
        aws = self._client(call)
        self._tag.value = tag
        started = time.monotonic()
        try:
            answer = aws._make_api_call(call.operation, dict(params))  # noqa: SLF001  # the API name is data here
        except AWS_FAILURES as error:
            raise translate(error, call.api, call.resources[0]) from error
        finally:
            self._tag.value = ""
        return _reply(answer, started)

    def pages(self, call: BoundCall, params: Params | None = None) -> Iterator[Reply]:
        """Send a listing, page after page until AWS says it was the last; ``params`` when a child fills them.

        Raises:
            AwsCallFailed: when a page fails, or when AWS says there is more but not where.
            GateClosed: when the call was not declared.
        """
        aws, given = self._client(call), call.params if params is None else params
        if not aws.can_paginate(_method(aws, call)):
            # The catalogue's tests hold such an operation to an answer that knows no next page.
            yield self.send(call, given)
            return
        pages = iter(aws.get_paginator(_method(aws, call)).paginate(**given))
        page: Mapping[str, Any] = {}
        while True:
            started = time.monotonic()
            try:
                page = next(pages)
            except StopIteration:
                break
            except AWS_FAILURES as error:
                raise translate(error, call.api, call.resources[0]) from error
            yield _reply(page, started)
        if page.get("IsTruncated"):
            # botocore ends the listing silently when the marker of the next page is missing.
            message = "the listing says that it goes on, but not where"
            raise AwsCallFailed(AwsAnswer(call.api, "<TruncatedListing>", message), on=call.resources[0])

    def _client(self, call: BoundCall) -> Any:
        key = (call.service, call.region, call.is_write)
        with self._lock:
            if key not in self._clients:
                attempts = 1 if call.is_write else READ_ATTEMPTS
                made = client(call.service, call.region, self._session.credentials, attempts=attempts)
                made.meta.events.register_first("before-parameter-build.*.*", self._gate)
                # Not earlier: botocore writes the User-Agent anew after signing, which does not cover it.
                made.meta.events.register("before-send.*.*", self._add_tag)
                self._clients[key] = made
            return self._clients[key]

    def _gate(self, params: Mapping[str, object], model: Any, **_: object) -> None:
        api = f"{model.service_model.service_name}:{model.name}"
        refused = permit(api, params, self._allowed.get(api, ()))
        if refused is not None:
            raise GateClosed(
                f"the write gate stopped {api}: {refused}",
                on=self._session.role_arn,
                hint="this is a bug in runner; please report it with the playbook",
                touched="this call was not sent",
            )

    def _add_tag(self, request: Any, **_: object) -> None:
        tag = getattr(self._tag, "value", "")
        if tag:
            agent = request.headers["User-Agent"]
            known = agent.decode("ascii") if isinstance(agent, bytes) else agent
            request.headers["User-Agent"] = f"{known} {tag}"


def _method(aws: Any, call: BoundCall) -> str:
    names: Mapping[str, str] = aws.meta.method_to_api_mapping
    return next(method for method, operation in names.items() if operation == call.operation)


def _reply(answer: Mapping[str, Any], started: float) -> Reply:
    metadata = answer.get("ResponseMetadata", {})
    data = _plain({key: value for key, value in answer.items() if key != "ResponseMetadata"})
    return Reply(
        data=data if isinstance(data, Mapping) else {},
        request_id=metadata.get("RequestId", ""),
        status=metadata.get("HTTPStatusCode", 0),
        extended_request_id=metadata.get("HostId", ""),
        date=metadata.get("HTTPHeaders", {}).get("date", ""),
        duration_ms=round((time.monotonic() - started) * 1000),
    )


def _plain(value: Any) -> Json:
    """Return the value as plain JSON: times as ISO 8601 UTC, bytes as base64, floats as text."""
    match value:
        case None | bool() | int() | str():
            return value
        case datetime():
            return value.astimezone(UTC).isoformat()
        case StreamingBody():
            return base64.b64encode(value.read(MOST_BODY)).decode("ascii")
        case bytes():
            return base64.b64encode(value).decode("ascii")
        case Mapping():
            return {str(key): _plain(item) for key, item in value.items()}
        case list() | tuple():
            return [_plain(item) for item in value]
        case _:
            return str(value)
