"""Who may sign what: the ``allowed_signers`` file that git and ``ssh-keygen`` use. Pure.

    # principals                                          options                                  key
    alice@acme.example,arn:aws:iam::111111111111:user/alice namespaces="git,runner-approval-v1@…" ssh-ed25519 AAAA…

- A line that cannot be understood refuses the whole file: whoever is excluded by that line would be let in otherwise.
- Patterns are understood here only to find out what they cover, and nobody is let in by one: `Signer.names` is literal.
- A time without ``Z`` is UTC. OpenSSH would take the machine's own zone, which is the operator's to set.

Source: ssh-keygen(1), ALLOWED SIGNERS; ssh_config(5), PATTERNS.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from fnmatch import fnmatchcase
from typing import TypeVar

from runner.guard.ssh_key import PublicKey, Unreadable, key_in_base64

MAX_BYTES = 1024 * 1024
"""The largest file that is read; a line for one person takes about 200 bytes."""

_PRINCIPALS = re.compile(r'"([^"]*)"(?=[ \t])|([^" \t][^ \t]*)')
_OPTIONS = re.compile(r'(?:\\"|"(?:\\"|[^"])*"|[^" \t])+')
_OPTION = re.compile(r'([A-Za-z-]+)(?:="([^"\\]*)")?(?:,|\Z)')
_FLAG = "cert-authority"
_OPTIONS_KNOWN = frozenset({_FLAG, "namespaces", "valid-after", "valid-before"})
_KEY = re.compile(r"[ \t]*([a-z0-9@.-]+)[ \t]+([A-Za-z0-9+/=]+)(?:[ \t].*)?")
_TIME = re.compile(r"(\d{8})(?:(\d{4})(\d{2})?)?Z?", re.ASCII)
_PATTERN = frozenset("*?!")
_KRL = b"SSHKRL\n\0"
"""How a key revocation list of ``ssh-keygen -k`` begins (PROTOCOL.krl)."""
T = TypeVar("T")


@dataclass(frozen=True)
class Signer:
    """Hold one line: a key, and for whom, for what and when it signs."""

    line: int
    text: str
    """The line as it is written; OpenSSH is given nothing else."""
    principals: tuple[str, ...]
    key: PublicKey
    authority: bool = False
    """Whether the key signs certificates instead (``cert-authority``)."""
    namespaces: tuple[str, ...] = ()
    """Empty when the line names none, which lets every namespace through."""
    valid_after: datetime | None = None
    valid_before: datetime | None = None

    def names(self, principal: str) -> bool:
        """Return whether the line names a principal letter by letter."""
        return principal in self.principals

    def covers(self, principal: str) -> bool:
        """Return whether the line is for a principal, by name or by pattern; ``!`` excludes."""
        listed = [pattern for pattern in self.principals if not pattern.startswith("!")]
        excluded = [pattern[1:] for pattern in self.principals if pattern.startswith("!")]
        return _any(principal, listed) and not _any(principal, excluded)

    @property
    def has_patterns(self) -> bool:
        """Whether a principal is a pattern, which may stand for several people."""
        return any(_PATTERN & set(principal) for principal in self.principals)


class BadSigners(ValueError):
    """Say which lines of an ``allowed_signers`` file, or of revoked keys, cannot be understood."""

    def __init__(self, problems: tuple[tuple[int, str], ...]) -> None:
        super().__init__("; ".join(f"line {line}: {why}" for line, why in problems))
        self.problems = problems


def read_signers(content: bytes) -> tuple[Signer, ...]:
    """Return every line that is not a comment.

    Raises:
        BadSigners: with every line that cannot be understood.
    """
    return _each_line(content, _signer)


def check_revoked(content: bytes) -> None:
    """Return when OpenSSH can revoke with this: a KRL of its own, or public keys, one a line.

    OpenSSH passes over a line that it does not understand, and so over the key that it was to revoke.

    Raises:
        BadSigners: with every line that is no key.
    """
    if not content.startswith(_KRL):
        _each_line(content, _revoked)


def _each_line(content: bytes, read: Callable[[int, str], T]) -> tuple[T, ...]:
    """Return what every line means that is neither empty nor a comment."""
    if len(content) > MAX_BYTES:
        raise BadSigners(((1, f"the file is larger than {MAX_BYTES} bytes"),))
    try:
        lines = content.decode("utf-8").split("\n")
    except UnicodeDecodeError as error:
        raise BadSigners(((content.count(b"\n", 0, error.start) + 1, "it is not UTF-8"),)) from error
    found, problems = [], []
    for number, line in enumerate(lines, 1):
        text = line.strip(" \t\r")
        if not text or text.startswith("#"):
            continue
        try:
            found.append(read(number, text))
        except Unreadable as error:
            problems.append((number, str(error)))
    if problems:
        raise BadSigners(tuple(problems))
    return tuple(found)


def _revoked(_number: int, text: str) -> PublicKey:
    key = _key(text)
    if key is None:
        raise Unreadable("it is no public key")
    return key_in_base64(*key)


def _signer(number: int, text: str) -> Signer:
    if "\0" in text:
        raise Unreadable("a NUL byte stands in it")
    found = _PRINCIPALS.match(text)
    if found is None:
        raise Unreadable("the principals' quote is not closed")
    principals = tuple((found[1] or found[2] or "").split(","))
    if not all(principals):
        raise Unreadable("a principal is empty")
    rest = text[found.end() :].lstrip(" \t")
    key, options = _key(rest), ""
    if key is None:
        match = _OPTIONS.match(rest)
        options = match[0] if match else ""
        key = _key(rest[len(options) :])
    if key is None:
        raise Unreadable("no key stands behind the principals and the options")
    return _with_options(Signer(number, text, principals, key_in_base64(*key)), options)


def _key(text: str) -> tuple[str, str] | None:
    """Return the kind and the base64 of the key that a text begins with; options do not look like one."""
    found = _KEY.fullmatch(text)
    return None if found is None else (found[1], found[2])


def _with_options(signer: Signer, options: str) -> Signer:
    """Return the signer with what its options say; an option without a value is a flag, and the other way round."""
    found = _split(options)
    namespaces = found.get("namespaces")
    return replace(
        signer,
        authority=_FLAG in found,
        namespaces=tuple(namespaces.split(",")) if namespaces else (),
        valid_after=_time(found.get("valid-after"), "valid-after"),
        valid_before=_time(found.get("valid-before"), "valid-before"),
    )


def _split(options: str) -> dict[str, str | None]:
    """Return each option with its value, None for a flag."""
    found: dict[str, str | None] = {}
    at = 0
    while at < len(options):
        option = _OPTION.match(options, at)
        if option is None or (option[0].endswith(",") and option.end() == len(options)):
            raise Unreadable(f"the options cannot be understood: {options}")
        name, value = option[1].lower(), option[2]
        if name not in _OPTIONS_KNOWN or (value is None) != (name == _FLAG):
            raise Unreadable(f"the options cannot be understood: {options}")
        if name in found:
            raise Unreadable(f"the option {name} stands there twice")
        found[name] = value
        at = option.end()
    return found


def _time(written: str | None, name: str) -> datetime | None:
    if written is None:
        return None
    found = _TIME.fullmatch(written)
    text = "" if found is None else found[1] + (found[2] or "0000") + (found[3] or "00")
    try:
        return datetime.strptime(text, "%Y%m%d%H%M%S").replace(tzinfo=UTC)
    except ValueError as error:
        raise Unreadable(f"{name} is no time: {written or 'nothing'}") from error


def _any(principal: str, patterns: list[str]) -> bool:
    # `fnmatch` knows one thing more than OpenSSH does, the bracket.
    return any(fnmatchcase(principal, pattern.replace("[", "[[]")) for pattern in patterns)
