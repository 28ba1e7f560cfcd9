"""From the options of `runner credentials` to role credentials, with the terminal asked where there is one."""

from __future__ import annotations

import os
from dataclasses import dataclass, replace

from runner.aws.config_files import read_files
from runner.aws.profiles import choose
from runner.aws.region import configured_region, sts_region
from runner.cli.credentials_terminal import AtTerminal, NobodyToAsk, has_terminal
from runner.cli.output import messages
from runner.cli.progress import Story
from runner.cli.prompt import TerminalCodes
from runner.cli.session_keeping import Keep, keeping, note
from runner.cli.wiring import Options, services
from runner.errors import UsageError
from runner.guard.proof import Unproven
from runner.model.event import Event
from runner.model.session import RoleSession
from runner.workflow.role_credentials import RoleWanted, role_credentials
from runner.workflow.services import Services


@dataclass(frozen=True)
class Request:
    """Hold what the command line says about the role; each of ``role_arns`` is assumed with the one before it."""

    role_arns: tuple[str, ...]
    region: str | None
    seconds: int
    external_id: str
    session_name: str
    require_proof: bool


@dataclass(frozen=True)
class Obtained:
    """Hold the role session, and the region to work in; empty when nothing names one."""

    session: RoleSession
    region: str


class Silent:
    """Watch without a word (port `Watcher`)."""

    def see(self, event: Event) -> None:
        """Take no note of an event."""
        del event


def obtain(request: Request, options: Options, *, quiet: bool = False) -> Obtained:
    """Return role credentials that carry MFA; ``quiet`` tells the story to nobody, only what goes wrong.

    Raises:
        RunnerError: as `role_credentials` does.
    """
    region = region_of(request.region, options)
    *via, role_arn = request.role_arns
    asked_in = sts_region(region, role_arn)
    with Story(messages()) as story:
        ports = replace(adapters(options, asked_in), watcher=Silent() if quiet else story)
        wanted = RoleWanted(
            role_arn=role_arn,
            region=asked_in,
            via=tuple(via),
            seconds=request.seconds,
            external_id=request.external_id,
            session_name=request.session_name,
            must_be_proven=request.require_proof,
        )
        obtained = role_credentials(wanted, ports)
    if isinstance(obtained.proof, Unproven) and not quiet:
        note(f"not proven that the session carries MFA: {obtained.proof.why}; {obtained.proof.hint}")
    return Obtained(obtained.session, region)


def adapters(options: Options, region: str) -> Services:
    """Return the adapters; a code is asked for at the terminal itself."""
    return services(options, region, Silent(), AtTerminal(TerminalCodes()) if has_terminal() else NobodyToAsk())


def region_of(given: str | None, options: Options) -> str:
    """Return the region to work in: the option's, else that of environment or profile; empty when there is none.

    Raises:
        CredentialsRefused: when there are no keys that can carry MFA, or when they would come from runner itself.
    """
    files = read_files(os.environ)
    choice = choose(files, os.environ, options.profile)
    return given or configured_region(files, os.environ, choice.profile)


def hint_at_keeping(options: Options) -> None:
    """Say, where nothing is kept, that every start of a tool asks for a code."""
    if keeping(options.keep_session, os.environ) is Keep.NONE:
        note("no MFA session is kept, so each start of a tool needs a code; RUNNER_KEEP_SESSION=file keeps one")


def refuse_screen(*, force: bool, is_terminal: bool) -> None:
    """Return when stdout is no terminal, or when the operator wants to see secrets on it.

    Raises:
        UsageError: before a code is asked for.
    """
    if is_terminal and not force:
        raise UsageError(
            "stdout is a terminal, and what is printed here are secrets",
            on="stdout",
            hint='let a shell or a tool read them, as in: eval "$(runner credentials export --role-arn …)"; or --force',
        )
