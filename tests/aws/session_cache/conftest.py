"""Fixtures of the kept sessions' tests: a session, whose it is, and the private directory."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from runner.aws.session_cache.directory import SessionDirectory
from runner.aws.session_cache.stores import FileStore
from runner.model.session import Caller, Credentials, LongTermIdentity, Secret, UserSession

NOW = datetime(2026, 11, 23, 12, 0, 18, tzinfo=UTC)
CALLER = Caller("111111111111", "arn:aws:iam::111111111111:user/alice", "AIDAEXAMPLE")
SERIAL = "arn:aws:iam::111111111111:mfa/alice"
REGION = "eu-west-1"
LINUX = "keyring.backends.SecretService.Keyring"
"""A backend of the keyring package that is secure."""


@dataclass
class MovedClock:
    """Tell the time of a test's choice (port `Clock`)."""

    time: datetime = NOW

    def now(self) -> datetime:
        """Return the chosen time."""
        return self.time

    def sleep(self, seconds: float) -> None:
        """Let time pass."""
        self.time += timedelta(seconds=seconds)


@pytest.fixture
def clock() -> MovedClock:
    """Return a clock that tests move."""
    return MovedClock()


@pytest.fixture
def identity() -> LongTermIdentity:
    """Return an operator with a TOTP device."""
    key = Credentials("AKIAEXAMPLE", Secret("long-term-secret"))
    return LongTermIdentity(key, CALLER, "profile 'alice'", SERIAL)


@pytest.fixture
def session() -> UserSession:
    """Return a session of one hour that was made with a code just now."""
    expires = NOW + timedelta(hours=1)
    credentials = Credentials("ASIAUSER", Secret("user-secret"), Secret("user-token"), expires)
    return UserSession(credentials, CALLER, SERIAL, NOW, expires, "r-0")


@pytest.fixture
def directory(tmp_path: Path) -> SessionDirectory:
    """Return where sessions are kept; nothing is there yet."""
    return SessionDirectory(tmp_path / "state" / "runner" / "sessions")


@pytest.fixture
def store(directory: SessionDirectory) -> FileStore:
    """Return the store in that directory."""
    return FileStore(directory)


@dataclass
class Memory:
    """Be a backend of the keyring package that keeps everything in memory; ``room`` is in bytes of UTF-16."""

    room: int = 10**6
    kept: dict[tuple[str, str], str] = field(default_factory=dict)
    reads: int = 0
    broken: bool = False

    def get_password(self, service: str, username: str) -> str | None:
        """Return a secret."""
        self._check()
        self.reads += 1
        return self.kept.get((service, username))

    def set_password(self, service: str, username: str, password: str) -> None:
        """Keep a secret, when there is room for it."""
        self._check()
        if len(password.encode("utf-16-le")) > self.room:
            raise RuntimeError(f"(1783, 'CredWrite', 'The stub received bad data: {password}')")
        self.kept[service, username] = password

    def delete_password(self, service: str, username: str) -> None:
        """Remove a secret that is there."""
        self._check()
        del self.kept[service, username]

    def _check(self) -> None:
        if self.broken:
            raise RuntimeError(f"the collection is locked: {self.kept}")


def backend(name: str, **settings: Any) -> Any:
    """Return a backend whose class has the name of a real one."""
    module, _, qualname = name.rpartition(".")
    return type(qualname, (Memory,), {"__module__": module, "__qualname__": qualname})(**settings)
