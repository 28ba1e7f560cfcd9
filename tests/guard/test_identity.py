"""Only an IAM user can carry MFA context, and only by a device that makes codes."""

from __future__ import annotations

import pytest

from runner.errors import CredentialsRefused
from runner.guard.device import check_serial, choose_device
from runner.guard.identity import can_carry_mfa, check_key
from runner.model.session import Caller, Credentials, Secret

ACCOUNT = "111111111111"
ALICE = Caller(ACCOUNT, f"arn:aws:iam::{ACCOUNT}:user/alice", "AIDAALICE")
TOTP = f"arn:aws:iam::{ACCOUNT}:mfa/alice"
SECOND = f"arn:aws:iam::{ACCOUNT}:mfa/alice-phone"
PASSKEY = f"arn:aws:iam::{ACCOUNT}:u2f/user/alice/yubikey-ABCDEF"


@pytest.mark.parametrize(
    "arn",
    [
        f"arn:aws:iam::{ACCOUNT}:user/alice",
        f"arn:aws:iam::{ACCOUNT}:user/path/of/alice",
        f"arn:aws-us-gov:iam::{ACCOUNT}:user/alice",
    ],
)
def test_an_iam_user_can(arn: str) -> None:
    """A user of any path and partition."""
    can_carry_mfa(Caller(ACCOUNT, arn, "AIDA"))


@pytest.mark.parametrize(
    ("arn", "why"),
    [
        (f"arn:aws:iam::{ACCOUNT}:root", "root user"),
        (f"arn:aws:sts::{ACCOUNT}:assumed-role/Admin/alice", "role session: it cannot"),
        (f"arn:aws:sts::{ACCOUNT}:assumed-role/AWSReservedSSO_Admin_0123456789abcdef/alice", "IAM Identity Center"),
        (f"arn:aws:sts::{ACCOUNT}:federated-user/alice", "federated user"),
        (f"arn:aws:iam::{ACCOUNT}:role/user/alice", "not an IAM user"),
        (f"arn:aws:sts::{ACCOUNT}:user/alice", "not an IAM user"),
        (f"arn:aws:iam::{ACCOUNT}:userx/alice", "not an IAM user"),
        ("alice", "nothing readable"),
        ("", "nothing readable"),
    ],
)
def test_nobody_else_can(arn: str, why: str) -> None:
    """Each kind of identity is refused by name, with what to do instead; an unknown kind is refused too."""
    with pytest.raises(CredentialsRefused) as caught:
        can_carry_mfa(Caller(ACCOUNT, arn, "X"))

    assert why in caught.value.what
    assert "--profile" in caught.value.hint


@pytest.mark.parametrize(
    ("access_key", "token"), [("AKIAEXAMPLE", None), ("ASIAEXAMPLE", "t0ken")], ids=["long-term", "session"]
)
def test_a_key_alone_and_a_temporary_key_with_its_token_pass(access_key: str, token: str | None) -> None:
    """The prefix tells them apart; the secret is not looked at."""
    check_key(Credentials(access_key, Secret("s"), Secret(token) if token else None), "here")


@pytest.mark.parametrize(
    ("access_key", "token", "what", "hint"),
    [
        ("ASIAEXAMPLE", None, "ASIAEXAMPLE is a temporary access key, and its session token is missing", "--profile"),
        ("AKIAEXAMPLE", "t0ken", "AKIAEXAMPLE is a long-term access key, and a session token", "AWS_SESSION_TOKEN"),
        ("", "t0ken", "a session token of something else", "AWS_SESSION_TOKEN"),
    ],
    ids=["token forgotten", "token left over", "no key"],
)
def test_a_key_and_a_token_that_do_not_belong_together_are_refused(
    access_key: str, token: str | None, what: str, hint: str
) -> None:
    """AWS would call both an invalid token; here it is said what is wrong, and the token is not."""
    with pytest.raises(CredentialsRefused) as caught:
        check_key(Credentials(access_key, Secret("s"), Secret(token) if token else None), "profile 'x'")

    assert what in caught.value.what
    assert hint in caught.value.hint
    assert caught.value.on == "profile 'x'"
    assert "t0ken" not in caught.value.what + caught.value.hint


@pytest.mark.parametrize("serial", [TOTP, f"arn:aws:iam::{ACCOUNT}:mfa/path/alice+1@x,=_-.", "GAHT12345678", "x" * 256])
def test_serials_of_devices_that_make_codes(serial: str) -> None:
    """A virtual device has an ARN, a hardware device a serial of its maker."""
    check_serial(serial, ALICE, "--mfa-serial")


@pytest.mark.parametrize(
    ("serial", "why", "hint"),
    [
        ("", "9 to 256", "--mfa-serial"),
        ("12345678", "9 to 256", "--mfa-serial"),
        ("x" * 257, "9 to 256", "--mfa-serial"),
        ("GAHT 12345678", "9 to 256", "--mfa-serial"),
        ("GAHT12345678\n", "9 to 256", "--mfa-serial"),
        (ALICE.arn, "ARN of a user, not of a device", "--mfa-serial"),
        (PASSKEY, "passkey", "register a TOTP device"),
        (f"arn:aws:iam::{ACCOUNT}:role/x", "not an MFA device", "--mfa-serial"),
        (f"arn:aws:sts::{ACCOUNT}:mfa/alice", "not an MFA device", "--mfa-serial"),
        ("arn:aws:iam::mfa/alice", "not an ARN", "--mfa-serial"),
        ("arn:aws:iam::222222222222:mfa/alice", "in another account", "--mfa-serial"),
        (f"arn:aws-cn:iam::{ACCOUNT}:mfa/alice", "in another account", "--mfa-serial"),
    ],
)
def test_what_is_no_serial_is_caught_before_aws_counts_a_try(serial: str, why: str, hint: str) -> None:
    """The text, where it stands and what it is instead are all said."""
    with pytest.raises(CredentialsRefused) as caught:
        check_serial(serial, ALICE, "mfa_serial of profile 'alice'")

    assert why in caught.value.what
    assert "mfa_serial of profile 'alice'" in caught.value.what
    assert hint in caught.value.hint


@pytest.mark.parametrize(
    ("serials", "chosen"),
    [((TOTP,), TOTP), ((PASSKEY, TOTP), TOTP), (("GAHT12345678", PASSKEY), "GAHT12345678")],
    ids=["one", "beside a passkey", "hardware"],
)
def test_the_one_device_that_makes_codes_is_chosen(serials: tuple[str, ...], chosen: str) -> None:
    """Passkeys do not count."""
    assert choose_device(serials, ALICE) == chosen


@pytest.mark.parametrize(
    ("serials", "what", "hint"),
    [
        ((), "has no MFA device", "register a TOTP device"),
        ((PASSKEY,), f"has only passkeys: {PASSKEY}", "register a TOTP device beside the passkey"),
        ((TOTP, PASSKEY, SECOND), f"has 2 MFA devices: {TOTP}, {SECOND}", "--mfa-serial"),
    ],
    ids=["none", "passkeys only", "several"],
)
def test_no_device_is_guessed(serials: tuple[str, ...], what: str, hint: str) -> None:
    """Which device to use is the operator's to say; a code for the wrong one would be a wasted try."""
    with pytest.raises(CredentialsRefused) as caught:
        choose_device(serials, ALICE)

    assert what in caught.value.what
    assert hint in caught.value.hint


def test_a_person_chooses_among_several_devices() -> None:
    """Only devices that make codes are offered."""
    offered: list[tuple[str, ...]] = []

    def ask(serials: tuple[str, ...]) -> str:
        offered.append(serials)
        return SECOND

    assert choose_device((TOTP, PASSKEY, SECOND), ALICE, ask) == SECOND
    assert offered == [(TOTP, SECOND)]


def test_the_only_device_is_not_asked_for() -> None:
    """There is nothing to choose."""
    assert choose_device((TOTP, PASSKEY), ALICE, lambda _: SECOND) == TOTP


def test_an_answer_that_was_not_offered_is_refused() -> None:
    """Whoever asked, the device is one of the user's."""
    with pytest.raises(CredentialsRefused, match="is none of the user's MFA devices"):
        choose_device((TOTP, SECOND), ALICE, lambda _: PASSKEY)
