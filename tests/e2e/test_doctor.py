"""``runner doctor`` against every usual mistake, made for real: which line finds it, what it says, and how it ends."""

from __future__ import annotations

import configparser
import subprocess
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pytest

from runner.aws import clients
from tests.conftest import BUCKET, Lab, role
from tests.e2e.doctoring import ROLE_ARN, doctor, with_config
from tests.e2e.driving import here
from tests.e2e.test_credentials import files
from tests.e2e.test_guards import BOOL_ONLY, Change, bucket_of, statement, without
from tests.e2e.watching import FULL, contents
from tests.e2e.wire import Answer, tapped

ROLE = ("--role-arn", ROLE_ARN)
ALICE, BOB = "arn:aws:iam::111111111111:mfa/alice", "arn:aws:iam::111111111111:mfa/bob"
MFA_DELETE = (
    b'<VersioningConfiguration xmlns="http://s3.amazonaws.com/doc/2006-03-01/"><Status>Enabled</Status>'
    b"<MfaDelete>Enabled</MfaDelete></VersioningConfiguration>"
)
OF_THE_ROLE = {"role", "live proof", "role policies", "simulator", "trust policy"}
Environment = Mapping[str, "str | None"]


def operator(world: dict[str, Any]) -> dict[str, Any]:
    """Return the operator of a world."""
    found: dict[str, Any] = world["accounts"][0]["users"][0]
    return found


def silent(parser: configparser.RawConfigParser) -> None:
    """Take the command for codes away from the operator's profile."""
    parser.remove_option("profile alice", "mfa_process")


@pytest.fixture
def _fresh_settings(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let no AWS file of another test be remembered: a process reads them once."""
    monkeypatch.setattr(clients, "_sessions", {})


def keys(answer: Mapping[str, Any]) -> dict[str, str | None]:
    """Return the environment with the credentials of an answer of STS, and no profile."""
    found = answer["Credentials"]
    return {
        "AWS_PROFILE": None,
        "AWS_ACCESS_KEY_ID": found["AccessKeyId"],
        "AWS_SECRET_ACCESS_KEY": found["SecretAccessKey"],
        "AWS_SESSION_TOKEN": found["SessionToken"],
    }


def test_a_good_set_up(lab: Lab) -> None:
    """Everything from the AWS files to each target's policy is looked at and found good; nothing is written."""
    found = doctor(lab, str(lab.playbook()), code=lab.sandbox.code())

    assert found.ended.code == 0, found.ended.err
    assert (found.problems, found.unsure, found.unseen) == ({}, {}, {})
    assert [line["name"] for line in found.lines] == [
        *(
            "playbook",
            "AWS files",
            "region",
            "keys",
            "STS",
            "clock",
            "access key",
            "identity",
            "MFA device",
            "mfa_process",
        ),
        *("MFA code", "role", "live proof", "role policies", "simulator", "trust policy", "account"),
        *("step empty", "step empty", "step empty", "step bucket", "audit log", "disk space", "git"),
    ]
    assert "alice works" not in found.fine["access key"]
    assert "arn:aws:iam::111111111111:user/alice" in found.fine["access key"]
    assert "may do with MFA only" in found.fine["live proof"]
    assert (
        "statement DeleteOnlyWithMfa of the target's policy: it denies whoever has no MFA" in found.fine["step empty"]
    )
    assert "S3 MFA Delete is off" in found.fine["step empty"]
    assert contents(lab) == FULL
    assert not lab.ledger.exists()


def test_without_a_code_and_without_a_role(lab: Lab) -> None:
    """What needs a code or a role is not examined, and says why; the rest is."""
    alone, unnamed = doctor(lab), doctor(lab, code=lab.sandbox.code())

    assert alone.ended.code == unnamed.ended.code == 0
    assert set(alone.unseen) == {"MFA code", *OF_THE_ROLE}
    assert "--no-code" in alone.unseen["role"]
    assert "run without --no-code" in alone.unseen["MFA code"]
    assert set(unnamed.unseen) == OF_THE_ROLE
    assert "give a PLAYBOOK or --role-arn" in unnamed.unseen["role"]


def test_options_that_contradict_each_other(lab: Lab) -> None:
    """One of the three names the role, and --live needs codes; both are wrong usage."""
    both = here(lab, "doctor", str(lab.playbook()), *ROLE)
    coded = here(lab, "doctor", "--live", ROLE_ARN, "--no-code")
    other = here(lab, "doctor", "--role-arn", "arn:aws:iam::222222222222:user/Teardown")

    assert (both.code, coded.code, other.code) == (2, 2, 2)
    assert "give one of the three" in both.said
    assert "--live needs codes" in coded.said
    assert "not the ARN of a role" in other.said


def test_the_profile_that_loses_mfa_elsewhere(lab: Lab) -> None:
    """role_arn + mfa_serial, the usual mistake: a note says what other tools do; the profile's role is taken."""
    found = doctor(lab, "--profile", "teardown", code=lab.sandbox.code())

    assert found.ended.code == 0
    assert "the AWS CLI gives the MFA code to sts:AssumeRole" in found.fine["keys"]
    assert "other tools lose MFA with this profile" in found.fine["keys"]
    assert "assumed-role/Teardown" in found.fine["role"]


def test_a_code_that_was_given_to_assume_role(lab: Lab) -> None:
    """A session of the other usual mistake is recognised by whose it is, and what happened to the code is told."""
    answer = lab.client("sts", "alice").assume_role(
        RoleArn=ROLE_ARN, RoleSessionName="alice", SerialNumber=ALICE, TokenCode=lab.sandbox.code()
    )
    found = doctor(lab, *ROLE, env=keys(answer), sends=True)

    assert found.ended.code == 3
    assert set(found.problems) == {"identity"}
    assert "If a code was given to sts:AssumeRole" in found.problems["identity"]
    assert "the session does not carry it" in found.problems["identity"]
    assert "use the access key of an IAM user" in found.problems["identity"]
    assert "identity" in found.unseen["MFA device"]


def test_sessions_of_a_user(lab: Lab) -> None:
    """Only the live proof tells a session with MFA from one without; one that is over is refused at once."""
    sts = lab.client("sts", "alice")
    with_code = keys(sts.get_session_token(SerialNumber=ALICE, TokenCode=lab.sandbox.code(), DurationSeconds=900))
    good = doctor(lab, *ROLE, env=with_code, sends=True)
    bare = doctor(lab, *ROLE, env=keys(sts.get_session_token()), sends=True)
    lab.sandbox.advance(1000)
    over = doctor(lab, *ROLE, env=with_code, sends=True)

    assert good.ended.code == 0
    assert "none was asked for" in good.fine["MFA code"]
    assert set(bare.problems) == {"live proof"}
    assert "does not carry MFA" in bare.problems["live proof"]
    assert "AccessDenied" in bare.problems["live proof"]
    assert set(over.problems) == {"access key"}
    assert "ExpiredToken" in over.problems["access key"]


def broken(lab: Lab) -> Environment:
    """Return the environment with a config file that is none."""
    return files(lab, "alice", config="[profile alice\n")


def without_files(lab: Lab) -> Environment:
    """Return an environment without files and keys."""
    gone = str(lab.directory / "gone")
    return {"AWS_CONFIG_FILE": gone, "AWS_SHARED_CREDENTIALS_FILE": gone, "AWS_PROFILE": None}


def with_sso(lab: Lab) -> Environment:
    """Return the environment with a profile of IAM Identity Center."""
    return files(lab, "corp", config="[profile corp]\nsso_session = x\nsso_account_id = 1\nsso_role_name = y\n")


def deleted(lab: Lab) -> Environment:
    """Return the environment with a key that AWS does not know."""
    del lab
    return {"AWS_PROFILE": None, "AWS_ACCESS_KEY_ID": "AKIAQQQQQQQQQQQQQQQQ", "AWS_SECRET_ACCESS_KEY": "x" * 40}


def mistyped(lab: Lab) -> Environment:
    """Return the environment with the operator's key and a wrong secret."""
    return {**deleted(lab), "AWS_ACCESS_KEY_ID": lab.keys("alice")["aws_access_key_id"]}


@pytest.mark.usefixtures("_fresh_settings")
@pytest.mark.parametrize(
    ("environment", "line", "words"),
    [
        (broken, "AWS files", ("cannot be parsed", "outside a [section]")),
        (lambda _: {"AWS_PROFILE": "nobody"}, "keys", ("no AWS profile 'nobody'", "the files have: admin-auth")),
        (without_files, "keys", ("there are no AWS credentials", "AWS_ACCESS_KEY_ID")),
        (with_sso, "keys", ("IAM Identity Center", "never carry MFA context", "a TOTP device")),
        (deleted, "access key", ("does not know access key AKIAQ", "InvalidClientTokenId", "deleted or inactive")),
        (mistyped, "access key", ("the secret key does not belong", "SignatureDoesNotMatch", "copy the secret key")),
        (lambda _: {"AWS_ENDPOINT_URL": "http://127.0.0.1:9"}, "STS", ("cannot be reached", "check the network")),
    ],
    ids=["config", "profile", "no keys", "SSO", "deleted key", "wrong secret", "unreachable"],
)
def test_keys(lab: Lab, environment: Callable[[Lab], Environment], line: str, words: tuple[str, ...]) -> None:
    """The line that fails says what is wrong and what to do; what needs it says that it was not looked at."""
    found = doctor(lab, *ROLE, env=environment(lab), sends=True)

    assert found.ended.code == 3
    assert set(found.problems) == {line}
    for word in words:
        assert word in found.problems[line]
    assert f'"{line}" has a problem' in found.unseen["role"]
    assert found.fine["git"]
    assert "Traceback" not in found.ended.err


def test_keys_that_others_can_read(lab: Lab) -> None:
    """A credentials file of mode 0644 is a note with the command that closes it."""
    path = Path(lab.sandbox.environment["AWS_SHARED_CREDENTIALS_FILE"])
    copy = lab.directory / "credentials"
    copy.write_bytes(path.read_bytes())
    copy.chmod(0o644)
    found = doctor(lab, env={"AWS_SHARED_CREDENTIALS_FILE": str(copy)})

    assert found.ended.code == 0
    assert f"chmod 600 {copy}" in found.fine["AWS files"]


@pytest.mark.parametrize(
    ("serial", "words"),
    [
        (BOB, ("not one of the user's devices", ALICE, "correct mfa_serial")),
        ("arn:aws:iam::111111111111:user/alice", ("the ARN of a user, not of a device",)),
        ("arn:aws:iam::111111111111:u2f/user/alice/key-A", ("is a passkey", "register a TOTP device beside")),
    ],
    ids=["of another user", "user", "passkey"],
)
def test_the_wrong_device(lab: Lab, serial: str, words: tuple[str, ...]) -> None:
    """A device that is not the user's, or none, is found before a code is spent."""
    lab.world(lambda world: world["accounts"][0]["users"].append({"name": "bob", "mfa_devices": ["bob"]}))
    found = doctor(lab, *ROLE, "--mfa-serial", serial, code=lab.sandbox.code())

    assert set(found.problems) == {"MFA device"}
    for word in words:
        assert word in found.problems["MFA device"]
    assert '"MFA device" has a problem' in found.unseen["MFA code"]


def test_devices_that_cannot_be_listed(lab: Lab) -> None:
    """Who may not list devices gets a note; then AWS's refusal of the code names both of its causes."""
    lab.world(lambda world: operator(world)["policies"]["operator"]["Statement"].pop())
    right = doctor(lab, *ROLE, code=lab.sandbox.code())
    wrong = doctor(lab, *ROLE, "--mfa-serial", BOB, code=lab.sandbox.code())

    assert right.ended.code == 0
    assert "cannot be seen: iam:ListMFADevices: AccessDenied" in right.fine["MFA device"]
    assert set(wrong.problems) == {"MFA code"}
    assert "the device is not this user's, or it had too many tries" in wrong.problems["MFA code"]


def test_users_without_a_device_that_makes_codes(lab: Lab) -> None:
    """No device, and passkeys only, are told apart; each has its remedy."""

    def unnamed(parser: configparser.RawConfigParser) -> None:
        parser.remove_option("profile alice", "mfa_serial")

    def without_devices(world: dict[str, Any]) -> None:
        operator(world)["mfa_devices"] = []

    passkey = (
        b'<ListMFADevicesResponse xmlns="https://iam.amazonaws.com/doc/2010-05-08/"><ListMFADevicesResult>'
        b"<IsTruncated>false</IsTruncated><MFADevices><member><UserName>alice</UserName><SerialNumber>"
        b"arn:aws:iam::111111111111:u2f/user/alice/key-A</SerialNumber></member></MFADevices>"
        b"</ListMFADevicesResult></ListMFADevicesResponse>"
    )
    lab.world(without_devices)
    none = doctor(lab, *ROLE, env=with_config(lab, unnamed), sends=True)
    with tapped(lab.sandbox.endpoint) as wire:
        wire.fault = lambda _method, _path, body: Answer(200, passkey) if b"ListMFADevices" in body else None
        way = {**with_config(lab, unnamed), "AWS_ENDPOINT_URL": wire.endpoint}
        only = doctor(lab, *ROLE, env=way, sends=True)

    assert set(none.problems) == set(only.problems) == {"MFA device"}
    assert "has no MFA device" in none.problems["MFA device"]
    assert "has only passkeys" in only.problems["MFA device"]
    assert "register a TOTP device beside the passkey" in only.problems["MFA device"]


@pytest.mark.parametrize(
    ("command", "line", "words"),
    [
        ("runner-no-such-command", "mfa_process", "is not found, or cannot be run"),
        ("false", "MFA code", "ended with exit code 1"),
        ("echo 000000", "MFA code", "wrong, expired or was used before"),
        ("echo secret", "MFA code", "mfa_process"),
    ],
)
def test_the_command_for_codes(lab: Lab, command: str, line: str, words: str) -> None:
    """A command that is missing, fails, or prints no good code is a problem; what it printed is shown nowhere."""
    environment = with_config(lab, lambda parser: parser.set("profile alice", "mfa_process", command))
    found = doctor(lab, *ROLE, env=environment, sends=True)

    assert set(found.problems) == {line}
    assert words in found.problems[line]
    assert "secret" not in found.ended.out.replace("secret key", "")


def test_nobody_to_ask(lab: Lab) -> None:
    """Without a terminal and a command no code can be had: it is not examined, and the options that help are named."""
    found = doctor(lab, *ROLE, env=with_config(lab, silent), sends=True)

    assert found.ended.code == 0
    assert "--mfa-code-stdin or --mfa-from COMMAND" in found.unseen["MFA code"]


@pytest.mark.parametrize(
    ("ahead", "code", "words"),
    [(0, 0, "it agrees with AWS"), (100, 0, "s behind AWS"), (-400, 3, "AWS refuses every request")],
)
def test_the_clock(lab: Lab, ahead: float, code: int, words: str) -> None:
    """The clock is compared with AWS's own Date: more than five minutes are a problem, more than one a note."""
    with tapped(lab.sandbox.endpoint) as wire:
        wire.ahead = ahead
        found = doctor(lab, env={**with_config(lab, silent), "AWS_ENDPOINT_URL": wire.endpoint})

    assert found.ended.code == code
    assert words in {**found.fine, **found.problems}["clock"]
    assert ("set the clock (NTP)" in {**found.fine, **found.problems}["clock"]) == (ahead != 0)


def test_a_clock_that_makes_useless_codes(lab: Lab) -> None:
    """Where a command on this machine makes the codes, two minutes are a problem already."""
    with tapped(lab.sandbox.endpoint) as wire:
        wire.ahead = -120
        found = doctor(lab, env={"AWS_ENDPOINT_URL": wire.endpoint})

    assert "AWS refuses the codes that mfa_process makes here" in found.problems["clock"]


def test_something_that_is_not_aws(lab: Lab) -> None:
    """What answers like a sign-in page, or not like AWS, tells nothing: exit 3, because unknown means no."""
    with tapped(lab.sandbox.endpoint) as wire:
        wire.fault = lambda *_: Answer(200, b"<html>sign in</html>")
        page = doctor(lab, *ROLE, code=lab.sandbox.code(), env={"AWS_ENDPOINT_URL": wire.endpoint})
        wire.fault = lambda *_: Answer(503)
        busy = doctor(lab, *ROLE, code=lab.sandbox.code(), env={"AWS_ENDPOINT_URL": wire.endpoint})

    assert page.ended.code == busy.ended.code == 3
    assert page.problems == busy.problems == {}
    assert "what answered is not AWS" in page.unsure["STS"]
    assert "without a request id" in busy.unsure["STS"]
    assert "no Date" in busy.unsure["clock"]
    assert "try again in a minute" in busy.unsure["access key"]


def world_writable(path: Path) -> Path:
    """Make a directory that anybody may write to."""
    path.mkdir()
    path.chmod(0o777)
    return path


@pytest.mark.parametrize(
    ("make", "words"),
    [
        (lambda _: Path("/dev/null/ledger"), ("/dev/null cannot be written to", "set RUNNER_LEDGER")),
        (lambda path: path.write_text("x") and path, ("is not a directory",)),
        (world_writable, ("others may write to", "mode 0777", "chmod 700")),
        (lambda _: Path("ledger"), ("not an absolute path",)),
    ],
    ids=["unwritable", "file", "open", "relative"],
)
def test_the_place_of_the_audit_log(lab: Lab, make: Callable[[Path], Path], words: tuple[str, ...]) -> None:
    """A place where the log cannot be, or not safely, is a problem; nothing is made there."""
    place = make(lab.directory / "place")
    found = doctor(lab, env={"RUNNER_LEDGER": str(place)})

    assert found.ended.code == 3
    for word in words:
        assert word in found.problems["audit log"]
    assert '"audit log" has a problem' in found.unseen.get("disk space", "") or found.problems["audit log"]


def test_a_full_disk(lab: Lab) -> None:
    """A disk with less room than a long run may need is a problem."""
    place = lab.directory / "disk"
    place.mkdir()
    mount = ("mount", "-t", "tmpfs", "-o", "size=1m,mode=700", "tmpfs", str(place))
    if subprocess.run(mount, check=False, capture_output=True).returncode != 0:
        pytest.skip("only root can mount a file system")
    try:
        found = doctor(lab, env={"RUNNER_LEDGER": str(place / "ledger")})
    finally:
        subprocess.run(("umount", str(place)), check=True)

    assert found.ended.code == 3
    assert "1 MiB are free" in found.problems["disk space"]
    assert "RUNNER_LEDGER elsewhere" in found.problems["disk space"]


def test_no_git(lab: Lab) -> None:
    """Without git there is a note: the log will not name a playbook's commit."""
    found = doctor(lab, env={"PATH": "/nonexistent"})

    assert "will not say which commit" in found.fine["git"]


def trust(**changes: Any) -> Change:
    """Return the change that edits the role's trust policy."""
    return lambda world: role(world)["trust"]["Statement"][0].update(changes)


@pytest.mark.parametrize(
    ("change", "line", "words"),
    [
        (trust(Principal={"AWS": "arn:aws:iam::333333333333:root"}), "role", ("trust policy must name", "external id")),
        (without("iam:GetRole"), "live proof", ("never looked at MFA", "grant the role iam:GetRole on its own ARN")),
        (
            without("iam:SimulatePrincipalPolicy"),
            "simulator",
            ("AccessDenied", f"grant the role iam:SimulatePrincipalPolicy on {ROLE_ARN}"),
        ),
        (
            trust(Condition={"BoolIfExists": {"aws:MultiFactorAuthPresent": "true"}}),
            "trust policy",
            ("it allows a user's access key", 'should be {"Bool":{"aws:MultiFactorAuthPresent":"true"}}'),
        ),
    ],
    ids=["not trusted", "GetRole", "simulator", "hole"],
)
def test_the_role(lab: Lab, change: Change, line: str, words: tuple[str, ...]) -> None:
    """What the role lacks is named with the permission that helps; a hole of its trust policy with the condition."""
    lab.world(change)
    found = doctor(lab, *ROLE, code=lab.sandbox.code())

    assert found.ended.code == 3
    assert set(found.problems) == {line}
    for word in words:
        assert word in found.problems[line]


def reads_itself(world: dict[str, Any]) -> None:
    """Let the role read its own policies, one of which has a hole."""
    policy = role(world)["policies"]["teardown"]
    policy["Statement"].append({"Effect": "Allow", "Action": ["iam:GetRolePolicy", "iam:List*"], "Resource": ROLE_ARN})
    policy["Statement"][-2]["Condition"] = {"BoolIfExists": {"aws:MultiFactorAuthPresent": "true"}}


def test_the_policies_of_the_role(lab: Lab) -> None:
    """Its own policies are read where the role may, and judged; where it may not simulate, they are enough."""
    lab.world(reads_itself)
    read = doctor(lab, *ROLE, code=lab.sandbox.code())

    def blind(world: dict[str, Any]) -> None:
        without("iam:SimulatePrincipalPolicy")(world)
        reads_itself(world)

    lab.world(blind)
    alone = doctor(lab, *ROLE, code=lab.sandbox.code())

    assert set(read.problems) == set(alone.problems) == {"role policies"}
    assert "all 1 were read" in read.fine["role policies"]
    assert "of teardown: it allows a user's access key" in read.problems["role policies"]
    assert "runner judges by them alone AccessDenied grant the role iam:Simulate" in alone.fine["simulator"]


def test_what_refuses_a_playbook_before_aws_is_asked(lab: Lab) -> None:
    """The playbook's time and the guardrails are looked at as `plan` does; a closed calendar is found by asking."""
    place = lab.directory / "floor.yaml"
    place.write_text("version: 1\ncalendars: [Freeze]\nrequire: [ticket]\n", encoding="utf-8")

    def over(data: dict[str, Any]) -> None:
        data.pop("ticket", None)
        data["valid"] = {"until": "2020-01-01T00:00:00Z"}

    refused = doctor(lab, str(lab.playbook(over)), "--guardrails", str(place))
    place.write_text("version: 1\ncalendars: [Freeze]\n", encoding="utf-8")
    with tapped(lab.sandbox.endpoint) as wire:
        wire.fault = lambda _method, _path, body: (
            Answer(200, b'{"State":"CLOSED"}') if b"CalendarNames" in body else None
        )
        way = {"AWS_ENDPOINT_URL": wire.endpoint}
        floor = ("--guardrails", str(place))
        closed = doctor(lab, str(lab.playbook()), *floor, code=lab.sandbox.code(), env=way)

    assert refused.ended.code == closed.ended.code == 3
    assert "was valid until 2020-01-01" in refused.problems["playbook"]
    assert "ticket" in refused.problems["playbook"]
    assert f"as {place} demands" in closed.fine["playbook"]
    assert closed.problems == {"calendars": "the change calendar Freeze is closed wait until it is open"}


def test_a_trust_policy_that_demands_mfa(lab: Lab) -> None:
    """A trust policy with a sound condition lets the chain through, and is praised."""
    lab.world(trust(Condition={"Bool": {"aws:MultiFactorAuthPresent": "true"}}))
    found = doctor(lab, *ROLE, code=lab.sandbox.code())

    assert found.ended.code == 0
    assert "it allows nobody without MFA" in found.fine["trust policy"]


@pytest.mark.parametrize(
    ("change", "line", "words"),
    [
        (
            statement(Condition=BOOL_ONLY),
            "step empty",
            ("does not deny a user's access key", 'should be {"BoolIfExists":{"aws:MultiFactorAuthPresent":"false"}}'),
        ),
        (
            without("s3:GetBucketPolicy"),
            "step bucket",
            ("s3:GetBucketPolicy is refused", f"grant the role s3:GetBucketPolicy on arn:aws:s3:::{BUCKET}"),
        ),
        (
            without("s3:ListBucket"),
            "step bucket",
            ("s3:HeadBucket is refused", f"grant the role s3:ListBucket on arn:aws:s3:::{BUCKET}", "403"),
        ),
        (
            lambda world: world["accounts"][1].update(alias="acme-production"),
            "account",
            ("has acme-production, the playbook says acme-staging",),
        ),
    ],
    ids=["Bool", "policy", "probe", "alias"],
)
def test_the_targets(lab: Lab, change: Change, line: str, words: tuple[str, ...]) -> None:
    """A hole of the bucket policy, a read that the role may not do, and another account are found by really reading."""
    lab.world(change)
    found = doctor(lab, str(lab.playbook()), code=lab.sandbox.code())

    assert found.ended.code == 3
    for word in words:
        assert word in found.problems[line]


def test_targets_without_protection(lab: Lab) -> None:
    """No bucket policy leaves MFA to the role, which is a note; an absent target has nothing to read."""
    lab.world(lambda world: bucket_of(world).pop("policy"))
    bare = doctor(lab, str(lab.playbook()), code=lab.sandbox.code())
    lab.world(lambda world: world["accounts"][1].pop("buckets"))
    gone = doctor(lab, str(lab.playbook()), code=lab.sandbox.code())

    assert bare.ended.code == gone.ended.code == 0
    assert "no policy of its own then a policy of the role must ask for MFA" in bare.fine["step empty"]
    assert "is absent: there is nothing to read" in gone.fine["step bucket"]


def test_mfa_delete_taken_for_an_mfa_condition(lab: Lab) -> None:
    """S3 MFA Delete is a problem, and told apart from the condition, which the bucket's policy has not."""
    lab.world(statement(Condition={"Bool": {"aws:SecureTransport": "false"}}))
    with tapped(lab.sandbox.endpoint) as wire:
        wire.fault = lambda _method, path, _body: Answer(200, MFA_DELETE) if path.endswith("?versioning") else None
        way = {"AWS_ENDPOINT_URL": wire.endpoint}
        found = doctor(lab, str(lab.playbook()), code=lab.sandbox.code(), env=way)

    assert "it wants a code of the root user's device" in found.problems["step empty"]
    assert "its policy has no MFA condition" in found.problems["step empty"]
    assert "switch MFA Delete off as the root user" in found.problems["step empty"]
