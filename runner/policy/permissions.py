"""Write the policies that a role needs for a playbook: identity policies, a trust policy, statements for targets.

- Everything comes from the calls that runner itself declares before it sends one; nothing is named here by hand.
- Reads are allowed as they are. Writes are allowed with MFA only. A read whose action and resource a write needs too
  is left to the write: AWS would otherwise allow the write without MFA.
- A Sid says what a statement is for: `Purpose`, the service, ``Anywhere`` for ``*``, ``Contents`` for ``/*``.
- A policy that would be too large becomes several, each within the limit of a managed policy.

Source: IAM user guide, "IAM and AWS STS quotas"; IAM ignores white space when it counts.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from enum import Enum

from runner.model.bound import BoundCall
from runner.model.canonical import Json
from runner.policy.grants import Grant, Group, grants_of, grouped, short
from runner.policy.mfa_condition import WITH_MFA, WITHOUT_MFA
from runner.policy.names import iam_actions

VERSION = "2012-10-17"

MANAGED_SIZE = 6144
"""Characters of a managed policy."""
INLINE_SIZE = 10240
"""Characters of all inline policies of a role together."""
TRUST_SIZE = 2048
"""Characters of a role's trust policy."""
ATTACHED = 10
"""Managed policies that a role takes, unless its quota was raised."""

_ROOM_FOR_A_SID = 64


class Purpose(Enum):
    """Say what a statement is for, as its Sid begins."""

    GUARD = "Guard"
    READ = "Read"
    CHECK = "Check"
    WRITE = "Write"
    ASSUME = "Assume"


@dataclass(frozen=True)
class Needed:
    """Hold what a role is needed for: the guard's own reads, the steps' reads, reads that check, and writes."""

    guard: tuple[BoundCall, ...] = ()
    reads: tuple[BoundCall, ...] = ()
    checks: tuple[BoundCall, ...] = ()
    writes: tuple[BoundCall, ...] = ()
    purpose: Purpose = Purpose.WRITE
    """What the writes are for."""


@dataclass(frozen=True)
class _Allow:
    """Hold one statement of an identity policy."""

    purpose: Purpose
    group: Group

    @property
    def with_mfa(self) -> bool:
        """Whether the statement is about writes."""
        return self.purpose in {Purpose.WRITE, Purpose.ASSUME}

    @property
    def name(self) -> str:
        """The Sid, which other statements may have too."""
        actions, resources = self.group
        services = "".join(dict.fromkeys(action.partition(":")[0].capitalize() for action in actions))
        return f"{self.purpose.value}{_letters(services)}{_where(resources)}{'WithMfa' if self.with_mfa else ''}"

    def written(self, sid: str) -> Json:
        """Return the statement under a Sid."""
        actions, resources = self.group
        condition: dict[str, Json] = {"Condition": dict(WITH_MFA)} if self.with_mfa else {}
        return {"Sid": sid, "Effect": "Allow", "Action": short(actions), "Resource": short(resources), **condition}


def identity_policies(needed: Needed) -> tuple[Json, ...]:
    """Return the least identity policies: together they allow what is needed and nothing else.

    Raises:
        RunnerError: when a resource holds a wildcard that no template put there; a bug.
    """
    writes = grants_of(needed.writes)
    guard = grants_of(needed.guard) - writes
    reads = grants_of(needed.reads) - writes - guard
    checks = grants_of(needed.checks) - writes - guard - reads
    sorted_out = (
        (Purpose.GUARD, guard),
        (Purpose.READ, reads),
        (Purpose.CHECK, checks),
        (needed.purpose, writes),
    )
    pieces = [_Allow(purpose, piece) for purpose, grants in sorted_out for piece in _pieces(grants)]
    packs: list[list[Json]] = []
    for statement in _numbered(pieces):
        if packs and size(document((*packs[-1], statement))) <= MANAGED_SIZE:
            packs[-1].append(statement)
        else:
            packs.append([statement])
    return tuple(document(pack) for pack in packs)


def trust_policy(principals: tuple[str, ...], calls: Iterable[BoundCall], external_id: str = "") -> Json:
    """Return the trust policy that lets the principals make the calls with MFA.

    Each principal is the ARN of a user or role, or an account's ``:root``. The external id is asked of AssumeRole only:
    AWS does not document it for the actions that AssumeRole implies.
    """
    statements: list[Json] = []
    for action in dict.fromkeys(action for call in calls for action in iam_actions(call)):
        condition: dict[str, Json] = dict(WITH_MFA)
        if external_id and action == "sts:AssumeRole":
            condition["StringEquals"] = {"sts:ExternalId": external_id}
        statements.append(
            {
                "Sid": f"{action.partition(':')[2]}WithMfa",
                "Effect": "Allow",
                "Principal": {"AWS": short(principals)},
                "Action": action,
                "Condition": condition,
            }
        )
    return document(statements)


def allow_with_mfa(grants: Iterable[Grant]) -> tuple[Json, ...]:
    """Return the statements of an identity policy that allow what is granted, with MFA only."""
    allows = (_Allow(Purpose.WRITE, group) for group in grouped(grants))
    return tuple(allow.written(allow.name) for allow in allows)


def deny_without_mfa(grants: Iterable[Grant]) -> tuple[Json, ...]:
    """Return the statements of a resource policy that refuse what is granted to everybody who has no MFA.

    One for each set of actions, so that none reaches further.
    """
    return tuple(_deny(actions, resources) for actions, resources in grouped(grants))


def document(statements: Iterable[Json]) -> Json:
    """Return a policy document."""
    return {"Version": VERSION, "Statement": tuple(statements)}


def size(policy: Json) -> int:
    """Return how many characters IAM counts."""
    return len(json.dumps(policy, separators=(",", ":")))


def _deny(actions: tuple[str, ...], resources: tuple[str, ...]) -> Json:
    return {
        "Sid": f"DenyWithoutMfa{_where(resources)}",
        "Effect": "Deny",
        "Principal": "*",
        "Action": short(actions),
        "Resource": short(resources),
        "Condition": dict(WITHOUT_MFA),
    }


def _pieces(grants: frozenset[Grant]) -> Iterator[Group]:
    """Yield the grants' groups, those that no policy could hold in halves."""
    for group in grouped(grants):
        yield from _halves(group)


def _halves(group: Group) -> Iterator[Group]:
    actions, resources = group
    alone = size(document((_Allow(Purpose.WRITE, group).written(""),)))
    if alone <= MANAGED_SIZE - _ROOM_FOR_A_SID or len(resources) == 1:
        yield group
        return
    middle = len(resources) // 2
    yield from _halves((actions, resources[:middle]))
    yield from _halves((actions, resources[middle:]))


def _numbered(statements: list[_Allow]) -> Iterator[Json]:
    """Yield the statements, each under a Sid of its own."""
    seen: Counter[str] = Counter()
    for statement in statements:
        seen[statement.name] += 1
        again = seen[statement.name]
        yield statement.written(statement.name if again == 1 else f"{statement.name}Part{again}")


def _where(resources: tuple[str, ...]) -> str:
    if resources == ("*",):
        return "Anywhere"
    return "Contents" if all(resource.endswith("/*") for resource in resources) else ""


def _letters(text: str) -> str:
    """Return the text as a Sid may hold it: letters and digits."""
    return "".join(character for character in text if character.isalnum())
