"""What end-to-end tests share: one local AWS per test process, set back before each test, and the real command."""

from __future__ import annotations

import copy
import functools
import gc
import json
import os
import shutil
import subprocess
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from importlib.resources import files
from pathlib import Path
from typing import Any

import boto3
import pytest
import yaml
from botocore.config import Config
from hypothesis import HealthCheck, settings

from runner.sandbox.lifecycle import Sandbox, running
from tests import thrift
from tests.forking import RUNNER, in_fork

# A busy machine makes an example slow; that says nothing about the code.
settings.register_profile("patient", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("patient")

thrift.save()

BUCKET = "acme-orders-exports"


@dataclass(frozen=True)
class Ended:
    """Hold how a command ended."""

    code: int
    out: str
    err: str

    @property
    def data(self) -> Any:
        """The JSON document on stdout."""
        return json.loads(self.out)

    @property
    def said(self) -> str:
        """What stands on stderr, with the terminal's line breaks undone."""
        return " ".join(self.err.split())


@dataclass(frozen=True)
class Lab:
    """Hold a sandbox whose world was just made, a ledger of its own, and a directory for playbooks."""

    sandbox: Sandbox
    directory: Path

    @property
    def ledger(self) -> Path:
        """The audit log's directory."""
        return self.directory / "ledger"

    def environment(self, **changes: str | None) -> dict[str, str]:
        """Return the environment of a command; a variable that is None is unset."""
        home = self.directory / "home"
        home.mkdir(exist_ok=True)
        own = {"HOME": str(home), "RUNNER_LEDGER": str(self.ledger), "COLUMNS": "80"}
        base = {**self.sandbox.around(os.environ), **own}
        merged = {**base, **changes}
        return {name: value for name, value in merged.items() if value is not None}

    def run(self, *args: str, code: str | None = None, env: Mapping[str, str | None] | None = None) -> Ended:
        """Run ``runner`` without a terminal; ``code`` goes to ``--mfa-code-stdin``, without it mfa_process is used."""
        command = (*RUNNER, *args, *(() if code is None else ("--mfa-code-stdin",)))
        environment = self.environment(**(env or {}))
        ended = subprocess.run(
            command,
            input=code or "",
            env=environment,
            cwd=self.directory,
            preexec_fn=in_fork(command, environment),  # what it is for
            capture_output=True,
            text=True,
            timeout=120,
            check=False,
        )
        return Ended(ended.returncode, ended.stdout, ended.stderr)

    def apply(self, playbook: Path, *args: str, env: Mapping[str, str | None] | None = None) -> Ended:
        """Plan a playbook, and apply it with the phrase of that plan."""
        planned = self.run("plan", str(playbook), "--output", "json", env=env)
        assert planned.code == 0, planned.err
        phrase = planned.data["confirm"]
        confirm = () if phrase is None else ("--confirm", phrase)
        return self.run("apply", str(playbook), *confirm, *args, env=env)

    def client(self, service: str, profile: str = "admin-prod") -> Any:
        """Return a boto3 client of the sandbox with a profile's keys; the target account's administrator by default."""
        keys = self.keys(profile)
        return _client(service, self.sandbox.endpoint, keys["aws_access_key_id"], keys["aws_secret_access_key"])

    def keys(self, profile: str) -> Mapping[str, str]:
        """Return the long-term keys of a profile, from the generated credentials file."""
        import configparser  # noqa: PLC0415

        parser = configparser.RawConfigParser()
        parser.read(self.sandbox.environment["AWS_SHARED_CREDENTIALS_FILE"])
        return parser[profile]

    def world(self, change: Callable[[dict[str, Any]], None]) -> None:
        """Set the sandbox back to the default world with a change."""
        changed = copy.deepcopy(_default_world())
        change(changed)
        path = self.directory / "world.yaml"
        path.write_text(yaml.safe_dump(changed, allow_unicode=True), encoding="utf-8")
        self.reset(path)

    def reset(self, world: Path | None = None) -> None:
        """Set the sandbox back to a world; its device gives the same codes again, so the given ones are forgotten."""
        self.sandbox.reset(world)
        shutil.rmtree(self.directory / "home" / ".local" / "state" / "runner" / "codes", ignore_errors=True)

    def playbook(self, change: Callable[[dict[str, Any]], None] = lambda _: None, name: str = "teardown.yaml") -> Path:
        """Write the repository's example playbook with a change, and return its path."""
        data = copy.deepcopy(_example())
        change(data)
        path = self.directory / name
        path.write_text(yaml.safe_dump(data, allow_unicode=True, sort_keys=False), encoding="utf-8")
        return path

    def bucket_exists(self, bucket: str = BUCKET) -> bool:
        """Return whether the account's administrator still sees a bucket."""
        return bucket in [found["Name"] for found in self.client("s3").list_buckets()["Buckets"]]

    def records(self) -> list[Mapping[str, Any]]:
        """Return every record of the audit log."""
        lines = [line for path in sorted(self.ledger.glob("log/*.jsonl")) for line in path.read_bytes().splitlines()]
        return [json.loads(line) for line in lines]


@functools.cache
def _default_world() -> dict[str, Any]:
    text = files("runner.sandbox").joinpath("worlds/default.yaml").read_text(encoding="utf-8")
    world: dict[str, Any] = yaml.safe_load(text)
    return world


@functools.cache
def _example() -> dict[str, Any]:
    text = (Path(__file__).parent.parent / "playbooks" / "teardown.yaml").read_text(encoding="utf-8")
    playbook: dict[str, Any] = yaml.safe_load(text)
    return playbook


@functools.cache
def _client(service: str, endpoint: str, access_key: str, secret_key: str) -> Any:
    return boto3.client(
        service,
        endpoint_url=endpoint,
        region_name="ap-northeast-1",
        aws_access_key_id=access_key,
        aws_secret_access_key=secret_key,
        config=Config(retries={"total_max_attempts": 1}),
    )


def pytest_collection_finish() -> None:
    """Keep the garbage collector from walking through all modules and tests again and again."""
    gc.collect()
    gc.freeze()


def role(world: dict[str, Any]) -> dict[str, Any]:
    """Return the Teardown role of a world."""
    found: dict[str, Any] = world["accounts"][1]["roles"][0]
    return found


@pytest.fixture(scope="session")
def sandbox() -> Iterator[Sandbox]:
    """Run one sandbox for all tests of this process."""
    with running() as started:
        yield started


@pytest.fixture
def lab(sandbox: Sandbox, tmp_path: Path) -> Lab:
    """Return the sandbox with a fresh default world, and a directory."""
    sandbox.reset()
    return Lab(sandbox, tmp_path)
