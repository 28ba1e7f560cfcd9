"""Keys that stand in the environment or in a profile, long-term or with the token of a session.

A key, its secret and its token belong together: all of them come from one place. AWS's own tools take the token from
either of two names, and each tool prefers another one, so two that differ are refused.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import UTC, datetime

from runner.aws.config_files import Profile
from runner.errors import CredentialsRefused
from runner.guard.identity import check_key
from runner.model.session import Credentials, Secret

ACCESS, SECRET = "aws_access_key_id", "aws_secret_access_key"
_TOKENS = ("aws_session_token", "aws_security_token")
_EXPIRATION = "AWS_CREDENTIAL_EXPIRATION"
"""What ``aws configure export-credentials`` and aws-vault set beside a session; botocore reads it too."""


def has_keys_in_environment(environ: Mapping[str, str]) -> bool:
    """Return whether the environment holds a key, or half of one."""
    return any(environ.get(setting.upper()) for setting in (ACCESS, SECRET))


def key_in_environment(environ: Mapping[str, str], origin: str) -> Credentials:
    """Return the key in the environment.

    Raises:
        CredentialsRefused: when half of it is missing, or its parts do not belong together.
    """
    said = environ.get(_EXPIRATION, "")
    expires = expiration(said, _EXPIRATION, origin) if said else None
    return _key(lambda setting: environ.get(setting.upper(), ""), origin, expires)


def key_in_credentials_file(profile: Profile) -> tuple[Credentials, str] | None:
    """Return the profile's key in the credentials file and where it stands, None when there is none.

    Raises:
        CredentialsRefused: when half of it is missing, or its parts do not belong together.
    """
    return _key_in_file(profile, profile.in_credentials, profile.credentials_path, profile.in_config)


def key_in_config_file(profile: Profile) -> tuple[Credentials, str] | None:
    """Return the profile's key in the config file, as `key_in_credentials_file` does."""
    return _key_in_file(profile, profile.in_config, profile.config_path, profile.in_credentials)


def expiration(text: str, setting: str, origin: str) -> datetime:
    """Return the time at which a session ends, in UTC.

    Raises:
        CredentialsRefused: when the text is not a time of ISO 8601 with a zone.
    """
    try:
        found = datetime.fromisoformat(text)
    except ValueError:
        found = None
    if found is None or found.tzinfo is None:
        raise CredentialsRefused(
            f"{setting} is not a time with its zone, so nobody knows when the session ends",
            on=origin,
            hint="it should look like 2026-12-01T08:00:00Z",
        )
    return found.astimezone(UTC)


def _key_in_file(
    profile: Profile, here: Callable[[str], str], path: str, there: Callable[[str], str]
) -> tuple[Credentials, str] | None:
    if not here(ACCESS) and not here(SECRET):
        return None
    origin = f"profile {profile.name!r} in {path}"
    for setting in _TOKENS:
        if there(setting) and not here(setting):
            raise CredentialsRefused(
                f"the key of profile {profile.name!r} and its {setting} stand in two files",
                on=origin,
                hint="write key, secret and token into one file, or remove the token if it is left over",
            )
    return _key(here, origin, None), origin


def _key(setting: Callable[[str], str], origin: str, expires: datetime | None) -> Credentials:
    access, secret = setting(ACCESS), setting(SECRET)
    if not access or not secret:
        missing = "secret access key" if access else "access key id"
        raise CredentialsRefused(f"the {missing} is missing", on=origin, hint="both halves of the key must stand there")
    tokens = {setting(name) for name in _TOKENS} - {""}
    if len(tokens) > 1:
        raise CredentialsRefused(
            f"there are two different session tokens: {' and '.join(_TOKENS)}", on=origin, hint="remove the older one"
        )
    token = Secret(tokens.pop()) if tokens else None
    key = Credentials(access, Secret(secret), token, expires if token is not None else None)
    check_key(key, origin)
    return key
