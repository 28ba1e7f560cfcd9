"""The log is held against what was anchored outside of it; what a bucket holds is given here as it would be fetched."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from runner.audit.anchor_check import Anchors, verify_anchored
from runner.audit.flaw import Kind
from runner.audit.format import read_origin
from runner.audit.log import FileLedger
from runner.audit.verify import Broken, Verified
from runner.errors import UsageError
from runner.model.anchor import Anchor
from runner.model.ports import Ledger


@pytest.fixture
def anchored(ledger: FileLedger, directory: Path, whole_run: Callable[[Ledger], None]) -> tuple[Anchor, ...]:
    """Write a run, and return what a bucket would hold of it."""
    whole_run(ledger)
    origin = read_origin(directory)
    notes = sorted((directory / "checkpoints").iterdir())
    return tuple(Anchor(origin, int(path.name), "v1", path.read_bytes()) for path in notes)


def kinds(found: Anchors) -> set[Kind]:
    """Return what does not fit."""
    return {flaw.kind for flaw in found.result.flaws} if isinstance(found.result, Broken) else set()


def test_a_log_fits_its_anchors(directory: Path, anchored: tuple[Anchor, ...]) -> None:
    """Every anchor counts; those of other logs are named, because one of them may have been deleted here."""
    others = (Anchor("guarded-runner/other", 7, "v1", b""),) * 2
    found = verify_anchored(directory, (*anchored, *others))

    assert isinstance(found.result, Verified)
    assert (found.count, found.others) == (2, (("guarded-runner/other", 2),))


def test_a_log_that_was_rolled_back(directory: Path, segment: Path, anchored: tuple[Anchor, ...]) -> None:
    """Lines and checkpoints are cut off together, which nothing in the directory shows."""
    segment.write_bytes(b"".join(segment.read_bytes().splitlines(keepends=True)[:-1]))
    max((directory / "checkpoints").iterdir()).unlink()

    assert kinds(verify_anchored(directory, anchored)) == {Kind.CUT}


def test_what_is_no_anchor(directory: Path, anchored: tuple[Anchor, ...]) -> None:
    """What this log's key did not sign is no anchor of it."""
    nonsense = (replace(anchored[0], note=b"nonsense"), anchored[1])

    assert Kind.BAD_CHECKPOINT in kinds(verify_anchored(directory, nonsense))


@pytest.mark.parametrize(
    ("over", "why"),
    [
        ({"note": b"another"}, "put another one over it"),
        ({"note": b"", "is_marker": True}, "put a delete marker over it"),
    ],
)
def test_what_is_put_over_an_anchor(
    directory: Path, anchored: tuple[Anchor, ...], over: dict[str, object], why: str
) -> None:
    """Another version and a delete marker are found, though the log fits what they hide."""
    found = verify_anchored(directory, (*anchored, replace(anchored[0], version="v2", **over)))  # type: ignore[arg-type]  # by name

    assert Kind.HIDDEN in kinds(found)
    assert isinstance(found.result, Broken)
    assert why in " ".join(flaw.message for flaw in found.result.flaws)


def test_a_log_without_anchors(directory: Path, anchored: tuple[Anchor, ...]) -> None:
    """Where a log should have some, none at all is a finding."""
    del anchored

    assert kinds(verify_anchored(directory, ())) == {Kind.NOT_ANCHORED}


def test_a_log_without_its_key(directory: Path, anchored: tuple[Anchor, ...]) -> None:
    """Without the public key nothing can be said about anchors."""
    (directory / "keys" / "log.vkey").unlink()

    with pytest.raises(UsageError, match="what the log's key is"):
        verify_anchored(directory, anchored)
