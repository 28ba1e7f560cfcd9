"""Keep secrets out of what the audit log holds. Pure.

A `Secret` cannot reach a record at all: the canonical form refuses its type. This module is for secrets that AWS's own
request parameters carry as plain text, and for tokens that people leave in a git remote.
"""

from __future__ import annotations

import re
from collections.abc import Mapping

from runner.model.canonical import Json

REDACTED = "<redacted>"

_SECRET_NAMES = frozenset(
    {
        "authenticationcode1",
        "authenticationcode2",
        "authtoken",
        "clientsecret",
        "copysourcessecustomerkey",
        "masteruserpassword",
        "mfa",
        "newpassword",
        "oldpassword",
        "password",
        "plaintext",
        "privatekey",
        "secretaccesskey",
        "secretbinary",
        "secretstring",
        "sessiontoken",
        "ssecustomerkey",
        "tokencode",
    }
)
"""Request parameters that are secrets, in lower case; ``MFA`` of ``s3:DeleteObject`` is a serial and a code."""

_USERINFO = re.compile(r"(?<=://)[^/@]*@")


def redact(params: Json) -> Json:
    """Return request parameters with every secret replaced, at any depth."""
    match params:
        case str():  # first, because nearly all are
            return params
        case dict() | Mapping():
            return {
                name: REDACTED if name.lower() in _SECRET_NAMES else redact(value) for name, value in params.items()
            }
        case list() | tuple():
            return [redact(item) for item in params]
        case _:
            return params


def redact_remote(url: str) -> str:
    """Return a git remote without the user and token that a URL may carry."""
    return _USERINFO.sub("", url)
