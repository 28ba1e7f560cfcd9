"""The session cache itself (port `SessionCache`), and what looks after what it keeps."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from datetime import datetime

from runner.aws.session_cache.directory import SessionDirectory
from runner.aws.session_cache.entry import SessionKey, belongs_to, entry_user, read_entry, write_entry
from runner.aws.session_cache.stores import Store
from runner.errors import CredentialsRefused
from runner.model.ports import Clock
from runner.model.session import Caller, LongTermIdentity, UserSession


class KeptSessions:
    """Keep user sessions in one store, for one STS region (port `SessionCache`).

    ``not_before`` ignores, and so replaces, sessions whose code was given earlier. ``say`` gets one line when a process
    has to wait for another one, and one when sessions cannot be kept.
    """

    def __init__(
        self,
        store: Store,
        directory: SessionDirectory,
        region: str,
        clock: Clock,
        say: Callable[[str], None],
        not_before: datetime | None = None,
    ) -> None:
        self._store = store
        self._directory = directory
        self._region = region
        self._clock = clock
        self._say = say
        self._not_before = not_before
        self._complained = False

    @contextlib.contextmanager
    def slot(self, identity: LongTermIdentity) -> Iterator[Slot]:
        """Hold the identity's slot: a second process waits, so that two runs burn one code."""
        key = SessionKey.of(identity, self._region)
        with contextlib.ExitStack() as held:
            try:
                held.enter_context(self._directory.locked(key.digest, self._waiting))
                slot = Slot(self._find(key, identity.caller), lambda session: self._keep(key, session))
            except OSError as error:
                self._complain(error)
                slot = Slot(None, lambda _: None)
            yield slot

    def _find(self, key: SessionKey, caller: Caller) -> UserSession | None:
        entry = self._store.read(key.digest)
        if entry is None:
            return None
        session = read_entry(entry, key, caller, self._clock.now())
        if session is None:
            self._store.remove(key.digest)
            return None
        is_early = self._not_before is not None and session.issued is not None and session.issued < self._not_before
        return None if is_early else session

    def _keep(self, key: SessionKey, session: UserSession) -> None:
        entry = write_entry(session, key)
        if entry is None:
            return
        try:
            self._store.write(key.digest, entry)
        except OSError as error:
            # The code is spent and the session is good; only the next run has to ask again.
            self._complain(error)

    def _waiting(self) -> None:
        self._say("another runner is getting a session for this user; waiting for it")

    def _complain(self, error: OSError) -> None:
        if not self._complained:
            self._say(f"the MFA session is not kept in {self._store.place}: {error.strerror or error}")
        self._complained = True


class Slot:
    """Be the one place where an identity's user session is kept (port `SessionSlot`)."""

    def __init__(self, session: UserSession | None, keep: Callable[[UserSession], None]) -> None:
        self._session = session
        self._keep = keep

    @property
    def session(self) -> UserSession | None:
        """The kept session; None when there is none that is still good."""
        return self._session

    def keep(self, session: UserSession) -> None:
        """Keep a session for later runs."""
        self._session = session
        self._keep(session)


@dataclass(frozen=True)
class Kept:
    """Say where a session is kept, which, and the region whose STS made it."""

    place: str
    session: UserSession
    region: str


@dataclass(frozen=True)
class Removed:
    """Say where a session was removed, and whose it was; ``user`` is empty when the entry could not be read."""

    place: str
    user: str


def look(store: Store, directory: SessionDirectory, identity: LongTermIdentity, now: datetime) -> tuple[Kept, ...]:
    """Return the sessions that are kept for an identity's key, whatever the device and the region.

    Nobody is waited for, and nothing is changed.

    Raises:
        CredentialsRefused: when the place cannot be used or trusted.
    """
    found: list[Kept] = []
    with _translated(store):
        for digest in directory.digests():
            entry = store.read(digest)
            key = None if entry is None else SessionKey.written(entry)
            if entry is None or key is None or key.digest != digest:
                continue
            if key != SessionKey.of(replace(identity, serial=key.serial), key.region):
                continue
            session = read_entry(entry, key, identity.caller, now)
            if session is not None:
                found.append(Kept(store.place, session, key.region))
    return tuple(found)


def clear(store: Store, directory: SessionDirectory, of: Caller | None = None) -> tuple[Removed, ...]:
    """Remove kept sessions, all of them or those of one user, and return what was removed.

    Entries that cannot be read are removed in any case.

    Raises:
        CredentialsRefused: when the place cannot be used or trusted.
    """
    removed: list[Removed] = []
    with _translated(store):
        for digest in directory.digests():
            entry = store.read(digest)
            if entry is None:
                continue
            user = entry_user(entry)
            if (of is None or not user or belongs_to(entry, of)) and store.remove(digest):
                removed.append(Removed(store.place, user))
    return tuple(removed)


@contextlib.contextmanager
def _translated(store: Store) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise CredentialsRefused(
            f"kept sessions cannot be looked after: {error.strerror or error}",
            on=store.place,
            hint="make the directory yours alone (0700), or unlock the keyring",
        ) from error
