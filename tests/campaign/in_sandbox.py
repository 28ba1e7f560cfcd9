"""A job against the sandbox: the whole command, from its arguments to its exit code, over HTTP."""

from __future__ import annotations

import os
import signal
import sys
import time
from dataclasses import dataclass
from pathlib import Path
from random import Random
from unittest import mock

from runner.audit.run_summary import runs
from runner.model.plan import Plan
from runner.sandbox.lifecycle import running
from tests.campaign.dying import Death
from tests.campaign.toll import Toll
from tests.campaign.truth import check, check_ended, open_intents
from tests.conftest import Ended, Lab
from tests.e2e.catalogue import grant, step
from tests.e2e.driving import here
from tests.e2e.watching import contents
from tests.e2e.wire import Wire, tapped

TOPICS = ("acme-a", "acme-b", "acme-c", "acme-d")
"""What is deleted beside the bucket; nothing waits for it."""
MOMENTS = 140
"""About how many moments a whole run has."""
SECONDS = 1.6
"""About how long one takes."""


class _Agreeing:
    """Agree to whatever is asked: what is tried here is not the question."""

    def confirm(self, plan: Plan, phrase: str) -> None:
        """Return."""


@dataclass
class Job:
    """Hold one job: the default world's bucket and some topics, and what went over the wire."""

    lab: Lab
    wire: Wire

    @property
    def gone(self) -> dict[str, bool]:
        """Whether each step's target is gone."""
        there = self.lab.bucket_exists()
        topics = {found["TopicArn"].rpartition(":")[2] for found in self.lab.client("sns").list_topics()["Topics"]}
        deleted = {topic: topic not in topics for topic in TOPICS}
        return {"empty": not there or not any(contents(self.lab).values()), "bucket": not there, **deleted}

    @property
    def tags(self) -> list[str]:
        """What the writes that were sent carried."""
        agents = (exchange.headers.get("User-Agent", "") for exchange in self.wire.exchanges)
        return [agent for agent in agents if "runner-intent/" in agent]

    def attempt(self, death: Death, seconds: float | None = None) -> bool:
        """Let one process begin or go on with the job, and die; return whether it did, or ended well before."""
        self.lab.sandbox.advance(60)
        code = self.lab.sandbox.code()
        child = os.fork()
        if child == 0:
            os._exit(self._go_on(code, death))
        if seconds is not None:
            time.sleep(seconds)
            os.kill(child, signal.SIGKILL)
        _, status = os.waitpid(child, 0)
        check(self.lab.ledger, self.tags, self.gone)
        killed = os.WIFSIGNALED(status)
        assert killed or os.WEXITSTATUS(status) == 0, f"it ended with {os.waitstatus_to_exitcode(status)}"
        return killed

    def end(self) -> None:
        """Let the job be done, by nobody who dies; it has to be."""
        assert not self.attempt(Death(-1, 0))
        check_ended(self.lab.ledger, self.tags, self.gone)

    def _go_on(self, code: str, death: Death) -> int:
        every = runs(self.lab.ledger) if (self.lab.ledger / "log").exists() else ()
        if every and every[-1].exit_code == 0:
            return 0
        death.arm()
        ended = self._command("resume", code=code) if every else None
        if ended is None or "ended before it did anything" in ended.said:
            ended = self._command("apply", "teardown.yaml", code=code)
        sys.stderr.write(ended.err if ended.code else "")
        return ended.code

    def _command(self, *args: str, code: str) -> Ended:
        with mock.patch("runner.cli.wiring._confirmer", return_value=_Agreeing()):
            return here(self.lab, *args, code=code, env={"AWS_ENDPOINT_URL": self.wire.endpoint})


def _make(lab: Lab) -> None:
    """Make the world and the playbook anew."""
    lab.reset()
    for topic in TOPICS:
        lab.client("sns").create_topic(Name=topic)
    steps = [step(topic, "sns.delete_topic", {"topic": topic}) for topic in TOPICS]
    path = lab.playbook(
        lambda data: data.update(steps=[*data["steps"], *steps], limits={"objects": 5000, "share": "100%"})
    )
    grant(lab, str(path))


def kill(directory: Path, random: Random, kills: int) -> Toll:
    """Kill so many commands, job after job, and return what it came to."""
    toll = Toll()
    with running() as sandbox:
        while toll.kills < kills:
            place = directory / str(toll.jobs)
            place.mkdir()
            toll.jobs += 1
            lab = Lab(sandbox, place)
            _make(lab)
            with tapped(sandbox.endpoint) as wire:
                job = Job(lab, wire)
                for _ in range(min(random.randint(1, 8), kills - toll.kills)):
                    seconds = random.uniform(0.3 * SECONDS, SECONDS) if random.random() < 0.5 else None
                    moment = -1 if seconds is not None else random.randrange(MOMENTS)
                    if not job.attempt(Death(moment, random.random()), seconds):
                        break
                    toll.killed(open_intents(lab.ledger))
                job.end()
    return toll
