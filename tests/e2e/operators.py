"""Operators as tests need them: AWS files, environment and options, put together part by part.

A part is a function: it says where the user's key comes from, which device is used, or where the code comes from.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, TypeAlias
from urllib.parse import parse_qs

from tests.conftest import Ended, Lab
from tests.e2e.driving import here
from tests.e2e.wire import Answer, Wire, tapped

ROLE = "arn:aws:iam::222222222222:role/Teardown"
USER = "arn:aws:iam::111111111111:user/alice"
DEVICE = "arn:aws:iam::111111111111:mfa/alice"
PASSKEY = "arn:aws:iam::111111111111:u2f/user/alice/laptop-EXAMPLE"
REGION = "ap-northeast-1"
LIFELONG = "2099-01-01T00:00:00Z"

Part: TypeAlias = "Callable[[OperatorSetup], None]"
"""Put one part of a row into the set-up: where the key comes from, which device, where the code comes from."""


@dataclass
class OperatorSetup:
    """Hold an operator's AWS files, environment and options while a row puts them together.

    ``user`` is the profile that the user's key belongs to, ``selected`` the one that is selected; empty for none.
    ``answers`` stand in for AWS's, by action.
    """

    lab: Lab
    user: str = "alice"
    selected: str = "alice"
    profiles: dict[str, dict[str, str]] = field(default_factory=dict)
    credentials: dict[str, dict[str, str]] = field(default_factory=dict)
    environment: dict[str, str | None] = field(default_factory=dict)
    options: list[str] = field(default_factory=list)
    stdin: str | None = None
    answers: dict[str, str] = field(default_factory=dict)

    def key(self) -> dict[str, str]:
        """Return alice's long-term key."""
        return dict(self.lab.keys("alice"))

    def set(self, profile: str, **settings: str) -> None:
        """Add settings to a profile of the config file."""
        self.profiles.setdefault(profile, {}).update(settings)

    def export(self, *options: str, role: str = ROLE) -> tuple[Ended, Wire]:
        """Ask for role credentials in JSON, as the set-up says, through a wiretap."""
        with tapped(self.lab.sandbox.endpoint) as wire:
            wire.fault, wire.reaches_aws = self._instead, bool(self.answers)
            environment = {**self.environment_of_files(), "AWS_ENDPOINT_URL": wire.endpoint}
            arguments = ("--role-arn", role, "--output", "json", *self.options, *options)
            ended = here(self.lab, "credentials", "export", *arguments, code=self.stdin, env=environment)
        return ended, wire

    def environment_of_files(self) -> dict[str, str | None]:
        """Write the AWS files and return the environment that leads to them."""
        config, credentials = self.lab.directory / "aws-config", self.lab.directory / "aws-credentials"
        config.write_text(_ini({f"profile {name}": lines for name, lines in self.profiles.items()}), encoding="utf-8")
        credentials.write_text(_ini(self.credentials), encoding="utf-8")
        files = {"AWS_CONFIG_FILE": str(config), "AWS_SHARED_CREDENTIALS_FILE": str(credentials)}
        return {**files, "AWS_PROFILE": self.selected or None, **self.environment}

    def _instead(self, method: str, path: str, body: bytes) -> Answer | None:
        del method, path
        (action,) = parse_qs(body.decode("utf-8", "replace")).get("Action", [""])
        return Answer(200, self.answers[action].encode()) if action in self.answers else None


def _ini(sections: dict[str, dict[str, str]]) -> str:
    return "\n".join(
        "\n".join((f"[{name}]", *(f"{key} = {value}" for key, value in lines.items()), ""))
        for name, lines in sections.items()
    )


# Sources: long-term keys of an IAM user.


def credentials_file(operator: OperatorSetup) -> None:
    """Let the key stand in the shared credentials file."""
    operator.credentials["alice"] = operator.key()
    operator.set("alice", region=REGION)


def config_file(operator: OperatorSetup) -> None:
    """Let the key stand in the config file."""
    operator.set("alice", **operator.key())


def credential_process(operator: OperatorSetup) -> None:
    """Let a command print the key, as a password manager does."""
    key = operator.key()
    path = operator.lab.directory / "key.json"
    answer = {"Version": 1, "AccessKeyId": key["aws_access_key_id"], "SecretAccessKey": key["aws_secret_access_key"]}
    path.write_text(json.dumps(answer), encoding="utf-8")
    operator.set("alice", credential_process=f"cat '{path}'")


def environment_keys(operator: OperatorSetup) -> None:
    """Let the key stand in the environment, and no profile be selected."""
    operator.user = operator.selected = ""
    operator.environment.update({name.upper(): value for name, value in operator.key().items()})


def role_profile(operator: OperatorSetup) -> None:
    """Select a profile with role_arn, whose source_profile has the key."""
    credentials_file(operator)
    operator.selected = "teardown"
    operator.set("teardown", role_arn=ROLE, source_profile="alice", region=REGION)


def chained_profile(operator: OperatorSetup) -> None:
    """Select a profile with role_arn whose source_profile has a role_arn too."""
    role_profile(operator)
    operator.selected = "far"
    operator.set("far", role_arn="arn:aws:iam::222222222222:role/Far", source_profile="teardown", region=REGION)


def own_source_profile(operator: OperatorSetup) -> None:
    """Select a profile with role_arn that has the key itself, and says so."""
    credentials_file(operator)
    operator.set("alice", role_arn=ROLE, source_profile="alice")


def included_profile(operator: OperatorSetup) -> None:
    """Select a profile with role_arn that takes its source_profile from another one, as aws-vault lets people do."""
    credentials_file(operator)
    operator.selected = "included"
    operator.set("common", source_profile="alice", region=REGION)
    operator.set("included", role_arn=ROLE, include_profile="common")


PLAIN = (credentials_file, config_file, credential_process)
ON_A_ROLE = (role_profile, chained_profile, own_source_profile, included_profile)


# Devices.


def named_by_option(operator: OperatorSetup) -> None:
    """Name the device on the command line, beside another one in the profile."""
    if operator.user:
        operator.set(operator.user, mfa_serial=f"{DEVICE}-old")
    operator.options += ["--mfa-serial", DEVICE]


def named_by_user_profile(operator: OperatorSetup) -> None:
    """Name the device in the profile that the key belongs to."""
    operator.set(operator.user, mfa_serial=DEVICE)


def named_by_role_profile(operator: OperatorSetup) -> None:
    """Name the device in the profile with the role, as people do for the AWS CLI."""
    operator.set(operator.selected, mfa_serial=DEVICE)


def found_by_asking(operator: OperatorSetup) -> None:
    """Name no device; AWS lists the one that the user has."""


# Codes.


def from_stdin(operator: OperatorSetup) -> None:
    """Give the code on stdin."""
    operator.stdin = operator.lab.sandbox.code()


def from_profile(operator: OperatorSetup) -> None:
    """Let the mfa_process of the selected profile print the code."""
    operator.set(operator.selected, mfa_process=f"echo {operator.lab.sandbox.code()}")


def from_command(operator: OperatorSetup) -> None:
    """Let a command of the command line print the code, whatever the profile says."""
    if operator.selected:
        operator.set(operator.selected, mfa_process="false")
    operator.options += ["--mfa-from", f"echo {operator.lab.sandbox.code()}"]


def exported(answer: Mapping[str, Any]) -> dict[str, str | None]:
    """Return the environment that other tools export for a session that AWS made."""
    session = answer["Credentials"]
    return {
        "AWS_PROFILE": None,
        "AWS_ACCESS_KEY_ID": session["AccessKeyId"],
        "AWS_SECRET_ACCESS_KEY": session["SecretAccessKey"],
        "AWS_SESSION_TOKEN": session["SessionToken"],
    }
