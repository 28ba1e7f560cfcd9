"""No code is given twice: not by one run, not by the next, not by two at once, not after a kill."""

from __future__ import annotations

import hashlib
import io
import os
import signal
import stat
import subprocess
import sys
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from runner.aws import used_codes
from runner.aws.codes import CodeFromProcess, CodeFromStdin
from runner.aws.remembered_codes import RememberedCodes
from runner.aws.used_codes import MEMORY, UsedCodes, codes_directory
from runner.errors import CredentialsRefused
from runner.model.ports import Clock, CodeSource
from runner.model.session import LongTermIdentity, Secret
from tests.thrift import SHIPPED_ROUNDS

SERIAL = "arn:aws:iam::111111111111:mfa/alice"
CODE = Secret("123456")


@dataclass
class MovedClock:
    """Tell the time of a test's choice (port `Clock`)."""

    time: datetime

    def now(self) -> datetime:
        """Return the chosen time."""
        return self.time

    def sleep(self, seconds: float) -> None:
        """Let time pass."""
        self.time += timedelta(seconds=seconds)


@pytest.fixture
def moved(clock: Clock) -> MovedClock:
    """Return a clock that tests move."""
    return MovedClock(clock.now())


@pytest.fixture
def place(tmp_path: Path) -> Path:
    """Return where codes are remembered; nothing is there yet."""
    return tmp_path / "state" / "runner" / "codes"


def modes(place: Path) -> set[str]:
    """Return the modes of a directory and of everything in it."""
    return {stat.filemode(found.lstat().st_mode) for found in (place, *place.iterdir())}


def test_a_code_is_given_once(place: Path, clock: Clock) -> None:
    """The second time it is known, by another run too; another code and another device are not."""
    used = UsedCodes(place, clock)

    assert used.claim(SERIAL, CODE)
    assert not used.claim(SERIAL, CODE)
    assert not UsedCodes(place, clock).claim(SERIAL, CODE)
    assert used.claim(SERIAL, Secret("123457"))
    assert used.claim(f"{SERIAL}2", CODE)


def test_a_code_is_forgotten_after_two_minutes(place: Path, moved: MovedClock) -> None:
    """By then AWS would not take it for the one it was; what is forgotten leaves nothing behind."""
    used = UsedCodes(place, moved)
    used.claim(SERIAL, CODE)

    moved.time += MEMORY - timedelta(seconds=1)
    assert not used.claim(SERIAL, CODE)
    moved.time += timedelta(seconds=1)
    assert used.claim(SERIAL, Secret("654321"))
    assert len(list(place.iterdir())) == 2
    assert used.claim(SERIAL, CODE)


def test_a_clock_that_went_back_forgets_nothing(place: Path, moved: MovedClock) -> None:
    """When it was is not known then, so the code counts as used."""
    used = UsedCodes(place, moved)
    used.claim(SERIAL, CODE)
    moved.time -= timedelta(days=1)

    assert not used.claim(SERIAL, CODE)


def test_nothing_kept_shows_code_or_device(place: Path, clock: Clock) -> None:
    """Names and contents hold a hash that nobody can look up, because the salt is this user's own."""
    UsedCodes(place, clock).claim(SERIAL, CODE)
    UsedCodes(place.with_name("other"), clock).claim(SERIAL, CODE)

    kept = b"".join(found.name.encode() + found.read_bytes() for found in place.iterdir())
    assert not any(word in kept for word in (b"123456", b"alice", SERIAL.encode()))
    names = [{found.name for found in where.iterdir()} for where in (place, place.with_name("other"))]
    assert names[0] & names[1] == {"salt"}
    assert (place / "salt").read_bytes() != (place.with_name("other") / "salt").read_bytes()


@contextmanager
def umask(mask: int) -> Iterator[None]:
    """Set the umask for a block."""
    before = os.umask(mask)
    try:
        yield
    finally:
        os.umask(before)


def test_what_is_kept_is_private_under_any_umask(place: Path, clock: Clock) -> None:
    """Directory 0700, files 0600, although the umask would let everybody in."""
    with umask(0):
        UsedCodes(place, clock).claim(SERIAL, CODE)

    assert modes(place) == {"drwx------", "-rw-------"}
    assert stat.filemode(place.parent.stat().st_mode) == "drwx------"


def others_may_read(place: Path) -> None:
    """Let others look into the directory."""
    place.mkdir(parents=True, mode=0o755)


def linked(place: Path) -> None:
    """Let the directory be a link to another one."""
    elsewhere = place.parent.parent / "elsewhere"
    elsewhere.mkdir(parents=True, mode=0o700)
    place.parent.mkdir(parents=True, exist_ok=True)
    place.symlink_to(elsewhere)


def a_file(place: Path) -> None:
    """Let the directory be a file."""
    place.parent.mkdir(parents=True)
    place.touch(mode=0o600)


def salt_others_read(place: Path) -> None:
    """Let others read the salt."""
    place.mkdir(parents=True, mode=0o700)
    (place / "salt").write_bytes(b"x" * 32)
    (place / "salt").chmod(0o644)


def salt_linked(place: Path) -> None:
    """Let the salt be a link to a file that would be overwritten."""
    place.mkdir(parents=True, mode=0o700)
    target = place.parent / "precious"
    target.write_text("precious", encoding="utf-8")
    (place / "salt").symlink_to(target)


def salt_is_a_pipe(place: Path) -> None:
    """Let the salt be a named pipe, which could be waited at for ever."""
    place.mkdir(parents=True, mode=0o700)
    os.mkfifo(place / "salt", 0o600)


@pytest.mark.parametrize(
    "prepare",
    [others_may_read, linked, a_file, salt_others_read, salt_linked, salt_is_a_pipe],
    ids=lambda it: it.__name__,
)
def test_a_place_that_is_not_private_is_not_used(place: Path, clock: Clock, prepare: Callable[[Path], None]) -> None:
    """Refused before the code goes anywhere, with what to do; nothing is followed, written or repaired."""
    prepare(place)

    with pytest.raises(CredentialsRefused, match="used MFA codes cannot be remembered") as caught:
        UsedCodes(place, clock).claim(SERIAL, CODE)

    assert str(place) in caught.value.on
    assert "0700" in caught.value.hint
    precious = place.parent / "precious"
    assert not precious.exists() or precious.read_text(encoding="utf-8") == "precious"


def test_a_directory_of_somebody_else_is_not_used(place: Path, clock: Clock, monkeypatch: pytest.MonkeyPatch) -> None:
    """Who could write there could make us forget."""
    place.mkdir(parents=True, mode=0o700)
    monkeypatch.setattr(os, "geteuid", lambda: place.stat().st_uid + 1)

    with pytest.raises(CredentialsRefused, match="it belongs to user"):
        UsedCodes(place, clock).claim(SERIAL, CODE)


@pytest.mark.parametrize("content", [b"", b"short", b"x" * 33])
def test_a_broken_salt_is_made_anew(place: Path, clock: Clock, content: bytes) -> None:
    """A crash between making and filling it costs two minutes of memory, not the use of runner."""
    place.mkdir(parents=True, mode=0o700)
    (place / "salt").write_bytes(content)
    (place / "salt").chmod(0o600)

    assert UsedCodes(place, clock).claim(SERIAL, CODE)
    assert not UsedCodes(place, clock).claim(SERIAL, CODE)
    assert len((place / "salt").read_bytes()) == 32


def test_a_full_disk_is_named(place: Path, clock: Clock, monkeypatch: pytest.MonkeyPatch) -> None:
    """What cannot be remembered is not sent."""
    monkeypatch.setattr(os, "pwrite", lambda *_: 0)

    with pytest.raises(CredentialsRefused, match="No space left on device"):
        UsedCodes(place, clock).claim(SERIAL, CODE)


def test_files_of_others_stay(place: Path, moved: MovedClock) -> None:
    """Only what looks like a remembered code is ever removed."""
    used = UsedCodes(place, moved)
    used.claim(SERIAL, CODE)
    (place / "notes.txt").touch()
    moved.time += timedelta(days=1)
    used.claim(SERIAL, Secret("654321"))

    assert {found.name for found in place.iterdir()} >= {"notes.txt", "salt"}


def test_of_many_at_once_one_gives_the_code(place: Path, clock: Clock) -> None:
    """Runs that start together with one code send it once, from the first salt on."""
    with ThreadPoolExecutor(8) as pool:
        claimed = list(pool.map(lambda _: UsedCodes(place, clock).claim(SERIAL, CODE), range(8)))

    assert claimed.count(True) == 1


KILLED = """
import os, signal, sys
from datetime import UTC, datetime
from pathlib import Path
from types import SimpleNamespace
from runner.aws.used_codes import UsedCodes
from runner.model.session import Secret
clock = SimpleNamespace(now=lambda: datetime.fromisoformat(sys.argv[2]), sleep=None)
UsedCodes(Path(sys.argv[1]), clock).claim(sys.argv[3], Secret("123456"))
os.kill(os.getpid(), signal.SIGKILL)
"""


def test_looking_a_code_up_among_a_million_takes_hours(
    place: Path, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each name is salted PBKDF2 of a hundred thousand rounds in what is shipped; other tests do with fewer."""
    monkeypatch.setattr(used_codes, "ROUNDS", SHIPPED_ROUNDS)
    UsedCodes(place, clock).claim(SERIAL, CODE)

    salt = (place / "salt").read_bytes()
    name = hashlib.pbkdf2_hmac("sha256", f"{SERIAL}\x00123456".encode(), salt, 100_000).hex()
    assert {found.name for found in place.iterdir()} == {"salt", name}


def test_a_code_is_remembered_after_a_kill(place: Path, clock: Clock, monkeypatch: pytest.MonkeyPatch) -> None:
    """The file is there before the code leaves, so that nothing that happens afterwards loses it."""
    # The killed process hashes as what is shipped does.
    monkeypatch.setattr(used_codes, "ROUNDS", SHIPPED_ROUNDS)
    argv = (sys.executable, "-c", KILLED, str(place), clock.now().isoformat(), SERIAL)
    ended = subprocess.run(argv, check=False, timeout=60)

    assert ended.returncode == -signal.SIGKILL
    assert not UsedCodes(place, clock).claim(SERIAL, CODE)


@pytest.mark.parametrize(
    ("environ", "path"),
    [
        ({"XDG_STATE_HOME": "/state", "HOME": "/home/a"}, "/state/runner/codes"),
        ({"XDG_STATE_HOME": "state", "HOME": "/home/a"}, "/home/a/.local/state/runner/codes"),
        ({"XDG_STATE_HOME": "", "HOME": "/home/a"}, "/home/a/.local/state/runner/codes"),
        ({"HOME": "/home/a"}, "/home/a/.local/state/runner/codes"),
    ],
)
def test_where_codes_are_remembered(environ: dict[str, str], path: str) -> None:
    """The user's state directory; a relative one is ignored."""
    assert codes_directory(environ) == Path(path)


@pytest.mark.parametrize("environ", [{}, {"HOME": ""}, {"HOME": "relative"}])
def test_without_a_home_there_is_no_place(environ: dict[str, str]) -> None:
    """No current directory stands in for it."""
    with pytest.raises(CredentialsRefused, match="HOME is not set"):
        codes_directory(environ)


@dataclass
class Typed:
    """Be a person who types codes one after the other (port `CodeSource`)."""

    codes: list[str]
    refusals: list[str] = field(default_factory=list)
    can_repeat = True

    def code(self, identity: LongTermIdentity, refusal: str = "") -> Secret:
        """Return the next code."""
        del identity
        self.refusals.append(refusal)
        return Secret(self.codes.pop(0))


def test_a_person_waits_and_is_asked_again(place: Path, clock: Clock, identity: LongTermIdentity) -> None:
    """Until another code comes; AWS's refusal is said at the first question only."""
    person, waited = Typed(["123456", "123456", "123456", "654321"]), list[int]()
    source: CodeSource = RememberedCodes(person, UsedCodes(place, clock), clock, wait=waited.append)

    assert source.code(identity).reveal() == "123456"
    assert source.code(identity, "it was wrong").reveal() == "654321"
    assert waited == [12, 12]
    assert person.refusals == ["", "it was wrong", "", ""]
    assert source.can_repeat


def printing(text: str) -> tuple[str, ...]:
    """Return a command that prints a text."""
    return (sys.executable, "-c", f"print({text!r})")


@pytest.mark.parametrize(
    "source",
    [lambda: CodeFromProcess(printing("123456")), lambda: CodeFromStdin(io.StringIO("123456\n"))],
    ids=["process", "stdin"],
)
def test_nobody_waits_for_a_machine(place: Path, clock: Clock, identity: LongTermIdentity, source: Any) -> None:
    """A command or a stream that gives a used code is refused, with the seconds until the next one."""
    used = UsedCodes(place, clock)
    assert RememberedCodes(source(), used, clock).code(identity).reveal() == "123456"

    with pytest.raises(CredentialsRefused) as caught:
        RememberedCodes(source(), used, clock).code(identity)

    assert caught.value.what == f"this code of {SERIAL} was given before; the next one comes in 12 s"
    assert "nothing was sent" in caught.value.hint
    assert "123456" not in caught.value.what + caught.value.hint
    assert not RememberedCodes(source(), used, clock).can_repeat


def test_what_is_no_code_is_not_remembered(place: Path, clock: Clock, identity: LongTermIdentity) -> None:
    """The source's own check comes first."""
    with pytest.raises(CredentialsRefused, match="not six digits"):
        RememberedCodes(CodeFromProcess(printing("12345")), UsedCodes(place, clock), clock).code(identity)

    assert not place.exists()
