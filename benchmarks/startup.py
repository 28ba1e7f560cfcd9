"""Start-up beside the peers, in one run: ``make bench-startup``.

Each command is started in turn, round after round, so that a busy machine slows all of them alike. What is printed is
the median of each and its ratio to the baseline ``python -c "import typer, rich"``; the limit of 1.5 is for ``runner
--version`` and ``runner --help``. ``runner validate`` of a 50-step playbook stands beside ``aws --version``.
"""

from __future__ import annotations

import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping
from pathlib import Path

ROUNDS = 15
BIN = Path(sys.executable).parent

HEAD = """\
version: 1
name: fifty
description: fifty buckets
owner: bench@example.com
account: {id: "222222222222"}
region: eu-west-1
role_arn: arn:aws:iam::222222222222:role/Teardown
limits: {steps: 50}
steps:
"""
STEP = "  - {{id: s{n}, action: s3.delete_bucket, target: {{bucket: acme-bench-{n}}}, irreversible: empty}}\n"


def playbook(directory: Path) -> Path:
    """Write a playbook of 50 steps."""
    path = directory / "fifty.yaml"
    path.write_text(HEAD + "".join(STEP.format(n=n) for n in range(50)), encoding="utf-8")
    return path


def measure(commands: Mapping[str, tuple[str, ...]]) -> dict[str, float]:
    """Return the median wall time of each command in seconds, measured in turns."""
    taken: dict[str, list[float]] = {name: [] for name in commands}
    for _ in range(ROUNDS):
        for name, command in commands.items():
            started = time.perf_counter()
            subprocess.run(command, check=True, capture_output=True, env={**os.environ, "COLUMNS": "80"})
            taken[name].append(time.perf_counter() - started)
    return {name: statistics.median(times) for name, times in taken.items()}


def main() -> None:
    """Measure and print the table."""
    with tempfile.TemporaryDirectory() as directory:
        fifty = playbook(Path(directory))
        medians = measure(
            {
                "import typer, rich": (sys.executable, "-c", "import typer, rich"),
                "runner --version": (str(BIN / "runner"), "--version"),
                "runner --help": (str(BIN / "runner"), "--help"),
                "runner validate, 50 steps": (str(BIN / "runner"), "validate", str(fifty)),
                "aws --version": (str(BIN / "aws"), "--version"),
            }
        )
    base = medians["import typer, rich"]
    sys.stdout.write(f"{'command':28}{'median ms':>10}{'ratio':>8}\n")
    for name, median in medians.items():
        sys.stdout.write(f"{name:28}{median * 1000:>10.0f}{median / base:>8.2f}\n")
    ratio = medians["runner validate, 50 steps"] / medians["aws --version"]
    sys.stdout.write(f"runner validate is {ratio:.2f} times aws --version\n")


if __name__ == "__main__":
    main()
