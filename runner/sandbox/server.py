"""The sandbox's server process: ``python -m runner.sandbox DIRECTORY …``, started by ``lifecycle``.

1. Bind 127.0.0.1, then keep to itself (`confinement.seal`).
2. Put our replacements into ministack and build the world.
3. Write token and state, tell whoever started us, serve.
4. End on SIGTERM, SIGINT, or when the lifeline closes because whoever started us is gone; remove the directory.

The directory's lock comes as an open descriptor and is held until the process is gone.
"""

from __future__ import annotations

import argparse
import asyncio
import os
import secrets
import shutil
import signal
import socket
import sys
from contextlib import AbstractContextManager, nullcontext
from pathlib import Path

import uvicorn

from runner.errors import RunnerError, UsageError
from runner.model.session import Secret
from runner.sandbox import confinement, insides, state_directory, world_file
from runner.sandbox.admin import Application
from runner.sandbox.host import Host

LOOPBACK = "127.0.0.1"
FAREWELL = 1
"""Seconds that open requests get to finish when the server ends."""
KEEP_ALIVE = 75
"""Seconds that an idle connection is kept, as by ministack's own server."""


def main(arguments: list[str]) -> int:
    """Run the server until it is told to end; return the process's exit code."""
    options = _options(arguments)
    try:
        asyncio.run(_serve(options))
    except RunnerError as error:
        sys.stderr.write(f"{error.what}{f' ({error.on})' if error.on else ''}: {error.hint}\n")
        return int(error.exit_code)
    shutil.rmtree(options.directory, ignore_errors=True)
    return 0


def _options(arguments: list[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="runner.sandbox")
    parser.add_argument("directory", type=Path)
    parser.add_argument("--port", type=int, required=True)
    parser.add_argument("--ready-fd", type=int, required=True)
    parser.add_argument("--lifeline-fd", type=int)
    return parser.parse_args(arguments)


async def _serve(options: argparse.Namespace) -> None:
    path: Path = options.directory
    # 1.
    listener = _bind(options.port)
    port: int = listener.getsockname()[1]
    confinement.seal()
    # 2.
    world = world_file.parse(world_file.text_of(path / state_directory.WORLD), state_directory.WORLD)
    host = Host(path, world)
    host.install()
    insides.serve_on(asyncio.get_running_loop())
    await host.reset()
    # 3.
    token = Secret(secrets.token_urlsafe(32))
    state_directory.write(path / state_directory.TOKEN, token.reveal())
    state_directory.save_state(path, state_directory.State(os.getpid(), port, world.region, world.default_profile))
    end = _end(options.lifeline_fd)
    os.write(options.ready_fd, b"ready")
    os.close(options.ready_fd)
    # 4.
    await _Server(Application(host, token), end).serve([listener])


def _bind(port: int) -> socket.socket:
    listener = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind((LOOPBACK, port))
    except OSError as error:
        listener.close()
        raise UsageError(f"port {port} cannot be used", hint=f"{error.strerror}; leave --port away") from error
    listener.listen()
    return listener


class _Server(uvicorn.Server):
    """Serve until the end is set; signals are listened to by who made that."""

    def __init__(self, served: Application, end: asyncio.Event) -> None:
        config = uvicorn.Config(
            served,
            http="httptools",
            ws="none",
            lifespan="off",
            log_config=None,
            access_log=False,
            date_header=False,
            server_header=False,
            proxy_headers=False,
            timeout_graceful_shutdown=FAREWELL,
            timeout_keep_alive=KEEP_ALIVE,
        )
        super().__init__(config)
        self._end = end

    def capture_signals(self) -> AbstractContextManager[None]:  # type: ignore[override]
        """Leave the signals alone."""
        return nullcontext()

    async def main_loop(self) -> None:
        """Wait for the end; uvicorn would look ten times a second."""
        await self._end.wait()


def _end(lifeline: int | None) -> asyncio.Event:
    end = asyncio.Event()
    loop = asyncio.get_running_loop()
    for name in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(name, end.set)
    if lifeline is not None:
        loop.add_reader(lifeline, _hung_up, loop, lifeline, end)
    return end


def _hung_up(loop: asyncio.AbstractEventLoop, lifeline: int, end: asyncio.Event) -> None:
    """End when the other side closed the pipe; nothing is ever written to it."""
    loop.remove_reader(lifeline)
    end.set()
