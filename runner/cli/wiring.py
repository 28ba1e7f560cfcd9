"""Put the adapters together. Nobody else chooses one; boto3 is imported here and not before."""

from __future__ import annotations

import os
import signal
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from dataclasses import dataclass
from datetime import UTC, datetime
from types import FrameType
from typing import Protocol

from runner.cli.output import messages
from runner.cli.prompt import (
    GivenConfirmation,
    NoCodes,
    TerminalCodes,
    TypedConfirmation,
    at_terminal,
    choose_device,
)
from runner.cli.session_keeping import Keep, keeping, session_cache
from runner.cli.threads import Threads
from runner.errors import UsageError
from runner.model.bulk import Bulk
from runner.model.ports import Clock, CodeSource, Confirmer, Watcher
from runner.model.session import LongTermIdentity, Secret, UserSession
from runner.workflow.agenda import PARALLEL
from runner.workflow.services import Services


@dataclass(frozen=True)
class Options:
    """Hold what the operator chose on the command line."""

    profile: str | None
    mfa_serial: str | None
    mfa_code_stdin: bool
    mfa_from: str | None = None
    confirm: str | None = None
    keep_session: Keep | None = None
    fresh_mfa: bool = False
    parallel: int = PARALLEL
    engine: str | None = None
    """Where large buckets are emptied; None for this machine."""


class Person(CodeSource, Protocol):
    """Be asked for codes, and told how long it is until the next one."""

    @property
    def await_next(self) -> Callable[[int], None] | None:
        """Let seconds pass and show them; None when nobody is there to wait."""
        ...


class SystemClock:
    """Tell the machine's time (port `Clock`)."""

    def now(self) -> datetime:
        """Return the time, UTC and aware."""
        return datetime.now(UTC)

    def sleep(self, seconds: float) -> None:
        """Let time pass."""
        time.sleep(seconds)


class SignalStop:
    """Turn the first Ctrl-C or SIGTERM of a run into a request; a second Ctrl-C interrupts at once (port `Stop`)."""

    def __init__(self) -> None:
        self._requested = threading.Event()

    @property
    def requested(self) -> bool:
        """Whether the run should end before its next call."""
        return self._requested.is_set()

    @contextmanager
    def armed(self) -> Iterator[None]:
        """Listen for signals inside the block."""
        before = {number: signal.signal(number, self._handle) for number in (signal.SIGINT, signal.SIGTERM)}
        try:
            yield
        finally:
            for number, handler in before.items():
                signal.signal(number, handler)

    def _handle(self, number: int, frame: FrameType | None) -> None:
        del frame
        if self._requested.is_set() and number == signal.SIGINT:
            raise KeyboardInterrupt
        self._requested.set()
        messages().print("stopping after the current call; press Ctrl-C again to stop at once")


class NoCache:
    """Keep no session at all (port `SessionCache`, and its slot)."""

    session = None

    def slot(self, identity: LongTermIdentity) -> AbstractContextManager[NoCache]:
        """Hold nothing."""
        del identity
        return nullcontext(self)

    def keep(self, session: UserSession) -> None:
        """Forget the session."""
        del session


class ProfileCodes:
    """Take the code from the profile's ``mfa_process`` when it has one, else from ``otherwise`` (port `CodeSource`)."""

    def __init__(self, otherwise: CodeSource) -> None:
        self._otherwise = otherwise

    @property
    def can_repeat(self) -> bool:
        """Whether a person is asked."""
        return self._otherwise.can_repeat

    def code(self, identity: LongTermIdentity, refusal: str = "") -> Secret:
        """Return a code; a refused code of a command is never asked for again by itself."""
        from runner.aws.codes import CodeFromProcess  # noqa: PLC0415  # keeps `--help` free of botocore

        if identity.mfa_process and not refusal:
            return CodeFromProcess(identity.mfa_process).code(identity)
        return self._otherwise.code(identity, refusal)


def services(options: Options, region: str, watcher: Watcher, person: Person | None = None) -> Services:
    """Return the adapters for a command that talks to AWS in ``region``.

    ``person`` is who is asked for a code; by default whoever sits at stdin and stderr.
    """
    from runner.aws.operator import ConfiguredOperator  # noqa: PLC0415  # botocore costs 100 ms; only AWS commands pay
    from runner.aws.probe_sts import ProbeSts  # noqa: PLC0415  # same
    from runner.aws.sender import GatedAws  # noqa: PLC0415  # same
    from runner.aws.sts import ChainSts  # noqa: PLC0415  # same

    clock = SystemClock()
    asked = person or (TerminalCodes() if at_terminal() else NoCodes())
    return Services(
        operator=ConfiguredOperator(
            options.profile,
            os.environ,
            options.mfa_serial,
            region,
            ask=choose_device if at_terminal() else None,
        ),
        codes=_codes(options, clock, asked),
        cache=session_cache(keeping(options.keep_session, os.environ), region, clock, fresh=options.fresh_mfa)
        or NoCache(),
        sts=ChainSts(region, clock),
        aws=GatedAws(),
        clock=clock,
        watcher=watcher,
        confirmer=_confirmer(options),
        stop=SignalStop(),
        crew=Threads(),
        weak=ProbeSts(region, clock),
        bulk=_bulk(options.engine, clock),
    )


def _bulk(engine: str | None, clock: Clock) -> Bulk:
    """Return what empties buckets.

    Raises:
        UsageError: when the cluster's address is none, or no scheduler answers there; before anything is asked.
    """
    from runner.aws.s3_engine.engine import S3Engine  # noqa: PLC0415  # botocore, as above

    local = S3Engine(clock)
    if engine is None:
        return local
    from runner.aws.s3_engine.spread.cluster import Cluster, scheduler_of  # noqa: PLC0415  # Dask is an extra
    from runner.aws.s3_engine.spread.engine import SpreadEngine  # noqa: PLC0415  # same

    address = scheduler_of(engine)
    Cluster(address).close()
    return SpreadEngine(local, lambda: Cluster(address))


def _codes(options: Options, clock: Clock, person: Person) -> CodeSource:
    """Return the source of codes, wrapped so that no code is given twice; only a person waits for the next one."""
    from runner.aws.code_commands import code_command  # noqa: PLC0415  # same
    from runner.aws.codes import CodeFromProcess, CodeFromStdin  # noqa: PLC0415  # same
    from runner.aws.remembered_codes import RememberedCodes  # noqa: PLC0415  # same
    from runner.aws.used_codes import UsedCodes, codes_directory  # noqa: PLC0415  # same

    used = UsedCodes(codes_directory(os.environ), clock)
    if options.mfa_code_stdin:
        if options.mfa_from is not None:
            raise UsageError(
                "--mfa-code-stdin and --mfa-from each say where the code comes from",
                on="--mfa-from",
                hint="give one of the two",
            )
        return RememberedCodes(CodeFromStdin(sys.stdin), used, clock)
    source: CodeSource = ProfileCodes(person)
    if options.mfa_from is not None:
        source = CodeFromProcess(code_command(options.mfa_from, "--mfa-from", "command line"), "--mfa-from")
    return RememberedCodes(source, used, clock, person.await_next)


def _confirmer(options: Options) -> Confirmer:
    return TypedConfirmation() if options.confirm is None else GivenConfirmation(options.confirm)
