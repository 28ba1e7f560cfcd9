"""Vendor errors, translated once: what botocore raises becomes `AwsCallFailed`.

Kept as they are: AWS's code, text, request ids and status. Added: a hint (`runner.guard.hints`), whether AWS asked to
try again, and whether the call may have happened although no answer came. What cannot be told is in doubt.

Error codes in angle brackets are ours; they stand where AWS never answered.
"""

from __future__ import annotations

import re
from typing import Final

from botocore import exceptions as vendor
from botocore.parsers import ResponseParserError

from runner.errors import AwsAnswer, AwsCallFailed
from runner.guard.hints import hint_for, hint_for_silence

AWS_FAILURES: Final = (vendor.ClientError, vendor.BotoCoreError, ResponseParserError)
"""Everything that a call through botocore raises by itself; catch these and `translate`."""

_RETRIABLE_CODES = frozenset(
    {
        "BandwidthLimitExceeded",
        "EC2ThrottledException",
        "InternalError",
        "InternalFailure",
        "OperationAborted",
        "PriorRequestNotComplete",
        "ProvisionedThroughputExceededException",
        "RequestLimitExceeded",
        "RequestThrottled",
        "RequestThrottledException",
        "RequestTimeout",
        "RequestTimeoutException",
        "ServiceUnavailable",
        "SlowDown",
        "Throttling",
        "ThrottledException",
        "ThrottlingException",
        "TooManyRequestsException",
    }
)
"""Source: botocore's standard retry mode, S3 "Error responses"; without LimitExceeded, which mostly means a quota."""
_RETRIABLE_STATUS = frozenset({429, 500, 502, 503, 504})
_IN_DOUBT_STATUS = frozenset({502, 504})
"""Something between AWS and us gave up waiting for the answer."""
_TOKEN_IN_TEXT = re.compile(r"(?i)(x-amz-security-token['\":=\s]*)[A-Za-z0-9+/=%_-]{16,}")
_REFUSED_CERTIFICATE = re.compile(r"(?i)certificate|wrong.version.number|hostname")

_SILENT: Final[tuple[tuple[type[Exception], str, bool], ...]] = (
    (vendor.ParamValidationError, "<ParamValidation>", False),
    (vendor.NoCredentialsError, "<NoCredentials>", False),
    (vendor.PartialCredentialsError, "<NoCredentials>", False),
    (vendor.ProxyConnectionError, "<NoProxy>", False),
    (vendor.ConnectTimeoutError, "<NoConnection>", False),
    (vendor.EndpointConnectionError, "<NoConnection>", False),
    (vendor.ReadTimeoutError, "<ReadTimeout>", True),
    (ResponseParserError, "<AnswerUnreadable>", True),
    (vendor.ChecksumError, "<AnswerUnreadable>", True),
    (vendor.FlexibleChecksumError, "<AnswerUnreadable>", True),
    (vendor.EndpointProviderError, "<NoEndpoint>", False),
    (vendor.HTTPClientError, "<AnswerLost>", True),
    (vendor.IncompleteReadError, "<AnswerLost>", True),
)
"""What botocore raises without an answer, our code, and whether the request may have arrived; the first match wins."""


def translate(error: Exception, operation: str, on: str) -> AwsCallFailed:
    """Translate what botocore raised for ``operation`` (``service:Operation``) on a resource.

    An error of a kind that is not known here counts as a lost answer, under its own name.
    """
    if isinstance(error, vendor.ClientError):
        return _refused(error, operation, on)
    code, in_doubt = _silence(error)
    answer = AwsAnswer(operation, code, str(error))
    return AwsCallFailed(answer, on=on, hint=hint_for_silence(code), in_doubt=in_doubt)


def _refused(error: vendor.ClientError, operation: str, on: str) -> AwsCallFailed:
    said = error.response.get("Error", {})
    metadata = error.response.get("ResponseMetadata", {})
    status = int(metadata.get("HTTPStatusCode") or 0)
    # With a wrong signature AWS may quote the whole signed request, session token included; the token still works.
    error.args = tuple(_without_token(str(part)) for part in error.args)
    answer = AwsAnswer(
        operation=operation,
        code=str(said.get("Code") or status or "<NoCode>"),
        message=_without_token(str(said.get("Message") or "")),
        request_id=str(metadata.get("RequestId") or ""),
        status=status,
        extended_request_id=str(metadata.get("HostId") or ""),
    )
    return AwsCallFailed(
        answer,
        on=on,
        hint=hint_for(answer, bucket_region=_bucket_region(error)),
        retriable=answer.code in _RETRIABLE_CODES or status in _RETRIABLE_STATUS,
        in_doubt=status in _IN_DOUBT_STATUS,
    )


def _silence(error: Exception) -> tuple[str, bool]:
    """Return our code for an error without an answer, and whether the request may have arrived."""
    if isinstance(error, vendor.SSLError):
        # A certificate is refused before anything is sent; TLS can also break while the answer is read.
        return "<Tls>", _REFUSED_CERTIFICATE.search(str(error)) is None
    for kind, code, in_doubt in _SILENT:
        if isinstance(error, kind):
            return code, in_doubt
    return f"<{type(error).__name__}>", True


def _bucket_region(error: vendor.ClientError) -> str:
    headers = error.response.get("ResponseMetadata", {}).get("HTTPHeaders", {})
    return str(headers.get("x-amz-bucket-region") or error.response.get("Error", {}).get("Region") or "")


def _without_token(text: str) -> str:
    return _TOKEN_IN_TEXT.sub(r"\1…", text)
