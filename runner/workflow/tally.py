"""What a step changed so far: for its result, and for an error that ends it in the middle."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

from runner.model.figures import Figures, share


@dataclass
class Tally:
    """Count while a step goes on."""

    children: int = 0
    """Children that AWS says are deleted."""
    calls: int = 0
    """Writes that AWS accepted or may have accepted, a sweep's batches included."""

    errors: int = 0
    """Writes of a sweep that AWS refused or did not answer, and children that it refused."""
    throttled: int = 0
    """How often AWS asked to slow down."""
    most_in_flight: int = 0
    swept_for: timedelta = timedelta()
    """How long the children took that were deleted in bulk."""

    @property
    def touched(self) -> bool:
        """Whether anything was changed, or may have been."""
        return self.calls > 0

    def took(self, children: int = 0) -> None:
        """Count one write, and how many children it deleted."""
        self.calls += 1
        self.children += children

    def figures(self, size: int, planned: int) -> Figures | None:
        """Return what the sweeps came to, whose plan counted so many bytes and children; None without any in bulk."""
        if not self.swept_for:
            return None
        took = self.swept_for // timedelta(milliseconds=1)
        bytes_ = share(size, self.children, planned)
        return Figures(self.children, bytes_, took, self.most_in_flight, self.throttled, self.errors)
