"""Everything that botocore raises is translated once, with AWS's words kept and doubt said aloud."""

from __future__ import annotations

import traceback
from typing import Any

import pytest
from botocore import exceptions as vendor
from botocore.parsers import ResponseParserError

from runner.aws.clients import client
from runner.aws.failures import AWS_FAILURES, translate
from runner.errors import AwsAnswer
from runner.model.session import Credentials, Secret

KEY = Credentials("AKIAGIVEN", Secret("given-secret"))
URL = "https://s3.eu-west-1.amazonaws.com/b"
TOKEN = "FwoGZXIvYXdzEXAMPLETOKEN//////////0123456789=="


def refused(code: str, message: str = "words", status: int = 400, **error: str) -> vendor.ClientError:
    """Return what botocore raises when AWS says no."""
    metadata = {"RequestId": "r-1", "HostId": "h-1", "HTTPStatusCode": status, "HTTPHeaders": {}}
    return vendor.ClientError(
        {"Error": {"Code": code, "Message": message, **error}, "ResponseMetadata": metadata}, "Op"
    )


def test_keeps_everything_aws_said() -> None:
    """Code, text, both request ids and the status reach the user and the audit log as they came."""
    failed = translate(refused("BucketNotEmpty", "The bucket is not empty.", 409), "s3:DeleteBucket", "arn:aws:s3:::b")

    assert failed.answer == AwsAnswer(
        "s3:DeleteBucket", "BucketNotEmpty", "The bucket is not empty.", "r-1", 409, "h-1"
    )
    assert failed.on == "arn:aws:s3:::b"
    assert "s3.empty_bucket" in failed.hint
    assert (failed.retriable, failed.in_doubt) == (False, False)


@pytest.mark.parametrize("status", [403, 404])
def test_an_answer_without_a_body_keeps_its_status_as_code(endpoint: Any, status: int) -> None:
    """HeadBucket's refusals have no body; their code is the status."""
    endpoint.reply(status, x_amz_request_id="r-9", x_amz_id_2="h-9")

    with pytest.raises(AWS_FAILURES) as caught:
        client("s3", "eu-west-1", KEY).head_bucket(Bucket="b")

    answer = translate(caught.value, "s3:HeadBucket", "arn:aws:s3:::b").answer
    assert (answer.code, answer.status, answer.request_id, answer.extended_request_id) == (
        str(status),
        status,
        "r-9",
        "h-9",
    )


@pytest.mark.parametrize(
    ("code", "status"),
    [
        ("SlowDown", 503),
        ("Throttling", 400),
        ("ThrottlingException", 400),
        ("RequestLimitExceeded", 503),
        ("TooManyRequestsException", 429),
        ("InternalError", 500),
        ("ServiceUnavailable", 503),
        ("OperationAborted", 409),
        ("RequestTimeout", 400),
        ("500", 500),
        ("502", 502),
        ("503", 503),
        ("504", 504),
        ("429", 429),
    ],
)
def test_says_when_aws_asks_to_try_again(code: str, status: int) -> None:
    """Throttling and server errors are retriable, by code or by status."""
    assert translate(refused(code, status=status), "s3:DeleteBucket", "x").retriable


@pytest.mark.parametrize("code", ["AccessDenied", "NoSuchBucket", "LimitExceeded", "ExpiredToken", "ValidationError"])
def test_a_plain_no_is_not_retriable(code: str) -> None:
    """A refusal that will be the same next time is not repeated."""
    failed = translate(refused(code), "s3:DeleteBucket", "x")

    assert (failed.retriable, failed.in_doubt) == (False, False)


@pytest.mark.parametrize(
    ("error", "code", "in_doubt"),
    [
        (vendor.EndpointConnectionError(endpoint_url=URL), "<NoConnection>", False),
        (vendor.ConnectTimeoutError(endpoint_url=URL), "<NoConnection>", False),
        (vendor.ProxyConnectionError(proxy_url="http://proxy"), "<NoProxy>", False),
        (vendor.ParamValidationError(report="Missing Bucket"), "<ParamValidation>", False),
        (vendor.NoCredentialsError(), "<NoCredentials>", False),
        (vendor.PartialCredentialsError(provider="explicit", cred_var="secret"), "<NoCredentials>", False),
        (vendor.SSLError(endpoint_url=URL, error="CERTIFICATE_VERIFY_FAILED: self-signed certificate"), "<Tls>", False),
        (vendor.SSLError(endpoint_url=URL, error="DECRYPTION_FAILED_OR_BAD_RECORD_MAC"), "<Tls>", True),
        (vendor.ReadTimeoutError(endpoint_url=URL), "<ReadTimeout>", True),
        (vendor.ConnectionClosedError(endpoint_url=URL), "<AnswerLost>", True),
        (vendor.HTTPClientError(error="broken"), "<AnswerLost>", True),
        (vendor.ResponseStreamingError(error="broken"), "<AnswerLost>", True),
        (vendor.IncompleteReadError(actual_bytes=1, expected_bytes=2), "<AnswerLost>", True),
        (ResponseParserError("not XML"), "<AnswerUnreadable>", True),
        (vendor.FlexibleChecksumError(error_msg="crc32"), "<AnswerUnreadable>", True),
        (vendor.EndpointResolutionError(msg="no such region"), "<NoEndpoint>", False),
        (vendor.UnseekableStreamError(stream_object="body"), "<UnseekableStreamError>", True),
        (OSError("surprise"), "<OSError>", True),
    ],
    ids=lambda value: type(value).__name__ if isinstance(value, Exception) else "",
)
def test_silence_has_a_name_and_says_whether_the_call_may_have_happened(
    error: Exception, code: str, *, in_doubt: bool
) -> None:
    """What was never sent is not in doubt; everything else without an answer is."""
    failed = translate(error, "s3:DeleteBucket", "arn:aws:s3:::b")

    assert (failed.answer.code, failed.in_doubt, failed.retriable) == (code, in_doubt, False)
    assert failed.answer.message == str(error)
    assert failed.answer.status == 0


def test_a_gateway_that_gave_up_leaves_doubt() -> None:
    """502 and 504 come from something before AWS, which may have done it."""
    assert [translate(refused("x", status=status), "o", "x").in_doubt for status in (500, 502, 503, 504)] == [
        False,
        True,
        False,
        True,
    ]


def test_a_connection_that_never_was_is_not_in_doubt(monkeypatch: pytest.MonkeyPatch) -> None:
    """A closed port: botocore's own error, translated."""
    monkeypatch.setenv("AWS_ENDPOINT_URL", "http://127.0.0.1:9")

    with pytest.raises(AWS_FAILURES) as caught:
        client("s3", "eu-west-1", KEY).delete_bucket(Bucket="b")

    failed = translate(caught.value, "s3:DeleteBucket", "b")
    assert (failed.answer.code, failed.in_doubt) == ("<NoConnection>", False)
    assert "nothing was sent" in failed.hint


def test_a_connection_that_broke_is_in_doubt(endpoint: Any) -> None:
    """The request arrived and no answer came."""
    endpoint.hang_up()

    with pytest.raises(AWS_FAILURES) as caught:
        client("s3", "eu-west-1", KEY).delete_bucket(Bucket="b")

    failed = translate(caught.value, "s3:DeleteBucket", "b")
    assert (failed.answer.code, failed.in_doubt) == ("<AnswerLost>", True)
    assert "may have done it" in failed.hint


def test_a_page_of_somebody_else_is_unreadable(endpoint: Any) -> None:
    """A captive portal answers with HTML and status 200."""
    endpoint.reply(200, "<html><p>Please log in</html>")

    with pytest.raises(AWS_FAILURES) as caught:
        client("sts", "eu-west-1", KEY).get_caller_identity()

    failed = translate(caught.value, "sts:GetCallerIdentity", "me")
    assert (failed.answer.code, failed.in_doubt) == ("<AnswerUnreadable>", True)


def test_a_token_that_aws_quotes_is_cut_out() -> None:
    """With a wrong signature AWS may quote the signed request; neither error nor traceback repeats the token."""
    quoted = f"The Canonical String should have been 'POST\n/\nhost:x\nx-amz-security-token:{TOKEN}\n\nhost'"
    error = refused("SignatureDoesNotMatch", quoted, 403)

    failed = translate(error, "sts:AssumeRole", "role")

    try:
        raise failed from error
    except type(failed):
        trace = traceback.format_exc()
    assert "Canonical String" in failed.answer.message
    assert TOKEN not in failed.answer.message + trace


def test_an_error_without_a_code_has_one() -> None:
    """An answer that names no code still has something to look for."""
    assert translate(vendor.ClientError({}, "Op"), "o", "x").answer.code == "<NoCode>"


@pytest.mark.parametrize(
    ("error", "hint"),
    [
        (refused("PermanentRedirect", Region="eu-west-1"), "set `region: eu-west-1`"),
        (refused("IllegalLocationConstraintException"), "another region: set `region:`"),
        (refused("301"), "another region"),
    ],
    ids=["region known", "region unknown", "no body"],
)
def test_names_the_region_the_bucket_lives_in(error: Exception, hint: str) -> None:
    """When AWS says where the bucket is, the hint repeats it."""
    assert hint in translate(error, "s3:HeadBucket", "b").hint
