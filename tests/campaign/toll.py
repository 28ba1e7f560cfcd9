"""What a campaign came to: so many kills, and what was under way when they came."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass
class Toll:
    """Count kills, the jobs that they belong to, and how many came while several calls were open."""

    kills: int = 0
    jobs: int = 0
    amid_one: int = 0
    """Kills that left one intent without an outcome."""
    amid_several: int = 0
    """Kills that left two or more."""

    def killed(self, open_intents: int) -> None:
        """Count a kill, after which so many calls of the run had no outcome in the log."""
        self.kills += 1
        self.amid_one += open_intents == 1
        self.amid_several += open_intents > 1

    def __str__(self) -> str:
        return (
            f"{self.kills} kills ({self.amid_one} amid a call, {self.amid_several} amid several), "
            f"{self.jobs} jobs, each done in the end"
        )
