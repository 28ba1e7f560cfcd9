"""Encoded authorization messages are opened by STS with the profile's key, and never without being asked."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import pytest

from runner.aws.decoding import Decoder
from runner.errors import CredentialsRefused

CODED = "X" * 60


@pytest.fixture(autouse=True)
def _profile(tmp_path: Path) -> None:
    """Write a profile with a key and a region."""
    (tmp_path / "config").write_text("[profile alice]\nregion = eu-west-1\n", encoding="utf-8")
    keys = "[alice]\naws_access_key_id = AKIAEXAMPLE\naws_secret_access_key = secret\n"
    (tmp_path / "credentials").write_text(keys, encoding="utf-8")


def test_the_message_is_opened_with_the_profiles_key(script: Any) -> None:
    """One call, in the profile's region, with the long-term key: no session and no code is made for it."""
    script.answers(
        "sts", "decode_authorization_message", {"DecodedMessage": '{"allowed":false}'}, {"EncodedMessage": CODED}
    )

    assert Decoder("alice", os.environ, script.connect).decode(CODED) == '{"allowed":false}'
    ((service, region, key, _),) = script.asked
    assert (service, region, key.access_key) == ("sts", "eu-west-1", "AKIAEXAMPLE")


def test_a_refusal_says_what_to_grant(script: Any) -> None:
    """Who may not open messages learns which permission it takes, and that the account matters."""
    script.refuses("sts", "decode_authorization_message", "AccessDenied", "not authorized")
    decoder = Decoder("alice", os.environ, script.connect)

    with pytest.raises(CredentialsRefused, match="was not opened") as refused:
        decoder.decode(CODED)

    assert "sts:DecodeAuthorizationMessage" in refused.value.hint
    assert refused.value.aws is not None
    assert refused.value.aws.message == "not authorized"


def test_an_answer_without_a_message_is_refused(script: Any) -> None:
    """What is no message is not taken for an empty one."""
    script.answers("sts", "decode_authorization_message", {}, {"EncodedMessage": CODED})
    decoder = Decoder("alice", os.environ, script.connect)

    with pytest.raises(CredentialsRefused, match="was not opened"):
        decoder.decode(CODED)
