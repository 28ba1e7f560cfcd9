"""AWS clients that talk to the sandbox of this test process, which is set back before every test."""

from __future__ import annotations

import configparser
import json
import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeAlias

import boto3
import pytest
from botocore.config import Config
from botocore.exceptions import ClientError

from runner.sandbox.lifecycle import Sandbox

Keys: TypeAlias = Mapping[str, str]


@dataclass(frozen=True)
class Refusal:
    """Hold what AWS said when it said no."""

    code: str
    message: str
    status: int


@dataclass(frozen=True)
class Aws:
    """Talk to a sandbox as AWS, with any of its credentials."""

    sandbox: Sandbox
    teardown: str = "arn:aws:iam::222222222222:role/Teardown"
    device: str = "arn:aws:iam::111111111111:mfa/alice"
    bucket: str = "acme-orders-exports"

    def keys(self, profile: str) -> Keys:
        """Return the long-term key of a profile."""
        parser = configparser.RawConfigParser()
        parser.read(self.sandbox.environment["AWS_SHARED_CREDENTIALS_FILE"])
        return dict(parser[profile])

    def client(self, service: str, keys: Keys) -> Any:
        """Return a client for one call or two; nothing is retried, and nothing is checked before it is sent."""
        region = self.sandbox.environment["AWS_REGION"]
        config = Config(retries={"total_max_attempts": 1}, parameter_validation=False)
        return boto3.client(service, region_name=region, endpoint_url=self.sandbox.endpoint, config=config, **keys)

    def keys_of(self, answer: Mapping[str, Any]) -> Keys:
        """Return the keys that an answer of STS holds."""
        made = answer["Credentials"]
        return {
            "aws_access_key_id": made["AccessKeyId"],
            "aws_secret_access_key": made["SecretAccessKey"],
            "aws_session_token": made["SessionToken"],
        }

    def user_session(self, profile: str = "alice", *, mfa: bool = True, **more: Any) -> Keys:
        """Return the keys of a session made by GetSessionToken, with a fresh code or without one."""
        code = {"SerialNumber": self.device, "TokenCode": self.sandbox.code(self.device)} if mfa else {}
        return self.keys_of(self.client("sts", self.keys(profile)).get_session_token(**code, **more))

    def role_session(self, keys: Keys, role: str = "", **more: Any) -> Keys:
        """Return the keys of a role session."""
        arguments = {"RoleArn": role or self.teardown, "RoleSessionName": "tester", **more}
        return self.keys_of(self.client("sts", keys).assume_role(**arguments))

    def chained(self, *, mfa: bool = True, **more: Any) -> Keys:
        """Return the keys of a Teardown session made by the right chain, or the same chain without a code."""
        return self.role_session(self.user_session(mfa=mfa), **more)

    def refusal(self, service: str, keys: Keys, operation: str, **arguments: Any) -> Refusal | None:
        """Make a call; return what AWS refused, or None when it did not."""
        try:
            getattr(self.client(service, keys), operation)(**arguments)
        except ClientError as error:
            answer = error.response
            return Refusal(
                answer["Error"]["Code"], answer["Error"]["Message"], answer["ResponseMetadata"]["HTTPStatusCode"]
            )
        return None

    def allow(self, *actions: str, resource: str = "*", **condition: Mapping[str, str]) -> str:
        """Return a policy that allows actions, under a condition when one is given."""
        statement = {"Effect": "Allow", "Action": list(actions), "Resource": resource, "Condition": condition}
        return json.dumps({"Version": "2012-10-17", "Statement": [statement]})


@pytest.fixture
def aws(sandbox: Sandbox) -> Aws:
    """Hand over AWS as this process's sandbox plays it, with the default world as it is at the start."""
    sandbox.reset()
    return Aws(sandbox)


@pytest.fixture
def in_sandbox(aws: Aws, tmp_path: Path) -> dict[str, str]:
    """Hand over an environment for commands that shall work inside the sandbox."""
    return {**aws.sandbox.around(os.environ), "HOME": str(tmp_path), "PYTHONWARNINGS": "ignore"}
