"""Hold the log against what was anchored outside: is it still as long, and the same, as it was there. Pure.

1. There is an anchor of this log, and every one is what this log's key signed. 2. The log fits each of them, as it has
to fit its own checkpoints. 3. Nobody put a second, other one over an anchor, nor a delete marker.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path

from runner.audit.blob import read_blob
from runner.audit.checkpoint_check import StoredCheckpoint, Trust
from runner.audit.checkpoint_store import checkpoint_name
from runner.audit.flaw import Flaw, Kind, Place
from runner.audit.format import read_origin
from runner.audit.log_key import read_public_key, verify_ed25519
from runner.audit.note import NoteKey
from runner.audit.verify import Broken, Verified, verify_files
from runner.audit.walk import Walk
from runner.errors import UsageError
from runner.model.anchor import Anchor


@dataclass(frozen=True)
class Anchors:
    """Say what was found: of this log, and how many anchors other logs have there."""

    result: Verified | Broken
    count: int
    others: tuple[tuple[str, int], ...]


def verify_anchored(directory: Path, anchors: Iterable[Anchor], key: NoteKey | None = None) -> Anchors:
    """Verify the ledger in a directory against the anchors of a bucket instead of its own checkpoints.

    Raises:
        UsageError: when there is no ledger, it cannot be read, or nothing says what its key is.
    """
    origin, known = read_origin(directory), key or read_public_key(directory)
    if known is None:
        raise UsageError("nothing says what the log's key is", on=str(directory), hint="give it: --log-key")
    everything = tuple(anchors)
    own = tuple(one for one in everything if one.origin == origin)
    stored = {one.size: StoredCheckpoint(checkpoint_name(one.size), one.note) for one in own if not one.is_marker}
    trust = Trust(origin, known, verify_ed25519)
    found = verify_files(directory, Walk(partial(read_blob, directory), tuple(stored.values()), trust))
    flaws = tuple(_flaws(own))
    others = Counter(one.origin for one in everything if one.origin != origin)
    return Anchors(_with(found, flaws), len(stored), tuple(sorted(others.items())))


def _flaws(own: tuple[Anchor, ...]) -> Iterable[Flaw]:
    if not own:
        yield Flaw(Kind.NOT_ANCHORED, Place("anchors", 0), "no anchor of this log is there")
    seen: dict[int, bytes] = {}
    for one in own:
        place = Place(f"anchors/{checkpoint_name(one.size)}", 0)
        if one.is_marker:
            yield Flaw(Kind.HIDDEN, place, f"somebody put a delete marker over it (version {one.version})")
        elif seen.setdefault(one.size, one.note) != one.note:
            yield Flaw(Kind.HIDDEN, place, f"somebody put another one over it (version {one.version})")


def _with(found: Verified | Broken, flaws: tuple[Flaw, ...]) -> Verified | Broken:
    match found:
        case Verified(records=records, warnings=warnings) if flaws:
            return Broken(flaws, warnings, records, complete=True)
        case Broken(flaws=before):
            return replace(found, flaws=(*flaws, *before))
        case _:
            return found
