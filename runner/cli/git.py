"""Ask git local questions: no hook, filter, monitor or network has a say, and nothing is written."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

GIT_SECONDS = 5
"""How long git may take for one local question."""


def git_line(directory: Path, *question: str) -> str:
    """Return git's one-line answer, or an empty text when there is none."""
    return (git_bytes(directory, *question) or b"").decode("utf-8", "replace").strip()


def git_bytes(directory: Path, *question: str) -> bytes | None:
    """Return git's answer as it is; None when git is not there, hangs, or has none."""
    try:
        answer = subprocess.run(
            ["git", "-c", "core.fsmonitor=false", *question],
            cwd=directory,
            env=_environment(),
            stdin=subprocess.DEVNULL,
            capture_output=True,
            timeout=GIT_SECONDS,
            check=False,
        )
    except (OSError, subprocess.TimeoutExpired):
        return None
    return answer.stdout if answer.returncode == 0 else None


def _environment() -> dict[str, str]:
    """Return our environment without what points git at another repository, as its own hooks do."""
    kept = {
        name: value
        for name, value in os.environ.items()
        if not name.startswith("GIT_") or name.startswith("GIT_CONFIG")
    }
    # Replaced objects would show another commit than the one named; lazy fetching would use the network.
    return {**kept, "GIT_OPTIONAL_LOCKS": "0", "GIT_NO_REPLACE_OBJECTS": "1", "GIT_NO_LAZY_FETCH": "1", "LC_ALL": "C"}
