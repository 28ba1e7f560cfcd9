"""Rules on the operator's AWS configuration: the files, and which keys win.

The values hold what was seen, the functions say what it means. Pure.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum

from runner.guard.diagnosis import Seen, ok, problem
from runner.model.session import Caller

_GROUP_AND_OTHERS = 0o077
_UNPROVEN = "the live proof tells; if it fails, use the user's long-term key"
_CODE_FOR_ROLE = (
    "If a code was given to sts:AssumeRole (`aws sts assume-role --token-code`, or a profile with role_arn and "
    "mfa_serial), it opened the role, and the session does not carry it"
)


@dataclass(frozen=True)
class FileSeen:
    """Hold what is known of one of the AWS files; ``mode`` is its permission bits, 0 when it is not there."""

    path: str
    exists: bool
    mode: int = 0
    holds_secrets: bool = False


@dataclass(frozen=True)
class FilesSeen:
    """Hold both AWS files, which could be parsed, and the names of the profiles that they have together."""

    files: tuple[FileSeen, ...]
    profiles: tuple[str, ...]


@dataclass(frozen=True)
class RegionSeen:
    """Name the region whose endpoints are used, and who says so."""

    name: str
    origin: str


class NamedBy(Enum):
    """Say what made a source of keys win; the values are sentence parts."""

    OPTION = "--profile names it, which goes before everything else"
    AWS_PROFILE = "AWS_PROFILE names it, which goes before keys in the environment"
    AWS_DEFAULT_PROFILE = "AWS_DEFAULT_PROFILE names it, which goes before keys in the environment"
    ENVIRONMENT = "no profile is named, and keys in the environment go before [default]"
    DEFAULT = "no profile is named and the environment has no keys, so it is [default]"


@dataclass(frozen=True)
class KeysSeen:
    """Hold which source of keys wins, and what its profile says; nothing here is secret.

    ``command`` is its ``credential_process``, empty when the key stands in a file or in the environment. ``role_arn``
    is the role that the profile would assume. ``way`` says what the AWS CLI would do with such a profile.
    """

    origin: str
    named_by: NamedBy
    command: tuple[str, ...] = ()
    mfa_process: tuple[str, ...] = ()
    role_arn: str = ""
    way: str = ""


@dataclass(frozen=True)
class Owner:
    """Say whose key it is, in AWS's words; ``is_session`` when a session token belongs to it."""

    access_key: str
    caller: Caller
    is_session: bool


def judge_files(seen: FilesSeen) -> Seen:
    """Say whether there are AWS files, and whether others can read secrets in them."""
    there = [file.path for file in seen.files if file.exists]
    if not there:
        missing = " nor ".join(file.path for file in seen.files)
        return ok(f"neither {missing} is there", "that is fine when the keys stand in the environment")
    absent = [f"{file.path} is not there" for file in seen.files if not file.exists]
    said = "; ".join((f"{' and '.join(there)} parsed: {len(seen.profiles)} profiles", *absent))
    open_ = [file.path for file in seen.files if file.holds_secrets and file.mode & _GROUP_AND_OTHERS]
    return ok(said, f"other users may read it: chmod 600 {open_[0]}" if open_ else "")


def judge_keys(seen: KeysSeen) -> Seen:
    """Say which keys win and why, and what other tools would do with the profile."""
    note = f"{seen.way}; nothing to do for runner, but other tools lose MFA with this profile" if seen.way else ""
    return ok(f"{seen.origin}: {seen.named_by.value}", note)


def judge_owner(owner: Owner) -> Seen:
    """Say that a key works, and whose it is."""
    return ok(f"{owner.access_key} works; it belongs to {owner.caller.arn}")


def judge_user(owner: Owner) -> Seen:
    """Say what an IAM user's key or session is good for."""
    if owner.is_session:
        return ok("a session of an IAM user, made before; whether a code made it cannot be seen in it", _UNPROVEN)
    return ok("an IAM user with a long-term key: it can carry MFA to a role")


def judge_refused_owner(refused: Seen, owner: Owner) -> Seen:
    """Add to the refusal of a role session where such sessions come from, and what happened to the code."""
    if ":assumed-role/" not in owner.caller.arn:
        return refused
    return problem(f"{refused.what}. {_CODE_FOR_ROLE}", refused.what_to_do, refused.aws)
