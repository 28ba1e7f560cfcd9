"""The verdict: does MFA, and MFA alone, decide whether a step's writes get through?

====================  ===========  ==========  ==============================  =================================
with MFA              without MFA  no key      verdict                         the step
====================  ===========  ==========  ==============================  =================================
allowed               denied       denied      protected                       goes on
allowed               allowed      any         unprotected                     only with ``mfa_protected: false``
allowed               denied       allowed     unprotected for long-term keys  only with ``mfa_protected: false``
denied                allowed      any         inverted                        refused
denied                any other    any         will fail                       refused
anything else         …            …           cannot tell                     refused
====================  ===========  ==========  ==============================  =================================

"No key" is a request without the MFA key, as every access key of an IAM user sends it. An uncertain scenario never
turns into a better verdict: what the other scenarios decide without it is bad news only. Inverted is about the same
action and resource; when only another pair is allowed without MFA, the step will simply fail.

A protected step says where its protection lives (`Level`); the weakest of its pairs and scenarios counts. That the
role can be assumed with MFA only is said of an unprotected step, and does not make it a protected one.

Verdicts hold no time and no request id, so that the same world gives the same plan.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, replace

from runner.guard.attribution import NO_ALLOW, SCP, SCP_OR_NO_ALLOW
from runner.guard.decision import Allowed, CannotTell, Decision, Denied
from runner.guard.question import Ask
from runner.model.canonical import Json
from runner.model.plan import Finding
from runner.model.verdict import Evidence, Level, Protection, Verdict
from runner.policy.mfa_condition import Truth
from runner.policy.permissions import allow_with_mfa, deny_without_mfa

CHECK = "mfa_protects_the_target"
"""The name of the rule that `refusal` reports."""

_BINDS = {
    Level.RESOURCE: "",
    Level.ORGANIZATION: "",
    Level.ROLE: " Only the role's own policies ask for it: whoever else may delete the target needs no MFA.",
}
"""What to know of a protection, by where it lives."""
_UNCLEAR = " Whether an SCP or the role's own policies ask for it, AWS does not say."
_KNOWN_BY = {
    Evidence.VERIFIED: " AWS tried it with MFA and without, as dry runs; for long-term keys it is simulated.",
    Evidence.SIMULATED: "",
    Evidence.LOCAL: " AWS's simulator did not judge this but runner's own reading of the policies; SCPs are not in it.",
}
"""What to know of a verdict, by how it is known; one that cannot be told says why instead."""


@dataclass(frozen=True)
class Scenarios:
    """Hold what was decided about a step in its three scenarios, and how that is known."""

    with_mfa: Decision
    without_mfa: Decision
    no_key: Decision
    evidence: Evidence = Evidence.SIMULATED


def judge(scenarios: Scenarios, *, gated: Truth) -> Verdict:
    """Return the verdict on a step; ``gated`` says that the role can be assumed with MFA only."""
    verdict = _verdict(scenarios.with_mfa, scenarios.without_mfa, scenarios.no_key, gated=gated)
    if verdict.protection is Protection.CANNOT_TELL:
        return verdict
    return replace(verdict, evidence=scenarios.evidence, reason=verdict.reason + _KNOWN_BY[scenarios.evidence])


def _verdict(with_mfa: Decision, without_mfa: Decision, no_key: Decision, *, gated: Truth) -> Verdict:
    match (with_mfa, without_mfa, no_key):
        case (Allowed(), Denied(), Denied()):
            return _protected(with_mfa, without_mfa, no_key)
        case (Allowed(), Allowed(), _):
            return _unprotected(without_mfa, gated=gated)
        case (Allowed(), Denied(), Allowed()):
            return _unprotected_for_keys(without_mfa, no_key)
        case (Denied(), Allowed(), _) if set(with_mfa.asks) & set(without_mfa.asks):
            return _inverted(with_mfa, without_mfa)
        case (Denied(), _, _):
            return _will_fail(with_mfa, without_mfa)
        case _:
            return _cannot_tell(with_mfa, without_mfa, no_key)


def refusal(verdict: Verdict, mfa_protected: bool) -> Finding | None:
    """Return what the verdict means for a step whose playbook states ``mfa_protected``; None when all is well."""
    match verdict.protection:
        case Protection.PROTECTED if mfa_protected:
            return None
        case Protection.PROTECTED:
            message = "the playbook says mfa_protected: false, but MFA does protect the target"
            return Finding(CHECK, message, hint="delete the line mfa_protected: false", blocks=False)
        case Protection.UNPROTECTED | Protection.UNPROTECTED_FOR_KEYS if not mfa_protected:
            message = f"{verdict.reason} The playbook says so: mfa_protected: false."
            return Finding(CHECK, message, hint=verdict.hint, blocks=False)
        case _:
            unknown = verdict.protection is Protection.CANNOT_TELL
            return Finding(CHECK, verdict.reason, hint=verdict.hint, unknown=unknown)


def _protected(allowed: Allowed, without: Denied, no_key: Denied) -> Verdict:
    stopped = "; ".join(dict.fromkeys((without.by, no_key.by)))
    # When nothing denies it, the condition stands in the statement that allows it.
    granted = f" With MFA it is allowed: {allowed.by}." if NO_ALLOW in stopped and allowed.by else ""
    level = Level.weakest((without.level, no_key.level))
    binds = _UNCLEAR if SCP_OR_NO_ALLOW in stopped else _BINDS[level]
    assumed = "".join(f" {text}" for text in dict.fromkeys((without.assumed, no_key.assumed)) if text)
    return Verdict(
        Protection.PROTECTED,
        Evidence.NONE,
        f"{_listed(allowed.asks)} needs MFA. Denied without it: {stopped}.{granted}{binds}{assumed}",
        level=level,
    )


def _unprotected(without: Allowed, *, gated: Truth) -> Verdict:
    by = f": {without.by}" if without.by else ""
    gate = " Only the role's trust policy asks for MFA: it guards the way to the role and not this call."
    return Verdict(
        Protection.UNPROTECTED,
        Evidence.NONE,
        f"{_listed(without.asks)} would succeed without MFA{by}.{gate if gated else ''}",
        hint=_add(without.asks),
        level=Level.TRUST if gated else Level.NONE,
    )


def _unprotected_for_keys(without: Denied, no_key: Allowed) -> Verdict:
    return Verdict(
        Protection.UNPROTECTED_FOR_KEYS,
        Evidence.NONE,
        f"{_listed(no_key.asks)} is denied to a session without MFA ({without.by}), but a user's access key "
        "sends no MFA key at all and gets through.",
        hint=f"use BoolIfExists instead of Bool: {_deny_without_mfa(no_key.asks)}",
    )


def _inverted(denied: Denied, without: Allowed) -> Verdict:
    by = f" ({without.by})" if without.by else ""
    return Verdict(
        Protection.INVERTED,
        Evidence.NONE,
        f"{_listed(denied.asks)} is denied with MFA ({denied.by}) and allowed without it{by}: the condition is "
        "inverted.",
        hint="a Deny must hold when aws:MultiFactorAuthPresent is false, an Allow when it is true",
    )


def _will_fail(denied: Denied, without: Decision) -> Verdict:
    also = " It is denied without MFA too, so MFA may not be the reason." if isinstance(without, Denied) else ""
    return Verdict(
        Protection.WILL_FAIL,
        Evidence.NONE,
        f"{_listed(denied.asks)} would be denied even with MFA: {denied.by}.{also}",
        hint=_remedy(denied),
    )


def _remedy(denied: Denied) -> str:
    if denied.by == NO_ALLOW:
        return f"grant the role: {_compact(allow_with_mfa((ask.action, ask.resource) for ask in denied.asks))}"
    if SCP in denied.by:
        return (
            "ask who administers the organisation; AWS simulates an SCP as if keys like aws:SourceIp were absent, so a "
            "condition on such a key may be the reason"
        )
    return "ask its owner what it protects before anything is changed, or use a role that it does not concern"


def _cannot_tell(*decisions: Decision) -> Verdict:
    unsure = tuple(decision for decision in decisions if isinstance(decision, CannotTell))
    reasons = dict.fromkeys(decision.why for decision in unsure)
    hints = dict.fromkeys(decision.hint for decision in unsure if decision.hint)
    return Verdict(
        Protection.CANNOT_TELL,
        Evidence.NONE,
        f"It cannot be told whether MFA protects the target: {'; '.join(reasons)}.",
        hint="; ".join(hints),
    )


def _listed(asks: tuple[Ask, ...]) -> str:
    """Join pairs, the actions on one resource together: ``s3:DeleteObject, s3:DeleteObjectVersion on …``."""
    return " and ".join(f"{', '.join(names)} on {resource}" for resource, names in _by_resource(asks).items())


def _by_resource(asks: tuple[Ask, ...]) -> dict[str, list[str]]:
    actions: dict[str, list[str]] = {}
    for ask in sorted(set(asks)):
        actions.setdefault(ask.resource, []).append(ask.action)
    return actions


def _add(asks: tuple[Ask, ...]) -> str:
    """Say where to add which statement: to the target's own policy where it can have one, else to everybody's."""
    where = "the bucket policy" if _is_about_buckets(asks) else "the policies of every role and user that may do it"
    return f"add to {where}: {_deny_without_mfa(asks)}"


def _deny_without_mfa(asks: tuple[Ask, ...]) -> str:
    statements = deny_without_mfa((ask.action, ask.resource) for ask in asks)
    return _compact(statements if _is_about_buckets(asks) else tuple(map(_without_principal, statements)))


def _is_about_buckets(asks: tuple[Ask, ...]) -> bool:
    return all(ask.action.startswith("s3:") for ask in asks)


def _without_principal(statement: Json) -> Json:
    fields = statement.items() if isinstance(statement, Mapping) else ()
    return {name: value for name, value in fields if name != "Principal"}


def _compact(statements: tuple[Json, ...]) -> str:
    return ",".join(json.dumps(statement, separators=(",", ":")) for statement in statements)
