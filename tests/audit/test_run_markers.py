"""The delete markers of a run are read back out of the log, from its lines and from beside them."""

from __future__ import annotations

from pathlib import Path
from unittest import mock

import pytest

from runner.audit.blob import BadBlob
from runner.audit.log import open_ledger
from runner.audit.record import CallIntent, CallOutcome
from runner.audit.record.markers import markers_written
from runner.audit.run_markers import run_markers
from runner.errors import UsageError
from runner.model.canonical import Json
from tests.audit.conftest import SteppingClock


def write(directory: Path, *batches: tuple[str, tuple[Json, ...]]) -> str:
    """Write a call for each step with the markers that its answer named, and return the run."""
    with open_ledger(directory, tool="runner test", clock=SteppingClock()) as ledger:
        for step, markers in batches:
            intent = CallIntent(step, "s3", "DeleteObjects", ("s3:DeleteObject",), "ap-northeast-1", "222222222222", ())
            receipt = ledger.append(intent)
            ledger.append(CallOutcome(receipt.seq, receipt.sha256, "ok", markers=markers))
        run: str = ledger.run
    return run


def named(*versions: str) -> tuple[Json, ...]:
    """Return markers as the log holds them."""
    return tuple({"Key": f"logs/{version}", "VersionId": version} for version in versions)


def test_each_step_has_its_own_markers(tmp_path: Path) -> None:
    """Those of several calls of a step come together, many lie beside the log, and steps without any are left out."""
    many = tuple(f"version-{number:04}" for number in range(300))
    run = write(tmp_path, ("hide", named("a", "b")), ("hide", named("c")), ("more", named(*many)), ("other", ()))

    assert run_markers(tmp_path, run) == {"hide": ("a", "b", "c"), "more": many}


def test_what_cannot_be_read_is_not_fewer_markers(tmp_path: Path) -> None:
    """A blob that is gone or changed ends it: undoing half of what was done would look like all of it."""
    run = write(tmp_path, ("hide", named(*(f"version-{number:04}" for number in range(300)))))
    with (
        mock.patch("runner.audit.run_markers.read_blob", side_effect=BadBlob("it is gone")),
        pytest.raises(UsageError, match="it is gone"),
    ):
        run_markers(tmp_path, run)


def test_markers_that_the_log_could_not_keep_are_said(tmp_path: Path) -> None:
    """An outcome on a full disk is written without them."""
    run = write(tmp_path, ("hide", ()))
    lost: dict[str, Json] = {"type": CallOutcome.type, "run": run, "intent_seq": 1, "markers_lost": "no space left"}
    with (
        mock.patch("runner.audit.run_markers.read_records", return_value=iter([(lost, "")])),
        pytest.raises(UsageError, match="could not keep"),
    ):
        run_markers(tmp_path, run)


def test_a_marker_that_was_deleted_is_none_that_was_written() -> None:
    """S3 uses the same fields for both; a version in the request or in the entry tells them apart."""
    one: dict[str, Json] = {"DeleteMarker": True, "VersionId": "m1"}
    batch: dict[str, Json] = {
        "Deleted": [
            {"Key": "hidden", "DeleteMarker": True, "DeleteMarkerVersionId": "m2"},
            {"Key": "shown", "VersionId": "m3", "DeleteMarker": True, "DeleteMarkerVersionId": "m3"},
            {"Key": "lost"},
        ]
    }

    assert markers_written({"Key": "a"}, one) == ({"Key": "a", "VersionId": "m1"},)
    assert markers_written({"Key": "a", "VersionId": "m1"}, one) == ()
    assert markers_written({}, batch) == ({"Key": "hidden", "VersionId": "m2"},)
    assert markers_written({}, {}) == ()
