"""Find the list of whose keys count (``allowed_signers``), and say how far the operator could have written it.

The guardrails' own, else ``--allowed-signers``, else ``RUNNER_ALLOWED_SIGNERS``, else ``/etc/runner/allowed_signers``
when it is there. It is a file, or what git holds: ``origin/main:.runner/allowed_signers``. Nothing is fetched: that is
the operator's to do. Where the guardrails name a list, an option cannot name another one.

A list that the operator can write proves little. So ``runner apply`` refuses it unless it was chosen on the command
line, and then it is said in the terminal and in the log. A peer who approves may own it: nothing is decided there.
"""

from __future__ import annotations

import hashlib
import os
import stat
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

from runner.cli.git import git_bytes, git_line
from runner.cli.plain_file import read_file
from runner.errors import GuardRefused, UsageError
from runner.guard.allowed_signers import MAX_BYTES, BadSigners, Signer, check_revoked, read_signers
from runner.model.guardrails import Guardrails
from runner.workflow.approvals import SignersList

VARIABLE = "RUNNER_ALLOWED_SIGNERS"
PLACE = Path("/etc/runner/allowed_signers")
_REMOTE = "refs/remotes/"


def find_signers(option: str | None, environ: Mapping[str, str], guardrails: Guardrails) -> SignersList | None:
    """Return the list that holds; None when nothing names one.

    Raises:
        UsageError: when it cannot be read, or a line of it cannot be understood.
        GuardRefused: when the guardrails name another one than the option.
    """
    ruled = guardrails.approvals.allowed_signers
    if ruled and option is not None and not _same(option, ruled):
        raise GuardRefused(
            f"the guardrails name the list of whose keys count: {ruled}",
            on=f"--allowed-signers {option}",
            hint="leave the option out, or name the same list",
        )
    named = ruled or option or environ.get(VARIABLE) or (str(PLACE) if PLACE.exists() else "")
    if not named:
        return None
    beside = Path(guardrails.source.path).parent if ruled and guardrails.source else Path()
    return replace(read_list(named, beside), authorities=guardrails.approvals.certificates)


def refuse_editable(found: SignersList, option: str | None) -> None:
    """Return when the operator cannot write the list, or chose it on the command line all the same.

    Raises:
        GuardRefused: otherwise.
    """
    if found.editable and option is None:
        raise GuardRefused(
            f"this list of whose keys count is the operator's to change: {found.editable}",
            on=found.origin,
            hint="have somebody else own it, name it as git's (origin/main:PATH), "
            f"or choose it with --allowed-signers {found.origin}: the log will say so",
        )


def need_signers(option: str | None, environ: Mapping[str, str], guardrails: Guardrails) -> SignersList:
    """Return the list that holds.

    Raises:
        UsageError: when nothing names one, or as for `find_signers`.
        GuardRefused: as for `find_signers`.
    """
    found = find_signers(option, environ, guardrails)
    if found is None:
        raise UsageError("nothing says whose keys count", on="--allowed-signers", hint="name allowed_signers")
    return found


def read_list(named: str, beside: Path) -> SignersList:
    """Return the list in a file, or in the git repository that a directory is in.

    Raises:
        UsageError: when it cannot be read, or a line of it cannot be understood.
    """
    ref, separator, path = named.partition(":")
    if separator and ref and path and not Path(named).exists():
        return _in_git(ref, path, beside.resolve())
    content = read_file(named, MAX_BYTES)
    return SignersList(named, hashlib.sha256(content).hexdigest(), _signers(named, content), _editable(Path(named)))


def read_revoked(option: str | None, guardrails: Guardrails) -> bytes | None:
    """Return a list of revoked keys as OpenSSH takes it: the guardrails' own, else the one that was named.

    Raises:
        UsageError: when it cannot be read, or a line of it is no key.
        GuardRefused: when the guardrails name another one.
    """
    ruled = guardrails.approvals.revoked_keys
    if ruled and option is not None and not _same(option, ruled):
        raise GuardRefused(
            f"the guardrails name the keys that count no more: {ruled}",
            on=f"--revoked-keys {option}",
            hint="leave the option out, or have the key added there",
        )
    path = ruled or option
    if path is None:
        return None
    content = read_file(path, MAX_BYTES)
    try:
        check_revoked(content)
    except BadSigners as bad:
        raise _not_understood(path, bad) from bad
    return content


def _same(one: str, other: str) -> bool:
    return one == other or Path(one).resolve() == Path(other).resolve()


def _in_git(ref: str, path: str, here: Path) -> SignersList:
    asked = f"{ref}:{path}"
    commit = "" if ref.startswith("-") else git_line(here, "rev-parse", "--verify", "--quiet", f"{ref}^{{commit}}")
    content = git_bytes(here, "cat-file", "blob", f"{commit}:{path}") if commit else None
    if content is None:
        raise UsageError(
            "there is neither such a file nor does git have it", on=asked, hint="fetch it, or check the name"
        )
    full = git_line(here, "rev-parse", "--verify", "--quiet", "--symbolic-full-name", ref)
    editable = "" if full.startswith(_REMOTE) else f"{ref} is no branch of a remote, but one of this repository's own"
    origin = f"{asked} at {commit}"
    return SignersList(origin, hashlib.sha256(content).hexdigest(), _signers(asked, content), editable)


def _signers(name: str, content: bytes) -> tuple[Signer, ...]:
    try:
        return read_signers(content)
    except BadSigners as bad:
        raise _not_understood(name, bad) from bad


def _not_understood(name: str, bad: BadSigners) -> UsageError:
    lines = "; ".join(f"line {line}: {why}" for line, why in bad.problems)
    return UsageError(
        f"this list of keys cannot be understood: {lines}",
        on=name,
        hint="correct it; see ssh-keygen(1), ALLOWED SIGNERS",
    )


def _editable(path: Path) -> str:
    """Return how this user could change what the path leads to; empty when the file system keeps that user out."""
    place = path.resolve()
    if os.access(place, os.W_OK) or place.stat().st_uid == os.geteuid():
        return f"{place} is this user's to write"
    for child, parent in zip((place, *place.parents), place.parents, strict=False):
        if os.access(parent, os.W_OK) and not _sticks(child, parent):
            return f"{parent} is this user's to write, and so is what lies in it"
    return ""


def _sticks(child: Path, parent: Path) -> bool:
    """Return whether a directory for everybody keeps a file that is another user's (sticky(7))."""
    owners = {child.stat().st_uid, parent.stat().st_uid}
    return bool(parent.stat().st_mode & stat.S_ISVTX) and os.geteuid() not in owners
