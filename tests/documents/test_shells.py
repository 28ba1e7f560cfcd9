"""Tab completes in the shells that people have: each is asked as its own completion function asks."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from runner.sandbox.lifecycle import Sandbox
from tests.conftest import Lab
from tests.e2e.driving import apply

_PATH = f"{Path(sys.executable).parent}:/usr/local/bin:/usr/bin:/bin"
LINES = (
    "runner gua",
    "runner actions s3.em",
    "runner audit show {run}",
    "runner plan play",
)
"""Lines at whose end Tab is pressed."""
TAB = {
    "bash": ("bash", 'eval "$(runner --show-completion bash)"'),
    "zsh": (
        "zsh -f",
        'compdef() { :; }; _arguments() { print -rl -- $@; }; _files() { :; }\neval "$(runner --show-completion zsh)"',
    ),
    "fish": ("fish --no-config", "runner --show-completion fish | source"),
}
"""How a shell is started and takes the completion; zsh's own drawing is replaced by printing."""
ASK = {
    "bash": "COMP_WORDS=({words}); COMP_CWORD={last}; _runner_completion runner; printf '%s\\n' \"${{COMPREPLY[@]}}\"",
    "zsh": "words=({words}); CURRENT=$#words; _runner_completion",
    "fish": 'complete --do-complete "{line}"',
}
"""What a shell does when Tab is pressed at the end of a line."""
NEXT = "-- next --"


@pytest.fixture(scope="module")
def audited(sandbox: Sandbox, tmp_path_factory: pytest.TempPathFactory) -> Lab:
    """Return a directory whose audit log has a run; nothing that is asked here changes it."""
    sandbox.reset()
    lab = Lab(sandbox, tmp_path_factory.mktemp("audited"))
    apply(lab, lab.playbook())
    (lab.directory / "playbooks" / "deep").mkdir(parents=True)
    for name in ("teardown.yaml", "deep/er.yml", ".hidden.yaml", "notes.txt", "plan.json"):
        (lab.directory / "playbooks" / name).touch()
    return lab


def offered(lab: Lab, shell: str, lines: tuple[str, ...]) -> list[str]:
    """Return what a shell offers at the end of each line; it is started once, as people start it."""
    start, taken = TAB[shell]
    asked = (_asked(shell, line) for line in lines)
    ended = subprocess.run(
        (*start.split(), "-c", f"\necho '{NEXT}'\n".join((taken, *asked))),
        env=lab.environment(PATH=_PATH, _TYPER_COMPLETE_TEST_DISABLE_SHELL_DETECTION="1"),
        cwd=lab.directory,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    _, *answers = re.sub(r"\x1b\[[0-9;]*m", "", ended.stdout).split(NEXT)
    return answers


def _asked(shell: str, line: str) -> str:
    words = line.split(" ")
    quoted = " ".join(f'"{word}"' for word in words)
    return ASK[shell].format(words=quoted, last=len(words) - 1, line=line)


@pytest.mark.parametrize("shell", ASK)
def test_tab_completes(audited: Lab, shell: str) -> None:
    """Commands, names of actions, runs of the audit log, and playbooks; nothing hidden, and no other files."""
    if shutil.which(shell) is None:
        pytest.skip(f"{shell} is not installed")
    run = str(audited.records()[-1]["run"])
    command, action, runs, plan = offered(audited, shell, tuple(line.format(run=run[:4]) for line in LINES))

    assert "guardrails" in command
    assert "s3.empty_bucket" in action
    assert run in runs
    assert all(name in plan for name in ("playbooks/teardown.yaml", "playbooks/deep/er.yml"))
    assert not any(name in plan for name in (".hidden.yaml", "notes.txt", "plan.json"))
