"""The world as values: who exists, what exists and who may do what when the sandbox starts.

A world is written as YAML (see ``worlds/default.yaml``) and read strictly by ``runner.sandbox.world_file``. Field names
here are the keys there. Policies are IAM's own JSON written as YAML. Nothing secret stands in a world: keys and seeds
are made when the sandbox starts.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any, TypeAlias

Document: TypeAlias = Mapping[str, Any]
"""An IAM policy document."""

Texts: TypeAlias = Mapping[str, str]
Documents: TypeAlias = Mapping[str, Document]
Names: TypeAlias = tuple[str, ...]


def _nothing() -> Mapping[str, Any]:
    return MappingProxyType({})


@dataclass(frozen=True)
class User:
    """Describe an IAM user with one long-term key.

    ``profile`` names the user's profile in the generated AWS files (default: the user's name). ``mfa_devices`` are
    names of virtual MFA devices. ``attach`` and ``boundary`` are ARNs of managed policies.
    """

    name: str
    path: str = "/"
    profile: str = ""
    mfa_devices: Names = ()
    tags: Texts = field(default_factory=_nothing)
    policies: Documents = field(default_factory=_nothing)
    attach: Names = ()
    boundary: str = ""

    def arn(self, account: str) -> str:
        """Return the user's ARN."""
        return f"arn:aws:iam::{account}:user{self.path}{self.name}"

    def serials(self, account: str) -> tuple[str, ...]:
        """Return the serial numbers of the user's MFA devices."""
        return tuple(f"arn:aws:iam::{account}:mfa/{name}" for name in self.mfa_devices)


@dataclass(frozen=True)
class Role:
    """Describe an IAM role; ``max_session`` is in seconds."""

    name: str
    trust: Document
    path: str = "/"
    max_session: int = 3600
    tags: Texts = field(default_factory=_nothing)
    policies: Documents = field(default_factory=_nothing)
    attach: Names = ()
    boundary: str = ""


@dataclass(frozen=True)
class ManagedPolicy:
    """Describe a customer-managed policy, for ``attach`` and ``boundary``."""

    name: str
    document: Document
    path: str = "/"


@dataclass(frozen=True)
class Objects:
    """Describe one object by ``key``, or ``count`` objects named ``prefix`` and a number.

    Each gets ``versions`` versions of ``size`` bytes (versions need a versioned bucket) and, when ``deleted``, a delete
    marker on top.
    """

    key: str = ""
    prefix: str = ""
    count: int = 1
    size: int = 32
    versions: int = 1
    deleted: bool = False

    @property
    def keys(self) -> tuple[str, ...]:
        """The keys, in order."""
        return (self.key,) if self.key else tuple(f"{self.prefix}{number:06d}" for number in range(self.count))


@dataclass(frozen=True)
class Bucket:
    """Describe an S3 bucket.

    ``versioning`` is ``Enabled``, ``Suspended`` or absent; ``uploads`` are keys of unfinished multipart uploads. S3
    refuses a ``policy`` that allows everybody something, unless ``public_policy`` switches that block off.
    """

    name: str
    region: str = ""
    versioning: str = ""
    object_lock: bool = False
    tags: Texts = field(default_factory=_nothing)
    policy: Document | None = None
    public_policy: bool = False
    objects: tuple[Objects, ...] = ()
    uploads: Names = ()


@dataclass(frozen=True)
class Account:
    """Describe an AWS account; ``id`` is a quoted string of twelve digits.

    ``scps`` are the service control policies that its organisation has put on it; without any it is in none.
    """

    id: str
    alias: str = ""
    scps: Documents = field(default_factory=_nothing)
    policies: tuple[ManagedPolicy, ...] = ()
    users: tuple[User, ...] = ()
    roles: tuple[Role, ...] = ()
    buckets: tuple[Bucket, ...] = ()


@dataclass(frozen=True)
class RoleProfile:
    """Describe a profile of the generated AWS config that assumes a role from another profile."""

    name: str
    role_arn: str
    source_profile: str
    mfa_serial: str = ""


@dataclass(frozen=True)
class World:
    """Hold a whole world; ``profile`` is what ``AWS_PROFILE`` is set to (default: the first user's)."""

    region: str
    accounts: tuple[Account, ...]
    profile: str = ""
    role_profiles: tuple[RoleProfile, ...] = ()

    @property
    def people(self) -> tuple[tuple[str, User], ...]:
        """Every user with the id of the account it belongs to."""
        return tuple((account.id, user) for account in self.accounts for user in account.users)

    @property
    def serials(self) -> tuple[str, ...]:
        """The serial numbers of every MFA device."""
        return tuple(serial for account, user in self.people for serial in user.serials(account))

    @property
    def default_profile(self) -> str:
        """The profile that ``AWS_PROFILE`` names."""
        return self.profile or next((profile_of(user) for _, user in self.people), "")


def profile_of(user: User) -> str:
    """Return the name of a user's profile."""
    return user.profile or user.name
