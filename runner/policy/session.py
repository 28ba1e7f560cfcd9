"""Write the session policy with which AWS itself limits a role session to declared calls, and those only with MFA.

A session policy cannot add permissions; it intersects with the role's. It holds, in this order:

1. Allow exactly the calls' IAM actions on exactly their resources, if ``aws:MultiFactorAuthPresent`` is true. Actions
   and resources are grouped only where the group grants nothing that a call did not ask for.
2. Deny everything without MFA. This closes a gap: a bucket policy that allows the *session's* ARN is not limited by
   the Allow above, an explicit Deny limits it. Calls that an AWS service makes on our behalf are left out, because
   they never carry MFA (``aws:ViaAWSService``).
3. Deny everything after an end, which may be earlier than the 15 minutes that STS makes at least.
4. On request: deny everything once the MFA code is older than an age.

STS accepts malformed dates and numbers, and a condition with one never holds. So what was written is read back.

Source: IAM user guide, "Session policies" and "AWS global condition context keys"; STS API, ``AssumeRole``.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from runner.errors import RunnerError
from runner.model.call import BoundCall
from runner.model.canonical import Json
from runner.policy.document import Condition, Statement, parse
from runner.policy.grants import Grant, grants_of, grouped, short
from runner.policy.mfa_condition import WITH_MFA, WITHOUT_MFA

MAX_SIZE = 2048
"""Characters of an inline session policy (STS API, ``AssumeRole``, ``Policy``)."""

# IfExists also for ViaAWSService: should the key ever be missing, the Deny holds.
_NO_MFA: dict[str, Json] = {"BoolIfExists": {**WITHOUT_MFA["BoolIfExists"], "aws:ViaAWSService": "false"}}


class PolicyTooLarge(ValueError):
    """Say how many characters a session policy has that does not fit."""

    def __init__(self, size: int) -> None:
        super().__init__(f"the session policy has {size} characters, AWS takes {MAX_SIZE}")
        self.size = size


@dataclass(frozen=True)
class Pack:
    """Hold a session policy and which groups of calls it is for, as places in the tuple that was packed."""

    policy: str
    members: tuple[int, ...]


def session_policy(calls: tuple[BoundCall, ...], *, until: datetime, max_age: timedelta | None = None) -> str:
    """Return the session policy for the calls as compact JSON.

    ``until`` is aware; it is rounded down to the second. ``max_age`` bounds the age of the MFA code.

    Raises:
        PolicyTooLarge: when it has more than 2,048 characters.
        RunnerError: when a resource holds a wildcard that no template put there; a bug.
    """
    grants = grants_of(calls)
    statements = [*_allow(grants), *_deny(until, max_age)]
    policy = json.dumps({"Version": "2012-10-17", "Statement": statements}, separators=(",", ":"))
    _read_back(policy, grants, until, (Condition("Bool", "aws:MultiFactorAuthPresent", ("true",)),))
    if len(policy) > MAX_SIZE:
        raise PolicyTooLarge(len(policy))
    return policy


def trial_policy(calls: tuple[BoundCall, ...], *, until: datetime) -> str:
    """Return a session policy for dry runs *without* MFA: what they are about, and nothing else, until an end.

    Nothing of ours may stand in the way of what is to be found out. The write gate lets only dry runs through.

    Raises:
        RunnerError: as `session_policy` does.
    """
    grants = grants_of(calls)
    allowed: list[Json] = [
        {"Effect": "Allow", "Action": short(actions), "Resource": short(resources)}
        for actions, resources in grouped(grants)
    ]
    policy = json.dumps({"Version": "2012-10-17", "Statement": [*allowed, _over(until)]}, separators=(",", ":"))
    _read_back(policy, grants, until, ())
    return policy


def pack(
    groups: tuple[tuple[BoundCall, ...], ...], *, until: datetime, max_age: timedelta | None = None
) -> tuple[Pack, ...]:
    """Return few session policies that hold all groups; a group is never split.

    Each group goes into the first policy that still has room, in order.

    Raises:
        PolicyTooLarge: when a single group does not fit.
        RunnerError: as `session_policy` does.
    """
    packs: list[Pack] = []
    for place in range(len(groups)):
        for index, packed in enumerate(packs):
            members = (*packed.members, place)
            try:
                policy = session_policy(_calls(groups, members), until=until, max_age=max_age)
            except PolicyTooLarge:
                continue
            packs[index] = Pack(policy, members)
            break
        else:
            packs.append(Pack(session_policy(groups[place], until=until, max_age=max_age), (place,)))
    return tuple(packs)


def _calls(groups: tuple[tuple[BoundCall, ...], ...], members: tuple[int, ...]) -> tuple[BoundCall, ...]:
    return tuple(call for member in members for call in groups[member])


def _allow(grants: frozenset[Grant]) -> list[Json]:
    return [
        {"Effect": "Allow", "Action": short(actions), "Resource": short(resources), "Condition": dict(WITH_MFA)}
        for actions, resources in grouped(grants)
    ]


def _deny(until: datetime, max_age: timedelta | None) -> list[Json]:
    denied = [_everything("NoMfa", _NO_MFA), _over(until)]
    if max_age is not None:
        age = str(int(max_age.total_seconds()))
        too_old: dict[str, Json] = {
            "NumericGreaterThanIfExists": {"aws:MultiFactorAuthAge": age},
            "BoolIfExists": {"aws:ViaAWSService": "false"},
        }
        denied.append(_everything("OldMfa", too_old))
    return denied


def _over(until: datetime) -> Json:
    return _everything("Over", {"DateGreaterThan": {"aws:CurrentTime": _utc(until)}})


def _everything(sid: str, condition: dict[str, Json]) -> Json:
    return {"Sid": sid, "Effect": "Deny", "Action": "*", "Resource": "*", "Condition": condition}


def _utc(moment: datetime) -> str:
    if moment.tzinfo is None:
        raise ValueError("the end of a session policy needs a time zone")
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def _read_back(policy: str, grants: frozenset[Grant], until: datetime, conditions: tuple[Condition, ...]) -> None:
    """Return when the written policy says what was asked; the last line of defence against this module's own bugs."""
    statements = parse(policy).statements
    allows = tuple(statement for statement in statements if statement.effect == "Allow")
    granted = {pair for statement in allows for pair in _pairs(statement)}
    ends = [line.values[0] for statement in statements for line in statement.conditions if "Date" in line.operator]
    exact = granted == grants and all(statement.conditions == conditions for statement in allows)
    if not exact or [datetime.fromisoformat(end) for end in ends] != [until.replace(microsecond=0)]:
        raise RunnerError("the session policy does not say what the plan says", hint="this is a bug in runner")


def _pairs(statement: Statement) -> set[Grant]:
    resources = () if statement.resource is None else statement.resource.values
    return {(action, resource) for action in statement.action.values for resource in resources}
