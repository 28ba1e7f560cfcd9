"""The batches of a run whose answers are not on record, read from their manifests: where a resumption begins.

A manifest is on disk before its batch is sent, so that what may have been deleted is known key by key and version by
version, even after a kill in the middle.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path

from runner.audit.line import text
from runner.audit.manifests import Manifests
from runner.audit.reading import read_records
from runner.audit.record import CallIntent, CallOutcome, RunOpened
from runner.model.canonical import Json
from runner.model.children import Child
from runner.model.interrupted import Unsettled


def unsettled_batches(directory: Path, run: str, done: frozenset[str]) -> tuple[Unsettled, ...]:
    """Return them for a run and those that it goes on from, but for steps that are done.

    What a resumption found out itself stands in answers of its own. An outcome without an answer settles nothing.

    Raises:
        UsageError: when a manifest cannot be read.
    """
    intents: dict[Json, Mapping[str, Json]] = {}
    answered: set[Json] = set()
    while run:
        before = ""
        for data, _ in read_records(directory, run):
            match text(data, "type"):
                case RunOpened.type:
                    before = text(data, "resume_of")
                case CallIntent.type if "objects_sha256" in data and text(data, "step") not in done:
                    intents[data.get("seq")] = data
                case CallOutcome.type if text(data, "result") != "unknown":
                    answered.add(data.get("intent_seq"))
                case _:
                    pass
        run = before
    manifests = Manifests(directory)
    open_ = (intent for seq, intent in intents.items() if seq not in answered)
    return tuple(
        Unsettled(text(one, "step"), f"{text(one, 'service')}:{text(one, 'operation')}", tuple(_named(manifests, one)))
        for one in open_
    )


def _named(manifests: Manifests, intent: Mapping[str, Json]) -> Iterator[Child]:
    _, children = manifests.named(intent)
    for key, id_ in children:
        yield key.encode("ascii"), id_.encode("ascii")
