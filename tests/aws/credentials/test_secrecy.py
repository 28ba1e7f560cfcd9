"""No key, token or code is in any log, error, traceback or repr on the whole way to a role session."""

from __future__ import annotations

import logging
import os
import traceback
from pathlib import Path
from typing import Any

import pytest

from runner.aws.operator import ConfiguredOperator
from runner.aws.sts import ChainSts
from runner.errors import CredentialsRefused
from runner.model.ports import Clock
from runner.model.session import LongTermIdentity, RoleRequest, Secret

REGION = "ap-northeast-1"
SERIAL = "arn:aws:iam::111111111111:mfa/alice"
LONG_TERM, CODE = "long-term-s3cret", "493817"
SECRETS = (LONG_TERM, CODE, "user-s3cret", "user-t0ken", "role-s3cret", "role-t0ken")

WHO = (
    "<GetCallerIdentityResponse><GetCallerIdentityResult><Arn>arn:aws:iam::111111111111:user/alice</Arn>"
    "<UserId>AIDA</UserId><Account>111111111111</Account></GetCallerIdentityResult></GetCallerIdentityResponse>"
)


def session(kind: str, operation: str) -> str:
    """Return STS's answer with the credentials of a session."""
    return (
        f"<{operation}Response><{operation}Result><AssumedRoleUser><Arn>arn:aws:sts::2:assumed-role/R/run</Arn>"
        f"<AssumedRoleId>x</AssumedRoleId></AssumedRoleUser><Credentials><AccessKeyId>ASIA{kind}</AccessKeyId>"
        f"<SecretAccessKey>{kind}-s3cret</SecretAccessKey><SessionToken>{kind}-t0ken</SessionToken>"
        f"<Expiration>2026-11-23T13:00:00Z</Expiration></Credentials></{operation}Result></{operation}Response>"
    )


@pytest.fixture(autouse=True)
def _everything_is_logged(caplog: pytest.LogCaptureFixture, tmp_path: Path) -> None:
    """Configure alice, and log at DEBUG whatever anybody logs."""
    (tmp_path / "credentials").write_text(
        f"[default]\naws_access_key_id = AKIAALICE\naws_secret_access_key = {LONG_TERM}\nmfa_serial = {SERIAL}\n",
        encoding="utf-8",
    )
    caplog.set_level(logging.DEBUG)
    for name in tuple(logging.root.manager.loggerDict):
        if name.startswith(("botocore", "urllib3", "boto3")):
            caplog.set_level(logging.DEBUG, name)


def test_the_chain_leaves_no_secret_behind(endpoint: Any, clock: Clock, caplog: pytest.LogCaptureFixture) -> None:
    """Botocore would print the code, both tokens and both secret keys at DEBUG."""
    endpoint.reply(200, WHO)
    endpoint.reply(200, session("user", "GetSessionToken"))
    endpoint.reply(200, session("role", "AssumeRole"))

    found = ConfiguredOperator(None, os.environ, None, REGION).identity()
    assert isinstance(found, LongTermIdentity)
    user = ChainSts(REGION, clock).user_session(found, Secret(CODE))
    role = ChainSts(REGION, clock).role_session(user, RoleRequest("arn:aws:iam::222222222222:role/R", "run", "{}"))

    assert f"TokenCode={CODE}" in endpoint.requests[1][3].decode()
    assert endpoint.requests[2][2]["X-Amz-Security-Token"] == "user-t0ken"
    assert role.credentials.secret.reveal() == "role-s3cret"
    seen = caplog.text + repr((found, user, role)) + str((found, user, role))
    assert [secret for secret in SECRETS if secret in seen] == []


def test_a_refusal_leaves_no_secret_behind(endpoint: Any, clock: Clock, caplog: pytest.LogCaptureFixture) -> None:
    """The whole traceback, causes included, shows neither key nor code."""
    endpoint.reply(200, WHO)
    message = "MultiFactorAuthentication failed with invalid MFA one time pass code. "
    endpoint.reply(
        403,
        f"<ErrorResponse><Error><Code>AccessDenied</Code><Message>{message}</Message></Error>"
        "<RequestId>r-5</RequestId></ErrorResponse>",
    )
    found = ConfiguredOperator(None, os.environ, None, REGION).identity()
    assert isinstance(found, LongTermIdentity)

    with pytest.raises(CredentialsRefused) as caught:
        ChainSts(REGION, clock).user_session(found, Secret(CODE))

    assert caught.value.aws is not None
    assert (caught.value.aws.message, caught.value.aws.request_id) == (message, "r-5")
    shown = caplog.text + "".join(traceback.format_exception(caught.value)) + repr(caught.value.__dict__)
    assert [secret for secret in SECRETS if secret in shown] == []
