"""What the log says about a call: its intent, on disk before it is sent, and its outcome. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import ClassVar, Literal

from runner.audit.blob import blob_path
from runner.audit.record.fields import Fields, shortened
from runner.audit.record.markers import NO_MARKERS
from runner.audit.redaction import redact
from runner.errors import AwsCallFailed
from runner.model.canonical import Json
from runner.model.ports import Receipt, Reply

_OF_MANIFESTS = frozenset({"objects_sha256", "objects_count", "objects_first"})


@dataclass(frozen=True)
class CallIntent(Fields):
    """Say what is about to be sent; on disk before it is sent."""

    type: ClassVar[str] = "call.intent"
    step: str
    service: str
    operation: str
    actions: tuple[str, ...]
    """The IAM actions that AWS evaluates."""
    region: str
    account: str
    resources: tuple[str, ...]
    params: Mapping[str, Json] = field(default_factory=lambda: MappingProxyType({}))
    attempt: int = 1
    precheck: str = ""
    """What the last look before the call saw, in a word."""
    objects_sha256: str = ""
    """The manifest of a batch: the digest of the blob that names every key and version; empty when there is none."""
    objects_count: int = 0
    objects_first: int = 0
    """Which of the manifest's children is the batch's first one: a manifest may name those of several batches."""

    def to_data(self) -> dict[str, Json]:
        """Return the record's own fields; secrets among the parameters are replaced."""
        data = without_objects(super().to_data())
        data["params"] = redact(data["params"])
        return {**data, **named_objects(self.objects_sha256, self.objects_count, self.objects_first)}


@dataclass(frozen=True)
class HandedOut(Fields):
    """Say which part of a step's keys other machines are about to get, and for which time."""

    type: ClassVar[str] = "range.handed"
    step: str
    keys: str
    to: str
    """The scheduler of their cluster."""
    time: int = 1
    """More than 1 when a machine that had it was lost."""


@dataclass(frozen=True)
class CallOutcome(Fields):
    """Say what AWS answered to an intent: yes, no, or nothing at all (``unknown``)."""

    type: ClassVar[str] = "call.outcome"
    intent_seq: int
    intent_sha256: str
    result: Literal["ok", "error", "unknown"]
    http_status: int = 0
    request_id: str = ""
    extended_request_id: str = ""
    error_code: str = ""
    error_message: str = ""
    refused: tuple[Json, ...] = ()
    """The children of a batch that AWS refused although the call succeeded, in AWS's words."""
    aws_date: str = ""
    duration_ms: int = 0
    objects_sha256: str = ""
    """The manifest of the batch that was answered."""
    markers: tuple[Json, ...] = NO_MARKERS
    """Key and version of each delete marker that S3 has written, so that undoing can take away these and no others."""

    def to_data(self) -> dict[str, Json]:
        """Return the record's own fields; without a manifest or markers there is no word about them."""
        data = super().to_data()
        if not self.markers:
            del data["markers"]
        return data if self.objects_sha256 else without_objects(data)

    @classmethod
    def of_reply(
        cls,
        intent: Receipt,
        reply: Reply,
        refused: tuple[Mapping[str, Json], ...] | None = None,
        manifest: str = "",
        markers: tuple[Json, ...] = NO_MARKERS,
    ) -> CallOutcome:
        """Return the record for an answer; unless they are given, the refused children are the answer's ``Errors``."""
        errors = reply.data.get("Errors") if refused is None else refused
        return cls(
            intent_seq=intent.seq,
            intent_sha256=intent.sha256,
            result="ok",
            http_status=reply.status,
            request_id=reply.request_id,
            extended_request_id=reply.extended_request_id,
            refused=tuple(errors) if isinstance(errors, list | tuple) else (),
            aws_date=reply.date,
            duration_ms=reply.duration_ms,
            objects_sha256=manifest,
            markers=markers,
        )

    @classmethod
    def of_failure(
        cls, intent: Receipt, failure: AwsCallFailed, duration_ms: int = 0, manifest: str = ""
    ) -> CallOutcome:
        """Return the record for a refusal, or for a call that was never answered."""
        answer = failure.answer
        return cls(
            intent_seq=intent.seq,
            intent_sha256=intent.sha256,
            result="unknown" if failure.in_doubt else "error",
            http_status=answer.status,
            request_id=answer.request_id,
            extended_request_id=answer.extended_request_id,
            error_code=answer.code,
            error_message=shortened(answer.message),
            duration_ms=duration_ms,
            objects_sha256=manifest,
        )


def without_objects(data: Mapping[str, Json]) -> dict[str, Json]:
    """Return a record's fields without those about a manifest."""
    kept = dict(data)
    for name in _OF_MANIFESTS:
        kept.pop(name, None)
    return kept


def named_objects(digest: str, count: int, first: int = 0) -> dict[str, Json]:
    """Return the fields that name a manifest, as any field that lies beside the log is named; none without one."""
    if not digest:
        return {}
    named: dict[str, Json] = {"objects_sha256": digest, "objects_blob": blob_path(digest), "objects_count": count}
    return {**named, "objects_first": first} if first else named


def intent_tag(run: str, receipt: Receipt) -> str:
    """Return what a call's User-Agent carries, so that CloudTrail's own record commits to our intent."""
    return f"runner-intent/{run}.{receipt.seq}.{receipt.sha256[:16]}"
