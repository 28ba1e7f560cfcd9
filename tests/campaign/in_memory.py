"""A job against an AWS in memory: the whole of ``apply`` and ``resume`` with the real ledger, in milliseconds."""

from __future__ import annotations

import json
import os
import signal
import time
from dataclasses import dataclass, field
from pathlib import Path
from random import Random

from runner.audit.log import open_ledger
from runner.audit.run_progress import interrupted_run
from runner.audit.run_summary import runs
from runner.catalog import BY_NAME
from runner.errors import ExitCode, UsageError
from runner.model.guardrails import NO_GUARDRAILS
from runner.workflow.apply import apply
from runner.workflow.prepare import Prepared, prepare
from runner.workflow.resume import prepare_rest
from tests.campaign.dying import Death
from tests.campaign.memory_aws import Bucket, MortalWorld, mortal_world, teardown
from tests.campaign.toll import Toll
from tests.campaign.truth import check, check_ended, open_intents

NAMES = ("acme-orders", "acme-exports", "acme-reports")
"""Buckets of a job, which are torn down side by side."""
MOMENTS = 230
"""About how many moments a whole run has."""
SECONDS = 0.4
"""About how long one takes."""


@dataclass
class Job:
    """Hold one job: buckets to be emptied and deleted, AWS's truth about them, and the log."""

    ledger: Path
    names: tuple[str, ...] = NAMES
    buckets: dict[str, Bucket] = field(init=False)
    tags: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.buckets = {name: Bucket() for name in self.names}

    @property
    def gone(self) -> dict[str, bool]:
        """Whether each step's target is gone."""
        empty = {f"empty-{name}": not bucket.keys for name, bucket in self.buckets.items()}
        return {**empty, **{f"bucket-{name}": not bucket.exists for name, bucket in self.buckets.items()}}

    def attempt(self, death: Death, seconds: float | None = None) -> bool:
        """Let one process begin or go on with the job, and die; return whether it did, or ended well before.

        With ``seconds`` it is killed from outside then, whatever it is doing.
        """
        reading, writing = os.pipe()
        child = os.fork()
        if child == 0:
            os.close(reading)
            os._exit(self._go_on(writing, death))
        os.close(writing)
        if seconds is not None:
            time.sleep(seconds)
            os.kill(child, signal.SIGKILL)
        _, status = os.waitpid(child, 0)
        with os.fdopen(reading) as told:
            for line in told:
                act = json.loads(line)
                self.buckets[act["bucket"]].happened(act)
                self.tags.append(act["tag"])
        check(self.ledger, self.tags, self.gone)
        killed = os.WIFSIGNALED(status)
        assert killed or os.WEXITSTATUS(status) == 0, f"it ended with {os.waitstatus_to_exitcode(status)}"
        return killed

    def end(self) -> None:
        """Let the job be done, by nobody who dies; it has to be."""
        assert not self.attempt(Death(-1, 0))
        check_ended(self.ledger, self.tags, self.gone)

    def _go_on(self, pipe: int, death: Death) -> int:
        """Do in the child what ``runner apply`` and ``runner resume`` do; return the exit code."""
        try:
            world = mortal_world(self.buckets, pipe, death)
            death.arm()
            with open_ledger(self.ledger, tool="campaign", clock=world.clock()) as ledger:
                prepared = self._prepared(world)
                return 0 if prepared is None else int(apply(prepared, world.services(), ledger).exit_code)
        except BaseException:  # noqa: BLE001  # whatever it is, the child ends here
            import traceback  # noqa: PLC0415

            traceback.print_exc()
            return int(ExitCode.BUG)

    def _prepared(self, world: MortalWorld) -> Prepared | None:
        """Return the rest of the last run, or the plan as made anew where it left nothing to go on from."""
        services = world.services()
        every = runs(self.ledger)
        if every and every[-1].exit_code == 0:
            return None
        try:
            before = interrupted_run(self.ledger, every[-1].run) if every else None
        except UsageError as error:
            if "ended before it did anything" not in error.what:
                raise
            before = None
        if before is None:
            return prepare(teardown(self.buckets), BY_NAME, services, NO_GUARDRAILS)
        return prepare_rest(before, BY_NAME, services, NO_GUARDRAILS)


def kill(directory: Path, random: Random, kills: int, of_time: float = 0.3) -> Toll:
    """Kill so many processes, job after job, and return what it came to.

    ``of_time`` is the share that is killed from outside after a while, at no moment that could be named.
    """
    toll = Toll()
    while toll.kills < kills:
        job = Job(directory / f"ledger-{toll.jobs}")
        toll.jobs += 1
        for _ in range(min(random.randint(1, 12), kills - toll.kills)):
            seconds = random.uniform(0, SECONDS) if random.random() < of_time else None
            moment = -1 if seconds is not None else random.randrange(MOMENTS)
            if not job.attempt(Death(moment, random.random()), seconds):
                break
            toll.killed(open_intents(job.ledger))
        job.end()
    return toll


def kill_at_every_moment(directory: Path) -> Toll:
    """Kill one process at each moment of a run whose steps follow one another: inside each write, after each flush."""
    toll = Toll()
    while True:
        job = Job(directory / f"ledger-{toll.jobs}", NAMES[:1])
        toll.jobs += 1
        killed = job.attempt(Death(toll.kills, 0.5))
        if killed:
            toll.killed(open_intents(job.ledger))
        job.end()
        if not killed:
            return toll
