"""The account pin: the session must be in the account that the reviewers named."""

from __future__ import annotations

from runner.errors import GuardRefused
from runner.model.playbook import Account


def check_account(pinned: Account, account: str) -> None:
    """Return when the account's id is the pinned one.

    Raises:
        GuardRefused: on another id.
    """
    if account != pinned.id:
        raise GuardRefused(
            f"the session is in account {account}, the playbook is for {pinned.id}",
            on=account,
            hint="check role_arn and account.id in the playbook",
        )


def check_alias(pinned: Account, aliases: tuple[str, ...]) -> None:
    """Return when the pinned alias is among the account's own.

    Raises:
        GuardRefused: on another alias.
    """
    if pinned.alias not in aliases:
        raise GuardRefused(
            f"account {pinned.id} has {', '.join(aliases) or 'no alias'}, the playbook says {pinned.alias}",
            on=pinned.id,
            hint="check account.alias in the playbook",
        )
