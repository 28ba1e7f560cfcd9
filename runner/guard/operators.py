"""Whom a trust policy may let in: people with MFA, who are IAM users of an account. Pure."""

from __future__ import annotations

import re

from runner.errors import UsageError
from runner.model.arn import Arn

_ACCOUNT = re.compile(r"\d{12}", re.ASCII)
# Source: IAM API reference, CreateUser: Path and UserName. No wildcard: a trust policy takes none in a principal.
_USER = re.compile(r"user/([\x21-\x29\x2b-\x3e\x40-\x7e]+/)?[A-Za-z0-9_+=,.@-]{1,64}")
_HINT = "give an account id of 12 digits, or the ARN of an IAM user like arn:aws:iam::111111111111:user/alice"


def operator_arn(text: str, partition: str) -> str:
    """Return the ARN of a user, or of an account's ``:root``, for an ARN or an account id.

    Raises:
        UsageError: for anything else. A role, a federated user or a service has no MFA device that could be proven.
    """
    if _ACCOUNT.fullmatch(text):
        return f"arn:{partition}:iam::{text}:root"
    try:
        arn = Arn.parse(text)
    except ValueError as error:
        raise UsageError("this is no operator", on=text, hint=_HINT) from error
    if (arn.partition, arn.service, arn.region) != (partition, "iam", "") or not arn.account:
        raise UsageError(f"this is no IAM identity of the partition {partition}", on=text, hint=_HINT)
    if arn.resource != "root" and _USER.fullmatch(arn.resource) is None:
        hint = f"only an IAM user carries MFA through the chain; {_HINT}"
        raise UsageError("this is neither an IAM user nor an account", on=text, hint=hint)
    return text
