"""Jobs side by side: all are done, in order, by a bounded number, and an error is the one of doing them in turn."""

from __future__ import annotations

import threading
from collections.abc import Iterator

import pytest

from runner.cli.threads import Threads

PATIENCE = 30.0
"""Seconds after which a test that hangs is a failed one."""


def test_results_come_in_the_items_order() -> None:
    """What is done last may be asked for first."""
    later = threading.Event()

    def job(number: int) -> int:
        if number:
            later.set()
        else:
            later.wait(PATIENCE)
        return number * number

    assert Threads(4).map(job, range(20)) == tuple(number * number for number in range(20))


def test_no_more_jobs_are_done_at_a_time_than_there_is_room_for() -> None:
    """Jobs that ask for jobs share one stock of helpers, and nobody waits for ever."""
    lock, running, most = threading.Lock(), 0, 0

    def inner(number: int) -> int:
        nonlocal running, most
        with lock:
            running += 1
            most = max(most, running)
        threading.Event().wait(0.001)
        with lock:
            running -= 1
        return number

    crew = Threads(3)

    assert crew.map(lambda _: sum(crew.map(inner, range(5))), range(8)) == (10,) * 8
    assert 1 < most <= 3


def test_at_most_so_many_of_one_kind() -> None:
    """The one who asks can allow fewer: with one, the jobs are done by the asker."""
    assert set(Threads(8).map(lambda _: threading.current_thread(), range(10), 1)) == {threading.current_thread()}


@pytest.mark.parametrize("size", [1, 4])
def test_the_first_error_in_order_is_raised_and_ends_it(size: int) -> None:
    """A later item that failed sooner does not hide an earlier one; what was not begun never is."""
    second_failed, done = threading.Event(), []

    def job(number: int) -> None:
        if number == 0 and size > 1:
            second_failed.wait(PATIENCE)
        if number == 1:
            second_failed.set()
        if number < 2:
            raise ValueError(f"item {number}")
        done.append(number)

    with pytest.raises(ValueError, match="item 0"):
        Threads(size).map(job, range(1000))

    assert len(done) < 900


def test_an_error_of_the_items_is_raised_too() -> None:
    """Items may be made while they are taken, by something that fails."""

    def items() -> Iterator[int]:
        yield 1
        raise LookupError("no more")

    with pytest.raises(LookupError):
        Threads(4).map(str, items())


def test_an_interrupt_is_not_held_up_by_helpers() -> None:
    """Ctrl-C reaches whoever asked; a helper in the middle of a read is not waited for."""
    held, asker = threading.Event(), threading.current_thread()
    helping = threading.Event()

    def job(_: int) -> None:
        if threading.current_thread() is asker:
            helping.wait(PATIENCE)
            raise KeyboardInterrupt
        helping.set()
        held.wait(PATIENCE)

    try:
        with pytest.raises(KeyboardInterrupt):
            Threads(2).map(job, range(10))
        assert not held.is_set()
    finally:
        held.set()
