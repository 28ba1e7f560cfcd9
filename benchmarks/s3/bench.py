"""Empty a bucket with runner and its peers, in one run: ``make bench``.

The clients take turns, round after round, so that a busy machine slows all of them alike; the order is turned round
each time. What is printed is the median of each and its ratio to runner, whose log is included. Start-up is left out
where a client can tell (runner, boto3, the bare client); s5cmd and the AWS CLI are measured from start to end.

The AWS CLI sends one request for each key and knows no versions: it empties a fiftieth of the keys, and its time is
multiplied. The bare client signs and checks nothing: what it needs is what this server can do. S3 itself allows 3,500
deletions a second for each partition of a bucket; these ratios are ratios of clients and not of S3.
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from urllib.request import urlopen

HERE = Path(__file__).parent
ROOT = HERE.parent.parent
BUCKET = "bench"
PART = 50
"""The AWS CLI gets one key in so many."""


@dataclass(frozen=True)
class Client:
    """Hold one client; ``tells`` says that its output is the seconds it took."""

    name: str
    command: tuple[str, ...]
    tells: bool
    part: int = 1


def clients(endpoint: str, s5cmd: str | None, *, versions: bool) -> tuple[Client, ...]:
    """Return the clients that can be had here."""
    python, peers = sys.executable, str(HERE / "peers.py")
    every = ("--all-versions",) if versions else ()
    found = [
        Client("runner", (python, str(HERE / "ours.py"), endpoint, BUCKET), tells=True),
        Client("runner without log", (python, str(HERE / "ours.py"), endpoint, BUCKET, "--no-log"), tells=True),
        Client("bare client", (python, str(HERE / "bare.py"), endpoint, BUCKET), tells=True),
        Client("boto3, threads", (python, peers, "threads", endpoint, BUCKET), tells=True),
        Client("boto3, resource", (python, peers, "resource", endpoint, BUCKET), tells=True),
    ]
    if s5cmd:
        command = (s5cmd, "--log", "error", "--endpoint-url", endpoint, "rm", *every, f"s3://{BUCKET}/*")
        found.append(Client("s5cmd", command, tells=False))
    if not versions:
        aws = str(Path(python).parent / "aws")
        rest = ("--endpoint-url", endpoint, "s3", "rm", f"s3://{BUCKET}", "--recursive", "--only-show-errors")
        found.append(Client("aws s3 rm", (aws, *rest), tells=False, part=PART))
    return tuple(found)


def measure(client: Client, endpoint: str, objects: int, versions: int) -> float:
    """Return the seconds a client takes to empty a bucket that was just filled.

    Raises:
        SystemExit: when it fails, or leaves something behind.
    """
    ask(endpoint, f"_fill?bucket={BUCKET}&count={objects // client.part}&versions={versions}")
    started = time.perf_counter()
    ran = subprocess.run(client.command, capture_output=True, text=True, env=environment(), check=False)
    took = time.perf_counter() - started
    left = json.loads(ask(endpoint, f"_stats?bucket={BUCKET}"))["left"]
    if ran.returncode or left:
        sys.exit(f"{client.name}: exit {ran.returncode}, {left} left\n{ran.stderr}")
    return (float(ran.stdout.split()[0]) if client.tells else took) * client.part


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


def table(title: str, times: dict[str, list[float]]) -> str:
    """Return the result as a table in Markdown."""
    ours = statistics.median(times["runner"])
    lines = [f"### {title}", "", "| client | median s | range s | ratio to runner |", "|---|---|---|---|"]
    for name, taken in sorted(times.items(), key=lambda one: statistics.median(one[1])):
        median = statistics.median(taken)
        lines.append(f"| {name} | {median:.2f} | {min(taken):.2f} to {max(taken):.2f} | {median / ours:.1f} |")
    return "\n".join(lines)


def main() -> None:
    """Measure, and print the tables."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--objects", type=int, default=100_000)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--short", action="store_true", help="5,000 objects, one round")
    parser.add_argument("--s5cmd", default=os.environ.get("S5CMD"), help="the native s5cmd")
    given = parser.parse_args()
    objects, rounds = (5_000, 1) if given.short else (given.objects, given.rounds)
    settings = (
        ("no latency", 0.0, objects, 1),
        ("two versions, no latency", 0.0, objects // 2, 2),
        ("30 ms round trip", 0.03, objects, 1),
    )
    with served() as endpoint:
        for name, rtt, count, versions in settings:
            ask(endpoint, f"_set?rtt={rtt}")
            taking = clients(endpoint, given.s5cmd, versions=versions > 1)
            times: dict[str, list[float]] = {client.name: [] for client in taking}
            for turn in range(rounds):
                for client in taking if turn % 2 == 0 else reversed(taking):
                    times[client.name].append(measure(client, endpoint, count, versions))
            sys.stdout.write(table(f"{count:,} objects, {name}; rounds: {rounds}", times) + "\n\n")
            sys.stdout.flush()


if __name__ == "__main__":
    main()
