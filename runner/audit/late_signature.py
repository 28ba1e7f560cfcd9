"""Sign later how a run ended, when the operator's key was gone at that moment.

Who signs puts a name to what happened, so he gets to sign only what holds: the log is verified first, and the key has
to be the one that signed how the run began. `runner audit verify` judges such a signature as any other.
"""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path

from runner.audit.checkpoint_check import StoredCheckpoint
from runner.audit.checkpoint_store import read_checkpoints, write_signature
from runner.audit.directory import open_root
from runner.audit.line import number, text
from runner.audit.note import text_of
from runner.audit.reading import read_records
from runner.audit.record import CheckpointSigned, RunClosed
from runner.audit.signing import CHECKPOINTS
from runner.audit.unwritable import writing
from runner.audit.verify import Broken, verify_files, walk_of
from runner.errors import GuardRefused, NotApproved
from runner.guard.ssh_key import Unreadable
from runner.guard.ssh_signature import read_signature
from runner.model.ports import Signer


@dataclass(frozen=True)
class UnsignedEnd:
    """Hold the end of a run whose beginning its operator signed, and whose end he did not."""

    run: str
    size: int
    """How many lines the checkpoint over it covers."""
    fingerprint: str
    """Of the key that signed the beginning."""


@dataclass(frozen=True)
class Waiting:
    """Hold the ends that an operator's signature is missing of, the oldest first, and the checkpoints as they are."""

    ends: tuple[UnsignedEnd, ...]
    checkpoints: tuple[StoredCheckpoint, ...]


def unsigned_ends(directory: Path) -> Waiting:
    """Return what waits for a signature.

    Raises:
        UsageError: when there is no ledger, or it cannot be read.
    """
    keys: dict[str, str] = {}
    ends: dict[int, str] = {}
    for data, _ in read_records(directory, mark=(CheckpointSigned.type, RunClosed.type)):
        match text(data, "type"):
            case CheckpointSigned.type:
                keys[text(data, "run")] = text(data, "fingerprint")
            case RunClosed.type:
                ends[number(data, "seq") + 1] = text(data, "run")
            case _:
                pass
    stored = tuple(StoredCheckpoint(*found) for found in read_checkpoints(directory))
    waiting = tuple(
        UnsignedEnd(run, size, keys[run])
        for one in stored
        if one.signature is None and (run := ends.get(size := int(one.name), "")) in keys
    )
    return Waiting(waiting, stored)


def sign_ends(directory: Path, waiting: Waiting, signer: Signer) -> tuple[UnsignedEnd, ...]:
    """Sign the ends whose beginning the same key signed, and return them; the others are left as they are.

    Raises:
        GuardRefused: when the log does not verify: nothing is signed.
        NotApproved: when the key does not sign.
        LogUnwritable: when a signature cannot be kept.
    """
    # The log is held against the very checkpoints that are signed then.
    if waiting.ends and isinstance(verify_files(directory, walk_of(directory, waiting.checkpoints)), Broken):
        raise GuardRefused(
            "the log is not intact, so nothing of it is signed", on=str(directory), hint="see `runner audit verify`"
        )
    notes = {int(one.name): one.note for one in waiting.checkpoints}
    return tuple(end for end in waiting.ends if _sign(directory, end, text_of(notes[end.size]).encode(), signer))


def _sign(directory: Path, end: UnsignedEnd, covered: bytes, signer: Signer) -> bool:
    """Return whether it is signed now: whose key it is shows in the signature only."""
    signature = signer.sign(covered, CHECKPOINTS.namespace)
    try:
        if read_signature(signature).key.fingerprint != end.fingerprint:
            return False
    except Unreadable as error:
        raise NotApproved(f"the log is not signed by its operator: {error}", hint="use another key") from error
    with writing(str(directory)):
        root = open_root(directory)
        try:
            write_signature(root, end.size, signature)
        finally:
            os.close(root)
    return True
