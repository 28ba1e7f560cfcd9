"""What failed in a run, as the log tells it: calls that AWS refused or never answered, and steps that ended without.

What is shown is what the log says; whether it was changed is verification's to say.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path

from runner.audit.blob import BadBlob, read_blob
from runner.audit.line import text
from runner.audit.reading import read_records
from runner.audit.record import CallIntent, CallOutcome, StepClosed
from runner.errors import AwsAnswer
from runner.guard.explanation import Explanation, explain
from runner.guard.hints import DENIED
from runner.guard.refusal import read_refusal, refusal_of
from runner.model.canonical import Json
from runner.model.outcome import DONE


@dataclass(frozen=True)
class FailedCall:
    """Hold a call that did not succeed, with AWS's answer.

    ``actions`` are the IAM actions that it needed. ``times`` counts attempts, or children of a batch, with one answer.
    """

    step: str
    actions: tuple[str, ...]
    resources: tuple[str, ...]
    answer: AwsAnswer
    times: int = 1

    @property
    def explanation(self) -> Explanation:
        """What AWS's answer means; where it names neither action nor resource, the log does."""
        read = refusal_of(self.answer)
        said = explain(
            replace(
                read,
                action=read.action or " or ".join(self.actions),
                resource=read.resource or ", ".join(self.resources),
                words=f"{self.answer.operation}: {read.words}{_request(self.answer)}",
            ),
            step=self.step,
        )
        return said if self.times == 1 else replace(said, what=f"{said.what}, and {self.times - 1} more alike")


@dataclass(frozen=True)
class EndedStep:
    """Say why a step ended that is not done, and of which no call failed."""

    step: str
    state: str
    why: str

    @property
    def explanation(self) -> Explanation:
        """What the step's own words mean, when they are AWS's, and the words themselves otherwise."""
        read = read_refusal(self.why)
        if read.layer is not None or read.code in DENIED:
            return explain(read, step=self.step)
        return Explanation(f"the step ended as: {self.state}", self.why, "", "", self.step)


def failures(directory: Path, run: str) -> tuple[FailedCall | EndedStep, ...]:
    """Return what kept a run's steps from ending well, in order; ``run`` is its whole id.

    An attempt that failed and was made good later in its step is left out.

    Raises:
        UsageError: as for `read_records`.
    """
    gathered = _Gathered(directory)
    for data, _ in read_records(directory, run):
        gathered.take(data)
    return gathered.failures()


@dataclass
class _Gathered:
    """Gather what failed while the run's records go by."""

    directory: Path
    intents: dict[Json, Mapping[str, Json]] = field(default_factory=dict)
    """The calls that have no outcome yet, by their number."""
    calls: dict[tuple[str, str, str], FailedCall] = field(default_factory=dict)
    ended: dict[str, EndedStep] = field(default_factory=dict)

    def take(self, data: Mapping[str, Json]) -> None:
        """Take note of a record."""
        match data.get("type"):
            case CallIntent.type:
                self.intents[data.get("seq")] = data
            case CallOutcome.type:
                intent = self.intents.pop(data.get("intent_seq"), {})
                for call in _failed(self.directory, data, intent):
                    self._add(call)
            case StepClosed.type:
                step = text(data, "step")
                self.ended[step] = EndedStep(step, text(data, "state"), text(data, "why"))
            case _:
                pass

    def failures(self) -> tuple[FailedCall | EndedStep, ...]:
        """Return what was gathered, the calls before the steps that have none."""
        for intent in self.intents.values():
            self._add(_call(intent, AwsAnswer(_operation(intent), "<AnswerLost>", "the log holds no outcome")))
        well = {step.step for step in self.ended.values() if step.state in DONE}
        calls = tuple(call for call in self.calls.values() if call.step not in well)
        told = well | {call.step for call in calls}
        return (*calls, *(step for step in self.ended.values() if step.step not in told))

    def _add(self, call: FailedCall) -> None:
        """Add a failure; one that says the same as another of its step is counted there."""
        key = (call.step, call.answer.operation, call.answer.code)
        before = self.calls.get(key)
        self.calls[key] = call if before is None else replace(before, times=before.times + 1)


def _failed(directory: Path, outcome: Mapping[str, Json], intent: Mapping[str, Json]) -> Iterator[FailedCall]:
    answer = AwsAnswer(_operation(intent), "", "", text(outcome, "request_id"))
    if text(outcome, "result") != "ok":
        code, message = text(outcome, "error_code"), text(outcome, "error_message")
        yield _call(intent, replace(answer, code=code, message=message))
    for child in refused_children(directory, outcome):
        said = replace(answer, code=text(child, "Code"), message=text(child, "Message"))
        yield _call(intent, said, text(child, "Key"))


def refused_children(directory: Path, outcome: Mapping[str, Json]) -> tuple[Mapping[str, Json], ...]:
    """Return the children of a batch that AWS refused; a long list lies beside the log."""
    listed = outcome.get("refused")
    if "refused_count" in outcome:
        try:
            listed = json.loads(read_blob(directory, text(outcome, "refused_sha256")))
        except (BadBlob, ValueError) as error:
            lost = f"{outcome['refused_count']} children were refused; AWS's words cannot be read: {error}"
            return ({"Code": "<NotInTheLog>", "Message": lost},)
    return tuple(child for child in listed if isinstance(child, Mapping)) if isinstance(listed, list) else ()


def _call(intent: Mapping[str, Json], answer: AwsAnswer, key: str = "") -> FailedCall:
    """Return a failed call; ``key`` is the child that it is about, where it is about one."""
    named = _texts(intent.get("resources"))
    resources = tuple(f"{resource.removesuffix('*')}{key}" for resource in named) if key else named
    return FailedCall(text(intent, "step"), _texts(intent.get("actions")), resources, answer)


def _operation(intent: Mapping[str, Json]) -> str:
    return f"{text(intent, 'service')}:{text(intent, 'operation')}"


def _request(answer: AwsAnswer) -> str:
    return f" (request {answer.request_id})" if answer.request_id else ""


def _texts(value: Json) -> tuple[str, ...]:
    return tuple(item for item in value if isinstance(item, str)) if isinstance(value, list) else ()
