"""Other tools get credentials with MFA from one line: the AWS CLI, SDKs, shells, and whatever `exec` starts."""

from __future__ import annotations

import configparser
import contextlib
import json
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any
from unittest import mock

import boto3
import pytest
from botocore.config import Config
from botocore.exceptions import ClientError

from tests.conftest import BUCKET, Lab, role
from tests.e2e.driving import aws, here
from tests.e2e.terminal import terminal
from tests.e2e.watching import contents
from tests.e2e.wire import Answer, Wire, tapped
from tests.forking import RUNNER

ROLE = "arn:aws:iam::222222222222:role/Teardown"
DEEP = "arn:aws:iam::222222222222:role/deep/Deep"
SERIAL = "arn:aws:iam::111111111111:mfa/alice"
ASSUMED = "arn:aws:sts::222222222222:assumed-role/Teardown/alice"
KEPT = {"RUNNER_KEEP_SESSION": "file"}


def empty(lab: Lab) -> None:
    """Empty the bucket as the account's administrator; deleting it takes MFA still."""
    s3 = lab.client("s3")
    for page in s3.get_paginator("list_object_versions").paginate(Bucket=BUCKET):
        found = [*page.get("Versions", ()), *page.get("DeleteMarkers", ())]
        objects = [{"Key": item["Key"], "VersionId": item["VersionId"]} for item in found]
        s3.delete_objects(Bucket=BUCKET, Delete={"Objects": objects})
    for upload in s3.list_multipart_uploads(Bucket=BUCKET).get("Uploads", ()):
        s3.abort_multipart_upload(Bucket=BUCKET, Key=upload["Key"], UploadId=upload["UploadId"])
    assert not any(contents(lab).values())


def with_profile(lab: Lab, name: str, **settings: str) -> dict[str, str | None]:
    """Return the environment with one profile more in the AWS config file."""
    parser = configparser.RawConfigParser()
    parser.read(lab.sandbox.environment["AWS_CONFIG_FILE"])
    parser[f"profile {name}"] = settings
    path = lab.directory / "aws-config"
    with path.open("w", encoding="utf-8") as file:
        parser.write(file)
    return {"AWS_CONFIG_FILE": str(path)}


def tools_profile(lab: Lab, *options: str) -> dict[str, str | None]:
    """Return the environment with a profile `tools` that takes its credentials from runner."""
    runner = f"{sys.executable} -m runner"
    line = " ".join((runner, "credentials process --profile alice --role-arn", ROLE, *options))
    return with_profile(lab, "tools", region="ap-northeast-1", credential_process=line)


def test_the_aws_cli_started_by_exec_deletes_the_protected_bucket(lab: Lab) -> None:
    """`aws s3 rb`, which alice's own profiles are denied, works below `runner credentials exec`."""
    empty(lab)
    command = ("aws", "s3", "rb", f"s3://{BUCKET}")
    ended = lab.run("credentials", "exec", "--role-arn", ROLE, "--", *command, env={"PYTHONWARNINGS": "ignore"})

    assert ended.code == 0, ended.err
    assert ended.out.strip() == f"remove_bucket: {BUCKET}"
    assert f"proven: {ASSUMED} carries MFA" in ended.said
    assert not lab.bucket_exists()


def test_one_line_in_the_config_file_serves_sdk_and_cli(lab: Lab) -> None:
    """Through credential_process an SDK and the AWS CLI get MFA; one code serves both, because the session is kept."""
    with tapped(lab.sandbox.endpoint) as wire:
        environment = {**tools_profile(lab), **KEPT, "AWS_PROFILE": None, "AWS_ENDPOINT_URL": wire.endpoint}
        with mock.patch.dict(os.environ, lab.environment(**environment), clear=True):
            session = boto3.Session(profile_name="tools")
            s3 = session.client("s3", config=Config(retries={"total_max_attempts": 1}))
            with pytest.raises(ClientError, match="BucketNotEmpty"):
                s3.delete_bucket(Bucket=BUCKET)
            credentials = session.get_credentials()
        empty(lab)
        ended = aws(lab, "s3", "rb", f"s3://{BUCKET}", "--profile", "tools", env=environment)

    assert type(credentials).__name__ == "RefreshableCredentials"
    assert ended.code == 0, ended.err
    assert not lab.bucket_exists()
    assert len(wire.calls("GetSessionToken")) == 1
    durations = [exchange.form["DurationSeconds"] for exchange in wire.calls("AssumeRole")]
    assert durations == ["900", "3600"] * 2


SCRIPT = """
umask
grep SigIgn /proc/self/status
env | sort | grep -E '^(AWS_|RUNNER_|OTHER)'
read line; echo "stdin: $line"
trap 'echo caught; exit 43' TERM
echo ready
while :; do sleep 0.05; done
"""


def test_exec_becomes_the_command(lab: Lab) -> None:
    """Nothing of runner stays: stdin, umask, signals and the exit code are the command's, and so is the process id.

    Of the environment only what is about credentials is changed.
    """
    stale = {"AWS_SESSION_TOKEN": "stale", "AWS_SECURITY_TOKEN": "stale", "AWS_ROLE_ARN": "stale", "OTHER": "stays"}
    environment = lab.environment(**stale, AWS_PAGER="cat", AWS_REGION=None, AWS_DEFAULT_REGION=None)
    argv = (*RUNNER, "credentials", "exec", "--role-arn", ROLE, "--duration", "1200", "--", "sh", "-c", SCRIPT)
    with subprocess.Popen(
        argv,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        env=environment,
        cwd=lab.directory,
        text=True,
        umask=0o027,
    ) as process:
        assert process.stdin is not None
        assert process.stdout is not None
        process.stdin.write("a line for the command\n")
        process.stdin.flush()
        lines = [line.rstrip("\n") for line in iter(process.stdout.readline, "ready\n")]
        process.send_signal(signal.SIGTERM)
        rest, _ = process.communicate(timeout=60)

    assert (process.returncode, rest) == (43, "caught\n")
    umask, ignored, *variables, stdin = lines
    assert (int(umask, 8), stdin) == (0o027, "stdin: a line for the command")
    # Whoever started the tests may ignore signals, and that is passed on; runner and Python add none.
    inherited = subprocess.run(("grep", "SigIgn", "/proc/self/status"), capture_output=True, text=True, check=True)
    assert ignored == inherited.stdout.strip()
    found = dict(variable.split("=", 1) for variable in variables)
    assert found["AWS_ACCESS_KEY_ID"].startswith("ASIA")
    assert found["AWS_SESSION_TOKEN"] != "stale"
    assert (found["OTHER"], found["AWS_PAGER"]) == ("stays", "cat")
    assert (found["AWS_REGION"], found["AWS_DEFAULT_REGION"]) == ("ap-northeast-1",) * 2, "the profile's"
    assert not {"AWS_PROFILE", "AWS_SECURITY_TOKEN", "AWS_ROLE_ARN", "RUNNER_CREDENTIALS"} & set(found)


def test_a_spent_stdin_is_empty_for_the_command() -> None:
    """What stood behind the code on stdin may have been read with it, so that the command gets none of it."""
    script = (
        "import os, sys; from runner.cli.credentials_child import become;"
        "sys.stdin.readline(); become(['cat'], os.environ, stdin_is_spent=True)"
    )
    ended = subprocess.run(
        (sys.executable, "-c", script), input="123456\nrest\n", capture_output=True, text=True, check=False, timeout=60
    )

    assert (ended.returncode, ended.stdout, ended.stderr) == (0, "", "")


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("exec", "--role-arn", ROLE, "--", "no-such-command-here", "--flag"), ("the command was not found",)),
        (("exec", "--role-arn", ROLE), ("Missing argument",)),
        (("exec", "--", "true"), ("--role-arn",)),
        (("export", "--role-arn", ROLE, "--duration", "3601"), ("role chaining", "ask for 900 to 3600 seconds")),
        (("export", "--role-arn", ROLE, "--duration", "899"), ("none shorter than 900",)),
        (("export", "--role-arn", "Teardown"), ("is not the ARN of a role",)),
        (("export", "--role-arn", ROLE, "--role-arn", "Deep"), ("is not the ARN of a role",)),
        (("export", "--role-arn", ROLE, "--session-name", "a b"), ("cannot be a role session name",)),
        (("export", "--role-arn", ROLE, "--external-id", "a b"), ("cannot be an external id",)),
        (("export", "--role-arn", ROLE, "--mfa-from", "echo 123456", "--mfa-code-stdin"), ("each say where",)),
        (("process", "--role-arn", ROLE), ("--profile",)),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, tuple) else "",
)
def test_a_slip_of_the_pen_costs_no_code(lab: Lab, arguments: tuple[str, ...], words: tuple[str, ...]) -> None:
    """Wrong usage is told before anything is sent."""
    with tapped(lab.sandbox.endpoint) as wire:
        ended = here(lab, "credentials", *arguments, env={"AWS_ENDPOINT_URL": wire.endpoint})

    assert (ended.code, ended.out) == (2, "")
    assert all(word in ended.said for word in words), ended.said
    assert wire.exchanges == []


def test_a_shell_takes_what_export_prints(lab: Lab) -> None:
    """`eval` unsets what would win, sets the session, and survives whatever stood there before."""
    stale = {"AWS_SECURITY_TOKEN": "stale", "AWS_WEB_IDENTITY_TOKEN_FILE": "/stale"}
    exported = here(lab, "credentials", "export", "--role-arn", ROLE, env=stale)
    assert exported.code == 0, exported.err
    ended = subprocess.run(
        ("sh", "-ec", 'eval "$(cat)"; env'),
        input=exported.out,
        env=lab.environment(**stale),
        capture_output=True,
        text=True,
        check=True,
    )

    found = dict(line.split("=", 1) for line in ended.stdout.splitlines() if line.startswith("AWS_"))
    assert not {"AWS_PROFILE", *stale} & set(found)
    assert found["AWS_ACCESS_KEY_ID"].startswith("ASIA")
    assert found["AWS_CREDENTIAL_EXPIRATION"].endswith("Z")
    sts = boto3.client("sts", endpoint_url=lab.sandbox.endpoint, region_name="eu-west-1", **keys(found))
    assert sts.get_caller_identity()["Arn"] == ASSUMED


def keys(variables: Mapping[str, str]) -> dict[str, str]:
    """Return the variables of a session as arguments of a client."""
    names = ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN")
    return {name.lower(): variables[name] for name in names}


def deep(world: dict[str, Any]) -> None:
    """Add a role that only Teardown may assume, with an external id and under one session name."""
    condition = {"StringEquals": {"sts:ExternalId": "acme-42", "sts:RoleSessionName": "terraform"}}
    trust = {"Effect": "Allow", "Principal": {"AWS": ROLE}, "Action": "sts:AssumeRole", "Condition": condition}
    statement = {"Effect": "Allow", "Action": ["iam:GetRole", "s3:DeleteBucket"], "Resource": "*"}
    version = "2012-10-17"
    world["accounts"][1]["roles"].append(
        {
            "name": "Deep",
            "path": "/deep/",
            "trust": {"Version": version, "Statement": [trust]},
            "policies": {"deep": {"Version": version, "Statement": [statement]}},
        }
    )
    onwards = {"Effect": "Allow", "Action": "sts:AssumeRole", "Resource": DEEP}
    role(world)["policies"]["deep"] = {"Version": version, "Statement": [onwards]}


def test_two_hops(lab: Lab) -> None:
    """Through Teardown to Deep: the external id goes to the last role, the name to both, and MFA arrives."""
    lab.world(deep)
    options = ("--external-id", "acme-42", "--session-name", "terraform", "--output", "json")
    with tapped(lab.sandbox.endpoint) as wire:
        arguments = ("credentials", "export", "--role-arn", ROLE, "--role-arn", DEEP, *options)
        ended = here(lab, *arguments, env={"AWS_ENDPOINT_URL": wire.endpoint})

    assert ended.code == 0, ended.err
    assert ended.data["AssumedRoleUser"]["Arn"] == "arn:aws:sts::222222222222:assumed-role/Deep/terraform"
    assert "assumed-role/Deep/terraform carries MFA" in ended.said
    session = ended.data["Credentials"]
    variables = dict(
        zip(("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN"), session.values(), strict=False)
    )
    s3 = boto3.client("s3", endpoint_url=lab.sandbox.endpoint, region_name="ap-northeast-1", **keys(variables))
    with pytest.raises(ClientError, match="BucketNotEmpty"):
        s3.delete_bucket(Bucket=BUCKET)
    sent = [exchange.form for exchange in wire.calls("AssumeRole")]
    assert [(form["RoleArn"], form.get("ExternalId", "")) for form in sent] == [
        (ROLE, ""),
        (DEEP, "acme-42"),
        (DEEP, "acme-42"),
    ]
    assert {form["RoleSessionName"] for form in sent} == {"terraform"}


@pytest.mark.parametrize(
    ("options", "words"),
    [
        (("--session-name", "terraform"), ("no external id", "--external-id")),
        (("--external-id", "wrong", "--session-name", "terraform"), ("external id 'wrong'",)),
        (("--external-id", "acme-42"), ("session name alice", "--session-name")),
    ],
    ids=["no external id", "wrong external id", "another name"],
)
def test_what_the_trust_policy_asks_for_is_named(lab: Lab, options: tuple[str, ...], words: tuple[str, ...]) -> None:
    """AWS says no more than AccessDenied; what was sent and what it may be about is listed, with the option."""
    lab.world(deep)
    ended = here(lab, "credentials", "export", "--role-arn", ROLE, "--role-arn", DEEP, *options)

    assert (ended.code, ended.out) == (4, "")
    assert f"does not let {ASSUMED.replace('alice', 'terraform' if 'terraform' in options else 'alice')}" in ended.said
    assert "(request " in ended.said
    assert all(word in ended.said for word in words), ended.said


def unreadable(world: dict[str, Any]) -> None:
    """Let the role read nothing of itself."""
    statements = role(world)["policies"]["teardown"]["Statement"]
    statements[:] = [statement for statement in statements if statement["Sid"] != "SeeOwnPolicies"]


def test_a_role_that_cannot_prove_it(lab: Lab) -> None:
    """It is handed out with a note, because its tools may need no such read; with --require-proof it is not."""
    lab.world(unreadable)
    given = here(lab, "credentials", "export", "--role-arn", ROLE)
    asked = here(lab, "credentials", "export", "--role-arn", ROLE, "--require-proof")

    assert given.code == 0, given.err
    assert "note: not proven that the session carries MFA" in given.said
    assert "grant the role iam:GetRole" in given.said
    assert (asked.code, asked.out) == (3, "")
    assert "it cannot be told whether the role session carries MFA" in asked.said


@pytest.mark.parametrize(
    "arguments",
    [
        ("credentials", "export", "--role-arn", ROLE, "--profile", "tools"),
        ("credentials", "process", "--role-arn", ROLE, "--profile", "tools"),
        ("credentials", "status", "--profile", "tools"),
        ("credentials", "clear", "--profile", "tools"),
        ("plan", "teardown.yaml", "--profile", "tools"),
    ],
    ids=" ".join,
)
def test_runner_does_not_ask_itself_for_the_key(lab: Lab, arguments: tuple[str, ...]) -> None:
    """A profile whose credential_process is runner gives other tools a role session; runner needs the user's key."""
    lab.playbook()
    with tapped(lab.sandbox.endpoint) as wire:
        ended = here(lab, *arguments, env={**tools_profile(lab), "AWS_ENDPOINT_URL": wire.endpoint})

    assert (ended.code, ended.out) == (4, "")
    assert "this profile's credential_process is runner" in ended.said
    assert "--profile alice" in ended.said
    assert wire.exchanges == []


def test_a_loop_through_a_script_is_found_too(lab: Lab) -> None:
    """The second runner sees that the first one started it, and takes no code."""
    script = lab.directory / "key.sh"
    line = f"exec {sys.executable} -m runner credentials process --profile alice --role-arn {ROLE} 2>>'{script}.err'"
    script.write_text(f"#!/bin/sh\n{line}\n", encoding="utf-8")
    script.chmod(0o700)
    with tapped(lab.sandbox.endpoint) as wire:
        environment = {**with_profile(lab, "wrapped", credential_process=str(script)), "AWS_PROFILE": "wrapped"}
        ended = here(lab, "plan", str(lab.playbook()), env={**environment, "AWS_ENDPOINT_URL": wire.endpoint})

    assert ended.code == 4
    assert "the command ended with exit code 4" in ended.said
    said = " ".join(Path(f"{script}.err").read_text(encoding="utf-8").split())
    assert "runner was started by a command that is to give runner a key or a code" in said
    assert wire.exchanges == []


def test_what_is_kept_is_shown_and_removed(lab: Lab) -> None:
    """`status` asks for no code and shows no secret; `clear` removes the session; then a code is needed again."""
    with tapped(lab.sandbox.endpoint) as wire:
        environment = {**KEPT, "AWS_ENDPOINT_URL": wire.endpoint}
        plan = here(lab, "plan", str(lab.playbook()), env=environment)
        status = here(lab, "credentials", "status", env=environment)
        data = here(lab, "credentials", "status", "--output", "json", env=environment)
        again = here(lab, "credentials", "export", "--role-arn", ROLE, env=environment)
        codes = len(wire.calls("GetSessionToken"))
        cleared = here(lab, "credentials", "clear", "--profile", "alice", "--output", "json", env=environment)
        nothing = here(lab, "credentials", "clear", env=environment)
        after = here(lab, "credentials", "status", env=environment)
        fresh = here(lab, "credentials", "export", "--role-arn", ROLE, env=environment)

    assert [ended.code for ended in (plan, status, data, again, cleared, nothing, after, fresh)] == [0] * 8, again.err
    place = str(lab.directory / "home" / ".local" / "state" / "runner" / "sessions")
    assert f"kept session: code of {SERIAL} given 0 minutes ago" in status.out
    assert place in status.out
    assert "role credentials: never kept" in status.out
    (session,) = data.data["sessions"]
    assert (session["mfa_serial"], session["sts_region"]) == (SERIAL, "ap-northeast-1")
    assert 3500 < session["seconds_left"] <= 3600
    assert "kept from an earlier run" in again.said
    assert codes == 1
    assert [found["user"] for found in cleared.data["removed"]] == ["arn:aws:iam::111111111111:user/alice"]
    assert nothing.out == "no session was kept\n"
    assert "kept session: none" in after.out
    assert len(wire.calls("GetSessionToken")) == 2
    secrets = [json.loads(path.read_text(encoding="utf-8")) for path in Path(place).glob("*.json")]
    assert secrets
    for ended in (plan, status, data, again, cleared, nothing, after, fresh):
        assert not any(entry[name] in ended.out + ended.err for entry in secrets for name in ("secret", "token"))


def test_fresh_mfa_replaces_what_is_kept(lab: Lab) -> None:
    """With --fresh-mfa a code is asked for although a session is kept; later runs use the new one."""
    with tapped(lab.sandbox.endpoint) as wire:
        environment = {**KEPT, "AWS_ENDPOINT_URL": wire.endpoint}
        ended = [
            here(lab, "credentials", "export", "--role-arn", ROLE, *options, env=environment)
            for options in ((), ("--fresh-mfa",), ())
        ]

    assert [one.code for one in ended] == [0, 0, 0], ended[-1].err
    assert len(wire.calls("GetSessionToken")) == 2
    makers = [exchange.headers["X-Amz-Security-Token"] for exchange in wire.calls("AssumeRole")]
    assert len({*makers[:2]}) == len({*makers[2:]}) == 1
    assert makers[0] != makers[2]


def test_a_session_kept_before_the_device_changed_is_not_used(lab: Lab) -> None:
    """Another device in the profile: its first code is asked for, the old session is left alone."""
    environment = {**KEPT}
    first = here(lab, "credentials", "export", "--role-arn", ROLE, env=environment)
    config = Path(lab.sandbox.environment["AWS_CONFIG_FILE"]).read_text(encoding="utf-8")
    path = lab.directory / "aws-config"
    path.write_text(config.replace(f"mfa_serial = {SERIAL}", f"mfa_serial = {SERIAL}-new"), encoding="utf-8")
    changed = here(lab, "credentials", "export", "--role-arn", ROLE, env={**environment, "AWS_CONFIG_FILE": str(path)})

    assert first.code == 0, first.err
    assert changed.code == 4
    assert f"AWS could not check a code of {SERIAL}-new" in changed.said


@contextlib.contextmanager
def started(lab: Lab, endpoint: str) -> Iterator[subprocess.Popen[str]]:
    """Start a runner that keeps its session in a file."""
    environment = lab.environment(AWS_ENDPOINT_URL=endpoint, **KEPT)
    argv = (*RUNNER, "credentials", "export", "--role-arn", ROLE)
    with subprocess.Popen(
        argv, stdout=subprocess.PIPE, stderr=subprocess.PIPE, env=environment, cwd=lab.directory, text=True
    ) as process:
        try:
            yield process
        finally:
            process.kill()


def test_two_processes_burn_one_code(lab: Lab) -> None:
    """Started together, one asks for a code and the other waits for the session that comes of it."""
    waiting = threading.Event()

    def slow(method: str, path: str, body: bytes) -> Answer | None:
        del method, path
        if b"Action=GetSessionToken" in body:
            waiting.wait(30)
        return None

    def read(process: subprocess.Popen[str], said: list[str]) -> None:
        assert process.stderr is not None
        for line in process.stderr:
            said.append(line)
            if "waiting for it" in line:
                waiting.set()

    with tapped(lab.sandbox.endpoint) as wire:
        wire.fault = slow
        with started(lab, wire.endpoint) as one, started(lab, wire.endpoint) as other:
            said: tuple[list[str], list[str]] = ([], [])
            readers = [
                threading.Thread(target=read, args=(process, lines))
                for process, lines in zip((one, other), said, strict=True)
            ]
            for reader in readers:
                reader.start()
            outputs = [process.stdout.read() for process in (one, other) if process.stdout is not None]
            for reader in readers:
                reader.join(60)
            codes = [process.wait(60) for process in (one, other)]

    assert codes == [0, 0], said
    assert all("AWS_SESSION_TOKEN" in output for output in outputs)
    assert len(wire.calls("GetSessionToken")) == 1
    assert len(wire.calls("AssumeRole")) == 4
    told = ["".join(lines) for lines in said]
    assert sorted("kept from an earlier run" in " ".join(text.split()) for text in told) == [False, True]


def test_secrets_are_not_printed_to_a_screen(lab: Lab, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where stdout is a terminal nothing is asked for or printed, unless --force says so."""
    monkeypatch.setattr("tests.e2e.driving.io.StringIO", _Screen)
    refused = [
        here(lab, "credentials", "export", "--role-arn", ROLE),
        here(lab, "credentials", "process", "--profile", "alice", "--role-arn", ROLE),
    ]
    forced = here(lab, "credentials", "export", "--role-arn", ROLE, "--force")

    for ended in refused:
        assert (ended.code, ended.out) == (2, "")
        assert "stdout is a terminal" in ended.said
    assert forced.code == 0, forced.err
    assert "export AWS_SESSION_TOKEN=" in forced.out


class _Screen(__import__("io").StringIO):  # type: ignore[misc]
    """Be a stream that says it is a terminal."""

    def isatty(self) -> bool:
        """Say so."""
        return True


def test_a_process_asks_at_the_terminal_itself(lab: Lab) -> None:
    """A tool takes stdin, stdout and stderr of its credential_process; the question is still seen and answered."""
    config = Path(lab.sandbox.environment["AWS_CONFIG_FILE"]).read_text(encoding="utf-8")
    path = lab.directory / "aws-config"
    kept = [line for line in config.splitlines() if not line.startswith("mfa_process")]
    path.write_text("\n".join(kept), encoding="utf-8")
    runner = f"{sys.executable} -m runner credentials process --profile alice --role-arn {ROLE}"
    argv = ("sh", "-c", f"{runner} </dev/null >out.json 2>err.txt")
    code = lab.sandbox.code()
    with terminal(argv, lab.environment(AWS_CONFIG_FILE=str(path)), lab.directory) as person:
        person.await_text(f"MFA code for {SERIAL}")
        person.type(code)
        ended = person.ended()

    said = (lab.directory / "err.txt").read_text(encoding="utf-8")
    assert ended == 0, said
    made = json.loads((lab.directory / "out.json").read_text(encoding="utf-8"))
    assert made["Version"] == 1
    assert code not in person.shown + said
    assert made["SecretAccessKey"] not in person.shown + said
    assert "RUNNER_KEEP_SESSION=file keeps one" in " ".join(said.split())


def test_identity_code_and_chain_cost_three_round_trips(lab: Lab) -> None:
    """Whose key it is, the session with the code, the role: then comes the proof; nothing is looked up in between."""
    with tapped(lab.sandbox.endpoint) as wire:
        environment = {"AWS_ENDPOINT_URL": wire.endpoint}
        ended = here(lab, "credentials", "export", "--role-arn", ROLE, env=environment)
        first = actions(wire)
        wire.exchanges.clear()
        planned = here(lab, "plan", str(lab.playbook()), env=environment)

    assert (ended.code, planned.code) == (0, 0), planned.err
    assert first == ["GetCallerIdentity", "GetSessionToken", "AssumeRole", "GetRole", "AssumeRole"]
    assert actions(wire)[:4] == ["GetCallerIdentity", "GetSessionToken", "AssumeRole", "GetRole"]


def actions(wire: Wire) -> list[str]:
    """Return what was asked of STS and IAM, in order."""
    return [exchange.form.get("Action", exchange.path) for exchange in wire.exchanges]
