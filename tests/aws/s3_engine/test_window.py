"""The window widens with what goes well, narrows when S3 asks for it, and stays within its bounds."""

from __future__ import annotations

import threading
from itertools import pairwise
from unittest import mock

from hypothesis import given, settings
from hypothesis import strategies as st

from runner.aws.s3_engine.window import CALM, FIRST, LONGEST, MOST, PAUSE, Window


class Watch:
    """Tell a time that only tests move."""

    def __init__(self) -> None:
        self.time = 0.0

    def __call__(self) -> float:
        """Return the time."""
        return self.time

    def moves(self, seconds: float) -> bool:
        """Let time pass; as a question whether to stop, the answer is no."""
        self.time += seconds
        return False


def opened(watch: Watch) -> Window:
    """Return a window after its first request went well."""
    window = Window(watch)
    window.went_well()
    return window


def test_the_first_request_goes_alone() -> None:
    """Until something went well one request is in flight, and afterwards as many as a window begins with."""
    window = Window(Watch())
    assert window.enter(lambda: False)
    asked = iter((False, True))
    assert not window.enter(lambda: next(asked))
    assert window.in_flight == 1
    window.leave()
    window.went_well()
    assert (window.size, window.in_flight) == (FIRST, 0)


def test_it_grows_up_to_its_bound() -> None:
    """However much goes well, no more than `MOST` are in flight."""
    window = opened(Watch())
    window.went_well()
    assert window.size == FIRST + 1
    for _ in range(2 * MOST):
        window.went_well()
    assert window.size == MOST


def test_after_a_slow_down_it_grows_by_one_for_each_windowful() -> None:
    """What S3 took once is approached again carefully."""
    window = opened(Watch())
    window.slow_down()
    narrowed = window.size
    assert narrowed < FIRST
    for _ in range(narrowed + 1):
        window.went_well()
    assert window.size == narrowed + 1


def test_a_slow_down_at_the_very_beginning() -> None:
    """When the first answer asks to slow down, the first good one does not open the window all at once."""
    window = Window(Watch())
    window.slow_down()
    window.went_well()
    assert window.size == 2


def test_answers_of_one_moment_narrow_it_once() -> None:
    """Several requests to slow down within the calm are counted, and narrow the window once."""
    watch = Watch()
    window = opened(watch)
    window.slow_down()
    narrowed = window.size
    window.slow_down()
    assert (window.size, window.throttled) == (narrowed, 2)
    watch.moves(CALM)
    window.slow_down()
    assert window.size < narrowed


def test_pauses_grow_until_something_goes_well() -> None:
    """Nothing begins during a pause; each is longer than the one before, up to `LONGEST`, until an answer is good."""
    watch = Watch()
    window = opened(watch)
    lengths = [paused(window, watch) for _ in range(12)]
    assert all(shorter <= longer for shorter, longer in pairwise(lengths))
    assert PAUSE <= lengths[0] < lengths[1]
    assert LONGEST <= lengths[-1] <= LONGEST + 0.05
    window.went_well()
    assert paused(window, watch) == lengths[0]


def paused(window: Window, watch: Watch) -> float:
    """Return for how long nothing may begin after a request to slow down; each look lets a moment pass."""
    watch.time = float(int(watch.time) + 1)
    begun = watch.time
    window.slow_down()
    with mock.patch.object(threading.Condition, "wait", side_effect=lambda _: watch.moves(1 / 64)):
        assert window.enter(lambda: False)
    window.leave()
    return watch.time - begun


@settings(max_examples=30)
@given(st.lists(st.tuples(st.booleans(), st.floats(0, 10)), max_size=60))
def test_it_never_leaves_its_bounds(answers: list[tuple[bool, float]]) -> None:
    """Whatever is answered, and when, between one request and `MOST` may be in flight."""
    watch = Watch()
    window = Window(watch)
    for went_well, seconds in answers:
        watch.moves(seconds)
        window.went_well() if went_well else window.slow_down()
        assert 1 <= window.size <= MOST
    assert window.throttled == sum(not went_well for went_well, _ in answers)
