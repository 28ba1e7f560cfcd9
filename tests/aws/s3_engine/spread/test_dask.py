"""A real cluster over TLS, in processes of its own, of which one is killed in the middle."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from pathlib import Path

import dask
import pytest

from runner.aws.s3_engine.spread.cluster import Cluster
from runner.aws.s3_engine.spread.letters import Letter, Post, Wanted
from runner.errors import UsageError
from tests.aws.s3_engine.bucket import Bucket, behind_a_wire
from tests.aws.s3_engine.certificates import write_certificate
from tests.aws.s3_engine.spread.test_spread import keys
from tests.aws.s3_engine.spread.workers import SECRET, Spread

pytestmark = pytest.mark.filterwarnings("ignore::DeprecationWarning", "ignore::ResourceWarning")


class Watched(Cluster):
    """Tell which worker asked for what; its process is known by its address."""

    def __init__(self, address: str, told: Callable[[str, tuple[Letter, ...]], None]) -> None:
        super().__init__(address)
        self._told = told
        self.processes: Mapping[str, int] = self._client.run(os.getpid)

    def exchange(self, worker: str, room: str, post: Post) -> tuple[Letter, ...]:
        """Exchange letters, and tell of what came."""
        letters = super().exchange(worker, room, post)
        self._told(worker, letters)
        return letters


@contextmanager
def started(module: str, log: Path, *args: str) -> Iterator[subprocess.Popen[bytes]]:
    """Run one of Dask's programs, with all that it says in a file."""
    with log.open("wb") as out:
        process = subprocess.Popen((sys.executable, "-m", module, *args), stdout=out, stderr=out)
        try:
            yield process
        finally:
            process.kill()
            process.wait()


def said(log: Path, pattern: str, process: subprocess.Popen[bytes]) -> str:
    """Wait until a program has said something, and return it."""
    while True:
        found = re.search(pattern, log.read_text())
        if found:
            return found[0]
        assert process.poll() is None, log.read_text()
        with pytest.raises(subprocess.TimeoutExpired):
            process.wait(0.05)


def test_a_cluster_empties_a_bucket_though_a_worker_is_killed(tmp_path: Path) -> None:
    """One of two workers is killed while it waits for tickets: the other one ends it, and no secret was written."""
    ca, key = write_certificate(tmp_path)
    client = {"ca-file": ca, "client.cert": ca, "client.key": key}
    tls = {f"distributed.comm.tls.{name}": str(file) for name, file in client.items()}
    options = ("--tls-ca-file", str(ca), "--tls-cert", str(ca), "--tls-key", str(key), "--no-dashboard")
    logs = [tmp_path / name for name in ("scheduler", "one", "two")]
    lost: list[str] = []

    def kill_the_first_that_asks(worker: str, letters: tuple[Letter, ...]) -> None:
        if not lost and any(isinstance(letter, Wanted) for letter in letters):
            lost.append(worker)
            os.kill(cluster.processes[worker], signal.SIGKILL)

    work = Bucket(keys(3000))
    with ExitStack() as stack:
        stack.enter_context(behind_a_wire(work))
        stack.enter_context(dask.config.set(tls))
        scheduler = stack.enter_context(
            started("distributed.cli.dask_scheduler", logs[0], "--host", "tls://127.0.0.1", "--port", "0", *options)
        )
        address = said(logs[0], r"tls://127\.0\.0\.1:\d+", scheduler)
        for log in logs[1:]:
            worker = stack.enter_context(
                started("distributed.cli.dask_worker", log, address, "--no-nanny", "--nthreads", "1", *options)
            )
            said(log, "Registered to", worker)
        cluster = Watched(address, kill_the_first_that_asks)
        spread = Spread(work, cluster)
        swept = spread.sweep()

    assert (swept.why, swept.error, work.left, len(lost)) == ("", None, set(), 1)
    assert "in doubt" in spread.memory.outcomes.values()
    assert sorted(spread.memory.outcomes) == list(range(1, len(spread.memory.intents) + 1))
    assert {to for _, to, _ in spread.handed} == {address}
    written = "".join(path.read_text(errors="replace") for path in tmp_path.rglob("*") if path.is_file())
    assert SECRET not in written
    assert "the-token" not in written


@pytest.mark.parametrize(
    "engine", ["dask=tcp://10.1.2.3:8786", "dask=tcp://scheduler:8786", "dask=http://h:1", "dask=tls://h", "ray=x", ""]
)
def test_an_engine_without_encryption_is_refused(engine: str) -> None:
    """Plain TCP to another machine, or what is no scheduler's address, is refused before anything is connected."""
    from runner.aws.s3_engine.spread.cluster import scheduler_of  # noqa: PLC0415

    with pytest.raises(UsageError):
        scheduler_of(engine)
