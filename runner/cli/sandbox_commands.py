"""``runner sandbox``: a local AWS on 127.0.0.1 to try playbooks in; nothing in it reaches the real one.

``start`` prints lines for ``eval`` and ``stop`` prints the lines that take them back; everything else goes to stderr.
"""

from __future__ import annotations

import os
import shlex
from pathlib import Path
from typing import Annotated

import typer

from runner.cli.groups import Group
from runner.errors import UsageError

app = typer.Typer(
    cls=Group,
    name="sandbox",
    help="A local AWS to try playbooks in: same commands, no account.",
    no_args_is_help=True,
)

World = Annotated[
    Path | None, typer.Option("--world", metavar="FILE", help="The world to build; default: the packaged one.")
]
Port = Annotated[int, typer.Option("--port", min=0, max=65535, help="The port on 127.0.0.1; default: a free one.")]
Command = Annotated[list[str], typer.Argument(metavar="COMMAND...", help="What to run; write `--` before it.")]
Serial = Annotated[str, typer.Argument(metavar="SERIAL", help="The MFA device; default: the world's first one.")]


@app.command(context_settings={"allow_interspersed_args": False})
def run(command: Command, world: World = None, port: Port = 0) -> None:
    """Start a sandbox, run a command in it, and leave nothing behind."""
    from runner.sandbox.child_command import run as run_inside  # noqa: PLC0415  # `--help` pays for nothing

    raise typer.Exit(run_inside(command, world, port))


@app.command()
def start(world: World = None, port: Port = 0) -> None:
    """Start a sandbox and print what leads to it: eval "$(runner sandbox start)"."""
    from runner.sandbox.lifecycle import start as start_server  # noqa: PLC0415  # same
    from runner.sandbox.state_directory import default_directory  # noqa: PLC0415  # same

    sandbox = start_server(world, port, default_directory(os.environ))
    for name in sorted(name for name in os.environ if name.startswith("AWS_") and name not in sandbox.environment):
        typer.echo(f"unset {name}")
    for name, value in sandbox.exported(os.environ).items():
        typer.echo(f"export {name}={shlex.quote(value)}")


@app.command()
def stop() -> None:
    """Stop the sandbox and print what forgets it: eval "$(runner sandbox stop)"."""
    from runner.sandbox.client import VARIABLES  # noqa: PLC0415  # same
    from runner.sandbox.lifecycle import stop as stop_server  # noqa: PLC0415  # same
    from runner.sandbox.state_directory import default_directory  # noqa: PLC0415  # same

    named = os.environ.get("RUNNER_SANDBOX")
    stop_server(Path(named) if named else default_directory(os.environ))
    typer.echo(f"unset {' '.join(VARIABLES)}")


@app.command(name="mfa-code")
def mfa_code(serial: Serial = "") -> None:
    """Print an MFA code that was not used before, as the operator's authenticator app would."""
    from runner.sandbox.client import attach  # noqa: PLC0415  # same

    named = os.environ.get("RUNNER_SANDBOX")
    if not named:
        raise UsageError("no sandbox is in use", hint="RUNNER_SANDBOX is set by `runner sandbox run` and `start`")
    typer.echo(attach(Path(named)).code(serial))
