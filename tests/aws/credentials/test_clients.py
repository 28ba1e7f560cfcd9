"""Clients are signed by the credentials handed in, go to the planned region, and are sent as often as said."""

from __future__ import annotations

import logging
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
from botocore.exceptions import ClientError

from runner import __version__
from runner.aws.clients import client, use_profile
from runner.errors import UsageError
from runner.model.session import Credentials, Secret

KEY = Credentials("AKIAGIVEN", Secret("given-secret"), Secret("given-token"))
WHO = (
    "<GetCallerIdentityResponse><GetCallerIdentityResult><Arn>arn:aws:iam::111111111111:user/alice</Arn>"
    "<UserId>AIDA</UserId><Account>111111111111</Account></GetCallerIdentityResult></GetCallerIdentityResponse>"
)
BUSY = "<Error><Code>SlowDown</Code><Message>Please reduce your request rate.</Message></Error>"
ELSEWHERE = (
    "<Error><Code>PermanentRedirect</Code><Message>Use the other endpoint.</Message>"
    "<Endpoint>b.s3.eu-west-1.amazonaws.com</Endpoint><Bucket>b</Bucket></Error>"
)


def test_signs_with_what_was_handed_in(endpoint: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """Keys in the environment never sign a request."""
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "AKIAAMBIENT")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "ambient")
    monkeypatch.setenv("AWS_SESSION_TOKEN", "ambient-token")
    endpoint.reply(200, WHO)

    client("sts", "eu-west-1", KEY).get_caller_identity()

    _, _, headers, _ = endpoint.requests[0]
    assert "Credential=AKIAGIVEN/" in headers["Authorization"]
    assert headers["X-Amz-Security-Token"] == "given-token"


def test_without_credentials_nothing_is_signed(endpoint: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """No credentials means an unsigned request, not a search for other credentials."""
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "AKIAAMBIENT")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "ambient")
    endpoint.reply(200, WHO)

    client("sts", "eu-west-1", None).get_caller_identity()

    assert "Authorization" not in endpoint.requests[0][2]


@pytest.mark.parametrize("attempts", [1, 3])
def test_sends_as_often_as_said(endpoint: Any, monkeypatch: pytest.MonkeyPatch, attempts: int) -> None:
    """The operator's retry settings change nothing: a write is sent once."""
    monkeypatch.setattr("time.sleep", lambda _: None)
    monkeypatch.setenv("AWS_MAX_ATTEMPTS", "5")
    monkeypatch.setenv("AWS_RETRY_MODE", "adaptive")
    for _ in range(attempts):
        endpoint.reply(503, BUSY)

    with pytest.raises(ClientError, match="SlowDown"):
        client("s3", "eu-west-1", KEY, attempts=attempts).delete_bucket(Bucket="b")

    assert len(endpoint.requests) == attempts


def test_a_request_stays_in_its_region(endpoint: Any) -> None:
    """S3's redirect is an error for us; botocore would send the call again, to another region."""
    endpoint.reply(301, ELSEWHERE, x_amz_bucket_region="eu-west-1")

    with pytest.raises(ClientError, match="PermanentRedirect"):
        client("s3", "us-east-1", KEY).delete_bucket(Bucket="b")

    assert [request[:2] for request in endpoint.requests] == [("DELETE", "/b")]


@pytest.mark.parametrize("region", ["us-east-1", "eu-west-1", "ap-northeast-1"])
def test_sts_is_always_regional(monkeypatch: pytest.MonkeyPatch, region: str) -> None:
    """Tokens of the global endpoint are not valid everywhere, so the operator's old setting does not count."""
    monkeypatch.delenv("AWS_ENDPOINT_URL")
    monkeypatch.setenv("AWS_STS_REGIONAL_ENDPOINTS", "legacy")

    made = client("sts", region, None)

    assert made.meta.endpoint_url == f"https://sts.{region}.amazonaws.com"


def test_user_agent_names_runner(endpoint: Any) -> None:
    """CloudTrail shows the User-Agent, so it says who called."""
    endpoint.reply(200, WHO)

    client("sts", "eu-west-1", KEY, user_agent_extra="run/01J").get_caller_identity()

    assert endpoint.requests[0][2]["User-Agent"].endswith(f"guarded-runner/{__version__} run/01J")


def test_follows_the_chosen_profile_settings(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Endpoint settings come from the profile that the operator chose, whatever AWS_PROFILE says."""
    monkeypatch.delenv("AWS_ENDPOINT_URL")
    monkeypatch.setenv("AWS_PROFILE", "gone")
    (tmp_path / "config").write_text("[profile near]\nendpoint_url = http://127.0.0.1:7777\n", encoding="utf-8")
    use_profile("near")

    made = client("sts", "eu-west-1", KEY)

    assert made.meta.endpoint_url == "http://127.0.0.1:7777"


def test_never_asks_instance_metadata(monkeypatch: pytest.MonkeyPatch) -> None:
    """`defaults_mode = auto` would ask the instance metadata service for the region."""
    asked: list[str] = []
    monkeypatch.setenv("AWS_DEFAULTS_MODE", "auto")
    monkeypatch.setattr("botocore.utils.IMDSFetcher._get_request", lambda *_, **__: asked.append("IMDS"))

    client("sts", "eu-west-1", None)

    assert asked == []


@pytest.mark.parametrize(
    ("variable", "value"),
    [("AWS_ENDPOINT_URL", "not a url"), ("AWS_PROFILE", "gone")],
    ids=["malformed endpoint", "unknown profile"],
)
def test_unusable_settings_are_refused(monkeypatch: pytest.MonkeyPatch, variable: str, value: str) -> None:
    """Settings that make a client impossible are the operator's to correct."""
    monkeypatch.setenv(variable, value)

    with pytest.raises(UsageError) as caught:
        client("sts", "eu-west-1", KEY)

    assert "no client for sts" in caught.value.what
    assert "AWS_ENDPOINT_URL" in caught.value.hint


def test_threads_can_make_clients_at_once() -> None:
    """One botocore session serves all threads."""
    with ThreadPoolExecutor(4) as pool:
        made = list(pool.map(lambda region: client("sts", region, KEY), ["eu-west-1", "us-east-1"] * 4))

    assert [one.meta.region_name for one in made] == ["eu-west-1", "us-east-1"] * 4


def test_timeouts_reach_the_connection() -> None:
    """A caller can give up earlier than by default."""
    made = client("sts", "eu-west-1", KEY, connect_timeout=1.5, read_timeout=2.5)

    assert (made.meta.config.connect_timeout, made.meta.config.read_timeout) == (1.5, 2.5)
    assert made.meta.config.tcp_keepalive is True


def test_debug_log_of_botocore_is_dropped(endpoint: Any, caplog: pytest.LogCaptureFixture) -> None:
    """Botocore prints tokens and answers at DEBUG; not through us, even when somebody sets that level later."""
    endpoint.reply(200, WHO)
    made = client("sts", "eu-west-1", KEY)
    caplog.set_level(logging.DEBUG)
    for name in ("botocore", "botocore.endpoint", "botocore.parsers", "botocore.auth", "botocore.hooks"):
        caplog.set_level(logging.DEBUG, name)

    made.get_caller_identity()

    assert [record for record in caplog.records if record.name.startswith("botocore")] == []
