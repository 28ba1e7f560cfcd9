"""What the simulation says of a step: whether MFA protects it, how that is known, and where the protection lives."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from enum import Enum

from runner.model.canonical import Json


class Protection(Enum):
    """Name the verdict of the simulation, in the words of ``docs/explanation/verdicts.md``."""

    PROTECTED = "protected"
    UNPROTECTED = "unprotected"
    UNPROTECTED_FOR_KEYS = "unprotected for long-term keys"
    WILL_FAIL = "will fail"
    INVERTED = "inverted"
    CANNOT_TELL = "cannot tell"


class Evidence(Enum):
    """Say how a verdict is known; simulation is never presented as proof."""

    VERIFIED = "verified"
    SIMULATED = "simulated"
    LOCAL = "local"
    NONE = "none"


class Level(Enum):
    """Say which policies ask for MFA, the strongest protection first.

    The target's own policy binds everybody whom it names; an organisation's (an SCP) binds the account; the role's bind
    the role only, and whoever else may delete the target does so without MFA. A trust policy guards the way to the
    role: it protects no call, because what a session may do does not depend on how it was made.
    """

    RESOURCE = "resource policy"
    ORGANIZATION = "organization policy"
    ROLE = "role policies"
    TRUST = "trust policy"
    NONE = "none"

    @classmethod
    def weakest(cls, levels: Iterable[Level]) -> Level:
        """Return the weakest of some levels; `NONE` when there is none."""
        order = list(cls)
        return order[max(map(order.index, levels), default=-1)]


@dataclass(frozen=True)
class Verdict:
    """Say whether MFA protects a step, how that is known, where the protection lives, and why, in a sentence."""

    protection: Protection
    evidence: Evidence
    reason: str
    hint: str = ""
    level: Level = Level.NONE

    def to_data(self) -> dict[str, Json]:
        """Return the plain form that plans hold."""
        return {
            "protection": self.protection.value,
            "evidence": self.evidence.value,
            "level": self.level.value,
            "reason": self.reason,
            "hint": self.hint,
        }
