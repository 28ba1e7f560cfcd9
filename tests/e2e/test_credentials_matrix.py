"""Sources of keys by devices by codes by ways to the bucket: what comes out is MFA, or a refusal that says why.

Every row runs the command itself against the sandbox and then tries what came out on the bucket that nobody can delete
without MFA. It is not empty: a session with MFA is told so, one without is denied.
"""

from __future__ import annotations

import json
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any
from unittest import mock

import boto3
import botocore.session
import pytest
from botocore.config import Config
from botocore.exceptions import ClientError

from tests.conftest import BUCKET, Ended, Lab
from tests.e2e.operators import (
    DEVICE,
    LIFELONG,
    ON_A_ROLE,
    PASSKEY,
    PLAIN,
    REGION,
    ROLE,
    USER,
    OperatorSetup,
    Part,
    credentials_file,
    environment_keys,
    exported,
    found_by_asking,
    from_command,
    from_profile,
    from_stdin,
    named_by_option,
    named_by_role_profile,
    named_by_user_profile,
    own_source_profile,
    role_profile,
)


def accepted() -> list[tuple[Part, Part, Part]]:
    """Return every source with every device that goes with it; the sources of codes take turns."""
    pairs: list[tuple[Part, Part]] = [(environment_keys, device) for device in (named_by_option, found_by_asking)]
    pairs += [
        (source, device) for source in PLAIN for device in (named_by_option, named_by_user_profile, found_by_asking)
    ]
    pairs += [
        (source, device)
        for source in ON_A_ROLE
        for device in (named_by_option, named_by_user_profile, named_by_role_profile, found_by_asking)
    ]
    rows: list[tuple[Part, Part, Part]] = []
    for source, device in pairs:
        codes = (from_stdin, from_command) + ((from_profile,) if source is not environment_keys else ())
        rows.append((source, device, codes[len(rows) % len(codes)]))
    return rows


def name_of(part: object) -> str:
    """Return a part's name, for the list of tests."""
    return getattr(part, "__name__", "")


@pytest.fixture
def operator(lab: Lab) -> OperatorSetup:
    """Return an empty set-up."""
    return OperatorSetup(lab)


def s3_of(lab: Lab, session: dict[str, Any]) -> Any:
    """Return an S3 client that signs with a session as STS gives it."""
    return boto3.client(
        "s3",
        endpoint_url=lab.sandbox.endpoint,
        region_name=REGION,
        aws_access_key_id=session["AccessKeyId"],
        aws_secret_access_key=session["SecretAccessKey"],
        aws_session_token=session["SessionToken"],
        config=Config(retries={"total_max_attempts": 1}),
    )


def answer_to_deletion(s3: Any) -> str:
    """Return AWS's code and words when the protected bucket is deleted."""
    with pytest.raises(ClientError) as caught:
        s3.delete_bucket(Bucket=BUCKET)
    error = caught.value.response["Error"]
    return f"{error['Code']}: {error['Message']}"


def assert_carries_mfa(lab: Lab, ended: Ended) -> None:
    """Fail unless what came out passes the bucket's policy, and the proof was told."""
    assert ended.code == 0, ended.err
    assert answer_to_deletion(s3_of(lab, ended.data["Credentials"])).startswith("BucketNotEmpty")


def assert_refused(ended: Ended, *words: str, code: int = 4) -> None:
    """Fail unless only the error came out, every word was said, and nothing was touched."""
    assert ended.code == code, ended.err
    assert [*ended.data] == ["format", "error"]
    assert ended.data["error"]["exit_code"] == code
    assert "Traceback" not in ended.err
    for word in (*words, "touched: nothing was touched", "next: "):
        assert word in ended.said


@pytest.mark.parametrize(("source", "device", "code"), accepted(), ids=name_of)
def test_every_set_up_of_a_user_with_a_device_becomes_mfa(
    operator: OperatorSetup, source: Part, device: Part, code: Part
) -> None:
    """One code, used once; the role is assumed without it; the winner is told; what comes out carries MFA."""
    for part in (source, device, code):
        part(operator)
    ended, wire = operator.export()

    assert_carries_mfa(operator.lab, ended)
    assert "proven: arn:aws:sts::222222222222:assumed-role/Teardown/alice carries MFA" in ended.said
    assert f"identity: {USER}, " in ended.said
    assert ("with profile" in ended.said) is (source in ON_A_ROLE)
    (given,) = wire.calls("GetSessionToken")
    assert given.form["SerialNumber"] == DEVICE
    assert not any({"SerialNumber", "TokenCode"} & set(exchange.form) for exchange in wire.calls("AssumeRole"))


def test_all_pairs_are_there() -> None:
    """Every source meets every source of codes that goes with it, and so does every device."""
    rows = accepted()
    by_source = {source: {code for found, _, code in rows if found is source} for source, _, _ in rows}
    by_device = {device: {code for _, found, code in rows if found is device} for _, device, _ in rows}

    assert by_source.pop(environment_keys) == {from_stdin, from_command}
    assert all(len(codes) == 3 for codes in (*by_source.values(), *by_device.values()))


# Sessions of the user that were made elsewhere.


def session_of_alice(operator: OperatorSetup, *, mfa: bool = True) -> dict[str, Any]:
    """Return a session that GetSessionToken made, with a code or without one."""
    code = {"SerialNumber": DEVICE, "TokenCode": operator.lab.sandbox.code()} if mfa else {}
    session: dict[str, Any] = operator.lab.client("sts", "alice").get_session_token(**code)["Credentials"]
    return session


def in_environment(operator: OperatorSetup, session: dict[str, Any]) -> None:
    """Let a session stand in the environment."""
    operator.selected = ""
    operator.environment.update(exported({"Credentials": session}))


def in_profile(operator: OperatorSetup, session: dict[str, Any]) -> None:
    """Let a session stand in a profile, as `aws configure mfa-login` writes it."""
    operator.credentials["alice"] = {
        "aws_access_key_id": session["AccessKeyId"],
        "aws_secret_access_key": session["SecretAccessKey"],
        "aws_session_token": session["SessionToken"],
    }


def printed(operator: OperatorSetup, session: dict[str, Any]) -> None:
    """Let a command print a session, as aws-vault does."""
    path = operator.lab.directory / "session.json"
    names = ("AccessKeyId", "SecretAccessKey", "SessionToken")
    answer = {"Version": 1, **{name: session[name] for name in names}, "Expiration": LIFELONG}
    path.write_text(json.dumps(answer), encoding="utf-8")
    operator.set("alice", credential_process=f"cat '{path}'")


def under_a_role_profile(operator: OperatorSetup, session: dict[str, Any]) -> None:
    """Let a role profile rest on a profile with a session: the recipe with GetSessionToken that people write down."""
    in_profile(operator, session)
    operator.selected = "teardown"
    operator.set("teardown", role_arn=ROLE, source_profile="alice")


@pytest.mark.parametrize("place", [in_environment, in_profile, printed, under_a_role_profile], ids=name_of)
def test_a_ready_made_session_with_mfa_is_taken(
    operator: OperatorSetup, place: Callable[[OperatorSetup, dict[str, Any]], None]
) -> None:
    """No code is asked for; that it is not proven yet is said, then that it is."""
    place(operator, session_of_alice(operator))
    ended, wire = operator.export("--region", REGION)

    assert_carries_mfa(operator.lab, ended)
    assert "a ready-made session, MFA not proven yet" in ended.said
    assert "carries MFA" in ended.said
    assert wire.calls("GetSessionToken") == []


@pytest.mark.parametrize("place", [in_environment, printed], ids=name_of)
def test_a_ready_made_session_without_mfa_is_found_out(
    operator: OperatorSetup, place: Callable[[OperatorSetup, dict[str, Any]], None]
) -> None:
    """AWS lets it assume the role; the proof fails, and nothing is handed out."""
    place(operator, session_of_alice(operator, mfa=False))
    ended, _ = operator.export("--region", REGION)

    assert_refused(ended, "does not carry MFA", "(request ", "runner doctor explains")


# Identities that cannot carry MFA.


@pytest.mark.parametrize(
    ("settings", "environment", "word"),
    [
        ({"sso_session": "acme", "sso_account_id": "222222222222"}, {}, "IAM Identity Center (sso_session)"),
        ({"sso_start_url": "https://acme.awsapps.com/start"}, {}, "IAM Identity Center (sso_start_url)"),
        ({"web_identity_token_file": "/token", "role_arn": ROLE}, {}, "a web identity token"),
        ({"role_arn": ROLE, "credential_source": "Ec2InstanceMetadata"}, {}, "the identity of a machine"),
        ({"role_arn": ROLE, "credential_source": "EcsContainer"}, {}, "the identity of a machine"),
        ({"login_session": "arn:aws:iam::111111111111:user/alice"}, {}, "`aws login`"),
        ({}, {"AWS_WEB_IDENTITY_TOKEN_FILE": "/token"}, "a web identity token"),
        ({}, {"AWS_CONTAINER_CREDENTIALS_RELATIVE_URI": "/creds"}, "the role of a container"),
        ({}, {"AWS_CONTAINER_CREDENTIALS_FULL_URI": "http://169.254.170.23/v1/credentials"}, "the role of a container"),
        ({}, {}, "there are no AWS credentials"),
    ],
    ids=lambda value: "" if isinstance(value, dict) else value,
)
def test_a_source_that_cannot_carry_mfa_is_refused_by_name(
    operator: OperatorSetup, settings: dict[str, str], environment: dict[str, str], word: str
) -> None:
    """Nothing is sent, no code is taken, and what to use instead is said; no other source is looked for."""
    operator.selected = "elsewhere" if settings else ""
    if settings:
        operator.set("elsewhere", **settings)
    operator.environment.update(environment)
    from_stdin(operator)
    ended, wire = operator.export()

    assert_refused(ended, word, "use the access key of an IAM user that has a TOTP device")
    assert wire.exchanges == []


def assumed_role(operator: OperatorSetup) -> None:
    """Let a role session stand in the environment, made with a code."""
    made = operator.lab.client("sts", "alice").assume_role(
        RoleArn=ROLE, RoleSessionName="alice", SerialNumber=DEVICE, TokenCode=operator.lab.sandbox.code()
    )
    in_environment(operator, made["Credentials"])


def caller(arn: str) -> Part:
    """Let AWS say that the key is somebody's."""

    def part(operator: OperatorSetup) -> None:
        credentials_file(operator)
        operator.answers["GetCallerIdentity"] = caller_identity(arn)

    part.__name__ = arn
    return part


def caller_identity(arn: str) -> str:
    """Return STS's answer that says who is asking."""
    account = arn.split(":")[4]
    return (
        '<GetCallerIdentityResponse xmlns="https://sts.amazonaws.com/doc/2011-06-15/"><GetCallerIdentityResult>'
        f"<Arn>{arn}</Arn><UserId>AIDAEXAMPLE</UserId><Account>{account}</Account></GetCallerIdentityResult>"
        "<ResponseMetadata><RequestId>r-1</RequestId></ResponseMetadata></GetCallerIdentityResponse>"
    )


@pytest.mark.parametrize(
    ("source", "word"),
    [
        (assumed_role, "this is a role session: it cannot ask for a session with MFA"),
        (caller("arn:aws:iam::111111111111:root"), "the root user cannot assume roles"),
        (caller("arn:aws:sts::111111111111:federated-user/alice"), "this is a federated user"),
        (
            caller("arn:aws:sts::111111111111:assumed-role/AWSReservedSSO_Admin_0123456789abcdef/alice"),
            "this is a role session of IAM Identity Center",
        ),
    ],
    ids=name_of,
)
def test_an_identity_that_cannot_carry_mfa_is_refused_by_name(operator: OperatorSetup, source: Part, word: str) -> None:
    """AWS says who it is; that is all that is asked, and the code is not taken."""
    source(operator)
    from_stdin(operator)
    ended, wire = operator.export()

    assert_refused(ended, "cannot carry MFA context", word, "use the access key of an IAM user")
    assert [exchange.form["Action"] for exchange in wire.exchanges] == ["GetCallerIdentity"]


# Devices that make no codes, or are not the user's.


def listing(*serials: str) -> Part:
    """Let AWS list these devices."""
    members = "".join(
        f"<member><UserName>alice</UserName><SerialNumber>{serial}</SerialNumber>"
        f"<EnableDate>2026-01-01T00:00:00Z</EnableDate></member>"
        for serial in serials
    )

    def part(operator: OperatorSetup) -> None:
        operator.answers["ListMFADevices"] = (
            '<ListMFADevicesResponse xmlns="https://iam.amazonaws.com/doc/2010-05-08/"><ListMFADevicesResult>'
            f"<MFADevices>{members}</MFADevices><IsTruncated>false</IsTruncated></ListMFADevicesResult>"
            "<ResponseMetadata><RequestId>r-2</RequestId></ResponseMetadata></ListMFADevicesResponse>"
        )

    return part


def option(serial: str) -> Part:
    """Name a device on the command line."""

    def part(operator: OperatorSetup) -> None:
        operator.options += ["--mfa-serial", serial]

    return part


def profile_serial(serial: str) -> Part:
    """Name a device in the user's profile."""

    def part(operator: OperatorSetup) -> None:
        operator.set("alice", mfa_serial=serial)

    return part


@pytest.mark.parametrize(
    ("device", "words"),
    [
        (profile_serial(PASSKEY), ("is a passkey, which makes no codes", "register a TOTP device beside")),
        (profile_serial(USER), ("is the ARN of a user, not of a device", "mfa_serial of profile 'alice'")),
        (option(USER), ("is the ARN of a user, not of a device", "--mfa-serial")),
        (option("arn:aws:iam::999999999999:mfa/alice"), ("is in another account",)),
        (option("short"), ("is not an MFA serial",)),
        (listing(PASSKEY), ("has only passkeys", "register a TOTP device beside")),
        (listing(), ("has no MFA device", "register a TOTP device")),
        (listing(DEVICE, f"{DEVICE}-phone"), ("has 2 MFA devices", f"{DEVICE}-phone", "--mfa-serial ARN")),
    ],
    ids=[
        "passkey in the profile",
        "user in the profile",
        "user by option",
        "another account's",
        "no serial",
        "only a passkey",
        "none",
        "several and nobody to ask",
    ],
)
def test_a_device_that_makes_no_code_is_caught_before_one_is_spent(
    operator: OperatorSetup, device: Part, words: tuple[str, ...]
) -> None:
    """AWS is never given a code for it: each try would use up one of the few that there are."""
    credentials_file(operator)
    device(operator)
    from_stdin(operator)
    ended, wire = operator.export()

    assert_refused(ended, *words)
    assert wire.calls("GetSessionToken") == []


@pytest.mark.parametrize(
    "device", [listing(PASSKEY, DEVICE), listing(DEVICE, PASSKEY)], ids=["passkey first", "passkey last"]
)
def test_a_totp_device_beside_a_passkey_is_found(operator: OperatorSetup, device: Part) -> None:
    """The remedy works: the passkey is passed over."""
    credentials_file(operator)
    device(operator)
    from_stdin(operator)
    ended, wire = operator.export()

    assert_carries_mfa(operator.lab, ended)
    assert wire.calls("GetSessionToken")[0].form["SerialNumber"] == DEVICE


@pytest.mark.parametrize("serial", [f"{DEVICE}-old", "GAHT12345678"], ids=["another device", "hardware"])
def test_a_device_that_is_not_the_users_is_refused_by_aws(operator: OperatorSetup, serial: str) -> None:
    """Nobody but AWS knows that; both causes of its answer are named."""
    credentials_file(operator)
    option(serial)(operator)
    from_stdin(operator)
    ended, _ = operator.export()

    assert_refused(ended, "unable to validate MFA code", "the device is not this user's", "too many tries", serial)


# Codes that are not good.


def wrong(operator: OperatorSetup) -> None:
    """Give a code that the device does not show."""
    operator.stdin = f"{(int(operator.lab.sandbox.code()) + 1) % 1_000_000:06}"


def used_elsewhere(operator: OperatorSetup) -> None:
    """Give a code that was used by another tool."""
    operator.stdin = operator.lab.sandbox.code()
    operator.lab.client("sts", "alice").get_session_token(SerialNumber=DEVICE, TokenCode=operator.stdin)


def used_here(operator: OperatorSetup) -> None:
    """Give a code that an earlier run gave."""
    from_stdin(operator)
    assert operator.export()[0].code == 0


def typed(text: str) -> Part:
    """Give a text on stdin."""

    def part(operator: OperatorSetup) -> None:
        operator.stdin = text

    part.__name__ = repr(text)
    return part


def command(argv: str) -> Part:
    """Let a command print the code."""

    def part(operator: OperatorSetup) -> None:
        operator.options += ["--mfa-from", argv]

    part.__name__ = argv
    return part


def nobody(operator: OperatorSetup) -> None:
    """Give no code at all."""
    del operator


@pytest.mark.parametrize(
    ("code", "words", "sent"),
    [
        (wrong, ("invalid MFA one time pass code", "the next one comes in", "(request "), 1),
        (used_elsewhere, ("invalid MFA one time pass code", "was used before"), 1),
        (used_here, ("was given before", "nothing was sent"), 0),
        (typed("12345"), ("is not six digits",), 0),
        (typed("1234567"), ("is not six digits",), 0),
        (typed("12345a"), ("is not six digits",), 0),
        (typed(""), ("stdin ended without a code",), 0),
        (command("echo 12345"), ("is not six digits",), 0),
        (command("printf '123456\\n654321\\n'"), ("printed 2 lines",), 0),
        (command("false"), ("exit code 1",), 0),
        (command("no-such-command-here"), ("was not found",), 0),
        (command("ykman:"), ("names nothing behind its colon",), 0),
        (nobody, ("there is no terminal to ask at", "set mfa_process", "--keep-session file"), 0),
    ],
    ids=lambda value: name_of(value) if callable(value) else "",
)
def test_a_code_that_is_not_good_is_tried_once_or_never(
    operator: OperatorSetup, code: Part, words: tuple[str, ...], sent: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What AWS could not take is not sent, what it refused is not repeated; the code itself is not repeated either."""
    monkeypatch.setattr("runner.cli.credentials_terminal.TERMINAL", Path("/nowhere/tty"))
    credentials_file(operator)
    named_by_user_profile(operator)
    code(operator)
    ended, wire = operator.export()

    assert_refused(ended, *words)
    assert len(wire.calls("GetSessionToken")) == sent
    assert wire.calls("AssumeRole") == []
    assert not operator.stdin or operator.stdin not in ended.err


# Ways.


def plain_role_session(operator: OperatorSetup) -> str:
    """Assume the role with the long-term key."""
    made = operator.lab.client("sts", "alice").assume_role(RoleArn=ROLE, RoleSessionName="alice")
    return answer_to_deletion(s3_of(operator.lab, made["Credentials"]))


def code_given_to_assume_role(operator: OperatorSetup) -> str:
    """Assume the role with the long-term key and a code."""
    made = operator.lab.client("sts", "alice").assume_role(
        RoleArn=ROLE, RoleSessionName="alice", SerialNumber=DEVICE, TokenCode=operator.lab.sandbox.code()
    )
    return answer_to_deletion(s3_of(operator.lab, made["Credentials"]))


def sdk_with_the_profile(operator: OperatorSetup) -> str:
    """Let botocore assume the role of the selected profile; it asks for the code itself, as the AWS CLI does."""
    environment = operator.lab.environment(**operator.environment_of_files())
    with mock.patch.dict(os.environ, environment, clear=True):
        session = botocore.session.Session(profile=operator.selected)
        provider = session.get_component("credential_provider").get_provider("assume-role")
        provider._prompter = lambda _: operator.lab.sandbox.code()
        return answer_to_deletion(session.create_client("s3", region_name=REGION))


@pytest.mark.parametrize("source", [role_profile, own_source_profile], ids=name_of)
@pytest.mark.parametrize("way", [plain_role_session, code_given_to_assume_role, sdk_with_the_profile], ids=name_of)
def test_the_wrong_ways_are_denied_where_ours_is_not(
    operator: OperatorSetup, source: Part, way: Callable[[OperatorSetup], str]
) -> None:
    """From the very same profile: three ways that are denied for the bucket's policy, and the one that is not."""
    source(operator)
    named_by_role_profile(operator)
    refused = way(operator)
    from_stdin(operator)
    ended, _ = operator.export()

    assert refused.startswith("AccessDenied")
    assert "explicit deny in a resource-based policy" in refused
    assert_carries_mfa(operator.lab, ended)


# Partitions.


def put_in_partition(operator: OperatorSetup, partition: str) -> None:
    """Let AWS's answers be those of another partition."""
    user = f"arn:{partition}:iam::111111111111:user/alice"
    role = f"arn:{partition}:iam::222222222222:role/Teardown"
    session = f"arn:{partition}:sts::222222222222:assumed-role/Teardown/alice"
    keys = (
        "<Credentials><AccessKeyId>ASIAEXAMPLE</AccessKeyId><SecretAccessKey>secret</SecretAccessKey>"
        f"<SessionToken>token</SessionToken><Expiration>{LIFELONG}</Expiration></Credentials>"
    )
    assumed = f"<AssumedRoleUser><Arn>{session}</Arn><AssumedRoleId>AROA:alice</AssumedRoleId></AssumedRoleUser>"
    operator.answers.update(
        GetCallerIdentity=caller_identity(user),
        GetSessionToken=f"<GetSessionTokenResponse><GetSessionTokenResult>{keys}</GetSessionTokenResult>"
        "</GetSessionTokenResponse>",
        AssumeRole=f"<AssumeRoleResponse><AssumeRoleResult>{keys}{assumed}</AssumeRoleResult></AssumeRoleResponse>",
        GetRole=f"<GetRoleResponse><GetRoleResult><Role><Arn>{role}</Arn><RoleName>Teardown</RoleName><Path>/</Path>"
        "<RoleId>AROA</RoleId><CreateDate>2026-01-01T00:00:00Z</CreateDate></Role></GetRoleResult></GetRoleResponse>",
    )


@pytest.mark.parametrize(
    ("partition", "region"), [("aws-cn", "cn-north-1"), ("aws-us-gov", "us-gov-west-1"), ("aws", "us-east-1")]
)
def test_every_partition_is_asked_at_home(operator: OperatorSetup, partition: str, region: str) -> None:
    """Where nothing names a region, STS is asked in one of the role's partition, and ARNs of it are understood."""
    operator.credentials["alice"] = operator.key()
    operator.set("alice", mfa_serial=f"arn:{partition}:iam::111111111111:mfa/alice")
    operator.environment.update(AWS_REGION=None, AWS_DEFAULT_REGION=None)
    from_stdin(operator)
    put_in_partition(operator, partition)
    ended, wire = operator.export(role=f"arn:{partition}:iam::222222222222:role/Teardown")

    assert ended.code == 0, ended.err
    assert ended.data["AssumedRoleUser"]["Arn"].startswith(f"arn:{partition}:sts::222222222222:assumed-role/")
    scopes = {exchange.headers["Authorization"].split("/")[2] for exchange in wire.exchanges if exchange.path == "/"}
    assert region in scopes
    (allow, *_) = json.loads(wire.calls("AssumeRole")[0].form["Policy"])["Statement"]
    assert allow["Resource"] == f"arn:{partition}:iam::222222222222:role/Teardown"


def test_a_device_of_another_partition_is_caught(operator: OperatorSetup) -> None:
    """A serial that was copied from another partition's account costs no code."""
    credentials_file(operator)
    option("arn:aws-cn:iam::111111111111:mfa/alice")(operator)
    from_stdin(operator)
    ended, wire = operator.export()

    assert_refused(ended, "is in another account")
    assert wire.calls("GetSessionToken") == []
