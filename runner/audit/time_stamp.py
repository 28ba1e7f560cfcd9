"""Check one RFC 3161 time stamp: that a named authority says these bytes were there, and when. Pure.

1. The answer grants one. 2. Its signature holds, by a certificate that is for time stamps alone and was good at the
time that is told; the chain ends in one of the roots that were named. 3. It is over these very bytes, and answers this
very request where that is known. 4. The time is one at which that can have been.

It says no more: neither that nothing is missing of what was stamped, nor that the authority's clock is right. Whether a
certificate was revoked is not looked up.

Source: RFC 3161, sections 2.4.2 and 4. The package that reads time stamps is an extra.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TypeAlias

from cryptography.x509 import Certificate, load_pem_x509_certificates

EXTRA = "pip install 'guarded-runner[timestamp]'"
TOLERANCE = timedelta(minutes=5)
"""How far the clocks of this host and of the authority may be apart; AWS refuses signatures that are off by as much."""
_GRANTED = 0

Roots: TypeAlias = tuple[Certificate, ...]
"""Certificates that the chain of a time stamp may end in."""


class BadStamp(ValueError):
    """Say why a time stamp does not hold."""


class NoReader(Exception):
    """Say that time stamps cannot be read here: the package for it is not installed."""


@dataclass(frozen=True)
class StampTrust:
    """Hold what time stamps are held against: the auditor's own roots; without (None), those that the log names."""

    roots: Roots | None = None


def read_roots(pem: bytes) -> Roots:
    """Return the certificates of a PEM file.

    Raises:
        BadStamp: when there is none in it, or one cannot be read.
    """
    try:
        return tuple(load_pem_x509_certificates(pem))
    except ValueError as error:
        raise BadStamp("the roots are not PEM certificates") from error


def stamped_time(token: bytes, content: bytes, roots: Roots, nonce: int | None = None) -> datetime:
    """Return when an authority saw a content, once its answer is known to hold; ``nonce`` is the request's.

    Raises:
        BadStamp: when it does not hold.
        NoReader: when nobody can tell.
    """
    try:
        from rfc3161_client import VerifierBuilder, decode_timestamp_response  # noqa: PLC0415  # an extra
        from rfc3161_client.errors import VerificationError  # noqa: PLC0415  # same
    except ImportError as error:
        raise NoReader(f"time stamps cannot be read here; {EXTRA}") from error
    try:
        answer = decode_timestamp_response(token)
    except ValueError as error:
        raise BadStamp("it is no time stamp") from error
    if answer.status != _GRANTED:  # 1
        raise BadStamp(f"it is refused: {'; '.join(answer.status_string) or f'status {answer.status}'}")
    try:
        VerifierBuilder(roots=list(roots), nonce=nonce).build().verify_message(answer, content)  # 2, 3
    except (VerificationError, ValueError) as error:
        raise BadStamp(str(error)) from error
    time: datetime = answer.tst_info.gen_time
    return time


def check_time(told: datetime, after: datetime, before: datetime) -> None:
    """Return when a time can be that of a stamp which was made between two moments of this host's clock.

    Raises:
        BadStamp: when one of the two clocks is wrong.
    """
    if told < after - TOLERANCE:  # 4
        raise BadStamp(f"it is of {_spelled(told)}, and what it is over was written at {_spelled(after)}")
    if told > before + TOLERANCE:
        raise BadStamp(f"it is of {_spelled(told)}, and was here at {_spelled(before)}")


def _spelled(moment: datetime) -> str:
    return f"{moment:%Y-%m-%d %H:%M:%S} UTC"
