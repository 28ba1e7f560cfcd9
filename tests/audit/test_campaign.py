"""A small part of the crash campaign (``make crash-campaign``), of which every moment is chosen by number."""

from __future__ import annotations

from pathlib import Path
from random import Random

import pytest

from tests.campaign.dying import Death
from tests.campaign.in_memory import Job, kill

KILLS = 6


def test_killed_runs_are_ended_by_others(tmp_path: Path) -> None:
    """After every kill the log is sound and honest, and in the end somebody gets the job done."""
    toll = kill(tmp_path, Random(20261201), KILLS, of_time=0)  # noqa: S311  # repeatable, not secret
    assert (toll.kills, toll.jobs > 1) == (KILLS, True)


@pytest.mark.parametrize("moment", [31, 33])
def test_a_resumption_that_is_killed_as_it_begins(tmp_path: Path, moment: int) -> None:
    """What was in doubt before is settled by whoever goes on, also when the one between was killed at its beginning."""
    job = Job(tmp_path / "ledger", ("acme-orders",))
    assert job.attempt(Death(110, 0.9))
    assert job.attempt(Death(moment, 0))
    job.end()
