"""Write the session policy with which AWS itself limits a role session to declared calls, and those only with MFA.

A session policy cannot add permissions; it intersects with the role's. It holds, in this order:

1. Allow exactly the calls' IAM actions on exactly their resources, if ``aws:MultiFactorAuthPresent`` is true. Actions
   and resources are grouped only where the group grants nothing that a call did not ask for.
2. Deny everything without MFA.
3. Deny everything after an end, which may be earlier than the 15 minutes that STS makes at least.
4. On request: deny everything once the MFA code is older than an age.
5. Deny every action that no call needs, and the actions of writes everywhere but on their resources.

The Denies close a gap: a resource policy that allows the *session's* ARN is not limited by the Allow above, an explicit
Deny limits it. Calls that an AWS service makes on our behalf are left out of them, because they never carry MFA and are
not the plan's (``aws:ViaAWSService``); of the Allow they get nothing.

STS accepts malformed dates and numbers, and a condition with one never holds. So what was written is read back, and
asked with the evaluator.

Source: IAM user guide, "Session policies", "Policy evaluation logic" and "AWS global condition context keys"; STS API,
``AssumeRole``.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from datetime import UTC, datetime, timedelta

from runner.model.bound import BoundCall
from runner.model.canonical import Json
from runner.policy.factoring import by_actions, factored
from runner.policy.grants import Grant, grants_of, short
from runner.policy.mfa_condition import WITH_MFA, WITHOUT_MFA
from runner.policy.session_check import check_session_policy, check_trial_policy

MAX_SIZE = 2048
"""Characters of an inline session policy (STS API, ``AssumeRole``, ``Policy``)."""

# IfExists also for ViaAWSService: should the key ever be missing, the Deny holds.
_DIRECT: dict[str, Json] = {"aws:ViaAWSService": "false"}
_NO_MFA: dict[str, Json] = {"BoolIfExists": {**WITHOUT_MFA["BoolIfExists"], **_DIRECT}}


class PolicyTooLarge(ValueError):
    """Say how many characters a session policy has that does not fit."""

    def __init__(self, size: int) -> None:
        super().__init__(f"the session policy has {size} characters, AWS takes {MAX_SIZE}")
        self.size = size


def session_policy(calls: tuple[BoundCall, ...], *, until: datetime, max_age: timedelta | None = None) -> str:
    """Return the session policy for the calls as compact JSON.

    ``until`` is aware; it is rounded down to the second. ``max_age`` bounds the age of the MFA code.

    Raises:
        PolicyTooLarge: when it has more than 2,048 characters.
        RunnerError: when a resource holds a wildcard that no template put there; a bug.
    """
    grants, writes = grants_of(calls), written_actions(calls)
    policy = written(grants, writes, until=until, max_age=max_age)
    check_session_policy(policy, grants, until)
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
        for actions, resources in factored(grants)
    ]
    policy = json.dumps({"Version": "2012-10-17", "Statement": [*allowed, _over(until)]}, separators=(",", ":"))
    check_trial_policy(policy, grants, until)
    return policy


def written_actions(calls: Iterable[BoundCall]) -> frozenset[str]:
    """Return the IAM actions that the writes among the calls need."""
    return frozenset(action for action, _ in grants_of(call for call in calls if call.is_write))


def written(
    grants: frozenset[Grant], writes: frozenset[str], *, until: datetime, max_age: timedelta | None = None
) -> str:
    """Return what `session_policy` returns, of whatever size and not read back; ``writes`` are actions of writes."""
    statements = [*_allow(grants), *_deny(until, max_age), *_confine(grants, writes)]
    return json.dumps({"Version": "2012-10-17", "Statement": statements}, separators=(",", ":"))


def _allow(grants: frozenset[Grant]) -> list[Json]:
    return [
        {"Effect": "Allow", "Action": short(actions), "Resource": short(resources), "Condition": dict(WITH_MFA)}
        for actions, resources in factored(grants)
    ]


def _deny(until: datetime, max_age: timedelta | None) -> list[Json]:
    denied = [_everything("NoMfa", _NO_MFA), _over(until)]
    if max_age is not None:
        age = str(int(max_age.total_seconds()))
        too_old: dict[str, Json] = {
            "NumericGreaterThanIfExists": {"aws:MultiFactorAuthAge": age},
            "BoolIfExists": _DIRECT,
        }
        denied.append(_everything("OldMfa", too_old))
    return denied


def _over(until: datetime) -> Json:
    return _everything("Over", {"DateGreaterThan": {"aws:CurrentTime": _utc(until)}})


def _confine(grants: frozenset[Grant], writes: frozenset[str]) -> list[Json]:
    """Return Denies of all that is not planned; of reads only the actions count, which keeps the policy short."""
    direct: dict[str, Json] = {"BoolIfExists": _DIRECT}
    actions = sorted({action for action, _ in grants})
    if not actions:
        return [_everything("Only", direct)]
    only: Json = {
        "Sid": "Only",
        "Effect": "Deny",
        "NotAction": short(actions),
        "Resource": "*",
        "Condition": direct,
    }
    groups = by_actions(grant for grant in grants if grant[0] in writes)
    here: list[Json] = [
        {"Effect": "Deny", "Action": short(names), "NotResource": short(resources), "Condition": direct}
        for names, resources in groups
        if "*" not in resources
    ]
    return [only, *here]


def _everything(sid: str, condition: dict[str, Json]) -> Json:
    return {"Sid": sid, "Effect": "Deny", "Action": "*", "Resource": "*", "Condition": condition}


def _utc(moment: datetime) -> str:
    if moment.tzinfo is None:
        raise ValueError("the end of a session policy needs a time zone")
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
