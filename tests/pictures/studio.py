"""Where the pictures of the documentation are taken: a sandbox, a desk with playbooks, a terminal, and Chromium."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
import tempfile
from dataclasses import dataclass, replace
from pathlib import Path

from runner.sandbox.lifecycle import Sandbox
from tests.conftest import Lab
from tests.e2e.terminal import terminal
from tests.pictures import screen

ROOT = Path(__file__).parent.parent.parent
CHROMIUM = (
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--hide-scrollbars",
)
_PHRASE = re.compile(r"Type  (.+?)  to go on")
"""What a question says that is to be typed."""
DESKTOP, PHONE = "1000,1300", "390,844"


@dataclass(frozen=True)
class Studio:
    """Hold where pictures are taken and put."""

    sandbox: Sandbox
    home: Path
    into: Path
    endpoint: str = ""
    """Where requests go, when that is not the sandbox itself."""

    @property
    def desk(self) -> Path:
        """Where commands are typed: a directory with the playbooks."""
        return self.home / "acme"

    @property
    def environment(self) -> dict[str, str]:
        """The environment of a command: nothing of this machine's user."""
        own = {"HOME": str(self.home), "RUNNER_LEDGER": str(self.home / "ledger"), "COLUMNS": "80", "LINES": "50"}
        kept = {name: value for name, value in os.environ.items() if name in {"PATH", "LANG"}}
        around = self.sandbox.around({**kept, **own, "TERM": "xterm-256color", "COLORTERM": "truecolor"})
        return {**around, "AWS_ENDPOINT_URL": self.endpoint} if self.endpoint else around

    @property
    def lab(self) -> Lab:
        """What an administrator sees and makes in the sandbox, with playbooks on the desk."""
        return Lab(self.sandbox, self.desk)

    def room(self, name: str) -> Studio:
        """Return a studio of its own for one story: another home and log, and the world as it was."""
        self.sandbox.reset()
        other = replace(self, home=self.home / name)
        other.desk.mkdir(parents=True)
        return other

    def take(self, name: str, *args: str, answers: bool = False, light: bool = False, title: str = "") -> str:
        """Run a command at a terminal, keep what it showed at the end as a picture, and return that."""
        shown = self.run(*args, answers=answers)
        drawn = screen.svg(shown, title or " ".join(("runner", *args)), light=light)
        (self.into / f"{name}.svg").write_text(drawn, encoding="utf-8")
        return shown

    def take_log(self, name: str, *args: str) -> str:
        """Run a command as CI does, without a terminal, and keep what its log holds as a picture."""
        shown = self.without_paths(self._ended(*args, merged=True).stdout)
        drawn = screen.svg(shown, " ".join(("runner", *args)))
        (self.into / f"{name}.svg").write_text(drawn, encoding="utf-8")
        return shown

    def run(self, *args: str, answers: bool = False) -> str:
        """Run a command at a terminal of its own and return what it showed, this machine's paths taken out.

        A person who ``answers`` reads the phrase that is asked for, and types it.
        """
        self.sandbox.advance(60)
        command = (sys.executable, "-m", "runner", *args)
        with terminal(command, self.environment, self.desk) as person:
            if answers:
                person.await_text("> ")
                person.type(_PHRASE.findall(person.shown)[-1])
            person.ended()
            return self.without_paths(person.raw)

    def out(self, *args: str) -> str:
        """Return what a command writes to stdout without a terminal."""
        return self.without_paths(self._ended(*args).stdout)

    def _ended(self, *args: str, merged: bool = False) -> subprocess.CompletedProcess[str]:
        self.sandbox.advance(60)
        command = (sys.executable, "-m", "runner", *args)
        job = {name: value for name, value in self.environment.items() if name not in {"COLUMNS", "LINES", "TERM"}}
        return subprocess.run(
            command,
            env={**job, "CI": "true"} if merged else self.environment,
            cwd=self.desk,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT if merged else subprocess.PIPE,
            text=True,
            check=False,
        )

    def without_paths(self, shown: str) -> str:
        """Return a text with the sandbox's and the temporary directories as a reader has them."""
        files = Path(self.environment["AWS_CONFIG_FILE"]).parent
        told = shown.replace(str(files), "~/.aws").replace(str(self.home), "~").replace(sys.prefix + "/bin/", "")
        return told.replace(self.sandbox.endpoint, "http://127.0.0.1:4566")

    def page(self, name: str, html: str) -> None:
        """Take a page as a desktop and as a phone shows it; without Chromium nothing changes."""
        if not shutil.which("chromium"):
            return
        path = self.home / f"{name}.html"
        path.write_text(html, encoding="utf-8")
        for kind, size in (("desktop", DESKTOP), ("phone", PHONE)):
            target = self.into / f"{name}-{kind}.png"
            with tempfile.TemporaryDirectory() as profile:
                argv = ("chromium", *CHROMIUM, f"--user-data-dir={profile}", f"--window-size={size}")
                subprocess.run(
                    (*argv, f"--screenshot={target}", path.as_uri()), check=True, capture_output=True, timeout=120
                )
