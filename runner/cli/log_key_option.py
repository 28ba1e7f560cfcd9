"""Read the log's public key that ``--log-key`` gives."""

from __future__ import annotations

from runner.audit.note import BadNote, NoteKey
from runner.errors import UsageError


def log_key_of(given: str | None) -> NoteKey | None:
    """Return the key; None when none was given.

    Raises:
        UsageError: when it is none.
    """
    try:
        return None if given is None else NoteKey.parse(given)
    except BadNote as error:
        raise UsageError(f"this is no key: {error}", on="--log-key", hint="`runner audit verify` prints it") from error
