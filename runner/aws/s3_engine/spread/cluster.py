"""The way to the workers: a client of an existing Dask cluster.

Sessions and names of objects go over it, so it is encrypted or it does not leave this machine. Certificates are Dask's
own settings (``distributed.comm.tls.*``, https://distributed.dask.org/en/stable/tls.html), for the scheduler as for
this process. Sessions never are a task's argument: tasks stand on the dashboard, are kept by the scheduler, and their
results may be spilled to disk. They go by `Client.run`, which is a message and no task.
"""

from __future__ import annotations

import importlib
import ipaddress
import logging
from collections.abc import Mapping
from typing import Any, Final
from urllib.parse import urlsplit

from runner.aws.s3_engine.spread.letters import Letter, Order, Post
from runner.aws.s3_engine.spread.room import exchange, leave
from runner.aws.s3_engine.spread.worker import sweep_share
from runner.errors import CredentialsRefused, UsageError

CONNECT_TIMEOUT: Final = "10s"
PREFIX: Final = "dask="
_HINT: Final = "name the scheduler of a running cluster: --engine dask=tls://scheduler:8786"


class WorkerLost(Exception):  # named for what happened
    """Say that a worker cannot be spoken to."""


def scheduler_of(engine: str) -> str:
    """Return the scheduler's address of ``dask=tls://HOST:PORT``.

    Raises:
        UsageError: when it is none, or when it is one in plain TCP on another machine.
    """
    address = engine.removeprefix(PREFIX)
    try:
        parts = urlsplit(address)
        is_address = parts.scheme in {"tls", "tcp"} and bool(parts.hostname) and parts.port is not None
    except ValueError:
        is_address = False
    if not engine.startswith(PREFIX) or not is_address:
        raise UsageError(f"--engine {engine!r} names no Dask scheduler", hint=_HINT)
    if not is_private(address):
        raise UsageError(
            f"--engine {engine!r} is not encrypted: the workers get a session that can delete",
            hint=f"{_HINT}; plain tcp:// is for this machine alone",
        )
    return address


def is_private(address: str) -> bool:
    """Return whether what goes to an address is encrypted, or stays on this machine."""
    parts = urlsplit(address)
    if parts.scheme == "tls":
        return True
    host = parts.hostname or ""
    try:
        return parts.scheme == "tcp" and ipaddress.ip_address(host).is_loopback
    except ValueError:
        return parts.scheme == "tcp" and host == "localhost"


class Cluster:
    """Speak with the workers of a cluster; used by several threads."""

    def __init__(self, address: str) -> None:
        """Connect.

        Raises:
            UsageError: when Dask is not installed, or no scheduler answers there.
        """
        self.address = address
        try:
            distributed: Any = importlib.import_module("distributed")  # an extra, and half a second
        except ImportError as error:
            raise UsageError(
                "--engine dask needs Dask on this machine", hint="install it: pip install 'guarded-runner[dask]'"
            ) from error
        # What it has to say of lost workers is said here, in the run's own words.
        logging.getLogger("distributed").setLevel(logging.CRITICAL)
        is_encrypted = address.startswith("tls://")
        try:
            self._client: Any = distributed.Client(
                address,
                security=distributed.Security(require_encryption=is_encrypted),
                timeout=CONNECT_TIMEOUT,
                set_as_default=False,
                direct_to_workers=False,
                name="guarded-runner",
            )
        except (OSError, ValueError, TypeError, RuntimeError) as error:
            raise UsageError(
                f"the Dask scheduler at {address} cannot be reached: {error}",
                hint="is it running? Certificates are set in Dask's own configuration (distributed.comm.tls)",
            ) from error

    def workers(self) -> tuple[str, ...]:
        """Return the addresses of the workers that the scheduler knows now.

        Raises:
            CredentialsRefused: when what goes to one of them would not be encrypted.
        """
        found = tuple(sorted(self._known()))
        for worker in found:
            if not is_private(worker):
                raise CredentialsRefused(
                    "a worker's connection is not encrypted, and it would get a session that can delete",
                    on=worker,
                    hint="run scheduler and workers with TLS (distributed.comm.require-encryption)",
                )
        return found

    def threads(self) -> int:
        """Return how many shares the workers do at a time."""
        return sum(int(worker["nthreads"]) for worker in self._known().values())

    def hand_out(self, order: Order) -> Any:
        """Have some worker sweep a share; return Dask's future."""
        name = f"sweep-share-{order.share.number}-{order.hand}-{order.room[:8]}"
        return self._client.submit(sweep_share, order, key=name, pure=False, retries=0)

    def take_back(self, future: Any) -> None:
        """Have no worker begin with a share any more."""
        self._client.cancel([future], force=True)

    def exchange(self, worker: str, room: str, post: Post) -> tuple[Letter, ...]:
        """Tell a worker something, and return what it has to say.

        Raises:
            WorkerLost: when it does not answer. What it was told may have arrived or not.
        """
        try:
            answers = self._client.run(exchange, room, post, workers=[worker])
        except Exception as error:  # a cluster's connections fail in many ways, with errors of several packages
            raise WorkerLost(f"{worker}: {type(error).__name__}: {error}") from error
        if worker not in answers:
            raise WorkerLost(f"{worker}: the scheduler knows it no more")
        letters: tuple[Letter, ...] = answers[worker]
        return letters

    def leave(self, room: str) -> None:
        """Have every worker forget a run; one that is gone has forgotten it already, and sessions end by themselves."""
        self._client.run(leave, room, on_error="ignore")

    def _known(self) -> Mapping[str, Mapping[str, Any]]:
        known: Mapping[str, Mapping[str, Any]] = self._client.scheduler_info(n_workers=-1)["workers"]
        return known

    def close(self) -> None:
        """End the connection; the cluster goes on."""
        self._client.close(timeout=5)
