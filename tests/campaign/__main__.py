"""The crash campaign: ``make crash-campaign``. Kill runs at random moments; after each kill, see what must hold.

Most are killed against an AWS in memory, with the real ledger on the real disk; a smaller share is the whole command
against the sandbox. In both, steps go on side by side, so that a kill may find several calls open. The seed is printed;
``--seed`` chooses the same moments again, at which threads may stand elsewhere.
"""

from __future__ import annotations

import argparse
import secrets
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from random import Random

from tests.campaign import in_memory, in_sandbox
from tests.campaign.toll import Toll


def main() -> None:
    """Run the campaign and print its figure."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--kills", type=int, default=500, help="against the AWS in memory")
    parser.add_argument("--sandbox-kills", type=int, default=50, help="of the whole command, against the sandbox")
    parser.add_argument("--seed", type=int, default=secrets.randbelow(2**32))
    parser.add_argument("--every-moment", action="store_true", help="and one kill at each moment of a run, in order")
    wanted = parser.parse_args()
    sys.stdout.write(f"seed {wanted.seed}\n")
    random = Random(wanted.seed)  # noqa: S311  # repeatable, not secret
    _campaign("in memory", lambda place: in_memory.kill(place, random, wanted.kills))
    random = Random(wanted.seed)  # noqa: S311  # same
    _campaign("in the sandbox", lambda place: in_sandbox.kill(place, random, wanted.sandbox_kills))
    if wanted.every_moment:
        _campaign("at every moment", in_memory.kill_at_every_moment)


def _campaign(name: str, kill: Callable[[Path], Toll]) -> None:
    started = time.monotonic()
    with tempfile.TemporaryDirectory() as directory:
        toll = kill(Path(directory))
    sys.stdout.write(f"{name}: {toll}: {time.monotonic() - started:.0f} s\n")
    sys.stdout.flush()


if __name__ == "__main__":
    main()
