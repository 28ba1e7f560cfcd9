"""Asking a time-stamping authority: an honest one, and every lie that one can tell."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from unittest import mock

import pytest

from runner.audit import time_authority
from runner.audit.checkpoint_store import checkpoint_name
from runner.audit.time_authority import LARGEST, Authority
from runner.audit.time_stamp import BadStamp, NoReader, read_roots, stamped_time
from runner.cli.wiring import SystemClock
from runner.model.ports import NotStamped, SignedNote
from tests.audit.authority import Answer, LocalAuthority, made, serving

NOTE = SignedNote("guarded-runner/0123456789abcdef", 2, "f" * 64, "a signed note\n")


@dataclass(frozen=True)
class WrongClock:
    """Tell a time that is not now."""

    ahead: timedelta

    def now(self) -> datetime:
        """Return the time."""
        return datetime.now(UTC) + self.ahead

    def sleep(self, seconds: float) -> None:
        """Let no time pass."""


@pytest.fixture(scope="module")
def authorities(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[LocalAuthority, LocalAuthority]]:
    """Run an authority, and make another one that nobody named."""
    place = tmp_path_factory.mktemp("authorities")
    other = made(place / "other")
    with serving(made(place / "named")) as named:
        yield named, other


@pytest.fixture
def named(authorities: tuple[LocalAuthority, LocalAuthority]) -> LocalAuthority:
    """Return the authority that is asked; it does not lie yet."""
    authority, _ = authorities
    authority.lie = None
    authority.asked.clear()
    return authority


@pytest.fixture
def asked(named: LocalAuthority, tmp_path: Path) -> Authority:
    """Return what asks it, for a ledger that has a checkpoint."""
    (tmp_path / "checkpoints").mkdir(mode=0o700)
    (tmp_path / "checkpoints" / checkpoint_name(2)).write_text(NOTE.text, encoding="utf-8")
    tmp_path.chmod(0o700)
    return Authority(named.url, read_roots(named.roots.read_bytes()), tmp_path, "runner/0", SystemClock())


def kept(asked: Authority) -> bytes | None:
    """Return the time stamp beside the checkpoint; None when there is none."""
    path = asked.directory / "checkpoints" / f"{checkpoint_name(2)}.tsr"
    return path.read_bytes() if path.exists() else None


def test_a_checkpoint_is_stamped(asked: Authority, named: LocalAuthority) -> None:
    """The answer lies beside the checkpoint, and stock OpenSSL accepts it over the checkpoint's file."""
    stamp = asked.stamp(NOTE)
    note = asked.directory / "checkpoints" / checkpoint_name(2)
    command = ("openssl", "ts", "-verify", "-data", str(note), "-in", f"{note}.tsr", "-CAfile", str(named.roots))
    verified = subprocess.run(command, capture_output=True, text=True, check=False, timeout=60)

    assert abs(datetime.now(UTC) - stamp.time) < timedelta(minutes=5)
    assert (verified.returncode, "Verification: OK" in verified.stdout) == (0, True), verified.stderr
    assert len(named.asked) == 1
    assert NOTE.text.encode() not in named.asked[0]


def _flipped(content: bytes, place: int) -> bytes:
    return b"".join((content[:place], bytes([content[place] ^ 1]), content[place + 1 :][: len(content)]))


def _imprint(request: bytes) -> int:
    """Return the place of the imprint's first byte: 32 bytes after the octet string's head."""
    return request.index(b"\x04\x20") + 2


LIES: dict[str, tuple[Callable[[LocalAuthority, bytes], Answer | None], str]] = {
    "over something else": (
        lambda one, request: Answer(one.stamped(_flipped(request, _imprint(request)))),
        "Mismatch between messages",
    ),
    "for another request": (
        lambda one, request: Answer(one.stamped(_flipped(request, len(request) - 4))),
        "Nonce mismatch",
    ),
    "with another signature": (
        lambda one, request: Answer(_flipped(one.stamped(request), -3)),
        "Error while verifying",
    ),
    "cut off": (lambda one, request: Answer(one.stamped(request)[:-100]), "it is no time stamp"),
    "refused": (
        lambda one, request: Answer(
            one.stamped(
                request.replace(bytes.fromhex("0609608648016503040201"), bytes.fromhex("0609608648016503040203"))
            )
        ),
        "it is refused",
    ),
    "a page": (lambda *_: Answer(b"<html>Log in</html>", content_type="text/html"), "it is no time stamp"),
    "nothing": (lambda *_: Answer(b""), "it is no time stamp"),
    "too much": (lambda *_: Answer(b"0" * (LARGEST + 1)), "answers more than a time stamp has"),
    "forbidden": (lambda *_: Answer(b"", 403), "answers 403"),
    "elsewhere": (lambda *_: Answer(b"", 302, location="http://127.0.0.1:1/"), "answers 302"),
    "never": (lambda *_: None, "does not answer within"),
}


@pytest.mark.parametrize("lie", LIES)
def test_a_lie_is_no_time_stamp(
    asked: Authority, named: LocalAuthority, lie: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whatever does not hold is refused with its reason, and nothing of it is kept."""
    tell, why = LIES[lie]
    named.lie = lambda request: tell(named, request)
    if lie == "never":
        monkeypatch.setattr(time_authority, "PATIENCE", 0.2)

    with pytest.raises(NotStamped, match=why) as missed:
        asked.stamp(NOTE)
    assert missed.value.may_pass is (lie == "never")
    assert kept(asked) is None


def test_an_authority_that_nobody_named(
    authorities: tuple[LocalAuthority, LocalAuthority], asked: Authority, named: LocalAuthority
) -> None:
    """A chain that ends in another root is refused, however well it is signed."""
    other = authorities[1]
    named.lie = lambda request: Answer(other.stamped(request))

    with pytest.raises(NotStamped, match="does not hold"):
        asked.stamp(NOTE)
    assert kept(asked) is None


@pytest.mark.parametrize("ahead", [timedelta(hours=-1), timedelta(hours=1)])
def test_a_clock_that_is_wrong(asked: Authority, ahead: timedelta) -> None:
    """A time before the request, or after its answer, says that one of the two clocks is wrong."""
    with pytest.raises(NotStamped, match="it is of"):
        replace(asked, clock=WrongClock(ahead)).stamp(NOTE)
    assert kept(asked) is None


@pytest.mark.parametrize("status", [500, 503, 429])
def test_a_busy_authority_may_be_asked_again(asked: Authority, named: LocalAuthority, status: int) -> None:
    """An answer that promises another one, or a port where nobody listens, is worth another try."""
    named.lie = lambda _: Answer(b"", status)
    for one in (asked, replace(asked, url="http://127.0.0.1:9/")):
        with pytest.raises(NotStamped) as missed:
            one.stamp(NOTE)
        assert missed.value.may_pass


def test_without_the_extra(asked: Authority, named: LocalAuthority) -> None:
    """Where its package is missing, nobody is asked, a stamp cannot be judged, and what to install is said."""
    asked.stamp(NOTE)
    named.asked.clear()
    with mock.patch.dict(sys.modules, {"rfc3161_client": None}):
        with pytest.raises(NotStamped, match=r"guarded-runner\[timestamp\]"):
            asked.stamp(NOTE)
        with pytest.raises(NoReader, match=r"guarded-runner\[timestamp\]"):
            stamped_time(kept(asked) or b"", NOTE.text.encode(), asked.roots)
    assert named.asked == []


def test_roots_that_are_none() -> None:
    """A file without a certificate is no list of roots."""
    for pem in (b"", b"-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n"):
        with pytest.raises(BadStamp):
            read_roots(pem)
