"""A session is over when AWS says so, in any of its words."""

from __future__ import annotations

import pytest

from runner.errors import AwsAnswer
from runner.guard.session_end import is_over


@pytest.mark.parametrize(
    ("code", "over"),
    [
        ("ExpiredToken", True),
        ("ExpiredTokenException", True),
        ("InvalidClientTokenId", True),
        ("RequestExpired", False),
        ("AccessDenied", False),
        ("", False),
    ],
)
def test_which_answers_end_a_session(code: str, *, over: bool) -> None:
    """S3, STS and the rest call it differently; an old request, and a refusal, are something else."""
    assert is_over(AwsAnswer("s3:DeleteBucket", code, "")) is over


def test_silence_ends_no_session() -> None:
    """Where AWS did not answer, nothing is known of the session."""
    assert not is_over(None)
