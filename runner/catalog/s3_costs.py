"""What the ways to delete a census of S3 come to: requests, hours, and dollars. Pure.

The prices are list prices of one region, written down by hand and dated, so that ways can be compared; what is paid
stands in AWS's bill.

Source: Amazon S3 pricing (aws.amazon.com/s3/pricing), "Storage & requests"; user guide, "Expiring objects" (no charge
for an expiration, nor for storage once an object is due) and "Performance guidelines" (requests a second of a
partition).
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final

from runner.model.plan import Census

AS_OF: Final = "2025-01"
PRICED_IN: Final = "us-east-1"
LIST_PRICE: Final = 0.005 / 1000
"""Dollars of one LIST or PUT; DELETE requests, those that abort uploads included, cost nothing."""
GB_MONTH: Final[Mapping[str, float]] = MappingProxyType(
    {
        "STANDARD": 0.023,
        "INTELLIGENT_TIERING": 0.023,
        "REDUCED_REDUNDANCY": 0.024,
        "STANDARD_IA": 0.0125,
        "ONEZONE_IA": 0.01,
        "GLACIER_IR": 0.004,
        "GLACIER": 0.0036,
        "DEEP_ARCHIVE": 0.00099,
    }
)
"""Dollars for a GiB and a month of 30 days, of the first 50 TB."""
LEAST_DAYS: Final[Mapping[str, int]] = MappingProxyType(
    {"STANDARD_IA": 30, "ONEZONE_IA": 30, "GLACIER_IR": 90, "GLACIER": 90, "DEEP_ARCHIVE": 180}
)
"""For how many days at least an object is billed (Amazon S3 user guide, "Storage classes")."""
RATE: Final = 3500
"""Deletions a second that each partition of a bucket takes at least; every key of a batch counts as one."""
WORKERS: Final = 4
"""Workers of the comparison, each on partitions of its own."""
PASSES: Final = 4
"""How often contents are listed: for the plan, when it is applied, right before the step, and by the sweep."""
DUE: Final = 3
"""Days until a rule of one day has made everything due: versions, a day later what was below them, and midnight."""
_PAGE: Final = 1000
_SMALLEST: Final = 128 * 1024
"""Bytes for which an object of an infrequent class is billed at least."""
_GIB: Final = 1024**3
_MONTH: Final = 30


@dataclass(frozen=True)
class Way:
    """Hold what one way comes to; ``hours`` are at least so many."""

    name: str
    requests: int
    hours: float
    dollars: float
    """Of requests, and of storage until it is gone."""


@dataclass(frozen=True)
class Costs:
    """Compare the ways; ``early`` are dollars at most that AWS bills for deleting early, in whatever way."""

    ways: tuple[Way, ...]
    early: float


def costs_of(census: Census) -> Costs:
    """Return what a census comes to in each way."""
    pages = math.ceil(census.children / _PAGE)
    listings = PASSES * (pages + 1)
    seconds = census.children / RATE
    dollars = listings * LIST_PRICE
    dearest = max((GB_MONTH.get(name, 0.0) for name in census.classes), default=GB_MONTH["STANDARD"])
    waiting = census.size / _GIB * dearest * DUE / _MONTH
    return Costs(
        (
            Way("one machine", listings + pages, seconds / 3600, dollars),
            Way(f"{WORKERS} workers of a cluster", listings + pages, seconds / WORKERS / 3600, dollars),
            Way("s3.expire_bucket, a lifecycle rule", 1, DUE * 24.0, LIST_PRICE + waiting),
        ),
        _early(census),
    )


def _early(census: Census) -> float:
    """Return what deleting early costs at most: as if all had been written today, and all in the dearest class."""
    early = {name: count for name, count in census.classes.items() if name in LEAST_DAYS}
    if not early:
        return 0.0
    billed = (census.size + sum(early.values()) * _SMALLEST) / _GIB
    return billed * max(GB_MONTH[name] * LEAST_DAYS[name] / _MONTH for name in early)
