"""The plan that a run executed, whole, as the log keeps it."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from runner.audit.blob import BadBlob, read_blob
from runner.audit.line import text
from runner.audit.reading import read_records
from runner.audit.record import PlanKept
from runner.errors import UsageError
from runner.model.canonical import Json, encode
from runner.model.sealed import SealedPlan, read_sealed


def kept_plan(directory: Path, run: str) -> SealedPlan | None:
    """Return a run's plan; None when it ended before its plan was written.

    Raises:
        UsageError: when the plan cannot be read.
    """
    held = (data for data, _ in read_records(directory, run) if text(data, "type") == PlanKept.type)
    kept = next(held, None)
    return None if kept is None else read_kept(directory, run, kept)


def read_kept(directory: Path, run: str, kept: Mapping[str, Json]) -> SealedPlan:
    """Return the plan that a record keeps, in itself or beside the log.

    Raises:
        UsageError: when it cannot be read.
    """
    where = text(kept, "plan_sha256")
    try:
        content = read_blob(directory, where) if where else encode(kept.get("plan"))
    except BadBlob as error:
        raise UsageError(
            f"the run's plan cannot be read: {error}", on=run, hint="run `runner audit verify`; plan again for the rest"
        ) from error
    return read_sealed(content + b"\n", f"run {run}")
