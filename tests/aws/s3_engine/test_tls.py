"""The engine's own requests go over HTTPS with the operator's CA bundle, and not at all without it."""

from __future__ import annotations

import ssl
from pathlib import Path

import pytest

from runner.errors import AwsCallFailed
from tests.aws.s3_engine.bucket import Bucket, Pass
from tests.aws.s3_engine.certificates import write_certificate
from tests.aws.s3_engine.sweeps import child


@pytest.fixture
def bundle(tmp_path: Path) -> Path:
    """Write a certificate of 127.0.0.1 that signs itself, and its key beside it."""
    return write_certificate(tmp_path)[0]


def behind(bundle: Path) -> Pass:
    """Return a pass over a bucket that is reached over HTTPS, with the certificate in the bundle."""
    tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    tls.load_cert_chain(bundle, bundle.with_name("key.pem"))
    return Pass(Bucket({child(f"k{at}", "v1") for at in range(5)}), tls=tls)


def test_the_operators_bundle_is_trusted(bundle: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """With ``AWS_CA_BUNDLE`` everything goes over HTTPS."""
    monkeypatch.setenv("AWS_CA_BUNDLE", str(bundle))
    work = behind(bundle)
    swept = work.run()

    assert (swept.error, swept.found, work.bucket.left) == (None, 5, set())


def test_an_unknown_certificate_ends_it(bundle: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Without the bundle nothing is sent, no request is in doubt, and the error names TLS."""
    monkeypatch.delenv("AWS_CA_BUNDLE", raising=False)
    work = behind(bundle)
    with pytest.raises(AwsCallFailed) as raised:
        work.run()

    assert (raised.value.answer.code, raised.value.in_doubt) == ("<Tls>", False)
    assert (work.bucket.listed, work.bucket.sent) == (0, [])
