"""What has to hold after every kill, whatever was killed: asked of the log, and of what really happened in AWS."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from runner.audit.flaw import Kind
from runner.audit.line import sha256
from runner.audit.verify import Verified, verify_ledger

_TAG = re.compile(r"runner-intent/(?P<run>[^.]+)\.(?P<seq>\d+)\.(?P<digest>[0-9a-f]{16})")
_CLAIMS = {"gone", "already gone"}


def lines(ledger: Path) -> list[bytes]:
    """Return the log's lines."""
    content = b"".join(path.read_bytes() for path in sorted((ledger / "log").glob("*.jsonl")))
    return content.split(b"\n")[:-1] if content.endswith(b"\n") else content.split(b"\n")


def records(ledger: Path) -> list[Mapping[str, Any]]:
    """Return what the lines say that killed writers finished."""
    found: list[Mapping[str, Any]] = []
    for line in lines(ledger):
        try:
            data = json.loads(line)
        except ValueError:
            continue
        found.append(data)
    return found


def open_intents(ledger: Path) -> int:
    """Return how many calls of the last run have no outcome in the log."""
    found = records(ledger) if (ledger / "log").exists() else []
    run = found[-1]["run"] if found else ""
    answered = {record["intent_seq"] for record in found if record["type"] == "call.outcome"}
    intents = [record["seq"] for record in found if record["type"] == "call.intent" and record["run"] == run]
    return len(set(intents) - answered)


def check(ledger: Path, tags: Iterable[str], gone: Mapping[str, bool]) -> None:
    """Fail unless the log is sound and honest.

    ``tags`` are those of the writes that AWS carried out; ``gone`` says of each step whether its target is gone.

    1. The log verifies; what a killed writer leaves is a note. 2. Every write that was carried out has an intent in the
    log, with the very digest that it carried. 3. No step is called gone whose target is there.
    """
    if not (ledger / "log").exists():
        assert not list(tags)
        return
    found = verify_ledger(ledger)
    assert isinstance(found, Verified), found  # 1
    assert {warning.kind for warning in found.warnings} <= {Kind.IN_DOUBT, Kind.NOT_CLOSED}, found.warnings
    written = lines(ledger)
    for tag in tags:  # 2
        named = _TAG.search(tag)
        assert named is not None, tag
        line = written[int(named["seq"])]
        assert sha256(line)[:16] == named["digest"], tag
        assert (json.loads(line)["type"], json.loads(line)["run"]) == ("call.intent", named["run"])
    for record in records(ledger):  # 3
        if record["type"] == "step.close" and record["state"] in _CLAIMS:
            assert gone[record["step"]], record
        if record["type"] == "check.gone" and record["verdict"] == "gone":
            assert gone[record["step"]], record


def check_ended(ledger: Path, tags: Iterable[str], gone: Mapping[str, bool]) -> None:
    """Fail unless the job is done, as `check`, and nothing is in doubt any more."""
    check(ledger, tags, gone)
    assert all(gone.values()), gone
    found = verify_ledger(ledger)
    assert Kind.IN_DOUBT not in {warning.kind for warning in found.warnings}, found.warnings
