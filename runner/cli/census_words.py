"""What a census says besides its counts: storage classes that are billed for longer, and the newest write."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from types import MappingProxyType
from typing import Final

from runner.model.plan import Census

LEAST_DAYS: Final[Mapping[str, int]] = MappingProxyType(
    {"STANDARD_IA": 30, "ONEZONE_IA": 30, "GLACIER_IR": 90, "GLACIER": 90, "DEEP_ARCHIVE": 180}
)
"""For how many days at least an object is billed (Amazon S3 user guide, "Storage classes")."""


def besides(census: Census) -> str:
    """Return it in words, with a semicolon before each part; empty when there is nothing of the kind."""
    return "".join(f"; {part}" for part in _parts(census))


def _parts(census: Census) -> Iterator[str]:
    for name, count in census.classes.items():
        if name in LEAST_DAYS:
            yield f"{count:,} in {name}, billed for {LEAST_DAYS[name]} days even when deleted earlier"
    if census.newest:
        yield f"newest write {census.newest[:10]}"
