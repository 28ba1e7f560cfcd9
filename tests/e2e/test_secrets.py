"""Secrets stay where they belong: not in the output, in a file, in a process list or in a request too many."""

from __future__ import annotations

import json
import os
import pickle
import re
import stat
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from unittest import mock

import pytest

from runner.cli.credentials_wiring import Silent
from runner.cli.wiring import Options, services
from runner.model.session import LongTermIdentity, RoleRequest
from tests.conftest import BUCKET, Ended, Lab
from tests.e2e.driving import here
from tests.e2e.wire import Wire, tapped

ROLE = "arn:aws:iam::222222222222:role/Teardown"
REGION = "ap-northeast-1"

DEBUG = """
import logging
logging.basicConfig(level=logging.DEBUG)
for name in ("botocore", "urllib3", "botocore.auth", "botocore.parsers", "botocore.endpoint"):
    logging.getLogger(name).setLevel(logging.DEBUG)
"""
"""Runs before ``runner`` does, and turns on every debug log that it can find."""

ISSUED = re.compile(rb"<(SecretAccessKey|SessionToken)>([^<]+)</")


def secrets_of(lab: Lab, wire: Wire) -> dict[str, bytes]:
    """Return every secret of the run: the long-term key, what STS issued, and the codes that were sent."""
    found = {"long-term secret": lab.keys("alice")["aws_secret_access_key"].encode()}
    for number, exchange in enumerate(wire.exchanges):
        found.update({f"{name.decode()} {number}": value for name, value in ISSUED.findall(exchange.answer)})
        if "TokenCode" in exchange.form:
            found[f"code {number}"] = exchange.form["TokenCode"].encode()
    return found


def holds(content: bytes, secret: bytes) -> bool:
    """Return whether a secret stands in a text; six digits inside longer ones are something else."""
    return re.search(rb"(?<![0-9A-Fa-f.:-])" + re.escape(secret) + rb"(?![0-9A-Fa-f-])", content) is not None


@contextmanager
def watched_processes() -> Iterator[set[bytes]]:
    """Collect the command lines of all processes while the block runs."""
    seen: set[bytes] = set()
    over = threading.Event()

    def watch() -> None:
        while not over.wait(0.01):
            for path in Path("/proc").glob("[0-9]*/cmdline"):
                try:
                    seen.add(path.read_bytes())
                except OSError:
                    continue  # it ended while we looked

    thread = threading.Thread(target=watch)
    thread.start()
    try:
        yield seen
    finally:
        over.set()
        thread.join()


def with_debug_logs(lab: Lab) -> dict[str, str | None]:
    """Return an environment in which every debug log is on, and tracebacks are shown."""
    place = lab.directory / "debug"
    place.mkdir(exist_ok=True)
    (place / "sitecustomize.py").write_text(DEBUG, encoding="utf-8")
    return {"PYTHONPATH": f"{place}{os.pathsep}{Path.cwd()}", "RUNNER_DEBUG": "1", "RUNNER_KEEP_SESSION": "file"}


def run_everything(lab: Lab, wire: Wire) -> list[Ended]:
    """Plan with mfa_process and apply with a code from stdin, through the wiretap, with debug logs on."""
    env = {**with_debug_logs(lab), "RUNNER_KEEP_SESSION": None, "AWS_ENDPOINT_URL": wire.endpoint}
    playbook = str(lab.playbook())
    planned = lab.run("plan", playbook, "--output", "json", env=env)
    assert planned.code == 0, planned.err
    confirm = planned.data["confirm"]
    applied = lab.run("apply", playbook, "--confirm", confirm, code=lab.sandbox.code(), env=env)
    return [planned, applied]


@pytest.fixture
def careless_umask() -> Iterator[None]:
    """Let new files be open to everybody."""
    before = os.umask(0)
    yield
    os.umask(before)


@pytest.mark.usefixtures("careless_umask")
def test_no_secret_leaves_the_process(lab: Lab) -> None:
    """With debug logs forced on and a careless umask, no secret is printed, written or shown in a process list."""
    with tapped(lab.sandbox.endpoint) as wire, watched_processes() as processes:
        endings = run_everything(lab, wire)

    assert [ended.code for ended in endings] == [0, 0], endings[-1].err
    assert "DEBUG" in endings[-1].err, "debug logs were on"
    secrets = secrets_of(lab, wire)
    issued = [name for name in secrets if name.startswith("SessionToken")]
    assert len(issued) >= 5
    assert len([name for name in secrets if name.startswith("code")]) == 2
    places = {f"output {number}": (ended.out + ended.err).encode() for number, ended in enumerate(endings)}
    places |= {str(path): path.read_bytes() for path in lab.directory.rglob("*") if path.is_file()}
    places |= {f"process {name!r}": name for name in processes}
    found = [(name, place) for name, secret in secrets.items() for place in places if holds(places[place], secret)]
    assert found == []
    assert {stat.S_IMODE(path.stat().st_mode) for path in lab.ledger.rglob("*") if path.is_file()} == {0o600}
    directories = [lab.ledger, *(path for path in lab.ledger.rglob("*") if path.is_dir())]
    assert {stat.S_IMODE(path.stat().st_mode) for path in directories} == {0o700}


@pytest.mark.usefixtures("careless_umask")
def test_credentials_for_tools_leave_no_secret_behind(lab: Lab) -> None:
    """Role secrets are on the stdout that was asked for and nowhere else; the kept session is in its file alone.

    With debug logs on, a careless umask and a refusal in between; files and directories are the user's own.
    """
    with tapped(lab.sandbox.endpoint) as wire, watched_processes() as processes:
        env = {**with_debug_logs(lab), "AWS_ENDPOINT_URL": wire.endpoint}
        wrong = f"{(int(lab.sandbox.code()) + 1) % 1_000_000:06}"
        refused = lab.run("credentials", "export", "--role-arn", ROLE, code=wrong, env=env)
        exported = lab.run("credentials", "export", "--role-arn", ROLE, "--output", "json", env=env)
        executed = lab.run("credentials", "exec", "--role-arn", ROLE, "--", "true", env=env)
        status = here(lab, "credentials", "status", "--output", "json", env=env)

    assert [ended.code for ended in (refused, exported, executed, status)] == [4, 0, 0, 0], exported.err
    assert "DEBUG" in refused.err
    assert "DEBUG" in executed.err
    secrets = secrets_of(lab, wire)
    assert secrets.pop(next(name for name, value in secrets.items() if value == wrong.encode())) == wrong.encode()
    session = exported.data["Credentials"]
    assert {session["SecretAccessKey"].encode(), session["SessionToken"].encode()} <= {*secrets.values()}
    (kept,) = (lab.directory / "home").rglob("*.json")
    entry = json.loads(kept.read_bytes())
    own = {entry["secret"].encode(), entry["token"].encode()}
    assert own <= {*secrets.values()}
    outputs = [ended.out + ended.err for ended in (refused, executed, status)] + [exported.err]
    places = {f"output {number}": output.encode() for number, output in enumerate(outputs)}
    places |= {f"process {name!r}": name for name in processes}
    files = [path for path in lab.directory.rglob("*") if path.is_file()]
    places |= {str(path): path.read_bytes() for path in files}
    found = {(name, place) for name, secret in secrets.items() for place in places if holds(places[place], secret)}
    assert {place for _, place in found} == {str(kept)}
    assert {secrets[name] for name, _ in found} == own
    assert not any(holds(content, wrong.encode()) for content in places.values())
    state = lab.directory / "home" / ".local"
    modes = {path: stat.S_IMODE(path.stat().st_mode) for path in (state, *state.rglob("*"))}
    assert {mode for path, mode in modes.items() if path.is_dir()} == {0o700}
    assert {mode for path, mode in modes.items() if path.is_file()} == {0o600}


def test_nothing_of_a_session_shows_in_memory_dumps_of_values(lab: Lab) -> None:
    """What a traceback with values, a logged object or a pickle would show of sessions and keys is no secret."""
    with mock.patch.dict(os.environ, lab.environment(), clear=True):
        options = Options("alice", None, mfa_code_stdin=False, mfa_from=f"echo {lab.sandbox.code()}")
        ports = services(options, REGION, Silent())
        identity = ports.operator.identity()
        assert isinstance(identity, LongTermIdentity)
        code = ports.codes.code(identity)
        user = ports.sts.user_session(identity, code)
        role = ports.sts.role_session(user, RoleRequest(ROLE, "alice"))
    values = (identity, code, user, role, [role], {"session": user})
    shown = "".join(text(value) for value in values for text in (repr, str, "{}".format)) + repr(vars(role))

    for credentials in (identity.credentials, user.credentials, role.credentials):
        assert credentials.secret.reveal() not in shown
        assert credentials.token is None or credentials.token.reveal() not in shown
    assert code.reveal() not in shown
    for value in (identity, code, user, role):
        with pytest.raises(TypeError, match="a secret is not stored"):
            pickle.dumps(value)


def test_only_what_is_declared_goes_over_the_wire(lab: Lab) -> None:
    """Codes go to GetSessionToken alone, AssumeRole carries none, and every S3 request names the bucket's owner."""
    with tapped(lab.sandbox.endpoint) as wire:
        env = {"AWS_ENDPOINT_URL": wire.endpoint}
        playbook = str(lab.playbook())
        planned = lab.run("plan", playbook, "--output", "json", code=lab.sandbox.code(), env=env)
        confirm = planned.data["confirm"]
        before = len(wire.exchanges)
        applied = lab.run("apply", playbook, "--confirm", confirm, code=lab.sandbox.code(), env=env)

    assert (planned.code, applied.code) == (0, 0), applied.err
    assert len(wire.calls("GetSessionToken")) == 2
    assumed = wire.calls("AssumeRole")
    assert len(assumed) >= 4
    for exchange in assumed:
        assert not {"SerialNumber", "TokenCode"} & set(exchange.form)
        assert "aws:MultiFactorAuthPresent" in exchange.form["Policy"]
        assert exchange.form["DurationSeconds"] == "900"
    s3 = [exchange for exchange in wire.exchanges if exchange.path.startswith(f"/{BUCKET}")]
    assert {exchange.headers.get("x-amz-expected-bucket-owner") for exchange in s3} == {"222222222222"}
    writes = [exchange for exchange in s3 if exchange.method in {"DELETE", "POST", "PUT"}]
    assert writes
    assert not [exchange for exchange in writes if exchange in wire.exchanges[:before]], "plan writes nothing"
    tags = [re.search(r"runner-intent/(\S+)", exchange.headers["User-Agent"]) for exchange in writes]
    intents = [record for record in lab.records() if record["type"] == "call.intent"]
    assert [found.group(1).split(".")[1] for found in tags if found] == [str(record["seq"]) for record in intents]
