"""What is read back is believed only when everything about it holds."""

from __future__ import annotations

import json
from dataclasses import asdict, fields, replace
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from runner.aws.session_cache.entry import LONGEST, SessionKey, belongs_to, entry_user, read_entry, write_entry
from runner.model.session import Caller, Credentials, LongTermIdentity, Secret, UserSession
from tests.aws.session_cache.conftest import CALLER, NOW, REGION, SERIAL

KEY = SessionKey("aws", "111111111111", "AIDAEXAMPLE", "AKIAEXAMPLE", SERIAL, REGION)
LATER = NOW + timedelta(minutes=5)


def written(session: UserSession) -> dict[str, Any]:
    """Return the data of a session's entry."""
    entry = write_entry(session, KEY)
    assert entry is not None
    data: dict[str, Any] = json.loads(entry.reveal())
    return data


def test_a_session_comes_back_as_it_was(session: UserSession) -> None:
    """Nothing is lost, and only the entry itself holds the secrets."""
    entry = write_entry(session, KEY)
    assert entry is not None
    found = read_entry(entry, KEY, CALLER, LATER)

    assert found is not None
    assert (found.caller, found.serial, found.issued, found.expires, found.request_id) == (
        CALLER,
        SERIAL,
        NOW,
        session.expires,
        "r-0",
    )
    assert found.credentials.token is not None
    assert (found.credentials.secret.reveal(), found.credentials.token.reveal()) == ("user-secret", "user-token")
    assert "user-" not in repr(entry) + repr(found)


def test_the_key_names_whose_session_it_is(identity: LongTermIdentity) -> None:
    """Partition, account, user, access key, device and region; its digest says none of them."""
    key = SessionKey.of(identity, REGION)

    assert key == KEY
    assert len(key.digest) == 64
    assert not any(str(value) in key.digest for value in asdict(key).values())


@pytest.mark.parametrize("field", [field.name for field in fields(SessionKey)])
def test_a_session_of_anything_else_is_not_used(session: UserSession, field: str) -> None:
    """Another device, key, user, account, partition or region: another name, and not believed under ours."""
    other = replace(KEY, **{field: "other"})
    entry = write_entry(session, other)
    assert entry is not None

    assert other.digest != KEY.digest
    assert read_entry(entry, KEY, CALLER, LATER) is None
    assert read_entry(entry, other, CALLER, LATER) is not None


@pytest.mark.parametrize(
    "change",
    [
        {"format": "runner-session/2"},
        {"format": None},
        {"for": None},
        {"for": "alice"},
        {"secret": ""},
        {"token": ""},
        {"token": 7},
        {"access_key": "AKIALONGTERM"},
        {"issued": "yesterday"},
        {"issued": "2026-11-23T12:00:18"},
        {"issued": "2026-11-23T13:00:18+01:00"},
        {"issued": (LATER + timedelta(seconds=1)).isoformat()},
        {"expires": LATER.isoformat()},
        {"expires": "never"},
        {"expires": (NOW + LONGEST + timedelta(seconds=1)).isoformat()},
        {"request_id": None},
    ],
    ids=str,
)
def test_an_entry_that_does_not_hold_together_counts_as_absent(session: UserSession, change: dict[str, Any]) -> None:
    """Another form, a missing part, a long-term key, a time without UTC, from the future, over, or too far away."""
    changed = Secret(json.dumps({**written(session), **change}))

    assert read_entry(changed, KEY, CALLER, LATER) is None


@given(text=st.text() | st.sampled_from(["[]", "null", "{", "[" * 5000, '{"format":"runner-session/1","for":[]}']))
def test_what_is_no_entry_counts_as_absent(text: str) -> None:
    """Whatever stands in the file, it is no session and no error."""
    entry = Secret(text)

    assert read_entry(entry, KEY, CALLER, LATER) is None
    assert (entry_user(entry), belongs_to(entry, CALLER), SessionKey.written(entry)) == ("", False, None)


def test_an_entry_says_whose_it_is(session: UserSession) -> None:
    """For `clear` and `status`: the user's ARN, and whether it is this user's."""
    entry = write_entry(session, KEY)
    assert entry is not None

    assert entry_user(entry) == CALLER.arn
    assert SessionKey.written(entry) == KEY
    assert belongs_to(entry, CALLER)
    assert not belongs_to(entry, Caller("111111111111", CALLER.arn, "AIDASOMEBODYELSE"))
    assert not belongs_to(entry, Caller("999999999999", CALLER.arn, "AIDAEXAMPLE"))


def test_what_has_no_token_or_no_time_of_its_code_is_not_kept(session: UserSession) -> None:
    """A ready-made session is its maker's to keep: nobody knows how old its code is."""
    long_term = replace(session, credentials=Credentials("AKIAEXAMPLE", Secret("long-term-secret")))

    assert write_entry(replace(session, issued=None), KEY) is None
    assert write_entry(long_term, KEY) is None
