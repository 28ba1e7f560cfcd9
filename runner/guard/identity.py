"""Which identities can carry MFA context: IAM users, with a long-term key or with a session that was made from one.

Everything else is refused by name, before a code is asked for. Whether a ready-made session of a user really carries
MFA cannot be seen from here: AWS does not say. The live proof decides.

Source: IAM User Guide, "Configuring MFA-protected API access", "Comparing the AWS STS credentials" and, for the two
kinds of key ids, "IAM identifiers".
"""

from __future__ import annotations

from runner.errors import CredentialsRefused
from runner.model.arn import Arn
from runner.model.session import Caller, Credentials

TEMPORARY_PREFIX = "ASIA"
"""What the id of every temporary access key begins with, and no other."""
REMEDY = "use the access key of an IAM user that has a TOTP device: `--profile NAME`"


def check_key(key: Credentials, origin: str) -> None:
    """Return when the key and its session token belong together: both temporary, or a long-term key alone.

    AWS answers a mixture as it answers a deleted key, so it is named before anything is sent.

    Raises:
        CredentialsRefused: for a temporary key without a token, and for a token beside a long-term key.
    """
    is_temporary = key.access_key.startswith(TEMPORARY_PREFIX)
    if is_temporary and key.token is None:
        raise CredentialsRefused(
            f"{key.access_key} is a temporary access key, and its session token is missing",
            on=origin,
            hint=f"give the token too, or {REMEDY}",
        )
    if key.token is not None and not is_temporary:
        raise CredentialsRefused(
            f"{key.access_key} is a long-term access key, and a session token of something else came with it",
            on=origin,
            hint="remove the session token (AWS_SESSION_TOKEN, aws_session_token): it is left over from another key",
        )


def can_carry_mfa(caller: Caller) -> None:
    """Return when the caller is an IAM user.

    Raises:
        CredentialsRefused: with the reason why this identity cannot carry MFA context to a role session.
    """
    try:
        arn = Arn.parse(caller.arn)
    except ValueError as error:
        raise _refused(caller, "AWS says nothing readable about who this is") from error
    match arn.service, arn.resource.partition("/")[0]:
        case "iam", "user":
            return
        case "iam", "root":
            raise _refused(caller, "the root user cannot assume roles, and MFA-protected API access is not for it")
        case "sts", "assumed-role" if "/AWSReservedSSO_" in arn.resource:
            raise _refused(caller, "this is a role session of IAM Identity Center: it never carries MFA context")
        case "sts", "assumed-role":
            raise _refused(caller, "this is a role session: it cannot ask for a session with MFA")
        case "sts", "federated-user":
            raise _refused(caller, "this is a federated user: sts:GetFederationToken knows no MFA")
        case _:
            raise _refused(caller, "this is not an IAM user")


def _refused(caller: Caller, why: str) -> CredentialsRefused:
    return CredentialsRefused(f"{caller.arn} cannot carry MFA context: {why}", on=caller.arn, hint=REMEDY)
