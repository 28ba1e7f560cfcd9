"""Requests are signed as botocore signs them."""

from __future__ import annotations

from datetime import UTC, datetime
from unittest import mock

from botocore import auth
from botocore.auth import S3SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials as Keys
from hypothesis import given
from hypothesis import strategies as st

from runner.aws.s3_engine.keys import in_path, in_query
from runner.aws.s3_engine.requests import Place, Request
from runner.aws.s3_engine.signing import Signer
from runner.model.session import Credentials, Secret
from tests.aws.s3_engine.sweeps import versions_of

NOW = datetime(2026, 5, 4, 23, 59, 59, tzinfo=UTC)
LATER = datetime(2026, 5, 5, tzinfo=UTC)
PLACES = ("https://b.s3.eu-west-1.amazonaws.com", "http://127.0.0.1:9000/b", "https://s3.example:443/b")
keys = st.binary(max_size=20)


@given(
    st.sampled_from(PLACES),
    st.sampled_from(["GET", "POST", "DELETE"]),
    keys,
    keys,
    st.binary(max_size=40),
    st.sampled_from(["t", None]),
    st.dictionaries(st.sampled_from(["x-amz-request-payer", "Content-Type"]), st.just("a  b"), max_size=2),
)
def test_the_signature_is_botocores(  # each is another part of a request
    base: str, method: str, path: bytes, marker: bytes, body: bytes, token: str | None, headers: dict[str, str]
) -> None:
    """Whatever the request is, its signature and the headers that come with it are those that botocore makes."""
    call = versions_of().list
    request = Request(call, method, f"{base}/{in_path(path)}?versions&key-marker={in_query(marker)}", headers, body)
    place = Place(base, "eu-west-1", "s3")
    signer = Signer(Credentials("AKIA", Secret("s"), None if token is None else Secret(token)), place)
    theirs = S3SigV4Auth(Keys("AKIA", "s", token), "s3", "eu-west-1")
    for now in (NOW, LATER):
        with mock.patch.object(auth, "get_current_datetime", lambda now=now: now):
            made = signer.signed(request)
            expected = AWSRequest(method, request.url, dict(headers), body)
            theirs.add_auth(expected)
        assert {**made.headers, "Host": ""} == {**dict(expected.headers.items()), "Host": ""}
