"""Sign later how a run ended, when the operator's key was gone at that moment.

Who signs puts a name to what happened, so he gets to sign only what holds: the log is verified first, and the key has
to be the one that signed how the run began. `runner audit verify` judges such a signature as any other.
"""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path

from runner.audit.checkpoint_store import read_checkpoints, write_signature
from runner.audit.directory import open_root
from runner.audit.line import number, text
from runner.audit.reading import read_records
from runner.audit.record import CheckpointSigned, RunClosed
from runner.audit.signing import CHECKPOINTS
from runner.audit.unwritable import writing
from runner.audit.verify import Broken, verify_ledger
from runner.errors import GuardRefused, NotApproved
from runner.guard.ssh_key import Unreadable
from runner.guard.ssh_signature import read_signature
from runner.model.ports import Signer

_TEXT_LINES = 3
"""A checkpoint's text; its signatures follow."""


@dataclass(frozen=True)
class UnsignedEnd:
    """Hold the end of a run whose beginning its operator signed, and whose end he did not."""

    run: str
    size: int
    """How many lines the checkpoint over it covers."""
    fingerprint: str
    """Of the key that signed the beginning."""


def unsigned_ends(directory: Path) -> tuple[UnsignedEnd, ...]:
    """Return the ends that an operator's signature is missing of, the oldest first.

    Raises:
        UsageError: when there is no ledger, or it cannot be read.
    """
    keys = {
        text(data, "run"): text(data, "fingerprint")
        for data, _ in read_records(directory, mark=CheckpointSigned.type)
        if text(data, "type") == CheckpointSigned.type
    }
    ends = {
        number(data, "seq") + 1: text(data, "run")
        for data, _ in read_records(directory, mark=RunClosed.type)
        if text(data, "type") == RunClosed.type
    }
    return tuple(
        UnsignedEnd(run, size, keys[run])
        for name, _, signature, _ in read_checkpoints(directory)
        if signature is None and (run := ends.get(size := int(name), "")) in keys
    )


def sign_ends(directory: Path, ends: tuple[UnsignedEnd, ...], signer: Signer) -> tuple[UnsignedEnd, ...]:
    """Sign the ends whose beginning the same key signed, and return them; the others are left as they are.

    Raises:
        GuardRefused: when the log does not verify: nothing is signed.
        NotApproved: when the key does not sign.
        LogUnwritable: when a signature cannot be kept.
    """
    if ends and isinstance(verify_ledger(directory), Broken):
        raise GuardRefused(
            "the log is not intact, so nothing of it is signed", on=str(directory), hint="see `runner audit verify`"
        )
    notes = {int(name): note for name, note, *_ in read_checkpoints(directory)}
    return tuple(end for end in ends if _sign(directory, end, notes[end.size], signer))


def _sign(directory: Path, end: UnsignedEnd, note: bytes, signer: Signer) -> bool:
    """Return whether it is signed now: whose key it is shows in the signature only."""
    covered = b"".join(note.splitlines(keepends=True)[:_TEXT_LINES])
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
