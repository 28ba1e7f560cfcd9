"""The way from the operator's session to the role: every hop, and how each is asked for."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from runner.model.bound import BoundCall
from runner.model.call import Effect
from runner.model.playbook import Playbook
from runner.model.ports import Sts
from runner.model.session import Assume, RoleRequest, RoleSession, UserSession
from runner.policy.session import session_policy

LIFETIME = timedelta(seconds=900)
"""How long a role session lives: the shortest that STS makes (AssumeRole, DurationSeconds)."""


@dataclass(frozen=True)
class Route:
    """Hold where the way begins and which roles it leads through; ``role_arn`` is the last."""

    user: UserSession
    role_arn: str
    via: tuple[str, ...]
    assume: Assume
    playbook: str
    region: str

    @classmethod
    def of(cls, playbook: Playbook, user: UserSession) -> Route:
        """Return the way that a playbook asks for."""
        return cls(user, playbook.role_arn, playbook.via, playbook.assume, playbook.name, playbook.region)

    @property
    def session_name(self) -> str:
        """The name of every role session on the way: the user's name, unless the playbook has a template.

        Trust policies may demand the user's name (``sts:RoleSessionName`` equal to ``${aws:username}``), and CloudTrail
        shows it. The run's id travels in the User-Agent instead.
        """
        user = self._user_name
        name = self.assume.session_name.format_map({"user": user, "playbook": self.playbook}) or user
        return name if len(name) > 1 else f"{name}-runner"

    @property
    def source_identity(self) -> str:
        """The user's name where the playbook asks for a source identity; AWS keeps it through every role of the way."""
        return self._user_name if self.assume.source_identity else ""

    def take(self, sts: Sts, policy: str, now: datetime) -> RoleSession:
        """Assume the roles one after the other; ``policy`` limits the last session, a hop may only assume the next.

        Raises:
            CredentialsRefused: when AWS refuses a hop.
        """
        source: UserSession | RoleSession = self.user
        identity = self.source_identity
        for hop, following in zip(self.via, (*self.via, self.role_arn)[1:], strict=True):
            following_calls = assume_calls(self.assume, following, self.region, acts=following == self.role_arn)
            limited = session_policy(following_calls, until=now + LIFETIME)
            source = sts.role_session(source, RoleRequest(hop, self.session_name, limited, source_identity=identity))
        return sts.role_session(
            source,
            RoleRequest(
                self.role_arn,
                self.session_name,
                policy,
                external_id=self.assume.external_id,
                source_identity=identity,
                tags=self.assume.tags,
            ),
        )

    @property
    def _user_name(self) -> str:
        return self.user.caller.arn.rsplit("/", 1)[-1]


def assume_calls(assume: Assume, role_arn: str, region: str, *, acts: bool) -> tuple[BoundCall, ...]:
    """Return what whoever assumes a role must be allowed; ``acts`` says that it is the last role of the way.

    The last two are IAM actions that AssumeRole implies.
    """
    operations = ["AssumeRole"]
    operations += ["SetSourceIdentity"] if assume.source_identity else []
    operations += ["TagSession"] if assume.tags and acts else []
    return tuple(BoundCall("sts", name, {}, region, (role_arn,), Effect.PREPARE) for name in operations)
