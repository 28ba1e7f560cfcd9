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


def redact(params: Mapping[str, Json]) -> dict[str, Json]:
    """Return request parameters with every secret replaced, at any depth."""
    return {name: REDACTED if name.lower() in _SECRET_NAMES else _redacted(value) for name, value in params.items()}


def redact_remote(url: str) -> str:
    """Return a git remote without the user and token that a URL may carry."""
    return _USERINFO.sub("", url)


def _redacted(value: Json) -> Json:
    match value:
        case Mapping():
            return redact(value)
        case list() | tuple():
            return [_redacted(item) for item in value]
        case _:
            return value
