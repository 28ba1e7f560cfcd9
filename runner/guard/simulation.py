"""Read what AWS's own policy simulator says about a step's writes: with MFA, without, and with a long-term key.

This module and ``runner.guard.batch`` only write the questions down and read the answers; ``runner.workflow`` sends.

- The answer must hold every pair that was asked and no other, with one decision each.
- With MFA the worst answer is a denial: the step would fail. Without MFA the worst is an "allowed": when any of the
  step's pairs gets through, the step is not protected.
- What a single result means is decided in ``runner.guard.deciding``.
- Where the role may not simulate, the policies as they were read decide alone, if they can (``runner.guard.local``).
- Where an SCP stops some of a batch's resources and AWS does not say which, each has to be asked about alone (`alone`).

A simulation is not proof: resource control policies, endpoint policies and ACLs are not in it.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from runner.guard.attribution import Policies
from runner.guard.batch import Batch
from runner.guard.context import Scenario
from runner.guard.deciding import Looked, decide
from runner.guard.decision import Allowed, CannotTell, Decision, Denied
from runner.guard.evaluation import Effective, NotAsDocumented, Result, results_of
from runner.guard.local import decide_locally, view
from runner.guard.question import Ask, Part, Question, Setting
from runner.guard.role_policies import READS
from runner.model.ports import Reply
from runner.model.verdict import Evidence, Level

_REPORT = "try again; if it stays, report it"


@dataclass(frozen=True)
class Answer:
    """Hold what AWS said about a batch in one scenario; an answer that is none is a `CannotTell`.

    ``refused`` says that the role may not simulate.
    """

    batch: Batch
    scenario: Scenario
    results: tuple[Result, ...] | CannotTell
    refused: bool = False


def answer(batch: Batch, scenario: Scenario, pages: tuple[Reply, ...]) -> Answer:
    """Read all pages of one simulation."""
    try:
        results = tuple(dict.fromkeys(results_of(pages)))
    except NotAsDocumented as error:
        return Answer(batch, scenario, CannotTell(f"AWS's answer is not as documented: {error}", hint=_REPORT))
    return Answer(batch, scenario, _incomplete(batch, results) or results)


def alone(given: Answer) -> tuple[Batch, ...]:
    """Return what has to be asked again, resource by resource, in the place of an answer; nothing when it is clear."""
    if isinstance(given.results, CannotTell):
        return ()
    shared = tuple(result for result in given.results if result.organizations_deny and not result.alone)
    with_mfa = given.scenario is Scenario.WITH_MFA
    unclear = any(with_mfa or result.effective is Effective.ALLOWED for result in shared)
    return given.batch.alone() if unclear else ()


def read_decision(setting: Setting, question: Question, scenario: Scenario, answers: Iterable[Answer]) -> Decision:
    """Return what one scenario's answers mean for a step; answers about other steps may be among them."""
    if question.converted.doubts:
        return CannotTell(
            "; ".join(question.converted.doubts),
            hint="make the bucket policy readable to the role, and let its statements name the role's ARN",
        )
    of_scenario = tuple(given for given in answers if given.scenario is scenario)
    return _worst(
        scenario,
        tuple(decision for part in question.parts for decision in _read_part(setting, part, scenario, of_scenario)),
    )


def evidence_for(question: Question, answers: Iterable[Answer]) -> Evidence:
    """Return how the decisions about a step are known."""
    refused = any(part in given.batch.parts for given in answers if given.refused for part in question.parts)
    return Evidence.LOCAL if refused else Evidence.SIMULATED


def _read_part(setting: Setting, part: Part, scenario: Scenario, answers: tuple[Answer, ...]) -> tuple[Decision, ...]:
    about = tuple(given for given in answers if part in given.batch.parts)
    limited = next((given for given in about if not given.batch.unlimited), None)
    if limited is None:
        return (CannotTell(f"nobody asked about {part.resource}"),)
    unlimited = next((given for given in about if given.batch.unlimited), None)
    for given in (limited, unlimited):
        if given is not None and isinstance(given.results, CannotTell):
            return _locally(setting, part, scenario, given.results) if given.refused else (given.results,)
    policies = Policies(limited.batch.origins(part), setting.facts.boundary)
    return tuple(
        decide(
            Looked(
                scenario,
                ask,
                part.actions,
                _about(limited, ask),
                None if unlimited is None else _about(unlimited, ask),
                policies,
                view(setting, part, ask, scenario),
            )
        )
        for ask in part.asks
    )


def _locally(setting: Setting, part: Part, scenario: Scenario, refusal: CannotTell) -> tuple[Decision, ...]:
    """Decide without AWS's simulator; where that is not possible, say what would help."""
    decisions = tuple(decide_locally(ask, view(setting, part, ask, scenario)) for ask in part.asks)
    return tuple(_with_refusal(decision, refusal, setting.own.unread) for decision in decisions)


def _with_refusal(decision: Decision, refusal: CannotTell, unread: tuple[str, ...]) -> Decision:
    if not isinstance(decision, CannotTell):
        return decision
    if not unread:
        return CannotTell(f"{refusal.why}; and by the policies as runner reads them: {decision.why}", refusal.hint)
    reads = ", ".join(READS)
    return CannotTell(
        f"{refusal.why}; and the role's own policies could not be read: {'; '.join(unread)}",
        f"{refusal.hint}, or {reads}, so that runner can judge the policies itself",
    )


def _incomplete(batch: Batch, results: tuple[Result, ...]) -> CannotTell | None:
    asked = {(ask.action.lower(), ask.resource): str(ask) for part in batch.parts for ask in part.asks}
    answered = [(result.action, result.resource) for result in results]
    if sorted(answered) == sorted(asked):
        return None
    silent = sorted(text for pair, text in asked.items() if pair not in answered)
    strange = sorted(f"{action} on {resource}" for action, resource in set(answered) - set(asked))
    twice = sorted(text for pair, text in asked.items() if answered.count(pair) > 1)
    parts = [f"no answer about {', '.join(silent)}"] if silent else []
    parts += [f"an answer that nobody asked for about {', '.join(strange)}"] if strange else []
    parts += [f"different answers about {', '.join(twice)}"] if twice else []
    return CannotTell(f"the simulation gave {' and '.join(parts)}", hint=_REPORT)


def _about(given: Answer, ask: Ask) -> Result:
    assert not isinstance(given.results, CannotTell)  # noqa: S101  # the caller looked
    pair = (ask.action.lower(), ask.resource)
    return next(found for found in given.results if (found.action, found.resource) == pair)


def _worst(scenario: Scenario, decisions: tuple[Decision, ...]) -> Decision:
    """Join the pairs' decisions: with MFA a denial is the worst, without MFA an "allowed" is."""
    allowed = tuple(decision for decision in decisions if isinstance(decision, Allowed))
    denied = tuple(decision for decision in decisions if isinstance(decision, Denied))
    unsure = tuple(decision for decision in decisions if isinstance(decision, CannotTell))
    if allowed and scenario is not Scenario.WITH_MFA:
        return _all_allowed(allowed)
    if denied and scenario is Scenario.WITH_MFA:
        return _all_denied(denied)
    if unsure:
        return CannotTell(_each(item.why for item in unsure), _each(item.hint for item in unsure))
    if allowed:
        return _all_allowed(allowed)
    return _all_denied(denied) if denied else CannotTell("the step has no write that could be simulated")


def _all_allowed(allowed: tuple[Allowed, ...]) -> Allowed:
    return Allowed(tuple(ask for item in allowed for ask in item.asks), _each(item.by for item in allowed))


def _all_denied(denied: tuple[Denied, ...]) -> Denied:
    return Denied(
        asks=tuple(ask for item in denied for ask in item.asks),
        by=_each(item.by for item in denied),
        explicit=any(item.explicit for item in denied),
        level=Level.weakest(item.level for item in denied),
        assumed=_each(item.assumed for item in denied),
    )


def _each(texts: Iterable[str]) -> str:
    """Join sentences, each one once."""
    return "; ".join(dict.fromkeys(text for text in texts if text))
