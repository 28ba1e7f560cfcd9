"""The operator's AWS config and credentials files, read without touching the network.

botocore parses; ``AWS_CONFIG_FILE`` and ``AWS_SHARED_CREDENTIALS_FILE`` are honoured. A file that is there but cannot
be read is refused: botocore would take it for an empty one.

aws-vault's ``include_profile`` is honoured as well: what a profile does not say itself is taken from the one that it
includes. Keys are not: whose key is used must stand in the profile that was named.
"""

from __future__ import annotations

import difflib
import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType
from typing import TypeAlias

from botocore import configloader
from botocore.exceptions import ConfigParseError

from runner.errors import CredentialsRefused

Settings: TypeAlias = Mapping[str, object]
"""Texts, and the nested blocks that botocore reads (``s3 =``)."""
_INCLUDE = "include_profile"
_KEYS = ("aws_access_key_id", "aws_secret_access_key", "aws_session_token", "aws_security_token")


@dataclass(frozen=True)
class Profile:
    """Hold one profile's settings, apart by file because the credentials file goes first.

    The repr shows no setting: some of them are secret keys.
    """

    name: str
    config: Settings
    credentials: Settings
    config_path: str
    credentials_path: str
    problem: str = ""
    """Why its settings cannot be known; nobody is bothered with it who does not use the profile."""

    def get(self, key: str) -> str:
        """Return a setting, or an empty text when neither file has it.

        Raises:
            CredentialsRefused: when the setting is a nested block, or cannot be known.
        """
        return self.in_credentials(key) or self.in_config(key)

    def in_config(self, key: str) -> str:
        """Return a setting of the config file, as `get` does."""
        return self._text(self.config.get(key, ""), key, self.config_path)

    def in_credentials(self, key: str) -> str:
        """Return a setting of the credentials file, as `get` does."""
        return self._text(self.credentials.get(key, ""), key, self.credentials_path)

    def _text(self, value: object, key: str, path: str) -> str:
        if self.problem:
            raise CredentialsRefused(self.problem, on=self.config_path, hint="correct or remove the line")
        if isinstance(value, str):
            return value.strip()
        raise CredentialsRefused(
            f"{key} of profile {self.name!r} is a block, not one line", on=path, hint="write it on the line of its name"
        )

    def __repr__(self) -> str:
        return f"Profile({self.name!r})"


@dataclass(frozen=True)
class AwsFiles:
    """Hold all profiles of both files."""

    profiles: Mapping[str, Profile]
    config_path: str
    credentials_path: str

    def profile(self, name: str, named_by: str) -> Profile:
        """Return a profile; ``named_by`` says who asks for it.

        Raises:
            CredentialsRefused: when there is none, with the names that come close.
        """
        if name in self.profiles:
            return self.profiles[name]
        close = difflib.get_close_matches(name, self.profiles, n=3)
        known = ", ".join(sorted(self.profiles)) or "no profiles"
        raise CredentialsRefused(
            f"there is no AWS profile {name!r} ({named_by})",
            on=f"{self.config_path}, {self.credentials_path}",
            hint=f"did you mean {' or '.join(close)}?" if close else f"the files have: {known}",
        )


def read_files(environ: Mapping[str, str]) -> AwsFiles:
    """Read both files; one that is not there counts as empty, as for every AWS tool.

    Raises:
        CredentialsRefused: when a file cannot be read or parsed.
    """
    config_path = environ.get("AWS_CONFIG_FILE") or "~/.aws/config"
    credentials_path = environ.get("AWS_SHARED_CREDENTIALS_FILE") or "~/.aws/credentials"
    config = configloader.build_profile_map(_parse(config_path))["profiles"]
    credentials = _parse(credentials_path)
    profiles: dict[str, Profile] = {}
    for name in (*config, *(name for name in credentials if name not in config)):
        settings, problem = _with_included(name, config)
        own = MappingProxyType(credentials.get(name, {}))
        profiles[name] = Profile(name, MappingProxyType(settings), own, config_path, credentials_path, problem)
    return AwsFiles(MappingProxyType(profiles), config_path, credentials_path)


def _with_included(name: str, config: Mapping[str, Settings]) -> tuple[Settings, str]:
    """Return a profile's settings and, behind them, those of the profiles that it includes; and what is wrong."""
    settings = dict(config.get(name, {}))
    passed, included = [name], settings.get(_INCLUDE)
    while isinstance(included, str) and included:
        if included in passed or included not in config:
            why = "goes in a circle" if included in passed else "names a profile that is not there"
            return {}, f"{_INCLUDE} of profile {passed[-1]!r} {why}: {included!r}"
        passed.append(included)
        found = config[included]
        settings = {**{key: value for key, value in found.items() if key not in _KEYS}, **settings}
        included = found.get(_INCLUDE)
    return settings, ""


def _parse(path: str) -> dict[str, dict[str, object]]:
    found = Path(os.path.expandvars(path)).expanduser()
    if not found.exists():
        return {}
    try:
        found.read_bytes()
        parsed: dict[str, dict[str, object]] = configloader.raw_config_parse(str(found))
    except OSError as error:
        raise CredentialsRefused(
            f"the AWS config file cannot be read: {error.strerror}", on=path, hint="correct its owner and mode"
        ) from error
    except ConfigParseError:
        # The parser's own error quotes the line, which may hold a secret key.
        raise CredentialsRefused(
            "the AWS config file cannot be parsed", on=path, hint="look for a line outside a [section] or without `=`"
        ) from None
    return parsed
