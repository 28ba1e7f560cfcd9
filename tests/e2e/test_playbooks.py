"""Playbooks that are no playbooks: exit 2 with file, line and column, before AWS, a code or a person is asked."""

from __future__ import annotations

import os
import re
import socket
from collections.abc import Callable
from pathlib import Path
from typing import TypeAlias

import pytest

from tests.conftest import Lab
from tests.e2e.driving import here

Write: TypeAlias = Callable[[Path], object]
EXAMPLE = Path(__file__).parent.parent.parent / "playbooks" / "teardown.yaml"


def edited(old: str, new: str) -> Write:
    """Return what writes the example with an edit."""
    text = EXAMPLE.read_text(encoding="utf-8")
    assert old in text
    return lambda path: path.write_text(text.replace(old, new), encoding="utf-8")


def huge(path: Path) -> None:
    """Write 50 MB that begin as a good playbook."""
    path.write_bytes(EXAMPLE.read_bytes())
    os.truncate(path, 50_000_000)


BAD: dict[str, tuple[Write, str]] = {
    "empty": (lambda path: path.write_bytes(b""), ":1:1: "),
    "only a comment": (lambda path: path.write_text("# nothing yet\n"), ":1:1: "),
    "broken": (edited("steps:\n", "steps: [\n"), r":\d+:\d+: "),
    "tab": (edited("  objects: 5000", "\tobjects: 5000"), r":\d+:1: "),
    "binary": (lambda path: path.write_bytes(bytes(range(256)) * 40), ":2:118: "),
    "UTF-16": (lambda path: path.write_bytes(EXAMPLE.read_bytes().decode().encode("utf-16")), ":1:1: "),
    "50 MB": (huge, ":1:1: "),
    "a list": (lambda path: path.write_text("- version: 1\n"), ":1:1: "),
    "two documents": (edited("version: 1\n", "version: 1\n---\n"), r":\d+:\d+: "),
    "unknown key": (edited("owner:", "ownr:"), ":6:1: unknown key `ownr` .*\n +did you mean `owner`"),
    "unquoted account": (edited('"222222222222" #', "222222222222 #"), r":9:7: .*quote"),
    "unknown action": (
        edited("s3.delete_bucket", "s3.delete_buckt"),
        r":25:13: unknown action `s3.delete_buckt`\n +did you mean `s3.delete_bucket`",
    ),
    "cycle": (edited("  - id: empty\n", "  - id: empty\n    needs: [bucket]\n"), r":\d+:\d+: "),
    "wildcard target": (edited("{ bucket: acme-orders-exports }", '{ bucket: "acme-*" }'), r":\d+:\d+: "),
    "tag": (edited("name: retire-orders-exports", "name: !!python/object/apply:os.system [id]"), r":4:7: "),
    "another account's role": (edited("iam::222222222222", "iam::333333333333"), r":\d+:\d+: "),
}


@pytest.mark.parametrize(("write", "place"), BAD.values(), ids=BAD)
def test_a_bad_playbook_is_refused_before_anything(lab: Lab, write: Write, place: str) -> None:
    """The mistake is named with its place; no request is sent and no code is taken."""
    path = lab.directory / "bad.yaml"
    write(path)
    with socket.create_server(("127.0.0.1", 0)) as server:
        server.setblocking(False)  # noqa: FBT003  # the socket's own interface
        endpoint = f"http://127.0.0.1:{server.getsockname()[1]}"
        ended = here(lab, "apply", str(path), env={"AWS_ENDPOINT_URL": endpoint})
        with pytest.raises(BlockingIOError):
            server.accept()

    assert ended.code == 2, ended.err
    assert re.search(re.escape(str(path)) + place, ended.err), ended.err
    for word in ("the playbook is not valid", "next: ", "exit: 2 (usage)"):
        assert word in ended.err
    assert "Traceback" not in ended.err
    assert ended.out == ""
    assert not lab.ledger.exists()


@pytest.mark.parametrize(
    ("name", "word"),
    [("missing.yaml", "no such file"), (".", "directory"), ("/dev/zero", "not a file"), ("", "no such")],
)
def test_what_is_no_file_is_named(lab: Lab, name: str, word: str) -> None:
    """A missing file, a directory and a device are named; nothing is read for ever."""
    ended = here(lab, "plan", name)

    assert ended.code == 2, ended.err
    assert word in ended.err
    assert "next: " in ended.err
    assert "identity" not in ended.err


def test_validate_names_every_file(lab: Lab) -> None:
    """``validate`` needs neither AWS nor a log, and says of each file what it is, as text and as data."""
    good = lab.playbook()
    for name in ("unknown key", "cycle"):
        BAD[name][0](lab.directory / f"{name}.yaml")
    files = (str(good), "unknown key.yaml", "cycle.yaml", "missing.yaml")
    env = dict.fromkeys(lab.sandbox.environment)
    text = lab.run("validate", *files, env=env)
    data = here(lab, "validate", *files, "--output", "json", env=env)
    one = here(lab, "validate", str(good), env=env)

    assert (text.code, data.code, one.code) == (2, 2, 0)
    assert f"{good}: ok: retire-orders-exports, 2 steps" in text.out
    assert re.search(r"^unknown key.yaml:6:1: ", text.out, re.MULTILINE)
    assert "missing.yaml:1:1: there is no such file" in text.out
    assert text.err == ""
    assert [found["ok"] for found in data.data["files"]] == [True, False, False, False]
    assert [problem["line"] for problem in data.data["files"][1]["problems"]] == [3, 6]
    assert not lab.ledger.exists()
