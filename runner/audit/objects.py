"""What a run deleted, object by object, from the manifests that lie beside the log.

A batch's manifest is on disk before the batch is sent, and its digest stands in the intent and in the outcome. What is
said here of an object is what AWS said of it: `deleted`, refused with AWS's code, or in doubt when no answer came.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import unquote_plus

from runner.audit.failed import refused_children
from runner.audit.line import text
from runner.audit.manifests import Manifests
from runner.audit.reading import read_records
from runner.audit.record import CallIntent, CallOutcome
from runner.model.canonical import Json

_SINGLE = frozenset({"DeleteObject", "AbortMultipartUpload"})
IN_DOUBT = "in doubt"


@dataclass(frozen=True)
class ObjectLine:
    """Say what became of one version of an object, or of one unfinished upload; ``seq`` is its intent's number."""

    seq: int
    bucket: str
    key: str
    version: str
    """The version id; an upload's id for an upload."""
    result: str

    def to_data(self) -> dict[str, Json]:
        """Return the plain form."""
        return {
            "seq": self.seq,
            "bucket": self.bucket,
            "key": self.key,
            "version": self.version,
            "result": self.result,
        }


def run_objects(directory: Path, run: str) -> Iterator[ObjectLine]:
    """Yield what became of every object that a run named.

    Batches come in the order of their answers, those without one at the end.

    Raises:
        UsageError: when there is no ledger, or it or a manifest cannot be read.
    """
    intents: dict[Json, Mapping[str, Json]] = {}
    manifests = Manifests(directory)
    for data, _ in read_records(directory, run):
        kind = data.get("type")
        if kind == CallIntent.type and ("objects_sha256" in data or data.get("operation") in _SINGLE):
            intents[data.get("seq")] = data
        elif kind == CallOutcome.type and data.get("intent_seq") in intents:
            yield from _told(directory, manifests, intents.pop(data.get("intent_seq")), data)
    for intent in intents.values():
        yield from _told(directory, manifests, intent, None)


def _told(
    directory: Path, manifests: Manifests, intent: Mapping[str, Json], outcome: Mapping[str, Json] | None
) -> Iterator[ObjectLine]:
    overall, refused = IN_DOUBT, {}
    if outcome is not None and text(outcome, "result") == "ok":
        overall = "deleted"
        children = refused_children(directory, outcome)
        refused = {(text(one, "Key"), text(one, "VersionId")): f"refused: {text(one, 'Code')}" for one in children}
    elif outcome is not None and text(outcome, "result") == "error":
        overall = f"not deleted: {text(outcome, 'error_code')}"
    seq = intent.get("seq")
    for bucket, key, version in _named(manifests, intent):
        result = refused.get((key, version), overall)
        yield ObjectLine(seq if isinstance(seq, int) else -1, bucket, key, version, result)


def _named(manifests: Manifests, intent: Mapping[str, Json]) -> Iterator[tuple[str, str, str]]:
    params = intent.get("params")
    if "objects_sha256" not in intent:
        if isinstance(params, Mapping):
            yield text(params, "Bucket"), text(params, "Key"), text(params, "VersionId") or text(params, "UploadId")
        return
    bucket, children = manifests.named(intent)
    for key, version in children:
        yield bucket, unquote_plus(key, errors="backslashreplace"), version
