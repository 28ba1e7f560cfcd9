"""What a census says besides its counts: storage classes that are billed for longer, and the newest write."""

from __future__ import annotations

from collections.abc import Iterator

from runner.catalog.s3_costs import LEAST_DAYS
from runner.model.plan import Census


def besides(census: Census) -> str:
    """Return it in words, with a semicolon before each part; empty when there is nothing of the kind."""
    return "".join(f"; {part}" for part in _parts(census))


def _parts(census: Census) -> Iterator[str]:
    for name, count in census.classes.items():
        if name in LEAST_DAYS:
            yield f"{count:,} in {name}, billed for {LEAST_DAYS[name]} days even when deleted earlier"
    if census.newest:
        yield f"newest write {census.newest[:10]}"
