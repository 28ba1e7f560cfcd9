"""One kept session as text: what is written, and what of it is believed when it is read back. Pure.

An entry is believed when all of this holds, and counts as absent otherwise:

1. It is of this version's form.
2. It was written for the same partition, account, user, long-term key, MFA device and STS region.
3. Its code was given before now, it ends after now, and in between lies no more than STS's longest session.
4. Its access key is a temporary one, with a secret and a token.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import UTC, datetime, timedelta

from runner.guard.identity import TEMPORARY_PREFIX
from runner.model.arn import Arn
from runner.model.session import Caller, Credentials, LongTermIdentity, Secret, UserSession

FORMAT = "runner-session/1"
LONGEST = timedelta(hours=36)
"""The longest session of an IAM user (STS API, ``GetSessionToken``, DurationSeconds)."""


@dataclass(frozen=True)
class SessionKey:
    """Name whose session it is, made with what, and where; all of it decides what a kept session may be used for."""

    partition: str
    account: str
    user_id: str
    access_key: str
    serial: str
    region: str

    @classmethod
    def of(cls, identity: LongTermIdentity, region: str) -> SessionKey:
        """Return the key of an identity's session that STS in ``region`` makes."""
        caller = identity.caller
        return cls(
            Arn.parse(caller.arn).partition,
            caller.account,
            caller.user_id,
            identity.credentials.access_key,
            identity.serial,
            region,
        )

    @classmethod
    def written(cls, entry: Secret) -> SessionKey | None:
        """Return the key that an entry says it was written for; None when it does not say."""
        match _parse(entry).get("for"):
            case {
                "partition": str(partition),
                "account": str(account),
                "user_id": str(user_id),
                "access_key": str(access_key),
                "serial": str(serial),
                "region": str(region),
            }:
                return cls(partition, account, user_id, access_key, serial, region)
            case _:
                return None

    @property
    def digest(self) -> str:
        """The name under which the session is kept: 64 hexadecimal digits."""
        return hashlib.sha256(json.dumps(tuple(asdict(self).values())).encode()).hexdigest()


def write_entry(session: UserSession, key: SessionKey) -> Secret | None:
    """Return the text that keeps a session; None for one without a token or without the time of its code."""
    if session.credentials.token is None or session.issued is None:
        return None
    return Secret(
        json.dumps(
            {
                "format": FORMAT,
                "for": asdict(key),
                "user": session.caller.arn,
                "access_key": session.credentials.access_key,
                "secret": session.credentials.secret.reveal(),
                "token": session.credentials.token.reveal(),
                "issued": session.issued.astimezone(UTC).isoformat(),
                "expires": session.expires.astimezone(UTC).isoformat(),
                "request_id": session.request_id,
            }
        )
    )


def read_entry(entry: Secret, key: SessionKey, caller: Caller, now: datetime) -> UserSession | None:
    """Return the kept session, or None when any of the module's conditions does not hold."""
    data = _parse(entry)
    if data.get("for") != asdict(key):
        return None
    match data:
        case {
            "access_key": str(access),
            "secret": str(secret),
            "token": str(token),
            "issued": str(issued_at),
            "expires": str(expires_at),
            "request_id": str(request_id),
        } if access.startswith(TEMPORARY_PREFIX) and secret and token:
            issued, expires = _utc(issued_at), _utc(expires_at)
        case _:
            return None
    if issued is None or expires is None or not issued <= now < expires <= issued + LONGEST:
        return None
    credentials = Credentials(access, Secret(secret), Secret(token), expires)
    return UserSession(credentials, caller, key.serial, issued, expires, request_id)


def entry_user(entry: Secret) -> str:
    """Return the ARN of the user whose session an entry holds, for people; empty when it cannot be read."""
    user = _parse(entry).get("user")
    return user if isinstance(user, str) else ""


def belongs_to(entry: Secret, caller: Caller) -> bool:
    """Return whether an entry holds a session of this user, whatever the device, key or region."""
    owner = SessionKey.written(entry)
    return owner is not None and (owner.account, owner.user_id) == (caller.account, caller.user_id)


def _parse(entry: Secret) -> Mapping[str, object]:
    """Return the entry's data; nothing for a text that is none of this version's."""
    try:
        data = json.loads(entry.reveal())
    except (ValueError, RecursionError):
        return {}
    return data if isinstance(data, dict) and data.get("format") == FORMAT else {}


def _utc(text: str) -> datetime | None:
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        return None
    return moment if moment.utcoffset() == timedelta(0) else None
