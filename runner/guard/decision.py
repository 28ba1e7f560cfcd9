"""What one simulated result means: allowed, denied and by what, or not certain.

- A key that the simulator was not told makes a result uncertain, unless the real request lacks it too
  (``runner.guard.context``), or a Deny of the bucket policy that does not look at it decides anyway.
- For ``bucket/*`` the simulator judges one name. A denial without MFA counts only if the bucket policy does not treat
  some of the objects otherwise. The role's own policies cannot be checked for that: they are not read.
- A service control policy (SCP) that says no denies, whatever the other policies say.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TypeAlias

from runner.guard.context import Scenario, is_truly_absent
from runner.guard.evaluation import Effective, Matched, Result
from runner.policy.convert import Converted, Origin, concerns
from runner.policy.coverage import Coverage, coverage

NO_ALLOW = "no statement allows it"
SCP = "an SCP"
BOUNDARY = "the permissions boundary"


@dataclass(frozen=True, order=True)
class Ask:
    """Name one action on one resource."""

    action: str
    resource: str

    def __str__(self) -> str:
        return f"{self.action} on {self.resource}"


@dataclass(frozen=True)
class Allowed:
    """Say which pairs a scenario lets through, and which statements do it, in words."""

    asks: tuple[Ask, ...]
    by: str


@dataclass(frozen=True)
class Denied:
    """Say which pairs a scenario stops, and what stops them, in words; ``explicit`` when a Deny does."""

    asks: tuple[Ask, ...]
    by: str
    explicit: bool


@dataclass(frozen=True)
class CannotTell:
    """Say why a scenario could not be decided, and what would help."""

    why: str
    hint: str = ""


Decision: TypeAlias = Allowed | Denied | CannotTell


def decide(
    scenario: Scenario, ask: Ask, result: Result, *, converted: Converted, boundary: str | None, asked: tuple[str, ...]
) -> Decision:
    """Return what one result means; ``asked`` are all actions of the question, ``boundary`` the boundary's ARN.

    1. A key that matters is missing, and no Deny is certain without it: cannot tell. 2. Allowed, and no SCP says no.
    3. A denial without MFA that may not hold for all objects: cannot tell. 4. Denied.
    """
    unsure = frozenset(key.lower() for key in result.missing if not is_truly_absent(key, scenario, asked))
    denials = _denials(result, converted, unsure)
    if unsure and not denials:  # 1
        return _unsure(ask, unsure)
    if result.effective is Effective.ALLOWED and not result.organizations_deny:  # 2
        return Allowed((ask,), _names(result, converted, boundary))
    if result.effective is Effective.ALLOWED and not result.alone:
        return CannotTell(f"an SCP stops {ask.action} on one of the resources, and AWS does not say on which")
    if scenario is not Scenario.WITH_MFA and ask.resource.endswith("*"):  # 3
        partial = _partial(ask, result, converted, denials, certain=not unsure)
        if partial:
            return _partly(ask, partial)
    by = _stopped_by(result, converted, boundary)
    return Denied((ask,), by, explicit=result.effective is Effective.EXPLICIT_DENY)  # 4


def _ids(result: Result) -> frozenset[str]:
    return frozenset(statement.policy_id for statement in result.matched)


def _denials(result: Result, converted: Converted, unsure: frozenset[str]) -> tuple[Origin, ...]:
    """Return the bucket policy's statements that deny, whatever the keys are that the simulator was not told."""
    if result.effective is not Effective.EXPLICIT_DENY:
        return ()
    matched = (origin for origin in converted.origins if origin.policy_id in _ids(result))
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


def _partial(
    ask: Ask, result: Result, converted: Converted, denials: tuple[Origin, ...], *, certain: bool
) -> tuple[Origin, ...]:
    """Return the bucket policy's statements that make a denial true for some of the objects only."""
    if result.effective is Effective.EXPLICIT_DENY:
        # A Deny of the role's policies, which are not read, is taken to reach every object.
        elsewhere = certain and len(_ids(result)) > len(denials)
        whole = elsewhere or Coverage.ALL in {_coverage(origin, ask) for origin in denials}
        return () if whole else denials
    allows = (origin for origin in converted.origins if origin.statement.effect == "Allow")
    return tuple(origin for origin in allows if _coverage(origin, ask) is Coverage.SOME)


def _partly(ask: Ask, origins: tuple[Origin, ...]) -> CannotTell:
    names = ", ".join(origin.name for origin in origins)
    return CannotTell(
        f"{names} is about some of {ask.resource} only, so what holds for the rest cannot be simulated",
        hint="let the statement name all of the bucket's objects",
    )


def _coverage(origin: Origin, ask: Ask) -> Coverage:
    statement = origin.statement
    if statement.resource is None or not concerns(statement, (ask.action,)):
        return Coverage.NONE
    return coverage(statement.resource, ask.resource)


def _stopped_by(result: Result, converted: Converted, boundary: str | None) -> str:
    """Name everything that stops a pair, the most specific first."""
    found: list[str] = []
    if result.effective is Effective.EXPLICIT_DENY and result.matched:
        found.append(_names(result, converted, boundary))
    if result.boundary_denies and BOUNDARY not in found:
        found.append(BOUNDARY)
    if result.organizations_deny:
        found.append(SCP)
    if found:
        return " and ".join(found)
    return NO_ALLOW if result.effective is Effective.IMPLICIT_DENY else "a Deny that AWS does not name"


def _names(result: Result, converted: Converted, boundary: str | None) -> str:
    origins = {origin.policy_id: origin.name for origin in converted.origins}
    return " and ".join(dict.fromkeys(_name(statement, origins, boundary) for statement in result.matched))


def _name(statement: Matched, origins: dict[str, str], boundary: str | None) -> str:
    if statement.policy_id in origins:
        return origins[statement.policy_id]
    if boundary is not None and statement.policy_id in {boundary, boundary.rsplit("/", 1)[-1]}:
        return BOUNDARY
    place = f" at line {statement.line}" if statement.line else ""
    return f"the statement{place} of the role's policy {statement.policy_id}"
