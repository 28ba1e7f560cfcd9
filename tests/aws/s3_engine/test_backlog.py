"""Batches are named together where several wait, and handed out one by one, in their order."""

from __future__ import annotations

import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
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
        self.missing: list[int] = []
        self.backlog = Backlog(self.name, lambda: self.stopped, self.missing.append)

    def name(self, named: Sequence[Batch]) -> tuple[Batch, ...]:
        """Name them in the manifest of their group's number."""
        self.groups.append(len(named))
        return tuple(replace(batch, part=Part(str(len(self.groups)), at)) for at, batch in enumerate(named))

    @contextmanager
    def naming(self) -> Iterator[None]:
        """Name batches in another thread for the length of a block."""
        thread = threading.Thread(target=self.backlog.name_all)
        thread.start()
        yield
        self.stopped = True
        thread.join()

    def take(self) -> Batch:
        """Return the next batch, however long that takes."""
        while (batch := self.backlog.take()) is None:
            continue
        return batch

    def all(self) -> list[Batch]:
        """Name and take everything."""
        self.backlog.close()
        self.backlog.name_all()
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
    taken = names.all()

    assert names.groups == [1, TOGETHER, 2]
    assert names.missing == [1, 1 + TOGETHER, 1 + TOGETHER + 2], "nobody was waiting for a batch"
    assert [batch.children for batch in taken] == [batch.children for batch in made]
    assert all(batch.part is not None for batch in taken)


def test_a_batch_does_not_wait_for_others_for_ever() -> None:
    """Where no more come, and nobody says that none will, what there is is named after a moment."""
    names = Names()
    for batch in some(3):
        names.backlog.put(batch)
    with names.naming():
        taken = [names.take() for _ in range(3)]
        assert names.backlog.take() is None
        assert not names.backlog.is_over
    assert len(taken) == 3
    assert names.groups == [1, 2]


def test_large_batches_are_not_named_together(monkeypatch: pytest.MonkeyPatch) -> None:
    """A manifest has a longest length, whatever the keys are."""
    monkeypatch.setattr(module, "LARGEST", 1)
    names = Names()
    for batch in some(3):
        names.backlog.put(batch)
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
    with names.naming():
        names.take()
        putting.join()
    assert len(names.backlog) == MOST


def test_once_stopped_nothing_is_handed_out() -> None:
    """What waits then is never named, and who lists is let go."""
    names = Names()
    for batch in some(MOST):
        names.backlog.put(batch)
    names.stopped = True
    names.backlog.put(some(1)[0])
    names.backlog.name_all()
    assert names.backlog.take() is None
    assert names.groups == []
