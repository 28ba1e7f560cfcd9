"""``role_arn``: the role that acts, or the roles that are assumed one after the other to reach it.

- The last one acts, and stands in the account that the playbook pins. Those before it may stand anywhere.
- All are in one partition: no role can be assumed across two.
- At most `MOST` of them, each once: every hop is one more trust policy that reviewers have to follow.
"""

from __future__ import annotations

import re
from functools import partial

from runner.model.arn import Arn
from runner.model.playbook import Account
from runner.workflow.loading.fields import Value, Wrong, attempt
from runner.workflow.loading.nodes import Sequence
from runner.workflow.loading.quoting import quoted
from runner.workflow.loading.scalars import text

MOST = 3
"""Roles at most; STS itself sets no limit."""

NONE: tuple[str, ...] = ("",)
"""What stands for roles that were refused."""

# Source: IAM API reference, CreateRole: Path and RoleName.
_ROLE = re.compile(r"role/([\x21-\x7e]+/)?[A-Za-z0-9_+=,.@-]{1,64}")


def roles(value: Value, *, account: Account) -> tuple[str, ...]:
    """Read one ARN, or a list of them in the order in which they are assumed; never empty.

    Raises:
        Wrong: for anything else, and when the last role is in another account than the pinned one.
    """
    if not isinstance(value.node, Sequence):
        return (_last(value, account=account),)
    count = len(value.node.items)
    if not 1 <= count <= MOST:
        raise value.must(f"be one role or a list of 1 to {MOST}", f"this list has {count or 'none'}")
    each = [Value(node, f"{value.name} #{number}", value.problems) for number, node in enumerate(value.node.items, 1)]
    hops = (*(attempt(hop, role_arn, "") for hop in each[:-1]), attempt(each[-1], partial(_last, account=account), ""))
    for number, hop in enumerate(each):
        _check_beside(hop, hops[number], hops[:number])
    return hops


def _last(value: Value, *, account: Account) -> str:
    written = role_arn(value)
    owner = Arn.parse(written).account
    if account.id and owner != account.id:
        message = f"{quoted(value.name)} is in account {owner}, but `account.id` is {account.id}"
        raise Wrong(message, "the role that acts must be in the account that the playbook pins")
    return written


def role_arn(value: Value) -> str:
    """Read the ARN of one role.

    Raises:
        Wrong: for anything else.
    """
    written = text(value)
    expected = "be the ARN of an IAM role, like `arn:aws:iam::222222222222:role/Teardown`"
    try:
        arn = Arn.parse(written)
    except ValueError as error:
        raise value.must(expected) from error
    if arn.service != "iam" or arn.region or not arn.account or not _ROLE.fullmatch(arn.resource):
        raise value.must(expected)
    return written


def _check_beside(value: Value, role: str, before: tuple[str, ...]) -> None:
    """Note a problem when a role does not fit to those before it; empty texts stand for roles that were refused."""
    earlier = tuple(filter(None, before))
    if role in earlier:
        value.problems.add(value.node.at, f"{quoted(value.name)} names a role that is named before", "remove one")
    if role and earlier and Arn.parse(role).partition != Arn.parse(earlier[-1]).partition:
        message = f"{quoted(value.name)} is in another partition than the role before it"
        value.problems.add(value.node.at, message, "no role can be assumed from another partition")
