"""How much a target holds, told in powers of ten: what is approved does not change with each item that is written."""

from __future__ import annotations

from runner.catalog.answers import at
from runner.model.action import Facts, Present, Remark
from runner.model.canonical import Json


def holds(fact: str, **paths: str) -> Remark:
    """Return the remark how much a target holds: paths of numbers in a fact, by what they count (``bytes``)."""

    def how_much_it_holds(facts: Facts) -> tuple[str, ...]:
        """Tell how much the target holds."""
        reading = facts[fact]
        if not isinstance(reading, Present):
            return ()
        told = (_about(at(reading.data, path), what) for what, path in paths.items())
        return tuple(one for one in told if one)

    return how_much_it_holds


def _about(number: Json, what: str) -> str:
    if not isinstance(number, int) or isinstance(number, bool) or number <= 0:
        return ""
    return f"it holds {10 ** (len(str(number)) - 1):,} {what} or more, by AWS's last count"
