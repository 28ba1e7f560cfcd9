"""What one simulated result means: allowed, denied and by what, or not certain.

- A key that the simulator was not told makes a result uncertain, unless the real request lacks it too
  (``runner.guard.context``), or the policies as they were read decide without it (``runner.guard.local``).
- For ``bucket/*`` the simulator judges one name. A denial without MFA counts only if the policies do not treat some of
  the objects otherwise. Where the role's own could not be read, that is taken for granted of them, and said.
- A service control policy (SCP) that says no denies, whatever the other policies say.
- A permissions boundary does not limit what a resource policy allows the session itself, or everybody. When nothing
  denies explicitly and the boundary is silent, a second simulation without the boundary tells whether such a statement
  allows after all. The other allowing statements are in that simulation too, so only a statement that AWS names counts.
- An answer that the policies as they were read certainly contradict is none.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

from runner.guard.attribution import SCP, Policies, level_of, matched_origins, names, stopped_by
from runner.guard.context import Scenario, is_truly_absent
from runner.guard.decision import Allowed, CannotTell, Decision, Denied
from runner.guard.evaluation import Effective, Result
from runner.guard.local import View, decide_locally
from runner.guard.question import Ask
from runner.model.verdict import Level
from runner.policy import policies as local
from runner.policy.convert import Origin, concerns
from runner.policy.coverage import Coverage, coverage
from runner.policy.principal import Way

ASSUMED = "That the role's own policies treat all of the objects alike is assumed, because they could not be read."

_OWN_ARN = "aws:principalarn"
_CLEARER = "let the boundary allow the action, or the bucket policy name the role's ARN"


@dataclass(frozen=True)
class Looked:
    """Hold what is known about one pair in one scenario.

    ``result`` is AWS's answer, ``unlimited`` its answer without the boundary, where that was asked, and ``seen`` what
    the policies say as they were read. ``asked`` are all actions of the simulation.
    """

    scenario: Scenario
    ask: Ask
    asked: tuple[str, ...]
    result: Result
    unlimited: Result | None
    policies: Policies
    seen: View

    @property
    def is_about_many(self) -> bool:
        """Whether a denial without MFA has to hold for every object of a bucket."""
        return self.scenario is not Scenario.WITH_MFA and self.ask.resource.endswith("*")


def decide(looked: Looked) -> Decision:
    """Return what the answer about one pair means.

    1. AWS's answer, as far as it is one. 2. The policies as they were read must not contradict it.
    """
    said = _said(looked)  # 1
    match said, looked.seen.decision:  # 2
        case Allowed(), local.ExplicitlyDenied() | local.ImplicitlyDenied():
            return _contradicted(looked, said)
        case Denied(), local.Allowed() if not looked.result.organizations_deny:
            return _contradicted(looked, said)
        case Denied(), _ if _names_what_does_not_apply(looked):
            return _contradicted(looked, said)
        case _:
            return said


def _said(looked: Looked) -> Decision:
    """Return what AWS says.

    1. A key that matters is missing, and the policies do not decide without it: cannot tell. 2. Allowed, and no SCP
    says no. 3. Nothing denies and nothing allows, but a statement that the boundary does not limit may. 4. A denial
    without MFA that may not hold for all objects: cannot tell. 5. Denied.
    """
    ask, result = looked.ask, looked.result
    missing = (key.lower() for key in result.missing)
    unsure = frozenset(key for key in missing if not is_truly_absent(key, looked.scenario, looked.asked))
    if unsure and not looked.seen.is_certain:  # 1
        return _unsure(ask, unsure)
    if result.effective is Effective.ALLOWED and not result.organizations_deny:  # 2
        return Allowed((ask,), names(result, looked.policies))
    if result.effective is Effective.ALLOWED and not result.alone:
        return CannotTell(f"an SCP stops {ask.action} on one of the resources, and AWS does not say on which")
    if looked.unlimited is not None and result.effective is Effective.IMPLICIT_DENY:  # 3
        escaped = _escaped(looked, looked.unlimited)
        if escaped is not None:
            return escaped
    denied = _denied(looked)
    return _of_all(looked, denied) if looked.is_about_many and not looked.seen.is_certain else denied  # 4, 5


def _denied(looked: Looked) -> Denied:
    result = looked.result
    if result.organizations_deny and not result.alone and isinstance(looked.seen.decision, local.Allowed):
        # AWS says it about all resources together; here nothing but an SCP is left.
        return Denied((looked.ask,), SCP, explicit=False, level=Level.ORGANIZATION)
    level = Level.RESOURCE if looked.seen.resource_denies else level_of(result, looked.policies)
    explicit = result.effective is Effective.EXPLICIT_DENY
    return Denied((looked.ask,), stopped_by(result, looked.policies), explicit, level)


def _unsure(ask: Ask, keys: frozenset[str]) -> CannotTell:
    named = ", ".join(sorted(keys))
    return CannotTell(
        f"the policies look at {named}, which only a real request has, so {ask} cannot be simulated",
        hint="use a role whose policies do not turn on these keys, or move them to statements about other actions",
    )


def _escaped(looked: Looked, unlimited: Result) -> Allowed | CannotTell | None:
    """Return what the simulation without the boundary adds; None when nothing that the boundary silenced allows."""
    origins = tuple(origin for origin in looked.policies.origins.values() if origin.escapes)
    possible = tuple(origin for origin in origins if looked.seen.applies(origin) is not False)
    if unlimited.effective is not Effective.ALLOWED or not possible:
        return None
    allowing = tuple(origin for origin in matched_origins(unlimited, looked.policies) if origin in possible)
    if not allowing:
        return CannotTell(
            f"without the permissions boundary {looked.ask} is allowed, and whether {possible[0].name} does that, AWS "
            "does not say",
            hint=_CLEARER,
        )
    if looked.scenario is Scenario.WITH_MFA and not any(_is_documented(origin) for origin in allowing):
        return CannotTell(
            f"{allowing[0].name} allows everybody, and AWS does not document whether a boundary limits that",
            hint=_CLEARER,
        )
    by = " and ".join(origin.name for origin in allowing)
    return Allowed((looked.ask,), f"{by}, which the role's permissions boundary does not limit")


def _is_documented(origin: Origin) -> bool:
    """Return whether AWS documents that no boundary limits the statement.

    Source: IAM user guide, "How AWS enforcement code logic evaluates requests": a session's ARN, and ``*`` with a
    condition on ``aws:PrincipalArn``.
    """
    looks_at = {line.key.lower() for line in origin.statement.conditions}
    return origin.way is Way.SESSION or _OWN_ARN in looks_at


def _of_all(looked: Looked, denied: Denied) -> Denied | CannotTell:
    """Return a denial that the policies as they were read do not settle for every object."""
    partial = _partial(looked)
    if partial:
        return _partly(looked.ask, partial)
    own = decide_locally(looked.ask, looked.seen)
    if looked.seen.complete and isinstance(own, CannotTell):
        return CannotTell(f"{looked.ask} is denied by that name, and for every object it cannot be told: {own.why}")
    return replace(denied, assumed=ASSUMED)


def _partial(looked: Looked) -> tuple[Origin, ...]:
    """Return the bucket policy's statements that make a denial true for some of the objects only."""
    ask, result = looked.ask, looked.result
    if result.effective is Effective.EXPLICIT_DENY:
        denials = matched_origins(result, looked.policies)
        elsewhere = len({statement.policy_id for statement in result.matched}) > len(denials)
        whole = elsewhere or Coverage.ALL in {_coverage(origin, ask) for origin in denials}
        return () if whole else denials
    allows = (origin for origin in looked.policies.origins.values() if origin.statement.effect == "Allow")
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


def _names_what_does_not_apply(looked: Looked) -> bool:
    """Return whether AWS names a Deny of the target's policy that certainly does not apply."""
    named = matched_origins(looked.result, looked.policies)
    return any(origin.statement.effect == "Deny" and looked.seen.applies(origin) is False for origin in named)


def _contradicted(looked: Looked, said: Allowed | Denied) -> CannotTell:
    own = decide_locally(looked.ask, looked.seen)
    return CannotTell(
        f"AWS's simulator says that {looked.ask} is {_told(said)}, and by the policies as runner reads them it is "
        f"{_told(own)}",
        hint="one of the two is wrong, so neither is believed; report it with the policies",
    )


def _told(decision: Decision) -> str:
    match decision:
        case Allowed(by=by):
            return f"allowed by {by}" if by else "allowed"
        case Denied(by=by):
            return f"denied: {by}"
        case CannotTell():
            return "not denied by that statement"
