"""Time stamps of the log's checkpoints by an authority on this machine: had, missed, and judged again."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path
from unittest import mock

import pytest
import yaml

from runner.audit import time_stamp
from tests.audit.authority import Answer, LocalAuthority, made, serving
from tests.conftest import Ended, Lab
from tests.e2e.driving import apply, here
from tests.e2e.test_resume import rest
from tests.e2e.watching import assert_honest, assert_untouched, of_kind

PAGE = Answer(b"<html>Log in</html>", content_type="text/html")


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LocalAuthority]:
    """Run an authority for all tests of this module."""
    with serving(made(tmp_path_factory.mktemp("tsa") / "named")) as authority:
        yield authority


@pytest.fixture
def authority(running: LocalAuthority) -> LocalAuthority:
    """Return the authority, which is honest so far."""
    running.lie = None
    running.asked.clear()
    return running


def rules(lab: Lab, authority: LocalAuthority, mode: str) -> None:
    """Write guardrails that want time stamps."""
    place = lab.directory / ".runner"
    place.mkdir(exist_ok=True)
    (place / "roots.pem").write_bytes(authority.roots.read_bytes())
    timestamp = {"url": authority.url, "roots": "roots.pem", "mode": mode}
    text = yaml.safe_dump({"version": 1, "audit": {"timestamp": timestamp}})
    (place / "guardrails.yaml").write_text(text, encoding="utf-8")


def verified(lab: Lab, *args: str) -> Ended:
    """Verify the log."""
    return here(lab, "audit", "verify", *args)


def test_a_run_is_stamped_and_every_change_is_found(lab: Lab, authority: LocalAuthority, tmp_path: Path) -> None:
    """Before the first call and at the end; stamps that are gone, changed, moved or of nobody's choice are flaws."""
    rules(lab, authority, "required")
    ended = apply(lab, lab.playbook())
    assert ended.code == 0, ended.err
    order = [record["type"] for record in lab.records()]
    stamped = of_kind(lab, "log.stamped")
    assert order.index("log.stamped") < order.index("call.intent")
    assert order[-2:] == ["run.close", "log.stamped"]
    assert [record["why"] for record in stamped] == ["", ""]
    assert_honest(lab)

    sound = verified(lab, "--timestamp-roots", str(authority.roots), "--output", "json")
    assert (sound.code, sound.data["time_stamps"]) == (0, 2), sound.out
    assert sound.data["stamped"] == {"size": stamped[1]["size"], "time": stamped[1]["time"]}
    assert "2 time stamps, the last over" in verified(lab).out
    first, last = sorted((lab.ledger / "checkpoints").glob("*.tsr"))
    note = last.with_suffix("")
    openssl = ("openssl", "ts", "-verify", "-data", str(note), "-in", str(last), "-CAfile", str(authority.roots))
    assert subprocess.run(openssl, capture_output=True, check=False, timeout=60).returncode == 0
    assert "log time-stamped" in here(lab, "audit", "show").out

    before, other = last.read_bytes(), made(tmp_path / "other")
    elsewhere = verified(lab, "--timestamp-roots", str(other.roots))
    assert (elsewhere.code, "bad time stamp" in elsewhere.out) == (3, True)
    changes: tuple[tuple[Callable[[], object], str], ...] = (
        (last.unlink, f"the time stamp over {int(note.name)} lines is gone"),
        (lambda: last.write_bytes(first.read_bytes()), "it is another one than the log says"),
        (lambda: last.write_bytes(before[:-1]), "it is another one than the log says"),
    )
    for change, why in changes:
        change()
        found = verified(lab)
        assert (found.code, why in found.out) == (3, True), found.out
        last.write_bytes(before)
    assert verified(lab).code == 0


def test_what_the_log_does_not_tell_of_is_judged_as_well(lab: Lab, authority: LocalAuthority) -> None:
    """A kill between a stamp and its record leaves one, which holds or not; without roots or reader nobody can tell."""
    apply(lab, lab.playbook())
    note = max(path for path in (lab.ledger / "checkpoints").iterdir() if not path.suffix)
    request = subprocess.run(
        ("openssl", "ts", "-query", "-data", str(note), "-sha256", "-cert"), capture_output=True, check=True, timeout=60
    ).stdout
    stamp = note.with_suffix(".tsr")
    stamp.write_bytes(authority.stamped(request))
    roots = ("--timestamp-roots", str(authority.roots))

    sound = verified(lab, *roots)
    assert (sound.code, "1 time stamp, the last over" in sound.out) == (0, True), sound.out
    unknown = verified(lab)
    assert (unknown.code, "--timestamp-roots" in unknown.out) == (0, True), unknown.out
    with mock.patch.dict("sys.modules", {"rfc3161_client": None}):
        unread = verified(lab, *roots)
    assert (unread.code, time_stamp.EXTRA in " ".join(unread.out.split())) == (0, True), unread.out
    stamp.write_bytes(b"<html>")
    junk = verified(lab, *roots)
    assert (junk.code, "it is no time stamp" in junk.out) == (3, True), junk.out
    assert verified(lab, "--timestamp-roots", str(note)).code == 2


def test_a_required_stamp_that_is_none(lab: Lab, authority: LocalAuthority) -> None:
    """Nothing is touched on a page of HTML; once the authority answers as it should, the run is resumed."""
    rules(lab, authority, "required")
    authority.lie = lambda _: PAGE
    refused = apply(lab, lab.playbook())

    assert refused.code == 3, refused.err
    assert "the log is NOT time-stamped: " in refused.said
    assert_untouched(lab)
    authority.lie = None
    resumed = rest(lab)
    assert resumed.code == 0, resumed.err
    assert not lab.bucket_exists()
    assert [bool(record["why"]) for record in of_kind(lab, "log.stamped")] == [True, False, False]
    assert_honest(lab)


def test_best_effort(lab: Lab, authority: LocalAuthority) -> None:
    """The run goes on without, and the log and the terminal say so; roots that cannot be read are never best effort."""
    rules(lab, authority, "best-effort")
    authority.lie = lambda _: PAGE
    ended = apply(lab, lab.playbook())

    assert ended.code == 0, ended.err
    assert "the log is NOT time-stamped: " in ended.said
    assert all(record["why"] for record in of_kind(lab, "log.stamped"))
    assert not list((lab.ledger / "checkpoints").glob("*.tsr"))
    assert_honest(lab)
    explained = here(lab, "guardrails", "explain", str(lab.playbook()), "--output", "json")
    assert "best-effort: http://127.0.0.1" in json.dumps(explained.data)
    (lab.directory / ".runner" / "roots.pem").unlink()
    assert here(lab, "apply", str(lab.playbook())).code == 2
