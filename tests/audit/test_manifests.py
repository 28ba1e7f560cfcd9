"""A manifest may name the children of several batches, and each intent says which are its own."""

from __future__ import annotations

from pathlib import Path

import pytest

from runner.audit.log import FileLedger
from runner.audit.manifests import KEPT, Manifests
from runner.audit.objects import ObjectLine, run_objects
from runner.errors import UsageError
from runner.model.bound import BoundCall
from runner.model.bulk import Batch, Part
from runner.model.call import Effect
from runner.model.canonical import Json
from runner.model.children import Children, manifest
from runner.model.ports import Clock, Reply
from runner.workflow.journal import Journal

CALL = BoundCall("s3", "DeleteObjects", {}, "eu-west-1", ("arn:aws:s3:::b/*",), Effect.DELETE)
ALONE = BoundCall("s3", "DeleteObject", {}, "eu-west-1", ("arn:aws:s3:::b/*",), Effect.DELETE)


def batch(*keys: bytes) -> Batch:
    """Return a batch of keys."""
    return Batch(CALL, {"Bucket": "b"}, Children.of((key, b"v") for key in keys), b"<Delete/>")


def test_batches_that_are_named_together_are_told_apart(ledger: FileLedger, directory: Path, clock: Clock) -> None:
    """Two batches share a manifest, a third is named by its own request; each object is told once, with its end."""
    journal = Journal(ledger, clock)
    alone = Batch(ALONE, {"Bucket": "b", "Key": "\\x01"}, ((b"%01", b""),))
    named = journal.name((batch(b"a", b"b%20c"), alone, batch(b"d")))
    tickets = [journal.intend(one, "empty", 1) for one in named]
    journal.answered(tickets[2], Reply({}, "r", 200), ())
    journal.answered(tickets[0], Reply({}, "r", 200), ({"Key": "b c", "VersionId": "v", "Code": "AccessDenied"},))
    journal.settle()

    first, by_request, last = (one.part for one in named)
    assert first is not None
    assert (last, by_request) == (Part(first.digest, 2), None)
    assert list(run_objects(directory, ledger.run)) == [
        ObjectLine(2, "b", "d", "v", "deleted"),
        ObjectLine(0, "b", "a", "v", "deleted"),
        ObjectLine(0, "b", "b c", "v", "refused: AccessDenied"),
        ObjectLine(1, "b", "\\x01", "", "in doubt"),
    ]


def test_a_batch_that_is_sent_again_is_not_named_again(ledger: FileLedger, clock: Clock) -> None:
    """Where its children are named is part of a batch."""
    journal = Journal(ledger, clock)
    (named,) = journal.name((batch(b"a"),))
    assert journal.intend(named, "empty", 1).manifest == journal.intend(named, "empty", 2).manifest


@pytest.mark.parametrize(("first", "count"), [(2, 1), (0, 3), (0, None), ("0", 1)])
def test_an_intent_that_names_more_than_the_manifest_is_refused(
    ledger: FileLedger, directory: Path, first: Json, count: Json
) -> None:
    """What is said of objects is never guessed."""
    digest = ledger.store(manifest("b", batch(b"a", b"b").children))  # type: ignore[arg-type]  # they are `Children`
    manifests = Manifests(directory)
    with pytest.raises(UsageError, match="manifest cannot be read"):
        manifests.named({"objects_sha256": digest, "objects_first": first, "objects_count": count})


def test_few_manifests_are_kept(ledger: FileLedger, directory: Path) -> None:
    """Memory does not grow with the number of manifests that were read."""
    manifests = Manifests(directory)
    for key in (b"%d" % at for at in range(3 * KEPT)):
        digest = ledger.store(manifest("b", Children.of([(key, b"v")])))
        assert manifests.named({"objects_sha256": digest, "objects_count": 1}) == ("b", [[key.decode(), "v"]])
    assert len(manifests._read) == KEPT
