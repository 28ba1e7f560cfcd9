"""How long a role session may be asked for.

AWS lets a role session that was made from another session live for one hour at most, whatever the role allows, and
refuses a request for more. Other tools then leave ``sts:GetSessionToken`` out and assume the role with the long-term
key: the session lives longer and carries no MFA context. Here the longer duration is refused instead.

Source: STS API, ``AssumeRole`` (DurationSeconds); IAM User Guide, "Role chaining".
"""

from __future__ import annotations

from runner.errors import UsageError

SHORTEST = 900
"""Seconds; STS makes no shorter session."""
LONGEST = 3600
"""Seconds; the limit of role chaining."""


def check_duration(seconds: int) -> None:
    """Return when AWS makes a role session of that length from an MFA session.

    Raises:
        UsageError: with the limit that the duration breaks, before a code is asked for.
    """
    if seconds < SHORTEST:
        raise UsageError(
            f"a role session of {seconds} seconds cannot be had: STS makes none shorter than {SHORTEST}",
            on=f"{seconds} seconds",
            hint=f"ask for {SHORTEST} to {LONGEST} seconds",
        )
    if seconds > LONGEST:
        raise UsageError(
            f"a role session of {seconds} seconds cannot be had: one made from an MFA session ends after {LONGEST} "
            "seconds (role chaining), and one made with the long-term key would carry no MFA context",
            on=f"{seconds} seconds",
            hint=f"ask for {SHORTEST} to {LONGEST} seconds, and again when they are over: that needs no code while the "
            "MFA session lasts",
        )
