"""Take the pictures of the documentation: ``python -m tests.pictures DIRECTORY`` (`make pictures`).

Every terminal in them is a real run of ``runner`` at a terminal of 80 columns, against the sandbox; every page was made
by it and opened in Chromium. Nothing in them tells on which machine they were taken.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path

from runner.sandbox.lifecycle import Sandbox, running
from tests.e2e.terminal import terminal
from tests.pictures import screen

ROOT = Path(__file__).parent.parent.parent
PLAYBOOK = "playbooks/teardown.yaml"
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
DESKTOP, PHONE = "1000,1300", "390,844"


@dataclass(frozen=True)
class Studio:
    """Hold where pictures are taken and put."""

    sandbox: Sandbox
    home: Path
    into: Path

    @property
    def desk(self) -> Path:
        """Where commands are typed: a directory with the playbooks."""
        return self.home / "acme"

    @property
    def environment(self) -> dict[str, str]:
        """The environment of a command: nothing of this machine's user."""
        own = {"HOME": str(self.home), "RUNNER_LEDGER": str(self.home / "ledger"), "COLUMNS": "80", "LINES": "50"}
        kept = {name: value for name, value in os.environ.items() if name in {"PATH", "LANG"}}
        return self.sandbox.around({**kept, **own, "TERM": "xterm-256color", "COLORTERM": "truecolor"})

    def take(self, name: str, *args: str, answer: str = "", light: bool = False) -> str:
        """Run a command at a terminal, keep what it showed at the end as a picture, and return that."""
        shown = self.run(*args, answer=answer)
        drawn = screen.svg(shown, " ".join(("runner", *args)), light=light)
        (self.into / f"{name}.svg").write_text(drawn, encoding="utf-8")
        return shown

    def run(self, *args: str, answer: str = "") -> str:
        """Run a command at a terminal of its own and return what it showed, this machine's paths taken out."""
        self.sandbox.advance(60)
        command = (sys.executable, "-m", "runner", *args)
        with terminal(command, self.environment, self.desk) as person:
            if answer:
                person.await_text("> ")
                person.type(answer)
            person.ended()
            return self.without_paths(person.raw)

    def out(self, *args: str) -> str:
        """Return what a command writes to stdout without a terminal."""
        self.sandbox.advance(60)
        command = (sys.executable, "-m", "runner", *args)
        ended = subprocess.run(
            command, env=self.environment, cwd=self.desk, capture_output=True, text=True, check=False
        )
        return self.without_paths(ended.stdout)

    def without_paths(self, shown: str) -> str:
        """Return a text with the sandbox's and the temporary directories as a reader has them."""
        files = Path(self.environment["AWS_CONFIG_FILE"]).parent
        told = shown.replace(str(files), "~/.aws").replace(str(self.home), "~").replace(sys.prefix + "/bin/", "")
        return told.replace(self.sandbox.endpoint, "http://127.0.0.1:4566")

    def page(self, name: str, html: str) -> None:
        """Take a page as a desktop and as a phone shows it."""
        path = self.home / f"{name}.html"
        path.write_text(html, encoding="utf-8")
        for kind, size in (("desktop", DESKTOP), ("phone", PHONE)):
            target = self.into / f"{name}-{kind}.png"
            with tempfile.TemporaryDirectory() as profile:
                argv = ("chromium", *CHROMIUM, f"--user-data-dir={profile}", f"--window-size={size}")
                subprocess.run(
                    (*argv, f"--screenshot={target}", path.as_uri()), check=True, capture_output=True, timeout=120
                )


def main(into: Path) -> None:
    """Take every picture."""
    with tempfile.TemporaryDirectory() as home, running() as sandbox:
        studio = Studio(sandbox, Path(home), into)
        shutil.copytree(ROOT / "playbooks", studio.desk / "playbooks")
        _terminal(studio)
        if shutil.which("chromium"):
            _pages(studio)
        else:
            sys.stderr.write("chromium is not installed: the pictures of pages stay as they are\n")


def _terminal(studio: Studio) -> None:
    studio.take("plan", "plan", PLAYBOOK)
    studio.take("plan-light", "plan", PLAYBOOK, light=True)
    _refused(studio)
    studio.out("plan", PLAYBOOK, "-o", "plan.json")
    studio.take("show", "show", "plan.json")
    phrase = next(line for line in studio.out("plan", PLAYBOOK, "--output", "json").splitlines() if '"confirm"' in line)
    studio.take("apply", "apply", "plan.json", answer=phrase.split('"')[3])
    studio.take("audit-show", "audit", "show")
    studio.take("audit-verify", "audit", "verify")
    studio.take("undo", "undo", "--show")
    studio.take("doctor", "doctor", PLAYBOOK)


def _refused(studio: Studio) -> None:
    """Plan what a guard refuses: fewer objects are allowed than there are."""
    text = (ROOT / PLAYBOOK).read_text(encoding="utf-8")
    changed = text.replace("objects: 5000", "objects: 50")
    (studio.desk / "playbooks" / "too-many.yaml").write_text(changed, encoding="utf-8")
    studio.take("refused", "apply", "playbooks/too-many.yaml")


def _pages(studio: Studio) -> None:
    studio.page("run-page", studio.out("audit", "show", "--output", "html"))
    studio.page("period-page", studio.out("audit", "list", "--output", "html"))
    studio.page("plan-page", studio.out("show", "plan.json", "--output", "html"))


if __name__ == "__main__":
    main(Path(sys.argv[1]).resolve())
