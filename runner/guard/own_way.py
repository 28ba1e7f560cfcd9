"""Nobody deletes what they work with: the operator's user, its keys and devices, and the roles of the way. Pure.

A run that took its own role away would stop in the middle, and nobody could undo it the way it was done.
"""

from __future__ import annotations

from runner.model.bound import BoundCall
from runner.model.plan import Finding

CHECK = "the_way_to_the_target_stays"


def own_way_findings(
    writes: tuple[BoundCall, ...], user: str, roles: tuple[str, ...], device: str = ""
) -> tuple[Finding, ...]:
    """Return why a step is refused that writes to the operator's user or device, or to a role of the way, by ARN."""
    touched = {resource for write in writes for resource in write.resources}
    own = {
        user: "the operator's own user",
        device: "the MFA device that this very run proves itself with",
        **dict.fromkeys(roles, "a role that this very run works with"),
    }
    return tuple(
        Finding(CHECK, f"{arn} is {what}", "let another operator do it, with another role")
        for arn, what in own.items()
        if arn in touched
    )
