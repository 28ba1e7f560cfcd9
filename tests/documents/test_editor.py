"""Playbooks in an editor: the real yaml-language-server, which `make editor` installs, completes and underlines."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Any

import pytest

from tests.documents.pages import ROOT

SERVER = Path(os.environ.get("RUNNER_YAML_SERVER", ROOT / ".venv/editor/node_modules/.bin/yaml-language-server"))
PLAYBOOK = (ROOT / "playbooks" / "teardown.yaml").read_text(encoding="utf-8")

pytestmark = pytest.mark.skipif(
    shutil.which(str(SERVER)) is None or shutil.which("node") is None, reason="`make editor` installs the server"
)


class Editor:
    """Speak the Language Server Protocol as an editor with one open file does."""

    def __init__(self, sent: IO[bytes], got: IO[bytes], uri: str) -> None:
        self._sent, self._got, self._uri = sent, got, uri
        self._id = 0

    def open(self, text: str) -> list[str]:
        """Open the file with a text, and return what is underlined."""
        self._tell("textDocument/didOpen", {"textDocument": {**self._file(), "languageId": "yaml", "text": text}})
        while True:
            message = self._read()
            if message.get("method") == "textDocument/publishDiagnostics":
                return [one["message"] for one in message["params"]["diagnostics"]]

    def complete(self, text: str, at: str) -> list[str]:
        """Return what is offered right behind the last place of ``at`` in the text."""
        before = text[: text.rindex(at) + len(at)]
        place = {"line": before.count("\n"), "character": len(before) - before.rfind("\n") - 1}
        answer = self.ask("textDocument/completion", {"textDocument": self._file(), "position": place})
        return [item["label"] for item in answer["items"]]

    def ask(self, method: str, params: dict[str, Any]) -> Any:
        """Send a request and return its result; questions of the server are answered with nothing."""
        self._id += 1
        self._write({"id": self._id, "method": method, "params": params})
        while True:
            message = self._read()
            if message.get("id") == self._id and "method" not in message:
                return message["result"]

    def _tell(self, method: str, params: dict[str, Any]) -> None:
        self._write({"method": method, "params": params})

    def _file(self) -> dict[str, Any]:
        return {"uri": self._uri, "version": 1}

    def _write(self, message: dict[str, Any]) -> None:
        body = json.dumps({"jsonrpc": "2.0", **message}).encode()
        self._sent.write(b"Content-Length: %d\r\n\r\n%s" % (len(body), body))
        self._sent.flush()

    def _read(self) -> dict[str, Any]:
        length = 0
        while line := self._got.readline().strip():
            name, _, value = line.partition(b":")
            length = int(value) if name.lower() == b"content-length" else length
        assert length, "the server ended"
        message: dict[str, Any] = json.loads(self._got.read(length))
        if "method" in message and "id" in message:
            answer: list[dict[str, Any]] | None = (
                [{}, {}, {}, {}, {}] if message["method"] == "workspace/configuration" else None
            )
            self._write({"id": message["id"], "result": answer})
        return message


@contextmanager
def editor(uri: str) -> Iterator[Editor]:
    """Start the server for one file."""
    process = subprocess.Popen((SERVER, "--stdio"), stdin=subprocess.PIPE, stdout=subprocess.PIPE)
    assert process.stdin is not None
    assert process.stdout is not None
    try:
        speaks = Editor(process.stdin, process.stdout, uri)
        speaks.ask("initialize", {"processId": None, "rootUri": None, "capabilities": {}})
        speaks._tell("initialized", {})
        yield speaks
    finally:
        process.kill()
        process.communicate()


def test_a_playbook_has_nothing_underlined() -> None:
    """The example is valid by the schema that its first line names."""
    with editor((ROOT / "playbooks" / "teardown.yaml").as_uri()) as one:
        assert one.open(PLAYBOOK) == []


def test_a_mistake_is_underlined() -> None:
    """A key that is not there, and an action that is not there, each with what would be right."""
    text = PLAYBOOK.replace("owner:", "ownr:").replace("s3.delete_bucket", "s3.delete_bukket")
    with editor((ROOT / "playbooks" / "teardown.yaml").as_uri()) as one:
        said = " ".join(one.open(text))

    assert "ownr" in said
    assert "s3.delete_bucket" in said


def test_actions_and_keys_are_offered() -> None:
    """Behind `action:` stand the actions, and in a step its keys."""
    text = PLAYBOOK + "  - id: next\n    action: \n"
    with editor((ROOT / "playbooks" / "teardown.yaml").as_uri()) as one:
        one.open(text)
        actions = one.complete(text, "action: ")
        keys = one.complete(text, "    ")

    assert {"s3.empty_bucket", "kms.disable_key", "aws.call"} <= set(actions)
    assert keys
