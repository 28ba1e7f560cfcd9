"""When AWS says that a session is over: nothing that was signed with it is sent again, and only a new code helps."""

from __future__ import annotations

from runner.errors import AwsAnswer

_ENDED = frozenset({"ExpiredToken", "ExpiredTokenException", "InvalidClientTokenId"})
"""AWS's codes for a session that is over, or that it does not know any more."""


def is_over(answer: AwsAnswer | None) -> bool:
    """Return whether AWS refused because the session that signed is over; AWS decides, whatever our clock says."""
    return answer is not None and answer.code in _ENDED
