"""Where user sessions are kept between runs: ``--keep-session``, else ``RUNNER_KEEP_SESSION``, else nowhere."""

from __future__ import annotations

import os
from collections.abc import Mapping
from enum import StrEnum
from typing import TYPE_CHECKING

from runner.errors import UsageError

if TYPE_CHECKING:  # the option is part of `--help`, which pays for nothing
    from runner.aws.session_cache.directory import SessionDirectory
    from runner.aws.session_cache.stores import Store
    from runner.model.ports import Clock, SessionCache

VARIABLE = "RUNNER_KEEP_SESSION"


class Keep(StrEnum):
    """Name where the user session is kept between runs."""

    NONE = "none"
    KEYRING = "keyring"
    FILE = "file"


def keeping(option: Keep | None, environ: Mapping[str, str]) -> Keep:
    """Return where sessions are kept: what the option says, else the environment.

    Raises:
        UsageError: when the environment says something else than the three names.
    """
    if option is not None:
        return option
    said = environ.get(VARIABLE) or Keep.NONE
    try:
        return Keep(said)
    except ValueError as error:
        raise UsageError(
            f"{said!r} is no place where sessions are kept", on=VARIABLE, hint="it may be " + ", ".join(Keep)
        ) from error


def session_cache(keep: Keep, region: str, clock: Clock, *, fresh: bool) -> SessionCache | None:
    """Return what keeps sessions that STS in ``region`` makes; None for nothing, or where there is no keyring.

    ``fresh`` ignores sessions that were kept before now.

    Raises:
        UsageError: when the keyring cannot be used for want of a package or of a secure backend.
    """
    from runner.aws.session_cache.kept_sessions import KeptSessions  # noqa: PLC0415  # only who keeps pays for it
    from runner.aws.session_cache.stores import FileStore  # noqa: PLC0415  # same

    if keep is Keep.NONE:
        return None
    directory = session_directory()
    try:
        store = _keyring() if keep is Keep.KEYRING else FileStore(directory)
    except OSError as error:
        note(f"the MFA session is not kept: {error}")
        return None
    return KeptSessions(store, directory, region, clock, note, clock.now() if fresh else None)


def session_stores(keep: Keep) -> tuple[Store, ...]:
    """Return every place where sessions may be kept, also by earlier runs that were told otherwise.

    A keyring that cannot be looked into is named; one whose package is missing, only when it was asked for.
    """
    from runner.aws.session_cache.stores import FileStore  # noqa: PLC0415  # same

    files = FileStore(session_directory())
    try:
        return (files, _keyring())
    except UsageError as error:
        if keep is Keep.KEYRING:
            note(f"the OS keyring is not looked into: {error.what}")
    except OSError as error:
        note(f"the OS keyring is not looked into: {error}")
    return (files,)


def session_directory() -> SessionDirectory:
    """Return the directory of kept sessions.

    Raises:
        UsageError: when nothing says where it is.
    """
    from runner.aws.session_cache.directory import SessionDirectory, sessions_directory  # noqa: PLC0415  # same

    return SessionDirectory(sessions_directory(os.environ))


def note(line: str) -> None:
    """Say one line on stderr."""
    from runner.cli.output import messages, text  # noqa: PLC0415  # same

    messages().print(text(f"note: {line}"), soft_wrap=True)


def _keyring() -> Store:
    from runner.aws.session_cache.keyring_store import KeyringStore, find_backend  # noqa: PLC0415  # same

    return KeyringStore(find_backend())
