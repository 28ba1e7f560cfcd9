"""What a plan for several accounts says of each: the pin, the role, and the limits that are in force there."""

from __future__ import annotations

from dataclasses import dataclass

from runner.model.canonical import Json
from runner.model.playbook import Account, Limits


@dataclass(frozen=True)
class Section:
    """Hold one account of a fleet; its steps are those of the plan that name it."""

    account: Account
    regions: tuple[str, ...]
    role_arn: str
    via: tuple[str, ...]
    limits: Limits
    """For this account alone."""

    @property
    def place(self) -> str:
        """The account in words, with its alias: ``222222222222 (acme-staging)``."""
        return place_of(self.account)

    def to_data(self) -> dict[str, Json]:
        """Return the plain form."""
        return {
            "account": {"id": self.account.id, "alias": self.account.alias},
            "regions": self.regions,
            "role_arn": self.role_arn,
            "via": self.via,
            "limits": limits_data(self.limits),
        }


def place_of(account: Account) -> str:
    """Return an account in words, with its alias."""
    return f"{account.id} ({account.alias})" if account.alias else account.id


def limits_data(limits: Limits) -> dict[str, Json]:
    """Return the plain form of limits."""
    return {
        "steps": limits.steps,
        "objects": limits.objects,
        "bytes": limits.size,
        "cascade": limits.cascade,
        "share": limits.share,
        # Plans that agree to no drift have the digest that they always had.
        **({"drift": limits.drift} if limits.drift else {}),
        "actions": dict(limits.actions),
    }
