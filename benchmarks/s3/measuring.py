"""The clients that can be had here, and what each of them takes to empty a bucket."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple
from urllib.request import urlopen

HERE = Path(__file__).parent
ROOT = HERE.parent.parent
BUCKET = "bench"
PART = 50
"""Clients that send one request for each key get one key in so many."""
QUICK_PART = 5
"""In a quick run, so do those that are slower by far."""
TURNS = 3
"""Quick clients take several turns in a round: a second more or less is much of what they take."""


@dataclass(frozen=True)
class Client:
    """Hold one client; ``tells`` says that its output are the seconds it took, and those of CPU."""

    name: str
    command: tuple[str, ...]
    tells: bool
    part: int = 1
    """It gets one key in so many, and what it takes is multiplied."""
    turns: int = 1
    """How often it takes its turn in a round."""


class Taken(NamedTuple):
    """Hold what a client took."""

    seconds: float
    cpu: float
    server: float
    """Seconds of CPU of the server meanwhile."""
    memory: float
    """Megabytes at most, in the whole life of the process."""
    requests: float


def clients(endpoint: str, *, versions: bool, quick: bool = False) -> tuple[Client, ...]:
    """Return the clients that can be had here, runner first; ``S5CMD`` and ``RCLONE`` name programs."""
    slow = QUICK_PART if quick else 1
    python, at = sys.executable, (endpoint, BUCKET)
    ours, bare, peers = (str(HERE / name) for name in ("ours.py", "bare.py", "peers.py"))
    found = [
        Client("runner", (python, ours, *at), tells=True, turns=TURNS),
        Client("runner without log", (python, ours, *at, "--no-log"), tells=True, turns=TURNS),
        Client("bare client", (python, bare, *at), tells=True, turns=TURNS),
        Client("boto3, threads", (python, peers, "threads", *at), tells=True, part=slow),
        Client("boto3, resource", (python, peers, "resource", *at), tells=True, part=slow),
    ]
    s5cmd, rclone = os.environ.get("S5CMD"), os.environ.get("RCLONE")
    if s5cmd:
        every = ("--all-versions",) if versions else ()
        command = (s5cmd, "--log", "error", "--endpoint-url", endpoint, "rm", *every, f"s3://{BUCKET}/*")
        found.append(Client("s5cmd", command, tells=False))
    if not versions:
        aws = str(Path(python).parent / "aws")
        rest = ("--endpoint-url", endpoint, "s3", "rm", f"s3://{BUCKET}", "--recursive", "--only-show-errors")
        found.append(Client("aws s3 rm", (aws, *rest), tells=False, part=PART))
        if rclone:
            store = f":s3,provider=Other,env_auth=true,endpoint='{endpoint}':{BUCKET}"
            found.append(Client("rclone delete", (rclone, "--config", "", "delete", store), tells=False, part=PART))
    return tuple(found)


def measure(client: Client, endpoint: str, objects: int, versions: int) -> Taken:
    """Return what a client takes to empty a bucket that was just filled.

    Raises:
        SystemExit: when it fails, or leaves something behind.
    """
    ask(endpoint, f"_fill?bucket={BUCKET}&count={objects // client.part}&versions={versions}")
    with tempfile.TemporaryFile("w+") as told, tempfile.TemporaryFile("w+") as said:
        started = time.perf_counter()
        process = subprocess.Popen(client.command, stdout=told, stderr=said, env=environment())
        _, status, used = os.wait4(process.pid, 0)
        seconds, cpu = time.perf_counter() - started, used.ru_utime + used.ru_stime
        process.returncode = os.waitstatus_to_exitcode(status)
        after = json.loads(ask(endpoint, f"_stats?bucket={BUCKET}"))
        told.seek(0)
        said.seek(0)
        if process.returncode or after["left"]:
            sys.exit(f"{client.name}: exit {process.returncode}, {after['left']} left\n{said.read()}")
        if client.tells:
            seconds, cpu = (float(word) for word in told.read().split())
    requests, part = sum(after["requests"].values()), client.part
    return Taken(seconds * part, cpu * part, after["cpu"] * part, used.ru_maxrss / 1024, requests * part)


def environment() -> dict[str, str]:
    """Return what every client is started with: made-up keys, and nobody's own settings."""
    own = {name: value for name, value in os.environ.items() if not name.startswith(("AWS_", "SSL_", "REQUESTS_"))}
    return own | {
        "AWS_ACCESS_KEY_ID": "AKIABENCH",
        "AWS_SECRET_ACCESS_KEY": "s",
        "AWS_DEFAULT_REGION": "eu-west-1",
        "AWS_REGION": "eu-west-1",
        "AWS_EC2_METADATA_DISABLED": "true",
        "PYTHONPATH": str(ROOT),
        "PYTHONWARNINGS": "ignore",
    }


def ask(endpoint: str, path: str) -> str:
    """Tell the server something, and return what it says."""
    with urlopen(f"{endpoint}/{path}") as answer:  # noqa: S310  # our own server
        said: bytes = answer.read()
    return said.decode()


@contextmanager
def served() -> Iterator[str]:
    """Run the server for the length of a block."""
    server = subprocess.Popen(
        (sys.executable, "-m", "benchmarks.s3.server"), stdout=subprocess.PIPE, text=True, cwd=ROOT
    )
    try:
        port = server.stdout.readline().strip() if server.stdout is not None else ""
        yield f"http://127.0.0.1:{port}"
    finally:
        server.kill()
        server.wait()
