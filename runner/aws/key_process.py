"""Keys from the profile's ``credential_process``: a password manager's long-term key, or a session made elsewhere.

Source: AWS SDKs and Tools Reference, "Process credential provider" (version 1 of the answer).
"""

from __future__ import annotations

import json
from collections.abc import Mapping

from runner.aws.processes import secret_output
from runner.aws.static_keys import expiration
from runner.errors import CredentialsRefused
from runner.guard.identity import check_key
from runner.model.session import Credentials, Secret

PROCESS_SECONDS = 120.0
"""How long the command may take: a person may have to unlock a password manager."""


def key_from_process(argv: tuple[str, ...], origin: str, seconds: float = PROCESS_SECONDS) -> Credentials:
    """Run the command and return the key that it prints; a session's has its token, and its end when that is said.

    Raises:
        CredentialsRefused: when the command fails, or prints something else or what does not belong together.
    """
    answer = _parse(secret_output(argv, "credential_process", seconds), origin)
    access, secret = _text(answer, "AccessKeyId", origin), _text(answer, "SecretAccessKey", origin)
    if not access or not secret:
        raise _unreadable("AccessKeyId and SecretAccessKey must both be there", origin)
    token, ends = _text(answer, "SessionToken", origin), _text(answer, "Expiration", origin)
    # A long-term key may come with a time at which to run the command again; it says nothing about the key.
    expires = expiration(ends, "Expiration", origin) if token and ends else None
    key = Credentials(access, Secret(secret), Secret(token) if token else None, expires)
    check_key(key, origin)
    return key


def _parse(output: str, origin: str) -> Mapping[str, object]:
    try:
        answer = json.loads(output)
    except json.JSONDecodeError:
        # The error holds the document, and so the secret key.
        raise _unreadable("it is not JSON", origin) from None
    if not isinstance(answer, dict) or answer.get("Version") != 1:
        raise _unreadable('it is not an object with "Version": 1', origin)
    return answer


def _text(answer: Mapping[str, object], name: str, origin: str) -> str:
    """Return a field, empty when it is absent or null."""
    value = answer.get(name)
    if value is None or isinstance(value, str):
        return value or ""
    raise _unreadable(f"{name} is not a text", origin)


def _unreadable(why: str, origin: str) -> CredentialsRefused:
    return CredentialsRefused(
        f"what the command printed is no key: {why}", on=origin, hint="see the AWS SDK reference on credential_process"
    )
