"""When the tree over all lines is signed, and by whom: always by the log's key, by the operator's where one is named.

1. Under the log's lock, the log's own key signs: as a run begins and ends, and before the next call once `EVERY`
   outcomes are not signed.
2. Outside of it, because a person may have to be waited for, the operator's SSH key signs what the first and the last
   of these cover. So a key that does not sign is found before anything is touched, and the log names the key.
"""

from __future__ import annotations

import hashlib

from runner.audit.checkpoint import Checkpoint
from runner.audit.checkpoint_store import CheckpointStore
from runner.audit.merkle import Tree
from runner.audit.record import CallOutcome, CheckpointSigned, RunClosed, RunOpened
from runner.errors import LogUnwritable, NotApproved
from runner.guard.listed_key import Purpose
from runner.guard.ssh_key import Unreadable
from runner.guard.ssh_signature import read_signature
from runner.model.ports import Record, SignedNote, Signer

EVERY = 50
"""Outcomes after which the tree is signed again."""

CHECKPOINTS = Purpose("runner-checkpoint-v1@guarded-runner", "checkpoints")
"""What an operator's signature is for; the namespace is SSH's, so that no signature for anything else is one."""


class Signing:
    """Sign the tree when it is time."""

    def __init__(self, operator: Signer | None) -> None:
        self._operator = operator
        self._store: CheckpointStore | None = None
        self._unsigned = 0
        self._due: Checkpoint | None = None
        self.last: SignedNote | None = None
        """What was signed last."""

    def begin(self, store: CheckpointStore) -> None:
        """Sign from now on; before, nothing is signed."""
        self._store = store

    def sign(self, record: Record, tree: Tree) -> OSError | None:
        """Sign the tree with the log's key when it is time; what ended a run stays recorded even when that fails.

        Raises:
            OSError: when it fails before a run has ended.
        """
        self._unsigned += isinstance(record, CallOutcome)
        is_end = isinstance(record, (RunOpened, RunClosed))
        is_time = is_end or (self._unsigned >= EVERY and not isinstance(record, CallOutcome))
        if self._store is None or not is_time:
            return None
        try:
            made, note = self._store.write(tree)
        except OSError as error:
            if not isinstance(record, RunClosed):
                raise
            return error
        self._unsigned = 0
        self.last = SignedNote(made.origin, made.size, made.root.hex(), note)
        self._due = made if is_end else self._due
        return None

    def countersign(self) -> CheckpointSigned | None:
        """Have the operator sign what the log's key signed as a run began or ended; None when there is nothing to do.

        Raises:
            LogUnwritable: when the operator's key does not sign.
            OSError: when the signature cannot be kept.
        """
        made, self._due = self._due, None
        if self._store is None or made is None or self._operator is None:
            return None
        try:
            signature = self._operator.sign(made.text.encode(), CHECKPOINTS.namespace)
            fingerprint = read_signature(signature).key.fingerprint
        except NotApproved as error:
            what = f"the log is not signed by its operator: {error.what}"
            raise LogUnwritable(what, on=error.on, hint=error.hint) from error
        except Unreadable as error:
            raise LogUnwritable(f"the log is not signed by its operator: {error}", hint="use another key") from error
        self._store.write_signature(made, signature)
        return CheckpointSigned(made.size, made.root.hex(), fingerprint, hashlib.sha256(signature).hexdigest())
