"""What one simulated result means: allowed, denied and by what, or not certain.

- A key that the simulator was not told makes a result uncertain, unless the real request lacks it too
  (``runner.guard.context``), or a Deny of the bucket policy that does not look at it decides anyway.
- For ``bucket/*`` the simulator judges one name. A denial without MFA counts only if the bucket policy does not treat
  some of the objects otherwise. The role's own policies cannot be checked for that: they are not read.
- A service control policy (SCP) that says no denies, whatever the other policies say.
- A permissions boundary does not limit what a resource policy allows the session itself, or everybody. When nothing
  denies explicitly and the boundary is silent, a second simulation without the boundary tells whether such a statement
  allows after all. The other allowing statements are in that simulation too, so only a statement that AWS names counts.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import TypeAlias

from runner.guard.attribution import Policies, level_of, matched_origins, names, stopped_by
from runner.guard.context import Scenario, is_truly_absent
from runner.guard.evaluation import Effective, Result
from runner.guard.question import Ask
from runner.model.plan import Level
from runner.policy.convert import Origin, concerns
from runner.policy.coverage import Coverage, coverage
from runner.policy.mfa_condition import Bearer, holds
from runner.policy.principal import Way

BEARERS: Mapping[Scenario, Bearer] = MappingProxyType(
    {
        Scenario.WITH_MFA: Bearer.WITH_MFA,
        Scenario.WITHOUT_MFA: Bearer.WITHOUT_MFA,
        Scenario.NO_KEY: Bearer.LONG_TERM_KEY,
    }
)
"""Who asks, as ``runner.policy.mfa_condition`` names them."""

_OWN_ARN = "aws:principalarn"
_CLEARER = "let the boundary allow the action, or the bucket policy name the role's ARN"


@dataclass(frozen=True)
class Allowed:
    """Say which pairs a scenario lets through, and which statements do it, in words."""

    asks: tuple[Ask, ...]
    by: str


@dataclass(frozen=True)
class Denied:
    """Say which pairs a scenario stops, what stops them, in words, and where that lives.

    ``explicit`` when a Deny stops them.
    """

    asks: tuple[Ask, ...]
    by: str
    explicit: bool
    level: Level


@dataclass(frozen=True)
class CannotTell:
    """Say why a scenario could not be decided, and what would help."""

    why: str
    hint: str = ""


Decision: TypeAlias = Allowed | Denied | CannotTell


@dataclass(frozen=True)
class Looked:
    """Hold what AWS says about one pair; ``unlimited`` is its answer without the boundary, where that was asked."""

    ask: Ask
    result: Result
    unlimited: Result | None = None


def decide(scenario: Scenario, looked: Looked, policies: Policies, *, asked: tuple[str, ...]) -> Decision:
    """Return what the answer about one pair means; ``asked`` are all actions of the simulation.

    1. A key that matters is missing, and no Deny is certain without it: cannot tell. 2. Allowed, and no SCP says no.
    3. Nothing denies and nothing allows, but a statement that the boundary does not limit may. 4. A denial without MFA
    that may not hold for all objects: cannot tell. 5. Denied.
    """
    ask, result = looked.ask, looked.result
    unsure = frozenset(key.lower() for key in result.missing if not is_truly_absent(key, scenario, asked))
    denials = _denials(result, policies, unsure)
    if unsure and not denials:  # 1
        return _unsure(ask, unsure)
    if result.effective is Effective.ALLOWED and not result.organizations_deny:  # 2
        return Allowed((ask,), names(result, policies))
    if result.effective is Effective.ALLOWED and not result.alone:
        return CannotTell(f"an SCP stops {ask.action} on one of the resources, and AWS does not say on which")
    if looked.unlimited is not None and result.effective is Effective.IMPLICIT_DENY:  # 3
        escaped = _escaped(scenario, ask, looked.unlimited, policies)
        if escaped is not None:
            return escaped
    if scenario is not Scenario.WITH_MFA and ask.resource.endswith("*"):  # 4
        partial = _partial(ask, result, policies, denials, certain=not unsure)
        if partial:
            return _partly(ask, partial)
    explicit = result.effective is Effective.EXPLICIT_DENY
    return Denied((ask,), stopped_by(result, policies), explicit, level_of(result, policies))  # 5


def _denials(result: Result, policies: Policies, unsure: frozenset[str]) -> tuple[Origin, ...]:
    """Return the bucket policy's statements that deny, whatever the keys are that the simulator was not told."""
    if result.effective is not Effective.EXPLICIT_DENY:
        return ()
    matched = matched_origins(result, policies)
    return tuple(origin for origin in matched if not unsure or _ignores(origin, unsure))


def _ignores(origin: Origin, keys: frozenset[str]) -> bool:
    statement = origin.statement
    texts = [value for line in statement.conditions for value in line.values]
    texts += () if statement.resource is None else statement.resource.values
    looks_at = {line.key.lower() for line in statement.conditions}
    return statement.effect == "Deny" and not (looks_at & keys) and not any("${" in text for text in texts)


def _unsure(ask: Ask, keys: frozenset[str]) -> CannotTell:
    named = ", ".join(sorted(keys))
    return CannotTell(
        f"the policies look at {named}, which only a real request has, so {ask} cannot be simulated",
        hint="use a role whose policies do not turn on these keys, or move them to statements about other actions",
    )


def _escaped(scenario: Scenario, ask: Ask, unlimited: Result, policies: Policies) -> Allowed | CannotTell | None:
    """Return what the simulation without the boundary adds; None when nothing that the boundary silenced allows."""
    possible = tuple(
        origin
        for origin in policies.origins.values()
        if origin.escapes and holds(origin.statement.conditions, BEARERS[scenario]) is not False
    )
    if unlimited.effective is not Effective.ALLOWED or not possible:
        return None
    allowing = tuple(origin for origin in matched_origins(unlimited, policies) if origin.escapes)
    if not allowing:
        return CannotTell(
            f"without the permissions boundary {ask} is allowed, and whether {possible[0].name} does that, AWS does "
            "not say",
            hint=_CLEARER,
        )
    if scenario is Scenario.WITH_MFA and not any(_is_documented(origin) for origin in allowing):
        return CannotTell(
            f"{allowing[0].name} allows everybody, and AWS does not document whether a boundary limits that",
            hint=_CLEARER,
        )
    by = " and ".join(origin.name for origin in allowing)
    return Allowed((ask,), f"{by}, which the role's permissions boundary does not limit")


def _is_documented(origin: Origin) -> bool:
    """Return whether AWS documents that no boundary limits the statement.

    Source: IAM user guide, "How AWS enforcement code logic evaluates requests": a session's ARN, and ``*`` with a
    condition on ``aws:PrincipalArn``.
    """
    looks_at = {line.key.lower() for line in origin.statement.conditions}
    return origin.way is Way.SESSION or _OWN_ARN in looks_at


def _partial(
    ask: Ask, result: Result, policies: Policies, denials: tuple[Origin, ...], *, certain: bool
) -> tuple[Origin, ...]:
    """Return the bucket policy's statements that make a denial true for some of the objects only."""
    if result.effective is Effective.EXPLICIT_DENY:
        # A Deny of the role's policies, which are not read, is taken to reach every object.
        elsewhere = certain and len({statement.policy_id for statement in result.matched}) > len(denials)
        whole = elsewhere or Coverage.ALL in {_coverage(origin, ask) for origin in denials}
        return () if whole else denials
    allows = (origin for origin in policies.origins.values() if origin.statement.effect == "Allow")
    return tuple(origin for origin in allows if _coverage(origin, ask) is Coverage.SOME)


def _partly(ask: Ask, origins: tuple[Origin, ...]) -> CannotTell:
    named = ", ".join(origin.name for origin in origins)
    return CannotTell(
        f"{named} is about some of {ask.resource} only, so what holds for the rest cannot be simulated",
        hint="let the statement name all of the bucket's objects",
    )


def _coverage(origin: Origin, ask: Ask) -> Coverage:
    statement = origin.statement
    if statement.resource is None or not concerns(statement, (ask.action,)):
        return Coverage.NONE
    return coverage(statement.resource, ask.resource)
