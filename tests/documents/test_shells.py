"""Tab completes in the shells that people have: each is asked as its own completion function asks."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.conftest import Lab
from tests.e2e.driving import apply

ASK = {
    "bash": 'eval "$(runner --show-completion bash)"\n'
    "COMP_WORDS=({words}); COMP_CWORD={last}; _runner_completion runner; printf '%s\\n' \"${{COMPREPLY[@]}}\"",
    "zsh": "compdef() {{ :; }}; _arguments() {{ print -rl -- $@; }}; _files() {{ :; }}\n"
    'eval "$(runner --show-completion zsh)"; words=({words}); CURRENT=$#words; _runner_completion',
    "fish": 'runner --show-completion fish | source; complete --do-complete "{line}"',
}
"""What a shell does when Tab is pressed at the end of a line; zsh's own drawing is replaced by printing."""


def offered(lab: Lab, shell: str, line: str) -> str:
    """Return what a shell offers at the end of a line."""
    words = line.split(" ")
    quoted = " ".join(f'"{word}"' for word in words)
    script = ASK[shell].format(words=quoted, last=len(words) - 1, line=line)
    path = f"{Path(sys.executable).parent}:/usr/local/bin:/usr/bin:/bin"
    ended = subprocess.run(
        (shell, "-c", script),
        env=lab.environment(PATH=path, _TYPER_COMPLETE_TEST_DISABLE_SHELL_DETECTION="1"),
        cwd=lab.directory,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    return re.sub(r"\x1b\[[0-9;]*m", "", ended.stdout)


@pytest.mark.parametrize("shell", ASK)
def test_tab_completes(lab: Lab, shell: str) -> None:
    """Commands, names of actions, and runs of the audit log."""
    if shutil.which(shell) is None:
        pytest.skip(f"{shell} is not installed")
    apply(lab, lab.playbook())
    run = str(lab.records()[-1]["run"])

    assert "guardrails" in offered(lab, shell, "runner gua")
    assert "s3.empty_bucket" in offered(lab, shell, "runner actions s3.em")
    assert run in offered(lab, shell, f"runner audit show {run[:4]}")
