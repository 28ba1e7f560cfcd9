"""Long work is told of calmly where there is no terminal, and in a row for each step where there is one."""

from __future__ import annotations

import io
from unittest import mock

from rich.console import Console

from runner.cli.progress import Story
from runner.cli.progress_rows import Rows
from runner.model.event import Deleted, IdentityFound, SessionOpened, StepEnded, StepStarted, StillWaiting, Waiting
from runner.model.outcome import NotAttempted, StepResult
from runner.model.session import Secret
from tests.workflow.conftest import IDENTITY, World


def test_a_line_every_half_minute() -> None:
    """In a CI log there is a line every 30 seconds, with the rates since the last one and what is left."""
    out = io.StringIO()
    with (
        mock.patch("runner.cli.progress.time.monotonic") as now,
        Story(Console(file=out, width=120, force_terminal=False)) as story,
    ):
        story.see(StepStarted("empty", "s3.empty_bucket", "arn", 1, 1, 100_000, 100_000 * 1024))
        for second in range(62):
            now.return_value = float(second)
            is_late = second > 30
            story.see(Deleted("empty", second * 1000, in_flight=8, throttled=2 * is_late, errors=1 * is_late))

    early, late = out.getvalue().splitlines()[1:]
    assert early == "empty: 30,000 of 100,000 deleted, 1,000/s, about 1000.0 KiB/s, 8 in flight; about 70 s left"
    assert late.endswith("/s, 8 in flight, slowed down 2 times, 1 error so far; about 40 s left")


def test_four_steps_at_a_terminal() -> None:
    """Each step that is under way has a row with what is seen of it; the row goes with the step's end."""
    out = io.StringIO()
    console = Console(file=out, width=100, force_terminal=True, _environ={})
    rows = Rows(console)
    for step, total in (("empty", 3000), ("db", 0), ("cache", 0), ("zone[/red]", 0)):
        rows.add(step, total)
    rows.go_on("empty", 1200, "16 in flight")
    rows.tell("db", "it is still there (deleting), after 42 s")
    rows.tell("cache", "it is still there (snapshotting), after 7 s")
    shown = Console(file=(plain := io.StringIO()), width=100)
    shown.print(rows)
    rows.remove("empty")
    rows.hide()

    lines = [line[2:].rstrip() for line in plain.getvalue().splitlines()]
    assert lines[0].startswith("empty")
    assert "1,200 of 3,000" in lines[0]
    assert "16 in flight" in lines[0]
    assert [line.split("  ")[0].strip() for line in lines[1:]] == ["db", "cache", "zone[/red]"]
    assert lines[1].endswith("it is still there (deleting), after 42 s")


def test_nothing_is_said_into_a_question() -> None:
    """From the moment a code may be asked for, what other steps do waits until there is a session."""
    out, world = io.StringIO(), World()
    with Story(Console(file=out, width=100, force_terminal=True)) as story:
        story.see(StepStarted("db", "rds.delete_db_instance", "arn", 1, 2, 0))
        story.see(IdentityFound(IDENTITY))
        asked = out.getvalue()
        story.see(StepStarted("other", "sns.delete_topic", "arn", 2, 2, 0))
        story.see(StillWaiting("db", "it is still there", 4))
        meanwhile = out.getvalue()
        story.see(SessionOpened(world.user_session(IDENTITY, Secret("123456"))))
        story.see(StepEnded(StepResult("db", "rds.delete_db_instance", "arn", NotAttempted("no"))))

    assert meanwhile == asked
    assert "step 2 of 2, other" in out.getvalue()


def waited(*events: Waiting | StillWaiting) -> list[str]:
    """Return the lines that a wait gives where there is no terminal, as in CI."""
    out = io.StringIO()
    with Story(Console(file=out, width=100)) as story:
        for event in events:
            story.see(event)
    return out.getvalue().splitlines()


def test_a_wait_says_what_for_what_is_seen_and_how_long_that_usually_takes() -> None:
    """Whoever reads a log at night sees whether to go on waiting; the same sight again is no news for a while."""
    lines = waited(
        Waiting("db", "the target is absent", 3600, 480),
        StillWaiting("db", "it is still there (deleting)", 42),
        StillWaiting("db", "it is still there (deleting)", 60),
        StillWaiting("db", "it is still there (deleting)", 720),
    )

    assert lines == [
        "db: looking until the target is absent (usually about 8 min, at most 1 h)",
        "db: seen: it is still there (deleting); 42 s of about 8 min, at most 1 h",
        "db: seen: it is still there (deleting); 12 min, not the usual 8 min, at most 1 h",
    ]


def test_nobody_guesses_how_long_a_wait_takes() -> None:
    """Where the catalogue knows no usual time, only the longest is told."""
    lines = waited(Waiting("role", "the target is absent", 60), StillWaiting("role", "it is still there", 4))

    assert lines == [
        "role: looking until the target is absent (at most 60 s)",
        "role: seen: it is still there; waiting for 4 s of at most 60 s",
    ]
