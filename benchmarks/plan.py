"""A hundred steps planned while every answer of AWS takes 30 ms longer: ``make bench-plan``.

The sandbox stands behind a relay that holds every byte of an answer back for 30 ms, as a region on another continent
does. ``runner plan`` is started anew for each round, with a code on stdin. Printed are the median wall time and the
requests of a plan, and the ratio of the waiting alone, were the requests sent one after the other, to the wall time.
The limit of 3 s is for a hundred steps. On a machine that has other work, the processor time says more: of ``runner``
everywhere, of the sandbox on Linux.
"""

from __future__ import annotations

import argparse
import asyncio
import os
import resource
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from importlib.resources import files
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import yaml

from runner.sandbox.lifecycle import Sandbox, running

ROUNDS = 3
LATER = 0.030
"""Seconds that every answer is held back."""
LIMIT = 3.0
"""Seconds that a hundred steps may take."""


class Relay:
    """Pass bytes on to the sandbox, and its answers back a little later; count what was asked."""

    def __init__(self, upstream: str) -> None:
        self._upstream = urlsplit(upstream)
        self._loop = asyncio.new_event_loop()
        self.requests = 0
        self.endpoint = ""

    @contextmanager
    def serving(self) -> Iterator[Relay]:
        """Serve inside the block."""
        thread = threading.Thread(target=self._loop.run_forever, daemon=True)
        thread.start()
        asyncio.run_coroutine_threadsafe(self._listen(), self._loop).result()
        try:
            yield self
        finally:
            self._loop.call_soon_threadsafe(self._loop.stop)
            thread.join()

    async def _listen(self) -> None:
        server = await asyncio.start_server(self._connected, "127.0.0.1", 0)
        self.endpoint = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"

    async def _connected(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        back, forth = await asyncio.open_connection(self._upstream.hostname, self._upstream.port)
        asking = asyncio.ensure_future(self._ask(reader, forth))
        while answer := await back.read(65536):
            self._loop.call_later(LATER, writer.write, answer)
        self._loop.call_later(LATER, writer.close)
        await asking

    async def _ask(self, reader: asyncio.StreamReader, forth: asyncio.StreamWriter) -> None:
        while asked := await reader.read(65536):
            self.requests += asked.count(b"amz-sdk-invocation-id") + asked.count(b"Amz-Sdk-Invocation-Id")
            forth.write(asked)
        forth.close()


def world(directory: Path, buckets: int) -> Path:
    """Write the default world with so many small buckets, each protected by its own policy."""
    text = files("runner.sandbox").joinpath("worlds/default.yaml").read_text(encoding="utf-8")
    made: dict[str, Any] = yaml.safe_load(text)
    (example,) = made["accounts"][1]["buckets"]
    made["accounts"][1]["buckets"] = [_bucket(example, f"acme-bench-{number:03}") for number in range(buckets)]
    path = directory / "world.yaml"
    path.write_text(yaml.safe_dump(made), encoding="utf-8")
    return path


def _bucket(example: Mapping[str, Any], name: str) -> Mapping[str, Any]:
    policy = yaml.safe_load(yaml.safe_dump(example["policy"]).replace(str(example["name"]), name))
    return {
        "name": name,
        "versioning": "Enabled",
        "tags": {"Service": "bench"},
        "policy": policy,
        "objects": [{"prefix": "part-", "count": 3, "size": 64}],
    }


def playbook(directory: Path, buckets: int) -> Path:
    """Write a playbook that empties and deletes so many buckets."""
    steps: list[Mapping[str, object]] = []
    for number in range(buckets):
        target = {"bucket": f"acme-bench-{number:03}"}
        said = {"target": target, "irreversible": "it is a benchmark"}
        steps.append({"id": f"empty-{number}", "action": "s3.empty_bucket", **said})
        steps.append({"id": f"bucket-{number}", "action": "s3.delete_bucket", "needs": [f"empty-{number}"], **said})
    head = {
        "version": 1,
        "name": "bench",
        "description": "many buckets",
        "owner": "bench@example.com",
        "account": {"id": "222222222222"},
        "region": "ap-northeast-1",
        "role_arn": "arn:aws:iam::222222222222:role/Teardown",
        "limits": {"steps": len(steps), "share": "100%"},
    }
    path = directory / "bench.yaml"
    path.write_text(yaml.safe_dump({**head, "steps": steps}), encoding="utf-8")
    return path


def plan(path: Path, sandbox: Sandbox, relay: Relay) -> float:
    """Return how many seconds ``runner plan`` takes."""
    home = path.parent / "home"
    home.mkdir(exist_ok=True)
    environment = {**sandbox.around(os.environ), "HOME": str(home), "AWS_ENDPOINT_URL": relay.endpoint}
    command = (sys.executable, "-m", "runner", "plan", str(path), "--output", "json", "--mfa-code-stdin")
    code = sandbox.code()
    started = time.perf_counter()
    ended = subprocess.run(command, input=code, env=environment, capture_output=True, text=True, check=False)
    taken = time.perf_counter() - started
    if ended.returncode:
        raise SystemExit(ended.stderr)
    return taken


def busy(pid: int) -> float:
    """Return how many seconds of processor time a process has taken; nothing where there is no ``/proc``."""
    path = Path(f"/proc/{pid}/stat")
    if not path.exists():
        return 0.0
    fields = path.read_text(encoding="ascii").rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def children() -> float:
    """Return how many seconds of processor time the ended processes of this one took."""
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--buckets", type=int, default=50, help="two steps each")
    wanted = parser.parse_args()
    taken: list[float] = []
    own: list[float] = []
    theirs: list[float] = []
    with tempfile.TemporaryDirectory() as name:
        directory = Path(name)
        path = playbook(directory, wanted.buckets)
        with running(world(directory, wanted.buckets)) as sandbox, Relay(sandbox.endpoint).serving() as relay:
            for _ in range(ROUNDS):
                before = children(), busy(sandbox.pid)
                taken.append(plan(path, sandbox, relay))
                own.append(children() - before[0])
                theirs.append(busy(sandbox.pid) - before[1])
                sandbox.advance(60)
        requests = relay.requests // ROUNDS
    median = statistics.median(taken)
    sys.stdout.write(
        f"{2 * wanted.buckets} steps, {requests} requests, {LATER * 1000:.0f} ms each: "
        f"median {median:.2f} s, {min(taken):.2f} to {max(taken):.2f} (limit {LIMIT:.0f} s)\n"
        f"the waiting one after the other would take {requests * LATER:.1f} s, ratio {requests * LATER / median:.1f}\n"
        f"processor time: runner {statistics.median(own):.2f} s, the sandbox {statistics.median(theirs):.2f} s\n"
    )


if __name__ == "__main__":
    main()
