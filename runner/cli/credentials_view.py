"""Role credentials in the forms that other tools read, and kept sessions for people."""

from __future__ import annotations

import shlex
from collections.abc import Mapping
from datetime import datetime, timedelta

from rich.console import Console

from runner.aws.session_cache.kept_sessions import Kept, Removed
from runner.cli.credentials_child import DROPPED, timestamp, variables
from runner.cli.credentials_upkeep import Status
from runner.cli.output import plural, text
from runner.cli.session_keeping import Keep
from runner.model.canonical import Json
from runner.model.session import LongTermIdentity, RoleSession


def shell_lines(session: RoleSession, region: str, environ: Mapping[str, str]) -> str:
    """Return lines for a shell's ``eval``: what would win over the credentials is unset, the rest is exported."""
    given = variables(session, region)
    stale = [f"unset {name}\n" for name in DROPPED if name in environ and name not in given]
    return "".join((*stale, *(f"export {name}={shlex.quote(value)}\n" for name, value in given.items())))


def assume_role_data(session: RoleSession) -> dict[str, Json]:
    """Return the session as ``aws sts assume-role`` prints it."""
    return {"Credentials": _parts(session), "AssumedRoleUser": {"Arn": session.arn}}


def process_data(session: RoleSession) -> dict[str, Json]:
    """Return the session as ``credential_process`` prints it.

    Source: AWS SDKs and Tools Reference, "Process credential provider".
    """
    return {"Version": 1, **_parts(session)}


def status_data(status: Status) -> dict[str, Json]:
    """Return who the operator is and what is kept, without any secret."""
    identity = status.identity
    return {
        "format": "runner-credentials-status/1",
        "identity": {
            "account": identity.caller.account,
            "arn": identity.caller.arn,
            "user_id": identity.caller.user_id,
            "access_key": identity.credentials.access_key,
            "origin": identity.origin,
            "mfa_serial": identity.serial if isinstance(identity, LongTermIdentity) else None,
        },
        "keep": status.keep.value,
        "sessions": [_kept_data(kept, status.now) for kept in status.kept],
    }


def show_status(status: Status, console: Console) -> None:
    """Print who the operator is and what is kept."""
    identity = status.identity
    lines = [f"identity: {identity.caller.arn}, {identity.origin}"]
    lines += [f"MFA device: {identity.serial}"] if isinstance(identity, LongTermIdentity) else []
    lines += [f"new sessions are kept: {_where(status.keep)}"]
    lines += [f"kept session: {_kept_line(kept, status.now)}" for kept in status.kept] or ["kept session: none"]
    for line in (*lines, "role credentials: never kept"):
        console.print(text(line), soft_wrap=True)


def show_removed(removed: tuple[Removed, ...], console: Console) -> None:
    """Print which sessions were removed."""
    for found in removed:
        whose = f"the session of {found.user}" if found.user else "an entry that could not be read"
        console.print(text(f"removed: {whose}, from {found.place}"), soft_wrap=True)
    if not removed:
        console.print("no session was kept")


def removed_data(removed: tuple[Removed, ...]) -> dict[str, Json]:
    """Return which sessions were removed."""
    listed: list[Json] = [{"place": found.place, "user": found.user or None} for found in removed]
    return {"format": "runner-credentials-cleared/1", "removed": listed}


def _parts(session: RoleSession) -> dict[str, Json]:
    credentials = session.credentials
    return {
        "AccessKeyId": credentials.access_key,
        "SecretAccessKey": credentials.secret.reveal(),
        "SessionToken": "" if credentials.token is None else credentials.token.reveal(),
        "Expiration": timestamp(session.expires),
    }


def _kept_data(kept: Kept, now: datetime) -> dict[str, Json]:
    session = kept.session
    return {
        "place": kept.place,
        "mfa_serial": session.serial,
        "sts_region": kept.region,
        "access_key": session.credentials.access_key,
        "issued": timestamp(session.issued or now),
        "expires": timestamp(session.expires),
        "age_seconds": int((session.age(now) or timedelta()).total_seconds()),
        "seconds_left": int((session.expires - now).total_seconds()),
    }


def _kept_line(kept: Kept, now: datetime) -> str:
    session = kept.session
    age, left = session.age(now) or timedelta(), session.expires - now
    return (
        f"code of {session.serial} given {_minutes(age)} ago, ends in {_minutes(left)}, at "
        f"{session.expires:%H:%M:%S} UTC; made by STS in {kept.region}; in {kept.place}"
    )


def _where(keep: Keep) -> str:
    match keep:
        case Keep.NONE:
            return "nowhere; --keep-session keyring or file, or RUNNER_KEEP_SESSION, keeps them"
        case Keep.KEYRING:
            return "in the OS keyring"
        case Keep.FILE:
            return "in a file"


def _minutes(length: timedelta) -> str:
    return plural(int(length.total_seconds() // 60), "minute")
