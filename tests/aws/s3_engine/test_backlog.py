"""Batches are named together where several wait, and handed out one by one, in their order."""

from __future__ import annotations

import threading
from collections.abc import Sequence
from dataclasses import replace

import pytest

from runner.aws.s3_engine import backlog as module
from runner.aws.s3_engine.backlog import MOST, TOGETHER, Backlog
from runner.aws.s3_engine.batches import batches
from runner.model.bulk import Batch, Part
from tests.aws.s3_engine.sweeps import child, versions_of


def some(count: int) -> list[Batch]:
    """Return batches of one child each."""
    return [batch for at in range(count) for batch in batches(versions_of(), (child(f"k{at}"),))]


class Names:
    """Name batches, and remember which ones together."""

    def __init__(self) -> None:
        self.groups: list[int] = []
        self.stopped = False
        self.backlog = Backlog(self.name, lambda: self.stopped)

    def name(self, named: Sequence[Batch]) -> tuple[Batch, ...]:
        """Name them in the manifest of their group's number."""
        self.groups.append(len(named))
        return tuple(replace(batch, part=Part(str(len(self.groups)), at)) for at, batch in enumerate(named))

    def all(self) -> list[Batch]:
        """Take everything."""
        taken = []
        while not self.backlog.is_over:
            batch = self.backlog.take()
            if batch is not None:
                taken.append(batch)
        return taken


def test_the_first_batch_is_named_alone_and_others_together() -> None:
    """The first one is sent at once, because what AWS refuses is to be refused early; order is kept."""
    names = Names()
    made = some(1 + TOGETHER + 2)
    for batch in made:
        names.backlog.put(batch)
    names.backlog.close()
    taken = names.all()

    assert names.groups == [1, TOGETHER, 2]
    assert [batch.children for batch in taken] == [batch.children for batch in made]
    assert all(batch.part is not None for batch in taken)


def test_a_batch_does_not_wait_for_others_for_ever() -> None:
    """Where no more come, and nobody says that none will, what there is is named after a moment."""
    names = Names()
    for batch in some(3):
        names.backlog.put(batch)
    assert [names.backlog.take() is not None for _ in range(3)] == [True] * 3
    assert names.groups == [1, 2]
    assert names.backlog.take() is None
    assert not names.backlog.is_over


def test_large_batches_are_not_named_together(monkeypatch: pytest.MonkeyPatch) -> None:
    """A manifest has a longest length, whatever the keys are."""
    monkeypatch.setattr(module, "LARGEST", 1)
    names = Names()
    for batch in some(3):
        names.backlog.put(batch)
    names.backlog.close()
    assert len(names.all()) == 3
    assert names.groups == [1, 1, 1]


def test_who_lists_waits_while_there_are_too_many() -> None:
    """Memory stays flat: a batch more is taken once another one was handed out."""
    names = Names()
    *made, last = some(MOST + 1)
    for batch in made:
        names.backlog.put(batch)
    putting = threading.Thread(target=names.backlog.put, args=(last,))
    putting.start()
    assert len(names.backlog) == MOST
    names.backlog.take()
    putting.join()
    assert len(names.backlog) == MOST


def test_once_stopped_nothing_is_handed_out() -> None:
    """What waits then is never named, and who lists is let go."""
    names = Names()
    for batch in some(MOST):
        names.backlog.put(batch)
    names.stopped = True
    names.backlog.put(some(1)[0])
    assert names.backlog.take() is None
    assert names.groups == []
