"""What is used up is what the log says; the index beside it only spares reading, whatever is done to it."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from runner.audit import used
from runner.audit.log import FileLedger
from runner.audit.log_key import read_key
from runner.audit.note import signed
from runner.audit.reading import read_lines
from runner.audit.record import PlanUsed, StepOpened
from runner.audit.used import NAME, used_in
from runner.errors import UsageError

Reopen = Callable[[], FileLedger]
STEP = StepOpened("s", "a", "t")


def naming(segment: int, offset: int, digest: str) -> str:
    """Return the text of an index in which nothing is used up."""
    place = {"segment": segment, "offset": offset, "digest": digest}
    return json.dumps({"format": used.FORMAT, "plans": {}, "approvals": [], **place}) + "\n"


def plan(nonce: str) -> PlanUsed:
    """Return the record of a plan's use."""
    return PlanUsed(nonce, "5" * 64, "6" * 64, "2026-12-01T07:00:00Z", "", "runner 1")


@pytest.fixture(autouse=True)
def always_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    """Keep an index of a short log too."""
    monkeypatch.setattr(used, "WORTH", 1)


@pytest.fixture
def read(monkeypatch: pytest.MonkeyPatch) -> list[bytes]:
    """Return the lines that are read of the log."""
    lines: list[bytes] = []
    real = read_lines

    def reading(path: Path, start: int) -> object:
        for raw in real(path, start):
            lines.append(raw)
            yield raw

    monkeypatch.setattr(used, "read_lines", reading)
    return lines


@pytest.fixture
def indexed(ledger: FileLedger, directory: Path, segment: Path, read: list[bytes]) -> Path:
    """Return the index of a log in which plan n1 is used, and one line came after it."""
    for record in (STEP, plan("n1"), STEP):
        ledger.append(record)
    assert used_in(directory).plans.keys() == {"n1"}
    assert read == segment.read_bytes().splitlines(keepends=True)
    ledger.append(plan("n2"))
    read.clear()
    return directory / NAME


@pytest.mark.usefixtures("indexed")
def test_only_what_came_since_is_read(ledger: FileLedger, directory: Path, segment: Path, read: list[bytes]) -> None:
    """The index knows what came before it, the log is read from there on, and the next index knows both."""
    found = used_in(directory)

    assert found.plans["n1"] == (ledger.run, "2026-12-01T08:00:00.004000Z")
    assert found.plans.keys() == {"n1", "n2"}
    assert read == segment.read_bytes().splitlines(keepends=True)[-1:]
    read.clear()
    assert used_in(directory) == found
    assert read == []


@pytest.mark.parametrize(
    "damage",
    [
        lambda content, _: content.replace(b"n1", b"n9"),
        lambda content, _: content[: len(content) // 2],
        lambda _, sign: sign('{"format":"guarded-runner-used/2"}\n'),
        lambda _, sign: sign("[]\n"),
        lambda _, sign: sign(naming(7, 5, "0" * 64)),
        lambda _, sign: sign(naming(0, 5, "")),
        lambda _, sign: sign(naming(0, 0, "0" * 64)),
        lambda _, sign: sign(naming(0, 10**9, "0" * 64)),
    ],
    ids=["changed", "cut", "another form", "no object", "another segment", "no line", "no place", "behind the end"],
)
def test_an_index_that_does_not_hold_is_not_believed(
    indexed: Path, directory: Path, read: list[bytes], damage: Callable[[bytes, Callable[[str], bytes]], bytes]
) -> None:
    """Whatever stands in its place, all of the log is read, and the answer is the log's."""
    origin = json.loads((directory / "ledger.json").read_text())["origin"]
    key = read_key(directory, origin)
    assert key is not None
    indexed.write_bytes(damage(indexed.read_bytes(), lambda text: signed(text, key.public, key.sign).encode()))

    assert used_in(directory).plans.keys() == {"n1", "n2"}
    assert len(read) == 4


def test_an_older_index_only_means_more_to_read(
    indexed: Path, ledger: FileLedger, directory: Path, read: list[bytes]
) -> None:
    """An index that somebody put back hides nothing that was used since."""
    old = indexed.read_bytes()
    ledger.append(plan("n3"))
    used_in(directory)
    read.clear()
    indexed.write_bytes(old)

    assert used_in(directory).plans.keys() == {"n1", "n2", "n3"}
    assert len(read) == 2


@pytest.mark.usefixtures("indexed")
def test_the_index_of_another_history_is_not_believed(directory: Path, segment: Path, read: list[bytes]) -> None:
    """When the log was written anew up to the place that the index names, what it says now counts."""
    lines = segment.read_bytes().splitlines(keepends=True)
    segment.write_bytes(
        b"".join([lines[0], lines[1].replace(b"n1", b"n7"), lines[2].replace(b'"t"', b'"u"'), lines[3]])
    )

    assert used_in(directory).plans.keys() == {"n7", "n2"}
    assert len(read) == 4


@pytest.mark.usefixtures("indexed")
def test_lines_of_killed_writers_say_nothing(directory: Path, segment: Path, read: list[bytes]) -> None:
    """An unfinished line uses nothing up, and is read again once it is ended."""
    with segment.open("ab") as file:
        file.write(b'{"type":"plan.used","nonce":"n4"')
    assert used_in(directory).plans.keys() == {"n1", "n2"}
    read.clear()

    assert used_in(directory).plans.keys() == {"n1", "n2"}
    assert read == [b'{"type":"plan.used","nonce":"n4"']


def test_several_segments(
    ledger: FileLedger, directory: Path, read: list[bytes], monkeypatch: pytest.MonkeyPatch
) -> None:
    """The index may end in an earlier segment than the log."""
    ledger.append(plan("n1"))
    used_in(directory)
    monkeypatch.setattr("runner.audit.chain.SEGMENT_BYTES", 1)
    ledger.append(STEP)
    ledger.append(plan("n2"))
    read.clear()

    assert used_in(directory).plans.keys() == {"n1", "n2"}
    assert len(read) == 2
    read.clear()
    assert used_in(directory).plans.keys() == {"n1", "n2"}
    assert read == []


def test_a_log_without_a_key_has_no_index(ledger: FileLedger, directory: Path) -> None:
    """Nobody would believe it."""
    ledger.append(plan("n1"))
    (directory / "keys" / "log.key").unlink()

    assert used_in(directory).plans.keys() == {"n1"}
    assert not (directory / NAME).exists()


def test_an_index_that_cannot_be_kept_is_done_without(
    ledger: FileLedger, directory: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What is used up is known all the same."""
    ledger.append(plan("n1"))

    def full(*_: object) -> None:
        raise OSError(28, "full")

    monkeypatch.setattr(used, "write_new", full)

    assert used_in(directory).plans.keys() == {"n1"}


def test_without_a_log_nothing_is_known(directory: Path) -> None:
    """A missing log is not one in which nothing is used."""
    with pytest.raises(UsageError, match="there is no audit log"):
        used_in(directory)
