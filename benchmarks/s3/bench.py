"""Empty a bucket with runner and its peers, in one run: ``make bench``.

The clients take turns, round after round, so that a busy machine slows all of them alike; the order is turned round
each time. Printed are the median of each, its ratio to runner, whose log is included, its seconds of CPU, its memory
and its requests; below each table, what runner takes against the bare client, and what its log costs. Seconds are those
of the work where a client can tell (runner, boto3, the bare client); start-up is in the memory of all, and in the
seconds of s5cmd, rclone and the AWS CLI, of which it is a small part.

rclone and the AWS CLI send one request for each key: they get a part of the keys, and what they take is multiplied;
with ``--quick`` boto3 does, too. The bare client signs and checks nothing: what it needs is what this server can do. S3
itself allows 3,500 deletions a second for each partition of a bucket; these ratios are ratios of clients and not of S3.

``--minutes`` begins no further round in a setting once its share of the time is over. ``--growth`` empties 10,000 to
10,000,000 objects with runner alone. ``--chart FILE`` draws what was measured.
"""

from __future__ import annotations

import argparse
import statistics
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from benchmarks.s3.chart import bars, growth
from benchmarks.s3.measuring import Client, Taken, ask, clients, measure, served

OBJECTS: Final = 100_000
MOST_OBJECTS: Final = 10_000_000
"""Objects at the end of a growth."""
SHORT: Final = 5_000
QUICK_ROUNDS: Final = 3
QUICK_MINUTES: Final = 8.0


@dataclass(frozen=True)
class Extent:
    """Say how much is measured."""

    objects: int
    rounds: int
    seconds: float
    quick: bool
    only: frozenset[str]


def median(taken: Sequence[Taken]) -> Taken:
    """Return the medians of several runs."""
    return Taken(*(statistics.median(values) for values in zip(*taken, strict=True)))


def table(title: str, times: dict[str, list[Taken]]) -> str:
    """Return the result as a table in Markdown."""
    ours = median(times["runner"]).seconds
    lines = [
        f"### {title}",
        "",
        "| client | runs | median s | range s | ratio to runner | CPU s | of the server | peak MB | requests |",
        "|---|---|---|---|---|---|---|---|---|",
    ]
    for name, taken in sorted(times.items(), key=lambda one: median(one[1]).seconds):
        mid = median(taken)
        seconds = [one.seconds for one in taken]
        lines.append(
            f"| {name} | {len(taken)} | {mid.seconds:.2f} | {min(seconds):.2f} to {max(seconds):.2f} "
            f"| {mid.seconds / ours:.1f} | {mid.cpu:.2f} | {mid.server:.2f} | {mid.memory:.0f} | {mid.requests:,.0f} |"
        )
    return "\n".join(lines)


def summary(times: dict[str, list[Taken]]) -> str:
    """Say what runner takes against the bare client, and what the log costs of its wall time and of its CPU."""
    ours, bare, silent = (times.get(name) for name in ("runner", "bare client", "runner without log"))
    told = []
    if ours and bare:
        told.append(f"runner takes {median(ours).seconds / median(bare).seconds:.2f} times what the bare client does")
    if ours and silent:
        with_log, without = median(ours), median(silent)
        share = (with_log.seconds - without.seconds) / with_log.seconds
        told.append(f"its log takes {share:.0%} of the time and {with_log.cpu - without.cpu:.2f} s of CPU")
    return "; ".join(told)


def compare(endpoint: str, extent: Extent) -> str:
    """Measure all clients in all settings, print the tables, and return the chart."""
    settings = (
        ("no latency", 0.0, extent.objects, 1),
        ("two versions, no latency", 0.0, extent.objects // 2, 2),
        ("30 ms round trip", 0.03, extent.objects, 1),
    )
    drawn: dict[str, dict[str, float]] = {}
    began = time.monotonic()
    for at, (name, rtt, count, versions) in enumerate(settings, 1):
        ask(endpoint, f"_set?rtt={rtt}")
        taking = [
            client
            for client in clients(endpoint, versions=versions > 1, quick=extent.quick)
            if not extent.only or client.name in extent.only
        ]
        until = began + extent.seconds * at / len(settings)
        times = measured(endpoint, taking, count, versions, extent.rounds, until)
        title = f"{count:,} objects, {name}"
        sys.stdout.write(f"{table(title, times)}\n\n{summary(times)}\n\n")
        sys.stdout.flush()
        drawn[title] = {name: median(taken).seconds for name, taken in times.items()}
    return bars(drawn)


def measured(  # each is another thing
    endpoint: str, taking: Sequence[Client], count: int, versions: int, rounds: int, until: float
) -> dict[str, list[Taken]]:
    """Return what each client took, round after round until the time is over."""
    times: dict[str, list[Taken]] = {client.name: [] for client in taking}
    for turn in range(rounds):
        if turn and time.monotonic() > until:
            break
        for again in range(max(client.turns for client in taking)):
            for client in taking if (turn + again) % 2 == 0 else reversed(taking):
                if again < client.turns:
                    times[client.name].append(measure(client, endpoint, count, versions))
    return times


def grow(endpoint: str, objects: int, rounds: int) -> str:
    """Measure runner alone with ever more objects, print a table, and return the chart."""
    ours: Client = clients(endpoint, versions=False)[0]
    points: list[tuple[int, float, float]] = []
    sys.stdout.write("| objects | s | CPU s | CPU µs per object | peak MB | requests |\n|---|---|---|---|---|---|\n")
    count = 10_000
    while count <= objects:
        mid = median([measure(ours, endpoint, count, 1) for _ in range(rounds)])
        points.append((count, mid.cpu, mid.memory))
        sys.stdout.write(
            f"| {count:,} | {mid.seconds:.2f} | {mid.cpu:.2f} | {mid.cpu / count * 1e6:.1f} | {mid.memory:.0f} "
            f"| {mid.requests:,.0f} |\n"
        )
        sys.stdout.flush()
        count *= 10
    return growth(points)


def main() -> None:
    """Measure, and print the tables."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--objects", type=int, help=f"{OBJECTS:,}; {MOST_OBJECTS:,} with --growth")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--minutes", type=float, default=1e6, help="how long to begin further rounds")
    parser.add_argument("--quick", action="store_true", help="below ten minutes: fewer rounds, less for slow clients")
    parser.add_argument("--short", action="store_true", help=f"{SHORT:,} objects, one round")
    parser.add_argument("--growth", action="store_true", help="runner alone, with ever more objects")
    parser.add_argument("--only", action="append", default=[], help="a client (may be repeated); runner must be there")
    parser.add_argument("--chart", type=Path, help="where to write a chart (SVG)")
    given = parser.parse_args()
    with served() as endpoint:
        drawn = (
            grow(endpoint, given.objects or MOST_OBJECTS, given.rounds)
            if given.growth
            else compare(endpoint, extent_of(given))
        )
    if given.chart:
        given.chart.write_text(drawn, encoding="utf-8")


def extent_of(given: argparse.Namespace) -> Extent:
    """Return how much was asked for."""
    objects, rounds, minutes = given.objects or OBJECTS, given.rounds, given.minutes
    if given.short:
        objects, rounds = SHORT, 1
    if given.quick:
        rounds, minutes = QUICK_ROUNDS, QUICK_MINUTES
    return Extent(objects, rounds, minutes * 60, given.quick, frozenset(given.only))


if __name__ == "__main__":
    main()
