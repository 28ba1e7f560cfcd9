"""What was asked of AWS, in words, for the explanation of a refusal. Nothing here is secret.

An external id is no secret either (IAM User Guide, "The confused deputy problem"), and whoever was refused has to
compare it, so it is shown.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass

GET_SESSION_TOKEN = "sts:GetSessionToken"  # noqa: S105  # the name of an operation
GET_CALLER_IDENTITY = "sts:GetCallerIdentity"
ASSUME_ROLE = "sts:AssumeRole"


@dataclass(frozen=True)
class Asked:
    """Hold what was asked of AWS.

    ``user`` is the caller's ARN, or the origin of the key before AWS said whose it is; ``origin`` is the latter always.
    ``next_code`` and ``seconds`` are in seconds, ``policy_size`` in characters; ``tags`` are ``key=value``.
    """

    user: str
    region: str
    origin: str = "this source"
    key: str = ""
    serial: str = ""
    next_code: int = 0
    role: str = ""
    session: str = ""
    policy_size: int = 0
    seconds: int = 900
    external_id: str = ""
    source_identity: str = ""
    tags: tuple[str, ...] = ()

    def words(self) -> dict[str, object]:
        """Return every field by its name, with the sentences ``sent`` and ``to_check``."""
        return {**asdict(self), "sent": self._sent, "to_check": self._to_check}

    @property
    def _sent(self) -> str:
        parts = (
            f"role {self.role}",
            f"session name {self.session}",
            f"a session policy of {self.policy_size} characters" if self.policy_size else "no session policy",
            f"external id {self.external_id!r}" if self.external_id else "no external id",
            f"source identity {self.source_identity}" if self.source_identity else "no source identity",
            f"tags {', '.join(self.tags)}" if self.tags else "no tags",
        )
        return f"sent were: {', '.join(parts)}"

    @property
    def _to_check(self) -> str:
        """Say what decides whether a role may be assumed, as far as this request could fail on it."""
        parts = [
            "the role must exist and its trust policy must name the caller or its account",
            "a policy of the caller must allow sts:AssumeRole on the role",
            "the trust policy must ask for this external id"
            if self.external_id
            else "if the trust policy asks for an external id, say it (playbook: assume.external_id; --external-id)",
            "if it asks for another session name, say it (playbook: assume.session_name; --session-name)",
        ]
        if self.source_identity:
            parts.append("both policies must allow sts:SetSourceIdentity")
        if self.tags:
            parts.append("both policies must allow sts:TagSession with these tags")
        return "; ".join(parts)
