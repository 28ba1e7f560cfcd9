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
from pathlib import Path
from typing import Any

from hypercorn.asyncio import serve
from hypercorn.config import Config

from runner.errors import RunnerError, UsageError
from runner.model.session import Secret
from runner.sandbox import confinement, insides, state_directory, world_file
from runner.sandbox.admin import Application
from runner.sandbox.host import Host

LOOPBACK = "127.0.0.1"
FAREWELL = 0.2
"""Seconds that open requests get to finish when the server ends."""


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
    served: Any = Application(host, token)  # hypercorn's type lists every ASGI message
    await serve(served, _config(listener), shutdown_trigger=end.wait)


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


def _config(listener: socket.socket) -> Config:
    config = Config()
    config.bind = [f"fd://{listener.detach()}"]
    config.graceful_timeout = FAREWELL
    config.keep_alive_timeout = 75  # seconds, as ministack's own server
    config.loglevel = "ERROR"
    return config


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
