"""No role session is asked for that AWS would refuse, or that could only be had without MFA."""

from __future__ import annotations

import pytest

from runner.errors import ExitCode, UsageError
from runner.guard.duration import check_duration


@pytest.mark.parametrize("seconds", [900, 901, 3600])
def test_what_aws_makes_from_an_mfa_session(seconds: int) -> None:
    """Fifteen minutes to one hour."""
    check_duration(seconds)


@pytest.mark.parametrize(
    ("seconds", "why"),
    [
        (3601, "role chaining"),
        (43200, "the long-term key would carry no MFA context"),
        (899, "none shorter than 900"),
        (0, "none shorter than 900"),
        (-3600, "none shorter than 900"),
    ],
)
def test_other_durations_are_refused_with_the_reason(seconds: int, why: str) -> None:
    """The limit, its name and what to ask for are said; the long way round is not taken in silence."""
    with pytest.raises(UsageError) as caught:
        check_duration(seconds)

    assert why in caught.value.what
    assert "900 to 3600 seconds" in caught.value.hint
    assert caught.value.exit_code is ExitCode.USAGE
