"""The operator is one IAM user with one device, found before a code is asked for."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import Any

import pytest

from runner.aws import clients
from runner.aws.operator import ConfiguredOperator
from runner.errors import CredentialsRefused
from runner.model.ports import Operator
from runner.model.session import LongTermIdentity

ALICE = "arn:aws:iam::111111111111:user/alice"
SERIAL = "arn:aws:iam::111111111111:mfa/alice"
OTHER = "arn:aws:iam::111111111111:mfa/other"
PASSKEY = "arn:aws:iam::111111111111:u2f/user/alice/key-1"
WHO = {"Account": "111111111111", "Arn": ALICE, "UserId": "AIDAALICE"}
REGION = "ap-northeast-1"


@pytest.fixture(autouse=True)
def _alice(tmp_path: Path) -> None:
    """Configure alice's key, and a role profile on top of it."""
    (tmp_path / "credentials").write_text(
        "[alice]\naws_access_key_id = AKIAALICE\naws_secret_access_key = s3cret\n", encoding="utf-8"
    )
    (tmp_path / "config").write_text(
        f"[profile prod]\nrole_arn = arn:aws:iam::222222222222:role/R\nsource_profile = alice\nmfa_serial = {SERIAL}\n"
        "mfa_process = ykman oath accounts code --single aws\n"
        f"[profile wrong]\nrole_arn = arn:aws:iam::222222222222:role/R\nsource_profile = alice\nmfa_serial = {ALICE}\n",
        encoding="utf-8",
    )


def operator(script: Any, profile: str = "alice", serial: str | None = None) -> Operator:
    """Return the operator of a profile."""
    return ConfiguredOperator(profile, os.environ, serial, REGION, connect=script.connect)


def found_user(script: Any, profile: str = "alice", serial: str | None = None) -> LongTermIdentity:
    """Find the operator of a profile, who is a user with a long-term key."""
    found = operator(script, profile, serial).identity()
    assert isinstance(found, LongTermIdentity)
    return found


def devices(*serials: str, **more: object) -> dict[str, object]:
    """Return a page of iam:ListMFADevices."""
    listed = [{"UserName": "alice", "SerialNumber": serial, "EnableDate": "2026-01-01"} for serial in serials]
    return {"MFADevices": listed, "IsTruncated": False, **more}


def test_finds_the_user_and_the_one_device(script: Any) -> None:
    """Key from the profile, user from STS, device from IAM; each asked with the long-term key."""
    script.answers("sts", "get_caller_identity", WHO, {})
    script.answers("iam", "list_mfa_devices", devices(PASSKEY, SERIAL), {})

    found = found_user(script)

    assert (found.caller.arn, found.caller.account, found.serial) == (ALICE, "111111111111", SERIAL)
    assert (found.credentials.access_key, found.mfa_process, found.way) == ("AKIAALICE", (), "")
    assert [(service, region, key.access_key) for service, region, key, _ in script.asked] == [
        ("sts", REGION, "AKIAALICE"),
        ("iam", REGION, "AKIAALICE"),
    ]
    assert "s3cret" not in repr(found)


def test_a_role_profile_gives_key_device_and_command(script: Any) -> None:
    """Nothing is listed when the profile names the device."""
    script.answers("sts", "get_caller_identity", WHO, {})

    found = found_user(script, "prod")

    assert found.serial == SERIAL
    assert found.mfa_process == ("ykman", "oath", "accounts", "code", "--single", "aws")
    assert "the AWS CLI gives the MFA code to sts:AssumeRole" in found.way
    assert found.origin.startswith("profile 'alice' in ")


def test_the_option_wins_over_the_profile(script: Any) -> None:
    """--mfa-serial names the device of this run."""
    script.answers("sts", "get_caller_identity", WHO, {})

    assert found_user(script, "prod", OTHER).serial == OTHER


def test_clients_follow_the_chosen_profile(script: Any) -> None:
    """Endpoint and CA settings of later clients are those of the operator's profile."""
    script.answers("sts", "get_caller_identity", WHO, {})

    operator(script, "prod").identity()

    assert clients._chosen == ["prod"]


def test_a_key_from_a_command(script: Any, tmp_path: Path) -> None:
    """The profile's credential_process prints the key."""
    answer = '{"Version": 1, "AccessKeyId": "AKIAPROCESS", "SecretAccessKey": "process-secret"}'
    (tmp_path / "printed").write_text(answer, encoding="utf-8")
    (tmp_path / "config").write_text(
        f"[profile op]\ncredential_process = {sys.executable} -c \"print(open('{tmp_path}/printed').read())\"\n"
        f"mfa_serial = {SERIAL}\n",
        encoding="utf-8",
    )
    script.answers("sts", "get_caller_identity", WHO, {})

    found = operator(script, "op").identity()

    assert (found.credentials.access_key, found.origin) == ("AKIAPROCESS", "credential_process of profile 'op'")


@pytest.mark.parametrize(
    ("arn", "why"),
    [
        ("arn:aws:iam::111111111111:root", "root user"),
        ("arn:aws:sts::111111111111:assumed-role/R/s", "role session"),
        ("arn:aws:sts::111111111111:federated-user/x", "federated user"),
    ],
)
def test_an_identity_that_cannot_carry_mfa_is_refused_before_the_device_is_looked_for(
    script: Any, arn: str, why: str
) -> None:
    """The rule stands in the guard; here it is asked at the right time."""
    script.answers("sts", "get_caller_identity", {**WHO, "Arn": arn}, {})

    with pytest.raises(CredentialsRefused, match=why):
        operator(script).identity()

    assert [service for service, *_ in script.asked] == ["sts"]


@pytest.mark.parametrize(
    ("code", "message", "what", "hint"),
    [
        (
            "InvalidClientTokenId",
            "The security token included in the request is invalid.",
            "AWS does not know access key AKIAALICE",
            "deleted or inactive",
        ),
        (
            "SignatureDoesNotMatch",
            "The request signature we calculated does not match the signature you provided.",
            "the secret key does not belong to access key AKIAALICE",
            "copy the secret key again",
        ),
        (
            "SignatureDoesNotMatch",
            "Signature expired: 20261123T101500Z is now earlier than 20261123T115000Z (20261123T120500Z - 15 min.)",
            "clock",
            "NTP",
        ),
        (
            "SignatureDoesNotMatch",
            "Signature not yet current: 20261123T144500Z is still later than 20261123T122000Z",
            "clock",
            "NTP",
        ),
        ("RequestExpired", "Request has expired.", "clock", "NTP"),
        (
            "ExpiredToken",
            "The security token included in the request is expired",
            "the session from profile 'alice'",
            "make a new one where it came from",
        ),
        ("Throttling", "Rate exceeded", "too busy", "try again"),
        ("SomethingNew", "words", "sts:GetCallerIdentity failed: SomethingNew", "AWS's own message"),
    ],
)
def test_what_sts_refuses_is_explained(script: Any, code: str, message: str, what: str, hint: str) -> None:
    """A deleted key, a wrong secret and a wrong clock are told apart; AWS's words stay."""
    script.refuses("sts", "get_caller_identity", code, message)

    with pytest.raises(CredentialsRefused) as caught:
        operator(script).identity()

    assert what in caught.value.what
    assert hint in caught.value.hint
    assert caught.value.aws is not None
    assert (caught.value.aws.code, caught.value.aws.message, caught.value.aws.request_id) == (code, message, "r-1")
    assert "s3cret" not in str(caught.value) + caught.value.hint + caught.value.on


def test_no_network_is_explained(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing answers at the endpoint."""
    monkeypatch.setattr("time.sleep", lambda _: None)

    with pytest.raises(CredentialsRefused, match="cannot be reached") as caught:
        ConfiguredOperator("alice", os.environ, None, REGION).identity()

    assert "nothing reached AWS" in caught.value.hint
    assert caught.value.on == REGION


@pytest.mark.parametrize("missing", ["Account", "Arn", "UserId"])
def test_an_answer_that_does_not_say_who_is_refused(script: Any, missing: str) -> None:
    """Unknown is not somebody."""
    script.answers("sts", "get_caller_identity", {key: WHO[key] for key in WHO if key != missing}, {})

    with pytest.raises(CredentialsRefused, match="does not say who this is"):
        operator(script).identity()


@pytest.mark.parametrize(
    ("serials", "what"),
    [
        ((), "has no MFA device"),
        ((PASSKEY,), "has only passkeys"),
        ((SERIAL, OTHER), f"has 2 MFA devices: {SERIAL}, {OTHER}"),
        (("arn:aws:iam::mfa/alice",), "is not an ARN"),
        (("arn:aws:iam::222222222222:mfa/alice",), "in another account"),
    ],
    ids=["none", "passkey", "several", "unreadable", "foreign"],
)
def test_a_device_is_never_guessed(script: Any, serials: tuple[str, ...], what: str) -> None:
    """None, only passkeys, several, or nonsense: refused, and listed."""
    script.answers("sts", "get_caller_identity", WHO, {})
    script.answers("iam", "list_mfa_devices", devices(*serials), {})

    with pytest.raises(CredentialsRefused, match=what):
        operator(script).identity()


def test_all_pages_of_devices_are_read(script: Any) -> None:
    """A second page can hold a second device, which makes the choice the operator's."""
    script.answers("sts", "get_caller_identity", WHO, {})
    script.answers("iam", "list_mfa_devices", devices(SERIAL, IsTruncated=True, Marker="m"), {})
    script.answers("iam", "list_mfa_devices", devices(OTHER), {"Marker": "m"})

    with pytest.raises(CredentialsRefused, match="has 2 MFA devices"):
        operator(script).identity()


def test_a_person_chooses_among_several_devices(script: Any) -> None:
    """Whoever is at the terminal is asked, with all devices that make codes."""
    script.answers("sts", "get_caller_identity", WHO, {})
    script.answers("iam", "list_mfa_devices", devices(SERIAL, PASSKEY, OTHER), {})
    offered: list[tuple[str, ...]] = []

    def ask(serials: tuple[str, ...]) -> str:
        offered.append(serials)
        return OTHER

    found = ConfiguredOperator("alice", os.environ, None, REGION, ask=ask, connect=script.connect).identity()

    assert isinstance(found, LongTermIdentity)
    assert found.serial == OTHER
    assert offered == [(SERIAL, OTHER)]


def test_a_listing_that_breaks_off_is_refused(script: Any) -> None:
    """More devices without a way to them is not "one device"."""
    script.answers("sts", "get_caller_identity", WHO, {})
    script.answers("iam", "list_mfa_devices", devices(SERIAL, IsTruncated=True), {})

    with pytest.raises(CredentialsRefused, match="iam:ListMFADevices failed: <TruncatedListing>"):
        operator(script).identity()


def test_a_user_who_may_not_list_devices_is_told_what_to_name(script: Any) -> None:
    """Users that must use MFA often may not list anything without it."""
    message = f"User: {ALICE} is not authorized to perform: iam:ListMFADevices on resource: user alice"
    script.answers("sts", "get_caller_identity", WHO, {})
    script.refuses("iam", "list_mfa_devices", "AccessDenied", message)

    with pytest.raises(CredentialsRefused, match=r"may not list its own \(iam:ListMFADevices\)") as caught:
        operator(script).identity()

    assert "--mfa-serial" in caught.value.hint
    assert "allow the user iam:ListMFADevices" in caught.value.hint
    assert caught.value.aws is not None
    assert caught.value.aws.message == message


def test_another_failure_of_the_listing_is_explained(script: Any) -> None:
    """A failed listing is never an empty one."""
    script.answers("sts", "get_caller_identity", WHO, {})
    script.refuses("iam", "list_mfa_devices", "ServiceFailure", "words", 500)

    with pytest.raises(CredentialsRefused, match="iam:ListMFADevices failed: ServiceFailure"):
        operator(script).identity()


@pytest.mark.parametrize(
    ("profile", "serial", "where"),
    [("alice", ALICE, "--mfa-serial"), ("wrong", None, "mfa_serial of profile 'wrong'"), ("alice", "", "--mfa-serial")],
    ids=["option", "profile", "empty option"],
)
def test_a_serial_is_checked_where_it_stands(script: Any, profile: str, serial: str | None, where: str) -> None:
    """A user's ARN in the place of a device's costs no try at AWS."""
    script.answers("sts", "get_caller_identity", WHO, {})

    with pytest.raises(CredentialsRefused) as caught:
        operator(script, profile, serial).identity()

    assert where in caught.value.what
