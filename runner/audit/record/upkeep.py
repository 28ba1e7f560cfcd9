"""What the log says about itself. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from runner.audit.record.fields import Fields


@dataclass(frozen=True)
class Torn(Fields):
    """Name one line that a killed writer left unfinished; it stays in the log as it is."""

    seq: int
    bytes: int
    """The line's length, without the newline."""
    sha256: str


@dataclass(frozen=True)
class Recovered(Fields):
    """Say which unfinished lines stood at the end of the log; the only thing that makes them legal.

    ``prev`` of this record is the digest of the last of them. None of them names the line before it, as records do, so
    this record does: without ``after``, the record before an unfinished line could be changed unseen.
    """

    type: ClassVar[str] = "recovered"
    after: str
    """The digest of the line before the first unfinished one."""
    torn: tuple[Torn, ...]


@dataclass(frozen=True)
class Reserved(Fields):
    """Say how much disk was reserved for the run's records, or why none could be."""

    type: ClassVar[str] = "log.reserved"
    size: int
    """Bytes."""
    skipped: str = ""


@dataclass(frozen=True)
class Anchored(Fields):
    """Say that a checkpoint lies in a bucket with Object Lock, or why it could not be brought there."""

    type: ClassVar[str] = "log.anchored"
    size: int
    """How many lines the checkpoint is over."""
    root: str
    bucket: str
    key: str
    version_id: str = ""
    request_id: str = ""
    why: str = ""
    """Why it does not lie there; empty when it does."""


@dataclass(frozen=True)
class Stamped(Fields):
    """Say when a checkpoint was there by the clock of a time-stamping authority, or why nobody says so.

    The authority's answer lies beside the checkpoint. Were it taken away, this record would tell.
    """

    type: ClassVar[str] = "log.stamped"
    size: int
    """How many lines the checkpoint is over."""
    root: str
    url: str
    time: str = ""
    """As the authority tells it."""
    token_sha256: str = ""
    roots: tuple[str, ...] = ()
    """PEM certificates that the guardrails named; the stamp's chain ends in one of them."""
    why: str = ""
    """Why there is none; empty when there is."""


@dataclass(frozen=True)
class CheckpointSigned(Fields):
    """Say that the operator signed the checkpoint over the run's beginning; the end's signature is asked of that key.

    The signature itself lies beside the checkpoint. Were it taken away, this record would tell.
    """

    type: ClassVar[str] = "log.signed"
    size: int
    """How many lines the checkpoint is over."""
    root: str
    fingerprint: str
    """Of the key that signed, as ``ssh-keygen -l`` prints it."""
    signature_sha256: str
