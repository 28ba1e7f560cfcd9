"""A playbook for several accounts: one value for each account, and what holds over all of them."""

from __future__ import annotations

from dataclasses import dataclass, replace
from enum import Enum
from typing import TypeAlias

from runner.model.playbook import Limits, Playbook, Source, Step


class OnFailure(Enum):
    """Say what happens to the accounts that come after one in which a step failed."""

    STOP = "stop"
    CONTINUE = "continue"


@dataclass(frozen=True)
class Fleet:
    """Hold a playbook with ``targets``, written out: a section is the playbook of one account.

    Step ids are unique over all sections: they begin with the account's id, and with the region where an account has
    several. The sections have everything in common but account, region, role and steps.
    """

    sections: tuple[Playbook, ...]
    """At least one, in the order in which they are applied."""
    limits: Limits
    """Over all accounts; each section's own are for its account."""
    on_failure: OnFailure = OnFailure.STOP

    @property
    def name(self) -> str:
        """The playbook's name."""
        return self.sections[0].name

    @property
    def source(self) -> Source:
        """The file that it was read from."""
        return self.sections[0].source

    @property
    def region(self) -> str:
        """The region in which sessions are made: the first account's first."""
        return self.sections[0].region

    @property
    def partition(self) -> str:
        """The AWS partition, the same for all."""
        return self.sections[0].partition

    @property
    def steps(self) -> tuple[Step, ...]:
        """The steps of all accounts."""
        return tuple(step for section in self.sections for step in section.steps)

    def over_all(self) -> Playbook:
        """Return a playbook that stands for all accounts where only what they have in common, or limits, are asked."""
        return replace(self.sections[0], limits=self.limits, steps=self.steps)


Reviewed: TypeAlias = Playbook | Fleet
"""What a playbook's file holds."""


def sections_of(reviewed: Reviewed) -> tuple[Playbook, ...]:
    """Return a playbook for each account."""
    return reviewed.sections if isinstance(reviewed, Fleet) else (reviewed,)


def in_common(reviewed: Reviewed) -> Playbook:
    """Return a playbook to ask for what all accounts have in common: name, text, time, approvals; not for steps."""
    return sections_of(reviewed)[0]
