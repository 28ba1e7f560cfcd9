"""Credentials and identities as values that cannot leak themselves."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from types import MappingProxyType
from typing import TypeAlias


class Secret:
    """Hold a secret text that no repr, format, log or pickle shows; ask with `reveal`."""

    __slots__ = ("_text",)

    def __init__(self, text: str) -> None:
        self._text = text

    def reveal(self) -> str:
        """Return the secret itself; the result must go to AWS or to the operator's own tool, nowhere else."""
        return self._text

    def __repr__(self) -> str:
        return "Secret(…)"

    def __str__(self) -> str:
        return "…"

    def __reduce__(self) -> str | tuple[object, ...]:
        raise TypeError("a secret is not stored")


@dataclass(frozen=True)
class Credentials:
    """Hold AWS credentials; only the access key id may be shown."""

    access_key: str
    secret: Secret
    token: Secret | None = None
    expires: datetime | None = None
    """UTC; None for long-term keys."""


@dataclass(frozen=True)
class Caller:
    """Hold what ``sts:GetCallerIdentity`` answered."""

    account: str
    arn: str
    user_id: str


@dataclass(frozen=True)
class LongTermIdentity:
    """Hold an IAM user's long-term key, where it came from, and the MFA device to use.

    ``origin`` is a sentence part for the operator: ``profile 'alice' in ~/.aws/credentials``. ``mfa_process`` is the
    command of the profile that prints a code, already split into arguments. ``way`` is set when the operator's profile
    would have taken a way that carries no MFA, with the reason in words.
    """

    credentials: Credentials
    caller: Caller
    origin: str
    serial: str
    mfa_process: tuple[str, ...] = ()
    way: str = ""


@dataclass(frozen=True)
class ReadySession:
    """Hold an IAM user's temporary credentials that somebody else made; whether they carry MFA is not known yet.

    ``expires`` is the source's word, None when it says nothing. The live proof decides.
    """

    credentials: Credentials
    caller: Caller
    origin: str
    expires: datetime | None = None


Identity: TypeAlias = LongTermIdentity | ReadySession


@dataclass(frozen=True)
class UserSession:
    """Hold the session of an IAM user that is to carry the MFA context: made by ``sts:GetSessionToken`` with a code.

    For a ready-made session ``serial`` and ``request_id`` are empty, and ``issued`` is None: when its code was given is
    known to AWS alone, which holds it to the session policy's ``aws:MultiFactorAuthAge``.
    """

    credentials: Credentials
    caller: Caller
    serial: str
    issued: datetime | None
    expires: datetime
    request_id: str

    def age(self, now: datetime) -> timedelta | None:
        """Return how long ago the MFA code was given, None when that is not known."""
        return None if self.issued is None else now - self.issued


@dataclass(frozen=True)
class RoleSession:
    """Hold a role session made from a `UserSession`, limited by a session policy."""

    credentials: Credentials
    arn: str
    """The assumed-role ARN."""
    role_arn: str
    issued: datetime
    expires: datetime
    request_id: str
    packed_policy_size: int | None = None
    """Percent of the packed limit that policy and tags use, as AWS reports it."""


@dataclass(frozen=True)
class Assume:
    """Hold how roles are assumed, beyond what runner needs itself; the defaults ask for nothing.

    ``session_name`` is a template with ``{user}`` and ``{playbook}``; empty means the user's name. ``external_id`` and
    ``tags`` go to the last role only. ``source_identity`` sets the user's name as SourceIdentity, which AWS keeps
    through every further role.
    """

    session_name: str = ""
    external_id: str = ""
    source_identity: bool = False
    tags: Mapping[str, str] = field(default_factory=lambda: MappingProxyType({}))


@dataclass(frozen=True)
class RoleRequest:
    """Hold what one ``sts:AssumeRole`` is asked for; ``policy`` is the inline session policy, empty for none.

    There is no place for a serial or a code: given to AssumeRole they would open the role and lose the MFA context.
    """

    role_arn: str
    name: str
    policy: str = ""
    seconds: int = 900
    external_id: str = ""
    source_identity: str = ""
    tags: Mapping[str, str] = field(default_factory=lambda: MappingProxyType({}))
