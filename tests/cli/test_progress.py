"""A long deletion is told of calmly where there is no terminal."""

from __future__ import annotations

import io
from unittest import mock

from rich.console import Console

from runner.cli.progress import Story
from runner.model.event import Deleted, StepStarted


def test_a_line_every_half_minute() -> None:
    """In a CI log there is a line every 30 seconds, with the rate since the last one."""
    out = io.StringIO()
    with (
        mock.patch("runner.cli.progress.time.monotonic") as now,
        Story(Console(file=out, width=120, force_terminal=False)) as story,
    ):
        story.see(StepStarted("empty", "s3.empty_bucket", "arn", 1, 1, 100_000))
        for second in range(62):
            now.return_value = float(second)
            story.see(Deleted("empty", second * 1000, in_flight=8, throttled=2 if second > 30 else 0))

    assert out.getvalue().splitlines()[1:] == [
        "empty: 30,000 deleted, 1,000/s",
        "empty: 60,000 deleted, 1,000/s, slowed down 2 times so far",
    ]
