"""Which approvals were used: a run that an approval let through is the only one that it lets through."""

from __future__ import annotations

from pathlib import Path

from runner.audit.used import used_in


def used_approvals(directory: Path) -> frozenset[str]:
    """Return the digests of all statements that the log tells of; ``directory`` is the ledger's.

    Another host has a ledger of its own; what keeps an approval from being used there is that it expires.

    Raises:
        UsageError: when the log cannot be read.
    """
    return frozenset(used_in(directory).approvals)
