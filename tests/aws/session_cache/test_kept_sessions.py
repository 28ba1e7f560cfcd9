"""One process at a time asks for a code; what it kept is found by the next one, when it is still good."""

from __future__ import annotations

import errno
import threading
from dataclasses import replace
from datetime import timedelta

import pytest

from runner.aws.session_cache.directory import SessionDirectory
from runner.aws.session_cache.entry import SessionKey, write_entry
from runner.aws.session_cache.kept_sessions import Kept, KeptSessions, Removed, clear, look
from runner.aws.session_cache.keyring_store import KeyringStore
from runner.aws.session_cache.stores import FileStore, Store
from runner.errors import CredentialsRefused
from runner.model.ports import SessionCache
from runner.model.session import Caller, Credentials, LongTermIdentity, Secret, UserSession
from tests.aws.session_cache.conftest import CALLER, LINUX, NOW, REGION, SERIAL, MovedClock, backend

BROKEN = "the keyring failed to read (RuntimeError)"
BOB = Caller("111111111111", "arn:aws:iam::111111111111:user/bob", "AIDABOB")


class Sessions:
    """Make caches over one store, and keep what they say."""

    def __init__(self, store: Store, directory: SessionDirectory, clock: MovedClock) -> None:
        self.store = store
        self.directory = directory
        self.clock = clock
        self.said: list[str] = []

    def cache(self, *, region: str = REGION, fresh: bool = False) -> SessionCache:
        """Return the cache of a new run."""
        not_before = self.clock.now() if fresh else None
        return KeptSessions(self.store, self.directory, region, self.clock, self.said.append, not_before)

    def found(self, identity: LongTermIdentity, *, region: str = REGION, fresh: bool = False) -> str:
        """Return the access key of the session that a new run finds, empty for none."""
        with self.cache(region=region, fresh=fresh).slot(identity) as slot:
            return "" if slot.session is None else slot.session.credentials.access_key

    def keep(self, identity: LongTermIdentity, session: UserSession, *, region: str = REGION) -> None:
        """Keep a session as a run does."""
        with self.cache(region=region).slot(identity) as slot:
            slot.keep(session)

    def files(self) -> list[str]:
        """Return the names of the sessions' files."""
        return sorted(found.name for found in self.directory.path.glob("*.json*"))


@pytest.fixture
def sessions(store: FileStore, directory: SessionDirectory, clock: MovedClock) -> Sessions:
    """Return caches over the directory."""
    return Sessions(store, directory, clock)


def test_a_kept_session_is_found_by_the_next_run(
    sessions: Sessions, identity: LongTermIdentity, session: UserSession
) -> None:
    """The first run finds nothing and keeps what it made; the slot itself knows it at once."""
    assert sessions.found(identity) == ""
    with sessions.cache().slot(identity) as slot:
        slot.keep(session)
        assert slot.session is session

    assert sessions.found(identity) == "ASIAUSER"
    assert sessions.said == []


def test_a_session_that_is_over_is_removed(
    sessions: Sessions, identity: LongTermIdentity, session: UserSession, clock: MovedClock
) -> None:
    """Secrets that are good for nothing do not stay on the disk."""
    sessions.keep(identity, session)
    clock.sleep(3600)

    assert sessions.found(identity) == ""
    assert sessions.files() == []


@pytest.mark.parametrize("content", [b"", b"\xff\xfe", b"{}", b"garbage", b'{"format":"runner-session/1"}'])
def test_a_broken_entry_is_replaced(
    sessions: Sessions, identity: LongTermIdentity, session: UserSession, content: bytes
) -> None:
    """What cannot be read costs a code, not the run."""
    sessions.keep(identity, session)
    sessions.directory.write(sessions.files()[0], content)

    assert sessions.found(identity) == ""
    assert sessions.files() == []
    sessions.keep(identity, session)
    assert sessions.found(identity) == "ASIAUSER"


def test_an_entry_that_others_could_read_is_replaced(
    sessions: Sessions, identity: LongTermIdentity, session: UserSession
) -> None:
    """A file whose mode was opened may have been exchanged or copied."""
    sessions.keep(identity, session)
    (sessions.directory.path / sessions.files()[0]).chmod(0o644)

    assert sessions.found(identity) == ""
    assert sessions.files() == []


def test_a_session_of_another_device_key_user_or_region_is_not_used(
    sessions: Sessions, identity: LongTermIdentity, session: UserSession
) -> None:
    """After the operator changed the device or rotated the key, a code of the new one is asked for."""
    sessions.keep(identity, session)
    others = (
        replace(identity, serial=f"{SERIAL}-new"),
        replace(identity, credentials=Credentials("AKIAROTATED", Secret("s"))),
        replace(identity, caller=BOB),
        replace(identity, caller=replace(CALLER, user_id="AIDACREATEDAGAIN")),
    )

    assert [sessions.found(other) for other in others] == [""] * 4
    assert sessions.found(identity, region="eu-central-1") == ""
    assert sessions.found(identity) == "ASIAUSER"


def test_an_entry_under_another_name_is_not_used(
    sessions: Sessions, identity: LongTermIdentity, session: UserSession
) -> None:
    """Renaming bob's file does not make it alice's."""
    bobs = SessionKey.of(replace(identity, caller=BOB), REGION)
    entry = write_entry(replace(session, caller=BOB), bobs)
    assert entry is not None
    with sessions.cache().slot(identity):
        sessions.store.write(SessionKey.of(identity, REGION).digest, entry)

    assert sessions.found(identity) == ""


def test_fresh_mfa_ignores_and_replaces_what_was_kept(
    sessions: Sessions, identity: LongTermIdentity, session: UserSession, clock: MovedClock
) -> None:
    """--fresh-mfa asks for a code; the session that it makes is the one that is kept then."""
    sessions.keep(identity, session)
    clock.sleep(60)
    assert sessions.found(identity, fresh=True) == ""
    with sessions.cache(fresh=True).slot(identity) as slot:
        slot.keep(replace(session, credentials=replace(session.credentials, access_key="ASIANEWER"), issued=NOW))

    assert sessions.found(identity) == "ASIANEWER"


def test_a_session_that_nobody_may_keep_is_not_written(
    sessions: Sessions, identity: LongTermIdentity, session: UserSession
) -> None:
    """A session that was made elsewhere has no time of its code."""
    sessions.keep(identity, replace(session, issued=None))

    assert sessions.files() == []


def test_of_two_runs_one_asks_for_a_code(sessions: Sessions, identity: LongTermIdentity, session: UserSession) -> None:
    """The second run waits while the first one asks, is told so, and finds the session that came of it."""
    waiting, found, lines = threading.Event(), list[str](), list[str]()

    def note(line: str) -> None:
        lines.append(line)
        waiting.set()

    second = KeptSessions(sessions.store, sessions.directory, REGION, sessions.clock, note)

    def run_second() -> None:
        with second.slot(identity) as slot:
            found.append("" if slot.session is None else slot.session.credentials.access_key)

    other = threading.Thread(target=run_second)
    with sessions.cache().slot(identity) as slot:
        other.start()
        assert waiting.wait(30)
        slot.keep(session)
    other.join(30)

    assert found == ["ASIAUSER"]
    assert lines == ["another runner is getting a session for this user; waiting for it"]


def test_a_place_that_cannot_be_trusted_costs_no_more_than_the_keeping(
    sessions: Sessions, identity: LongTermIdentity, session: UserSession
) -> None:
    """The run goes on with the session in memory; the place and the reason are said once."""
    sessions.directory.path.mkdir(parents=True, mode=0o755)
    cache = sessions.cache()
    for _ in range(2):
        with cache.slot(identity) as slot:
            slot.keep(session)
            assert slot.session is session

    assert sessions.found(identity) == ""
    sessions.said.pop()
    assert [*sessions.directory.path.iterdir()] == []
    (said,) = sessions.said
    assert str(sessions.directory.path) in said
    assert "others may use it (mode 0755)" in said


def test_a_full_disk_costs_no_code(
    sessions: Sessions, identity: LongTermIdentity, session: UserSession, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The code is spent and the session is good: that it is not kept is said, and nothing fails."""

    def full(name: str, content: bytes) -> None:
        raise OSError(errno.ENOSPC, "No space left on device", name, content)

    with sessions.cache().slot(identity) as slot:
        monkeypatch.setattr(sessions.directory, "write", full)
        slot.keep(session)

    (said,) = sessions.said
    assert "No space left on device" in said
    assert "user-token" not in said


def test_looking_finds_every_session_of_the_key(
    sessions: Sessions, identity: LongTermIdentity, session: UserSession
) -> None:
    """Those of every region and device of this key are listed, nobody else's, and nothing is changed."""
    sessions.keep(identity, session)
    sessions.keep(identity, session, region="eu-central-1")
    other_device = replace(identity, serial=f"{SERIAL}-2")
    sessions.keep(other_device, replace(session, serial=f"{SERIAL}-2"))
    sessions.keep(replace(identity, caller=BOB), replace(session, caller=BOB))
    before = sessions.files()

    kept = look(sessions.store, sessions.directory, identity, NOW)

    assert {(one.region, one.session.serial) for one in kept} == {
        (REGION, SERIAL),
        ("eu-central-1", SERIAL),
        (REGION, f"{SERIAL}-2"),
    }
    assert {one.place for one in kept} == {f"a file in {sessions.directory.path}"}
    assert "user-token" not in repr(kept)
    assert look(sessions.store, sessions.directory, identity, NOW + timedelta(hours=2)) == ()
    assert sessions.files() == before
    assert isinstance(kept[0], Kept)


def test_clearing_removes_every_session(sessions: Sessions, identity: LongTermIdentity, session: UserSession) -> None:
    """Each is named with its user; what cannot be read is removed as well, and the second time nothing is left."""
    sessions.keep(identity, session)
    bob = replace(identity, caller=BOB)
    sessions.keep(bob, replace(session, caller=BOB))
    carol = replace(identity, credentials=Credentials("AKIACAROL", Secret("s")))
    sessions.keep(carol, session)
    sessions.directory.write(f"{SessionKey.of(carol, REGION).digest}.json", b"garbage")

    removed = clear(sessions.store, sessions.directory)

    assert {one.user for one in removed} == {CALLER.arn, BOB.arn, ""}
    assert sessions.files() == []
    assert clear(sessions.store, sessions.directory) == ()


def test_clearing_for_one_user_leaves_the_others(
    sessions: Sessions, identity: LongTermIdentity, session: UserSession
) -> None:
    """Whatever the device, the key or the region, the user's sessions go; bob's stays."""
    sessions.keep(identity, session)
    sessions.keep(identity, session, region="eu-central-1")
    sessions.keep(replace(identity, caller=BOB), replace(session, caller=BOB))

    removed = clear(sessions.store, sessions.directory, CALLER)

    assert removed == (Removed(sessions.store.place, CALLER.arn),) * 2
    assert sessions.found(replace(identity, caller=BOB)) == "ASIAUSER"


def test_a_place_that_cannot_be_looked_after_is_an_error(sessions: Sessions, identity: LongTermIdentity) -> None:
    """`status` and `clear` do not say "none" of a place that they cannot look into."""
    sessions.directory.path.mkdir(parents=True, mode=0o777)
    sessions.directory.path.chmod(0o777)

    for use in (
        lambda: clear(sessions.store, sessions.directory),
        lambda: look(sessions.store, sessions.directory, identity, NOW),
    ):
        with pytest.raises(CredentialsRefused, match="cannot be looked after: others may use it") as caught:
            use()
        assert str(sessions.directory.path) in caught.value.on
        assert "0700" in caught.value.hint


def test_the_keyring_keeps_the_session_and_the_directory_its_lock(
    directory: SessionDirectory, clock: MovedClock, identity: LongTermIdentity, session: UserSession
) -> None:
    """No secret is on the disk, `status` and `clear` find the session by its lock, and a broken keyring ends no run."""
    memory = backend(LINUX)
    sessions = Sessions(KeyringStore(memory), directory, clock)
    sessions.keep(identity, session)

    assert sessions.found(identity) == "ASIAUSER"
    assert [found.suffix for found in directory.path.iterdir()] == [".lock"]
    assert len(look(sessions.store, directory, identity, NOW)) == 1
    memory.broken = True
    assert sessions.found(identity) == ""
    assert sessions.said == [
        "the MFA session is not kept in " + sessions.store.place + ": the keyring failed to read (RuntimeError)"
    ]
    memory.broken = False
    assert clear(sessions.store, directory) == (Removed(sessions.store.place, CALLER.arn),)
    assert memory.kept == {}
