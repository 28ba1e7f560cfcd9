"""Go's own transparency-log code, unmodified, accepts our checkpoints and refuses what was tampered with.

Runs where Go is installed (``make interop`` installs it); the code is what Go's distribution carries of
``golang.org/x/mod/sumdb``.
"""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from runner.audit.log import FileLedger, open_ledger
from runner.audit.record import CallOutcome, RunClosed, RunOpened, SeenGone
from runner.cli.wiring import SystemClock
from tests.interop.conftest import OPENED

HERE = Path(__file__).parent / "go"


@pytest.fixture(scope="module")
def verifier(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Build the verifier from Go's own packages, without a network."""
    go = shutil.which("go")
    if go is None:
        pytest.skip("Go is not installed; `make interop` installs it")
    root = Path(subprocess.run((go, "env", "GOROOT"), capture_output=True, text=True, check=True).stdout.strip())
    work = tmp_path_factory.mktemp("go")
    source = root / "src" / "cmd" / "vendor" / "golang.org" / "x" / "mod"
    for name in ("note", "tlog"):
        shutil.copytree(source / "sumdb" / name, work / "mod" / "sumdb" / name)
    (work / "mod" / "go.mod").write_text("module golang.org/x/mod\n\ngo 1.24\n")
    shutil.copy(HERE / "main.go", work)
    (work / "go.mod").write_text(
        "module check\n\ngo 1.24\n\nrequire golang.org/x/mod v0.0.0\n\nreplace golang.org/x/mod => ./mod\n"
    )
    environment = {**os.environ, "GOFLAGS": "-mod=mod", "GOPROXY": "off", "GOCACHE": str(work / "cache")}
    subprocess.run((go, "build", "-o", "check", "."), cwd=work, env=environment, check=True)
    return work / "check"


@pytest.fixture
def written(tmp_path: Path) -> Path:
    """Write a ledger of three runs, one of them long enough to be signed in the middle."""
    directory = tmp_path / "ledger"
    for looks in (3, 120, 5):
        with open_ledger(directory, tool="t", clock=SystemClock()) as ledger:
            _run(ledger, looks)
    return directory


def _run(ledger: FileLedger, looks: int) -> None:
    opened: RunOpened = OPENED
    seen = ledger.append(opened)
    for number in range(looks):
        ledger.append(CallOutcome(seen.seq, seen.sha256, "ok"))
        ledger.append(SeenGone("s", "arn", "gone", method=f"look {number}"))
    ledger.append(RunClosed({"gone": 1}, "ok", 0))


def _check(verifier: Path, directory: Path) -> str:
    log = directory / "log" / "000000000000.jsonl"
    checkpoints = sorted(str(path) for path in (directory / "checkpoints").iterdir())
    command = (str(verifier), str(directory / "keys" / "log.vkey"), str(log), *checkpoints)
    return subprocess.run(command, capture_output=True, text=True, check=False).stdout.strip()


def test_go_accepts_our_log(verifier: Path, written: Path) -> None:
    """Signature, root and consistency of all checkpoints hold."""
    count = len(list((written / "checkpoints").iterdir()))

    assert _check(verifier, written).startswith(f"OK: {count} checkpoints")
    assert count > 6


def _changed(directory: Path) -> None:
    path = directory / "log" / "000000000000.jsonl"
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 1
    path.write_bytes(content)


def _cut(directory: Path) -> None:
    path = directory / "log" / "000000000000.jsonl"
    path.write_bytes(b"".join(path.read_bytes().splitlines(keepends=True)[:-1]))


def _forged(directory: Path) -> None:
    path = min((directory / "checkpoints").iterdir())
    origin, size, *rest = path.read_text(encoding="utf-8").split("\n")
    path.write_text("\n".join((origin, str(int(size) - 1), *rest)), encoding="utf-8")


@pytest.mark.parametrize(
    ("attack", "word"), [(_changed, "another root"), (_cut, "TRUNCATED"), (_forged, "invalid signature")]
)
def test_go_refuses_what_was_tampered_with(
    verifier: Path, written: Path, attack: Callable[[Path], None], word: str
) -> None:
    """A changed byte, a cut tail and a changed checkpoint are refused."""
    attack(written)

    assert word in _check(verifier, written)
