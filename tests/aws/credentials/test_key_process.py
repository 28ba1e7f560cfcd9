"""A command may print a long-term key or a session, and nothing that it prints is seen again."""

from __future__ import annotations

import json
import logging
import sys
import traceback
from datetime import UTC, datetime

import pytest

from runner.aws.key_process import key_from_process
from runner.errors import CredentialsRefused

KEY = {"Version": 1, "AccessKeyId": "AKIAPROCESS", "SecretAccessKey": "process-secret"}
SESSION = {**KEY, "AccessKeyId": "ASIAPROCESS", "SessionToken": "t0ken"}


def printing(answer: object) -> tuple[str, ...]:
    """Return a command that prints an answer as JSON, or a text as it is."""
    text = answer if isinstance(answer, str) else json.dumps(answer)
    return (sys.executable, "-c", f"print({text!r})")


def test_a_long_term_key_is_taken(caplog: pytest.LogCaptureFixture) -> None:
    """Id and secret arrive, the log stays empty."""
    caplog.set_level(logging.DEBUG)

    key = key_from_process(printing(KEY), "here")

    assert (key.access_key, key.secret.reveal(), key.token) == ("AKIAPROCESS", "process-secret", None)
    assert "process-secret" not in caplog.text + repr(key)


@pytest.mark.parametrize(
    ("more", "expires"),
    [
        ({}, None),
        ({"Expiration": None}, None),
        ({"Expiration": "2026-12-01T08:00:00Z"}, datetime(2026, 12, 1, 8, tzinfo=UTC)),
        ({"Expiration": "2026-12-01T17:00:00+09:00"}, datetime(2026, 12, 1, 8, tzinfo=UTC)),
    ],
    ids=["no end", "null", "UTC", "another zone"],
)
def test_a_session_is_taken_with_its_end(more: dict[str, object], expires: datetime | None) -> None:
    """The command's word on when the session ends is kept, in UTC."""
    key = key_from_process(printing({**SESSION, **more}), "here")

    assert key.token is not None
    assert (key.access_key, key.token.reveal(), key.expires) == ("ASIAPROCESS", "t0ken", expires)
    assert "t0ken" not in repr(key)


def test_a_long_term_key_does_not_end() -> None:
    """A time beside a long-term key says when to run the command again, not when the key ends."""
    assert key_from_process(printing({**KEY, "Expiration": "whenever"}), "here").expires is None


@pytest.mark.parametrize(
    ("answer", "what"),
    [
        ({**KEY, "SessionToken": "t0ken"}, "AKIAPROCESS is a long-term access key"),
        ({**KEY, "AccessKeyId": "ASIAPROCESS"}, "its session token is missing"),
        ({**SESSION, "Expiration": "soon"}, "Expiration is not a time with its zone"),
        ({**SESSION, "Expiration": "2026-12-01T08:00:00"}, "Expiration is not a time with its zone"),
        ({**SESSION, "Expiration": 1800000000}, "Expiration is not a text"),
        ({**KEY, "Version": 2}, "Version"),
        ({**KEY, "SecretAccessKey": ""}, "must both be there"),
        ({**KEY, "AccessKeyId": None}, "must both be there"),
        ({**KEY, "AccessKeyId": 7}, "AccessKeyId is not a text"),
        ({"Version": 1}, "must both be there"),
        ([KEY], "not an object"),
        ("process-secret", "not JSON"),
        ("", "not JSON"),
    ],
    ids=[
        "token",
        "ASIA",
        "no time",
        "no zone",
        "seconds",
        "version",
        "no secret",
        "null",
        "number",
        "empty",
        "list",
        "text",
        "nothing",
    ],
)
def test_anything_else_is_refused_unseen(answer: object, what: str) -> None:
    """The error says what is wrong with the answer, never what it was."""
    with pytest.raises(CredentialsRefused, match=what) as caught:
        key_from_process(printing(answer), "credential_process of profile 'op'")

    shown = "".join(traceback.format_exception(caught.value))
    assert caught.value.on == "credential_process of profile 'op'"
    assert not any(secret in shown for secret in ("process-secret", "t0ken"))
    assert caught.value.hint


def test_a_command_that_takes_too_long_is_ended() -> None:
    """A password manager that waits for somebody who is not there does not hang the run."""
    with pytest.raises(CredentialsRefused, match=r"credential_process \(.*\): no answer within 0\.3 seconds"):
        key_from_process((sys.executable, "-c", "import time; time.sleep(60)"), "here", seconds=0.3)
