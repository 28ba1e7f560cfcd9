"""The account pin: the session must be in the account that the reviewers named."""

from __future__ import annotations

from runner.errors import GuardRefused
from runner.model.playbook import Account


def check_account(pinned: Account, account: str, aliases: tuple[str, ...] | None) -> None:
    """Return when the account is the pinned one.

    ``aliases`` are the account's own, or None when they were not read because the playbook names none.

    Raises:
        GuardRefused: on another id, or on another alias.
    """
    if account != pinned.id:
        raise GuardRefused(
            f"the session is in account {account}, the playbook is for {pinned.id}",
            on=account,
            hint="check role_arn and account.id in the playbook",
        )
    if pinned.alias is not None and pinned.alias not in (aliases or ()):
        found = ", ".join(aliases or ()) or "no alias"
        raise GuardRefused(
            f"account {account} has {found}, the playbook says {pinned.alias}",
            on=account,
            hint="check account.alias in the playbook",
        )
