"""Have checkpoints time-stamped as the guardrails say, and read the roots that time stamps are held against."""

from __future__ import annotations

from pathlib import Path

from runner import __version__
from runner.audit.time_authority import Authority
from runner.audit.time_stamp import BadStamp, Roots, read_roots
from runner.cli.plain_file import read_file
from runner.errors import UsageError
from runner.model.guardrails import StampRules
from runner.model.ports import Clock

LARGEST = 64 * 1024
"""Bytes of a file of roots at most."""


def time_stamper(rules: StampRules, directory: Path, clock: Clock) -> Authority:
    """Return the authority that the guardrails name; ``directory`` is the ledger's.

    Raises:
        UsageError: when its roots cannot be read.
    """
    return Authority(rules.url, roots_of(rules.roots), directory, f"runner/{__version__}", clock)


def roots_of(path: str) -> Roots:
    """Return the certificates of a PEM file.

    Raises:
        UsageError: when there is none, or it cannot be read.
    """
    try:
        # What is cut off there is no certificate.
        return read_roots(read_file(path, LARGEST))
    except BadStamp as error:
        hint = "name the PEM file of the certificates that the authority's chain ends in"
        raise UsageError(f"time stamps cannot be held against this: {error}", on=path, hint=hint) from error
