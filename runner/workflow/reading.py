"""Read facts about a target. A read that fails is *unreadable*, never *empty*."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

import jmespath

from runner.errors import AwsCallFailed
from runner.guard.acceptance import readable
from runner.guard.flags import flag_findings
from runner.guard.hints import DENIED
from runner.model.action import Absent, Blocked, Facts, GoneWhen, Ok, Present, Reading, Unknown, Unreadable
from runner.model.bound import BoundCall, BoundFact, BoundSample, BoundSurvey, calls_of, fill
from runner.model.canonical import Json
from runner.model.plan import Finding
from runner.model.ports import Crew, Reply, Sender
from runner.model.sighting import InPlace, Leaving, NotThere, SetAside, Sighting, Stuck, Unclear
from runner.model.target_state import Exists, Missing, NotSeen, TargetState
from runner.policy.grants import in_words
from runner.policy.names import iam_actions
from runner.workflow.binding import BoundStep
from runner.workflow.listing import in_pages, listed
from runner.workflow.sampling import sampled

NO_CHILD: Mapping[str, Json] = MappingProxyType({})


@dataclass(frozen=True)
class Observed:
    """Hold what was read about a step's target at one moment."""

    state: TargetState
    facts: Facts

    @property
    def evidence(self) -> Mapping[str, Json]:
        """Fact name to what was read, as plain data; unreadable facts are left out."""
        return {name: _data(reading) for name, reading in self.facts.items() if _known(reading)}


def read_fact(sender: Sender, fact: BoundFact) -> Reading:
    """Read a fact: one answer, or the answers about each thing that a listing holds; samples depend on other facts."""
    match fact:
        case BoundCall():
            return read(sender, fact)
        case BoundSurvey():
            return _surveyed(sender, fact)
        case BoundSample():
            return Unreadable("it depends on another fact")


def read(sender: Sender, call: BoundCall, child: Mapping[str, Json] = NO_CHILD) -> Reading:
    """Send one read and say what it means; of the answer only what the call's query picks."""
    try:
        return picked(call, sender.send(call, fill(call.args, child)))
    except AwsCallFailed as error:
        if error.answer.code in call.absent:
            return Absent(error.answer.code, error.answer.request_id)
        if error.answer.code in call.nothing:
            return Present({}, error.answer.request_id)
        return Unreadable(_why(error, call), error.answer.message, denied=error.answer.code in DENIED)


def observe(sender: Sender, bound: BoundStep, crew: Crew, *, of_many: bool = False) -> Observed:
    """Probe the target, read its pin and, side by side, its facts; an absent target has no facts.

    ``of_many`` says that many targets of its kind are looked at, so that a listing of all their pins pays.
    """
    state = _state(sender, bound, of_many=of_many)
    if not isinstance(state, Exists):
        return Observed(state, {})
    samples = {name: fact for name, fact in bound.facts.items() if isinstance(fact, BoundSample)}
    read_at_once = [name for name in bound.facts if name not in samples]
    facts = crew.map(lambda name: read_fact(sender, bound.facts[name]), read_at_once)
    found = dict(zip(read_at_once, facts, strict=True))
    for name, sample in samples.items():
        found[name] = sampled(sender, sample, found[sample.where], lambda call, one: read(sender, call, one), crew)
    return Observed(state, {name: found[name] for name in bound.facts})


def check_findings(bound: BoundStep, observed: Observed) -> tuple[Finding, ...]:
    """Return a finding for each fact that was unreadable and for each check that does not hold."""
    unreadable = tuple(
        Finding(
            readable(name),
            f"{name} could not be read: {reading.why}",
            f"grant the role {in_words(*calls_of(bound.facts[name]))}",
            unknown=True,
            said=reading.said,
        )
        for name, reading in observed.facts.items()
        if isinstance(reading, Unreadable)
    )
    if not isinstance(observed.state, Exists):
        return unreadable
    found = list(unreadable)
    dropped = bound.action.without_copy if len(bound.copies) < len(bound.action.copies) else ()
    for check in (*bound.action.checks, *dropped):
        match check(observed.facts):
            case Ok():
                pass
            case Blocked(why, hint):
                found.append(Finding(check.__name__, why, hint))
            case Unknown(why, hint):
                found.append(Finding(check.__name__, why, hint, unknown=True))
    return (*found, *flag_findings(bound.action, bound.step, observed.facts))


def _surveyed(sender: Sender, survey: BoundSurvey) -> Reading:
    """Read each thing that the survey lists; when one of the reads fails, nothing is known."""
    found: list[Json] = []
    try:
        items = tuple(listed(sender, survey.within, survey.list, survey.items))
    except AwsCallFailed as error:
        return Unreadable(_why(error, survey.list), error.answer.message)
    for place, one in items:
        if not isinstance(one, Mapping):
            return Unreadable("it has no fields")
        item = {**place, **one}
        match _about(sender, survey, item):
            case Unreadable() as failed:
                return failed
            case Present(data):
                found.append({"item": item, "answer": data})
            case Absent():
                found.append({"item": item, "answer": None})
    return Present({"Items": found})


def _about(sender: Sender, survey: BoundSurvey, item: Mapping[str, Json]) -> Reading:
    """Read one thing that a survey lists: one answer, or what is found in all pages of a listing."""
    if not survey.found:
        return read(sender, survey.each, item)
    call = survey.each
    try:
        found = list(in_pages(sender, call, survey.found, item))
    except AwsCallFailed as error:
        if error.answer.code in call.absent:
            return Absent(error.answer.code, error.answer.request_id)
        return Unreadable(_why(error, call), error.answer.message)
    return Present({"Found": found})


def picked(call: BoundCall, reply: Reply) -> Present | Unreadable:
    """Return what the call's query leaves of an answer, or why there is nothing to leave."""
    if not call.query:
        return Present(reply.data, reply.request_id)
    found = jmespath.search(call.query, reply.data)
    if isinstance(found, Mapping):
        return Present(found, reply.request_id)
    return Unreadable(f"{call.operation}: the answer has another form than AWS documents")


def _state(sender: Sender, bound: BoundStep, *, of_many: bool) -> TargetState:
    seen = read(sender, bound.probe)
    match seen:
        case Absent():
            return _nowhere(bound, "it is absent")
        case Unreadable():
            return NotSeen(seen.told)
        case Present(data):
            shown = _shown(bound, bound.action.sight(data, bound.step.target))
            if shown is not None:
                return shown
    listed = _trait(bound, read(sender, bound.pins)) if of_many and bound.pins is not None else None
    if listed is not None:
        return Exists(listed)
    return _pinned(bound, seen if bound.pin == bound.probe else read(sender, bound.pin))


def _pinned(bound: BoundStep, seen: Reading) -> TargetState:
    match seen:
        case Present():
            trait = _trait(bound, seen)
            return Exists(trait) if trait is not None else NotSeen(f"{bound.pin.api} does not list it")
        case Absent(code):
            return NotSeen(f"{bound.pin.api} answered {code}")
        case Unreadable() as failed:
            return NotSeen(f"its identity could not be read: {failed.told}")


def _trait(bound: BoundStep, reading: Reading) -> str | None:
    return bound.action.pin.pick(reading.data, bound.step.target) if isinstance(reading, Present) else None


def _shown(bound: BoundStep, sighting: Sighting) -> TargetState | None:
    """Return what a probe's answer makes of the target; None when it is there to be acted on."""
    if bound.action.gone_when is GoneWhen.RESTORED and isinstance(sighting, InPlace | Leaving):
        return Missing("it is in place") if isinstance(sighting, InPlace) else None
    match sighting:
        case NotThere(why):
            return _nowhere(bound, why)
        case Leaving(_, until) if until is not None:
            return Missing(f"AWS deletes it on {until:%Y-%m-%d %H:%M} UTC")
        case Leaving(seen, _):
            return NotSeen(f"its deletion is under way ({seen}); plan again when that is over")
        case SetAside(seen) if bound.action.gone_when is GoneWhen.SET_ASIDE:
            return Missing(f"it is out of use already: {seen}")
        case Unclear(why):
            return NotSeen(why)
        case InPlace() | SetAside() | Stuck():
            return None


def _nowhere(bound: BoundStep, why: str) -> TargetState:
    if bound.action.gone_when is GoneWhen.RESTORED:
        return NotSeen(f"it is gone, and nothing brings it back: {why}")
    return Missing(why)


def _known(reading: Reading) -> bool:
    return not isinstance(reading, Unreadable)


def _data(reading: Reading) -> Json:
    match reading:
        case Present(data):
            return {"present": data}
        case Absent(code):
            return {"absent": code}
        case Unreadable(why):
            return {"unreadable": why}


def _why(error: AwsCallFailed, call: BoundCall) -> str:
    answer = error.answer
    failed = f"{answer.operation}: {answer.code}"
    if answer.code not in DENIED:
        return f"{failed} ({error.hint})" if error.hint else failed
    # An answer to HEAD has no body, so AWS cannot name the permission.
    named = any(action in answer.message for action in iam_actions(call))
    return failed if named else f"{failed} (it needs {in_words(call)})"
