"""A job against an AWS in memory: the whole of ``apply`` and ``resume`` with the real ledger, in milliseconds.

AWS's own truth outlives the process that is killed: what it carried out goes through a pipe, whole or not at all.
"""

from __future__ import annotations

import hashlib
import json
import os
import signal
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from random import Random
from typing import Any

from runner.audit.log import open_ledger
from runner.audit.run_progress import interrupted_run
from runner.audit.run_summary import runs
from runner.catalog import BY_NAME
from runner.errors import ExitCode, UsageError
from runner.model.bound import BoundCall, Params
from runner.model.fleet import in_common
from runner.model.guardrails import NO_GUARDRAILS
from runner.model.playbook import Playbook, Source
from runner.model.ports import Reply
from runner.model.session import RoleSession
from runner.workflow.apply import apply
from runner.workflow.loading import load
from runner.workflow.prepare import Prepared, prepare
from runner.workflow.resume import prepare_rest
from tests.campaign.dying import Death
from tests.campaign.truth import check, check_ended
from tests.workflow.conftest import Sending, World
from tests.workflow.test_plan_file import TEXT

KEYS = 2500
"""Objects in the bucket; a batch takes a thousand, and its keys go to a blob."""
MOMENTS = 200
"""About how many moments a whole run has."""
SECONDS = 0.15
"""About how long one takes."""
_tell = os.write
"""The system's own, of which no part of a line is missing."""


@dataclass(frozen=True)
class _Told:
    """Send, and tell the outside what was carried out."""

    inner: Sending
    pipe: int
    death: Death

    def send(self, call: BoundCall, params: Params, tag: str = "") -> Reply:
        """Carry out a request; a write is carried out when it stands in the pipe."""
        if not call.is_write:
            return self.inner.send(call, params, tag)
        reply: Reply = self.death.around(self._write)(call, params, tag)
        return reply

    def pages(self, call: BoundCall, params: Params | None = None) -> Iterator[Reply]:
        """Answer a listing."""
        return self.inner.pages(call, params)

    def _write(self, call: BoundCall, params: Params, tag: str) -> Reply:
        reply = self.inner.send(call, params, tag)
        batch: Any = params.get("Delete", {"Objects": ()})
        numbers = sorted(int(item["Key"].removeprefix("k")) for item in batch["Objects"])
        first, last = (numbers[0], numbers[-1]) if numbers else (0, -1)
        assert numbers == list(range(first, last + 1)), "a batch is what a listing had in a row"
        _tell(self.pipe, json.dumps({"api": call.api, "first": first, "last": last, "tag": tag}).encode() + b"\n")
        return reply


class _Mortal(World):
    """Be the world of one process that may be killed."""

    pipe: int
    death: Death

    def sender(self, session: RoleSession, allowed: tuple[BoundCall, ...]) -> Any:
        """Open a sender that tells."""
        return _Told(super().sender(session, allowed), self.pipe, self.death)


@dataclass
class Job:
    """Hold one job: a bucket to be emptied and deleted, AWS's truth about it, and the log."""

    ledger: Path
    keys: list[str] = field(default_factory=lambda: [f"k{number}" for number in range(KEYS)])
    bucket: bool = True
    tags: list[str] = field(default_factory=list)

    @property
    def gone(self) -> dict[str, bool]:
        """Whether each step's target is gone."""
        return {"empty": not self.keys, "bucket": not self.bucket}

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
                self._happened(json.loads(line))
        check(self.ledger, self.tags, self.gone)
        killed = os.WIFSIGNALED(status)
        assert killed or os.WEXITSTATUS(status) == 0, f"it ended with {os.waitstatus_to_exitcode(status)}"
        return killed

    def end(self) -> None:
        """Let the job be done, by nobody who dies; it has to be."""
        assert not self.attempt(Death(-1, 0))
        check_ended(self.ledger, self.tags, self.gone)

    def _happened(self, act: dict[str, Any]) -> None:
        assert act["api"] != "s3:DeleteBucket" or (self.bucket and not self.keys), "it was repeated, or came too early"
        deleted = {f"k{number}" for number in range(act["first"], act["last"] + 1)}
        assert deleted <= set(self.keys), "objects were deleted again"
        self.keys = [key for key in self.keys if key not in deleted]
        self.bucket = self.bucket and act["api"] != "s3:DeleteBucket"
        self.tags.append(act["tag"])

    def _go_on(self, pipe: int, death: Death) -> int:
        """Do in the child what ``runner apply`` and ``runner resume`` do; return the exit code."""
        try:
            world = _Mortal(keys=list(self.keys), bucket=self.bucket, page=1000)
            world.pipe, world.death = pipe, death
            death.arm()
            with open_ledger(self.ledger, tool="campaign", clock=world.clock()) as ledger:
                prepared = self._prepared(world)
                return 0 if prepared is None else int(apply(prepared, world.services(), ledger).exit_code)
        except BaseException:  # noqa: BLE001  # whatever it is, the child ends here
            import traceback  # noqa: PLC0415

            traceback.print_exc()
            return int(ExitCode.BUG)

    def _prepared(self, world: World) -> Prepared | None:
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
            return prepare(_playbook(), BY_NAME, services, NO_GUARDRAILS)
        return prepare_rest(before, BY_NAME, services, NO_GUARDRAILS)


def _playbook() -> Playbook:
    return in_common(load(TEXT.encode(), Source("t.yaml", hashlib.sha256(TEXT.encode()).hexdigest()), BY_NAME))


def kill(directory: Path, random: Random, kills: int, of_time: float = 0.3) -> int:
    """Kill so many processes, job after job, and return how many jobs that took.

    ``of_time`` is the share that is killed from outside after a while, at no moment that could be named.
    """
    done = jobs = 0
    while done < kills:
        job = Job(directory / f"ledger-{jobs}")
        jobs += 1
        for _ in range(min(random.randint(1, 12), kills - done)):
            seconds = random.uniform(0, SECONDS) if random.random() < of_time else None
            moment = -1 if seconds is not None else random.randrange(MOMENTS)
            if not job.attempt(Death(moment, random.random()), seconds):
                break
            done += 1
        job.end()
    return jobs
