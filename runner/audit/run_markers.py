"""The delete markers that a run wrote, by its steps, as the log names them."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from runner.audit.blob import BadBlob, read_blob
from runner.audit.line import text
from runner.audit.reading import read_records
from runner.audit.record import CallIntent, CallOutcome
from runner.errors import UsageError
from runner.model.canonical import Json, decode


def run_markers(directory: Path, run: str) -> Mapping[str, tuple[str, ...]]:
    """Return the version ids of the markers that each step of a run wrote; steps that wrote none are left out.

    Raises:
        UsageError: when there is no ledger, or what it keeps of the markers cannot be read.
    """
    steps: dict[Json, str] = {}
    found: dict[str, tuple[str, ...]] = {}
    for data, _ in read_records(directory, run):
        match text(data, "type"):
            case CallIntent.type:
                steps[data.get("seq")] = text(data, "step")
            case CallOutcome.type:
                step = steps.get(data.get("intent_seq"), "")
                found[step] = (*found.get(step, ()), *_named(directory, run, data))
            case _:
                pass
    return {step: markers for step, markers in found.items() if markers}


def _named(directory: Path, run: str, outcome: Mapping[str, Json]) -> tuple[str, ...]:
    """Return the version ids that an outcome names, in itself or beside the log."""
    if "markers_lost" in outcome:
        hint = "list the versions of the bucket, and delete the markers of that time by hand"
        raise UsageError("the log could not keep which markers the run wrote", on=run, hint=hint)
    kept = text(outcome, "markers_sha256")
    try:
        markers = decode(read_blob(directory, kept)) if kept else outcome.get("markers")
    except (BadBlob, ValueError) as error:
        hint = "run `runner audit verify`"
        raise UsageError(f"the run's delete markers cannot be read: {error}", on=run, hint=hint) from error
    listed = markers if isinstance(markers, list | tuple) else ()
    return tuple(text(one, "VersionId") for one in listed if isinstance(one, Mapping))
