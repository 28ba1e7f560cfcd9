"""Keep what the log's key signed where the operator cannot reach it: an S3 bucket with Object Lock.

1. The key names the log and how many of its lines are signed, and is written only where there is none
   (``If-None-Match: *``) and for as long as the guardrails say (``COMPLIANCE``: not even root can).
2. Where something lies there already, it is read: the very same checkpoint is this one, of an attempt whose answer was
   lost. Another one means that this log has two histories, and the run is refused whatever the guardrails' mode.

A log that is cut off, with its checkpoints, is then shorter than an anchor says; `runner audit anchors` looks.

Source: S3 user guide, "Preventing object overwrites with conditional writes", "Locking objects with Object Lock".
"""

from __future__ import annotations

import base64
import binascii
from dataclasses import dataclass
from datetime import timedelta

from runner.audit.record import Anchored
from runner.errors import AwsCallFailed, CredentialsRefused
from runner.model.arn import Arn
from runner.model.bound import BoundCall
from runner.model.call import Effect
from runner.model.guardrails import AnchorRules
from runner.model.ports import Ledger, Reply, SignedNote
from runner.model.session import Assume, UserSession
from runner.workflow.route import Route
from runner.workflow.scope import Scope
from runner.workflow.services import Services

ATTEMPTS = 3
"""How often an anchor is sent when AWS asks to try again later, or does not answer: writing it twice does no harm."""
PAUSE = 1.0
"""Seconds between two of them."""
FOLDER = "v1"
_EXISTS = "PreconditionFailed"


@dataclass(frozen=True)
class NotAnchored:
    """Say why a checkpoint does not lie in the bucket."""

    why: str
    is_fork: bool = False
    """Whether another history of this log lies there."""


def anchor_key(origin: str, size: int) -> str:
    """Return the object's key: no two checkpoints of a log share one."""
    return f"{FOLDER}/{origin}/checkpoint/{size:020d}"


def anchor(
    rules: AnchorRules, user: UserSession, max_age: timedelta, services: Services, ledger: Ledger
) -> NotAnchored | None:
    """Bring what was signed last into the bucket and record that; return why it does not lie there, when it does not.

    Raises:
        LogUnwritable: when the record cannot be written.
    """
    note = ledger.signed
    if note is None:
        return NotAnchored("nothing is signed")
    made = Anchored(note.size, note.root, rules.bucket, anchor_key(note.origin, note.size))
    try:
        reply = _Bucket(rules, user, max_age, services, note).keep()
    except (AwsCallFailed, CredentialsRefused) as error:
        reply = NotAnchored(error.what)
    if isinstance(reply, NotAnchored):
        ledger.append(Anchored(made.size, made.root, made.bucket, made.key, why=reply.why))
        return reply
    version = reply.data.get("VersionId")
    known = version if isinstance(version, str) else ""
    ledger.append(Anchored(made.size, made.root, made.bucket, made.key, known, reply.request_id))
    return None


class _Bucket:
    """Write one anchor, under a role session that may do nothing else."""

    def __init__(
        self, rules: AnchorRules, user: UserSession, max_age: timedelta, services: Services, note: SignedNote
    ) -> None:
        key = anchor_key(note.origin, note.size)
        partition, owner = Arn.parse(rules.role_arn).partition, Arn.parse(rules.role_arn).account
        there = {"Bucket": rules.bucket, "Key": key, "ExpectedBucketOwner": owner}
        lock = {
            "Body": note.text,
            "IfNoneMatch": "*",
            "ObjectLockMode": "COMPLIANCE",
            "ObjectLockRetainUntilDate": (services.clock.now() + rules.retain).strftime("%Y-%m-%dT%H:%M:%SZ"),
        }
        on = (f"arn:{partition}:s3:::{rules.bucket}/{key}",)
        self._note = note
        self._clock = services.clock
        self._put = BoundCall("s3", "PutObject", {**there, **lock}, rules.region, on, Effect.KEEP)
        self._get = BoundCall("s3", "GetObject", there, rules.region, on, Effect.READ)
        route = Route(user, rules.role_arn, (), Assume(), "anchor", rules.region)
        self._scope = Scope(services, route, ((self._put, self._get),), max_age)

    def keep(self) -> Reply | NotAnchored:
        """Return AWS's answer once the checkpoint lies there, or that another one does."""
        for attempt in range(1, ATTEMPTS + 1):
            try:
                return self._scope.send(self._put, self._put.params)  # 1
            except AwsCallFailed as error:
                if error.answer.code == _EXISTS:
                    return self._compared()
                if attempt == ATTEMPTS or not (error.retriable or error.in_doubt):
                    raise
                self._clock.sleep(PAUSE)
        raise AssertionError("every attempt returns or raises")

    def _compared(self) -> Reply | NotAnchored:
        reply = self._scope.send(self._get, self._get.params)  # 2
        try:
            content = base64.b64decode(str(reply.data.get("Body")), validate=True)
        except binascii.Error:
            content = b""
        if content == self._note.text.encode():
            return reply
        return NotAnchored(
            f"another history of this log is anchored: {self._get.resources[0]} holds another checkpoint over "
            f"{self._note.size} lines",
            is_fork=True,
        )
