"""What a step changed so far: for its result, and for an error that ends it in the middle."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass
class Tally:
    """Count while a step goes on."""

    children: int = 0
    """Children that AWS says are deleted."""
    calls: int = 0
    """Writes that AWS accepted or may have accepted, a sweep's batches included."""

    @property
    def touched(self) -> bool:
        """Whether anything was changed, or may have been."""
        return self.calls > 0

    def took(self, children: int = 0) -> None:
        """Count one write, and how many children it deleted."""
        self.calls += 1
        self.children += children
