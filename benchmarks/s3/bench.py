"""Empty a bucket with runner and its peers, in one run: ``make bench``.

The clients take turns, round after round, so that a busy machine slows all of them alike; the order is turned round
each time. Printed are the median of each, its ratio to runner, whose log is included, its seconds of CPU, its memory
and its requests. Seconds are those of the work where a client can tell (runner, boto3, the bare client); start-up is in
the memory of all, and in the seconds of s5cmd, rclone and the AWS CLI, of which it is a small part.

rclone and the AWS CLI send one request for each key: they get a part of the keys, and what they take is multiplied.
The bare client signs and checks nothing: what it needs is what this server can do. S3 itself allows 3,500 deletions a
second for each partition of a bucket; these ratios are ratios of clients and not of S3.

``--growth`` empties 10,000 to ``--objects`` objects with runner alone. ``--chart FILE`` draws what was measured.
"""

from __future__ import annotations

import argparse
import statistics
import sys
from collections.abc import Sequence
from pathlib import Path

from benchmarks.s3.chart import bars, growth
from benchmarks.s3.measuring import Client, Taken, ask, clients, measure, served

SHORT = 5_000


def median(taken: Sequence[Taken]) -> Taken:
    """Return the medians of several runs."""
    return Taken(*(statistics.median(values) for values in zip(*taken, strict=True)))


def table(title: str, times: dict[str, list[Taken]]) -> str:
    """Return the result as a table in Markdown."""
    ours = median(times["runner"]).seconds
    lines = [
        f"### {title}",
        "",
        "| client | median s | range s | ratio to runner | CPU s | of the server | peak MB | requests |",
        "|---|---|---|---|---|---|---|---|",
    ]
    for name, taken in sorted(times.items(), key=lambda one: median(one[1]).seconds):
        mid = median(taken)
        seconds = [one.seconds for one in taken]
        lines.append(
            f"| {name} | {mid.seconds:.2f} | {min(seconds):.2f} to {max(seconds):.2f} | {mid.seconds / ours:.1f} "
            f"| {mid.cpu:.2f} | {mid.server:.2f} | {mid.memory:.0f} | {mid.requests:,.0f} |"
        )
    return "\n".join(lines)


def compare(endpoint: str, objects: int, rounds: int, only: frozenset[str]) -> str:
    """Measure all clients in all settings, print the tables, and return the chart."""
    settings = (
        ("no latency", 0.0, objects, 1),
        ("two versions, no latency", 0.0, objects // 2, 2),
        ("30 ms round trip", 0.03, objects, 1),
    )
    drawn: dict[str, dict[str, float]] = {}
    for name, rtt, count, versions in settings:
        ask(endpoint, f"_set?rtt={rtt}")
        taking = [client for client in clients(endpoint, versions=versions > 1) if not only or client.name in only]
        times: dict[str, list[Taken]] = {client.name: [] for client in taking}
        for turn in range(rounds):
            for client in taking if turn % 2 == 0 else reversed(taking):
                times[client.name].append(measure(client, endpoint, count, versions))
        title = f"{count:,} objects, {name}"
        sys.stdout.write(table(f"{title}; rounds: {rounds}", times) + "\n\n")
        sys.stdout.flush()
        drawn[title] = {name: median(taken).seconds for name, taken in times.items()}
    return bars(drawn)


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
    parser.add_argument("--objects", type=int, default=100_000)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--short", action="store_true", help=f"{SHORT:,} objects, one round")
    parser.add_argument("--growth", action="store_true", help="runner alone, with ever more objects")
    parser.add_argument("--only", action="append", default=[], help="a client (may be repeated); runner must be there")
    parser.add_argument("--chart", type=Path, help="where to write a chart (SVG)")
    given = parser.parse_args()
    objects, rounds = (SHORT, 1) if given.short else (given.objects, given.rounds)
    with served() as endpoint:
        drawn = (
            grow(endpoint, objects, rounds)
            if given.growth
            else compare(endpoint, objects, rounds, frozenset(given.only))
        )
    if given.chart:
        given.chart.write_text(drawn, encoding="utf-8")


if __name__ == "__main__":
    main()
