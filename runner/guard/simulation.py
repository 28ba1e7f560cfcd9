"""Ask AWS's own policy simulator what a step's writes would meet: with MFA, without, and with a long-term key.

This module only writes the questions down and reads the answers; ``runner.workflow`` sends them.

- Actions and resources are crossed only where one call needs exactly that cross product.
- The answer must hold every pair that was asked and no other, with one decision each.
- With MFA the worst answer is a denial: the step would fail. Without MFA the worst is an "allowed": when any of the
  step's pairs gets through, the step is not protected.
- What a single result means is decided in ``runner.guard.decision``.

A simulation is not proof: resource control policies, endpoint policies and ACLs are not in it.

Source: IAM API reference, ``SimulatePrincipalPolicy``.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from runner.guard.context import RoleFacts, Scenario, context_entries
from runner.guard.decision import Allowed, Ask, CannotTell, Decision, Denied, decide
from runner.guard.evaluation import NotAsDocumented, Result, results_of
from runner.model.call import Argument, BoundCall, Effect
from runner.model.ports import Reply
from runner.policy.convert import Converted
from runner.policy.names import iam_actions


@dataclass(frozen=True)
class Question:
    """Hold what is asked about one step.

    ``writes`` are all its writes, those of sweeps included (``writes_of``). ``converted`` is the target's resource
    policy, converted for these writes' actions (`asked_actions`). ``account`` owns the resources; ``now`` is aware.
    """

    step: str
    writes: tuple[BoundCall, ...]
    facts: RoleFacts
    converted: Converted
    region: str
    account: str
    now: datetime
    mfa_age: timedelta

    @property
    def asks(self) -> tuple[Ask, ...]:
        """Every pair of action and resource that the writes need, sorted."""
        pairs = {Ask(action, arn) for call in self.writes for action in iam_actions(call) for arn in call.resources}
        return tuple(sorted(pairs))


def asked_actions(writes: tuple[BoundCall, ...]) -> tuple[str, ...]:
    """Return the IAM actions of the writes, sorted: what a bucket policy has to be converted for."""
    return tuple(sorted({action for call in writes for action in iam_actions(call)}))


def simulation_calls(question: Question) -> tuple[tuple[Scenario, BoundCall], ...]:
    """Return the calls that ask AWS; each is a listing whose pages must all be read."""
    groups: dict[tuple[str, ...], tuple[BoundCall, ...]] = {}
    for write in question.writes:
        resources = tuple(sorted(set(write.resources)))
        groups[resources] = (*groups.get(resources, ()), write)
    return tuple(
        (scenario, _call(question, scenario, resources, asked_actions(writes)))
        for scenario in Scenario
        for resources, writes in groups.items()
    )


def _call(question: Question, scenario: Scenario, resources: tuple[str, ...], actions: tuple[str, ...]) -> BoundCall:
    arn = question.facts.role.arn
    entries = context_entries(
        question.facts,
        scenario,
        region=question.region,
        account=question.account,
        now=question.now,
        mfa_age=question.mfa_age,
    )
    args: dict[str, Argument] = {
        "PolicySourceArn": arn,
        "ActionNames": actions,
        "ResourceArns": resources,
        "ContextEntries": entries,
    }
    if question.converted.policies:
        args["PolicyInputList"] = question.converted.policies
    return BoundCall("iam", "SimulatePrincipalPolicy", args, question.region, (arn,), Effect.READ)


def read_decision(question: Question, scenario: Scenario, replies: tuple[Reply, ...]) -> Decision:
    """Return what one scenario's answers mean; ``replies`` are all pages of all its calls."""
    if question.converted.doubts:
        return CannotTell(
            "; ".join(question.converted.doubts),
            hint="make the bucket policy readable to the role, and let its statements name the role's ARN",
        )
    try:
        results = results_of(replies)
    except NotAsDocumented as error:
        return CannotTell(f"AWS's answer is not as documented: {error}", hint="try again; if it stays, report it")
    incomplete = _incomplete(question, results)
    if incomplete is not None:
        return incomplete
    return _worst(scenario, tuple(_read(question, scenario, ask, _about(results, ask)) for ask in question.asks))


def _incomplete(question: Question, results: tuple[Result, ...]) -> CannotTell | None:
    asked = {(ask.action.lower(), ask.resource): str(ask) for ask in question.asks}
    answered = {(result.action, result.resource) for result in results}
    if answered == set(asked):
        return None
    silent = sorted(text for pair, text in asked.items() if pair not in answered)
    strange = sorted(f"{action} on {resource}" for action, resource in answered - set(asked))
    parts = [f"no answer about {', '.join(silent)}"] if silent else []
    parts += [f"an answer that nobody asked for about {', '.join(strange)}"] if strange else []
    return CannotTell(f"the simulation gave {' and '.join(parts)}", hint="try again; if it stays, report it")


def _about(results: tuple[Result, ...], ask: Ask) -> tuple[Result, ...]:
    return tuple(found for found in results if (found.action, found.resource) == (ask.action.lower(), ask.resource))


def _read(question: Question, scenario: Scenario, ask: Ask, results: tuple[Result, ...]) -> Decision:
    """Decide one pair; several calls may have asked about it, and then they must agree."""
    decisions = {
        decide(
            scenario,
            ask,
            result,
            converted=question.converted,
            boundary=question.facts.boundary,
            asked=asked_actions(question.writes),
        )
        for result in results
    }
    if len(decisions) > 1:
        return CannotTell(f"the simulation gave different answers about {ask}", hint="try again")
    return decisions.pop()


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
    )


def _each(texts: Iterable[str]) -> str:
    """Join sentences, each one once."""
    return "; ".join(dict.fromkeys(text for text in texts if text))
