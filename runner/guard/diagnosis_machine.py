"""Rules on the operator's machine: the command that makes codes, git, and the place of the audit log. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum

from runner.guard.diagnosis import Seen, ok, problem

_GROUP_AND_OTHERS = 0o077
_OTHERS_WRITE = 0o022
_MIB = 1 << 20


def judge_command(argv: tuple[str, ...], found: str) -> Seen:
    """Say whether the command of ``mfa_process`` is there; ``found`` is its path, empty when it is not."""
    if not argv:
        return ok("the profile has none; a code is asked for at the terminal or with --mfa-code-stdin")
    if found:
        return ok(f"{found} is there and can be run")
    return problem(f"{argv[0]} is not found, or cannot be run", "install it, or correct mfa_process in the profile")


class Kind(Enum):
    """Say what stands at the place of the audit log."""

    MISSING = "nothing"
    DIRECTORY = "a directory"
    LINK = "a symbolic link"
    OTHER = "not a directory"


@dataclass(frozen=True)
class Place:
    """Hold what is known of the audit log's directory, or of the nearest directory above it when it is missing.

    ``mode`` is its permission bits, ``writable`` is about that directory, ``free`` counts bytes on its disk, and
    ``wanted`` the bytes that a long run may need.
    """

    path: str
    kind: Kind
    above: str
    own: bool
    mode: int
    writable: bool
    free: int
    wanted: int


def judge_place(place: Place) -> Seen:
    """Say whether the audit log can be written where it belongs, by this user alone."""
    own = "set RUNNER_LEDGER to a directory of your own"
    match place.kind:
        case Kind.MISSING if place.writable:
            return ok(f"{place.path} is not there yet; it will be made under {place.above}, with mode 0700")
        case Kind.MISSING:
            return problem(f"{place.path} is not there, and {place.above} cannot be written to", own)
        case Kind.LINK | Kind.OTHER:
            return problem(f"{place.path} is {place.kind.value}", own)
        case Kind.DIRECTORY:
            return _judge_directory(place, own)


def _judge_directory(place: Place, own: str) -> Seen:
    if not place.own:
        return problem(f"{place.path} belongs to another user", own)
    if place.mode & _OTHERS_WRITE:
        return problem(f"others may write to {place.path} (mode {place.mode:04o})", f"chmod 700 {place.path}")
    if not place.writable:
        return problem(f"{place.path} cannot be written to", f"chmod 700 {place.path}, and check the disk")
    said = f"{place.path} is yours and can be written to (mode {place.mode:04o})"
    return ok(said, f"others may read it: chmod 700 {place.path}" if place.mode & _GROUP_AND_OTHERS else "")


def judge_space(place: Place) -> Seen:
    """Say whether the audit log's disk has room for a long run."""
    # What is free is rounded down and what is needed up.
    said = (
        f"{place.free // _MIB:,} MiB are free for the audit log; a long run may need {-(-place.wanted // _MIB):,} MiB"
    )
    return ok(said) if place.free >= place.wanted else problem(said, "free some space, or set RUNNER_LEDGER elsewhere")


def judge_git(found: str) -> Seen:
    """Say whether a playbook's commit can be found out; runner works without."""
    if found:
        return ok(f"{found}: the audit log will name a playbook's commit")
    return ok("git is not found", "the audit log will not say which commit a playbook comes from")
