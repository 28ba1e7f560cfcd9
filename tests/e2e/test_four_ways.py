"""The four ways to an MFA-protected bucket, with the AWS CLI as a second client: three are refused, ours works."""

from __future__ import annotations

from tests.conftest import BUCKET, Ended, Lab
from tests.e2e.driving import aws
from tests.e2e.watching import assert_honest, assert_untouched, of_kind

ROLE = "arn:aws:iam::222222222222:role/Teardown"
DEVICE = "arn:aws:iam::111111111111:mfa/alice"
DELETE = ("s3api", "delete-bucket", "--bucket", BUCKET)


def assume(lab: Lab, **code: str) -> dict[str, str | None]:
    """Return the environment with the role session that AssumeRole makes of alice's long-term key."""
    session = lab.client("sts", "alice").assume_role(RoleArn=ROLE, RoleSessionName="alice", **code)["Credentials"]
    return {
        "AWS_PROFILE": None,
        "AWS_ACCESS_KEY_ID": session["AccessKeyId"],
        "AWS_SECRET_ACCESS_KEY": session["SecretAccessKey"],
        "AWS_SESSION_TOKEN": session["SessionToken"],
    }


def assert_denied(lab: Lab, ended: Ended) -> None:
    """Fail unless AWS refused the deletion for the bucket's policy and the bucket is as it was."""
    assert ended.code != 0
    assert "AccessDenied" in ended.err
    assert "explicit deny in a resource-based policy" in ended.err
    assert_untouched(lab)


def test_a_plain_role_session_is_denied(lab: Lab) -> None:
    """AssumeRole with the long-term key makes a session that never saw MFA."""
    session = assume(lab)

    assert_denied(lab, aws(lab, *DELETE, env=session))


def test_a_code_given_to_assume_role_is_denied(lab: Lab) -> None:
    """AssumeRole takes the code and makes a session that does not carry it."""
    session = assume(lab, SerialNumber=DEVICE, TokenCode=lab.sandbox.code())

    assert_denied(lab, aws(lab, *DELETE, env=session))


def test_the_cli_profile_with_mfa_serial_is_denied(lab: Lab) -> None:
    """A profile with role_arn and mfa_serial does the same inside: the AWS CLI asks for a code and is denied."""
    ended = aws(lab, *DELETE, "--profile", "teardown", code=lab.sandbox.code() + "\n")

    assert f"Enter MFA code for {DEVICE}" in ended.err
    assert_denied(lab, ended)


def test_runner_deletes_it(lab: Lab) -> None:
    """GetSessionToken with the code and AssumeRole without one: the bucket is seen gone."""
    ended = lab.apply(lab.playbook())

    assert ended.code == 0, ended.err
    assert not lab.bucket_exists()
    assert "every target was seen gone (exit 0)" in ended.out
    assert_honest(lab)
    (session,) = of_kind(lab, "mfa.session")
    assert (session["mfa_serial"], session["caller_arn"]) == (DEVICE, "arn:aws:iam::111111111111:user/alice")
    assert [check["verdict"] for check in of_kind(lab, "check.gone")] == ["gone", "gone"]


def test_the_usual_mistake_is_put_right(lab: Lab) -> None:
    """With the very profile that fails the AWS CLI, runner takes the key and the device from it and says why."""
    ended = lab.apply(lab.playbook(), env={"AWS_PROFILE": "teardown"})

    assert ended.code == 0, ended.err
    assert not lab.bucket_exists()
    note = ended.said.partition("note: ")[2]
    assert "teardown" in note
    assert "MFA context" in note
    assert_honest(lab)
