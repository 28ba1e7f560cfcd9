"""The live proof that a role session carries MFA: one harmless read that AWS lets through only with MFA.

The guard's session policy allows ``iam:GetRole`` on the role itself only if ``aws:MultiFactorAuthPresent`` is true, and
denies everything without MFA. So AWS's answer to that read tells:

- success: the session carries MFA, whatever the documentation says about role sessions;
- refused for the session policy: it does not;
- anything else: not proven, which stops the run just the same, with another hint.

Source: IAM user guide, "Troubleshoot access denied error messages"; AWS prints "session policy" and "sessions policy".
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TypeAlias

from runner.errors import AwsAnswer
from runner.model.arn import Arn
from runner.model.bound import BoundCall
from runner.model.call import Effect
from runner.model.ports import Reply

_SESSION_POLICY = re.compile(r"\bsessions? polic(?:y|ies)\b", re.IGNORECASE)
_DENIED = frozenset({"AccessDenied", "AccessDeniedException"})
_OTHER_POLICIES = (
    "identity-based policy",
    "permissions boundary",
    "resource-based policy",
    "service control policy",
    "resource control policy",
    "VPC endpoint policy",
)
_SUCCESS = 200


@dataclass(frozen=True)
class Proven:
    """Say that the session carries MFA."""


@dataclass(frozen=True)
class NotCarried:
    """Say that the session does not carry MFA, and how that is known."""

    why: str


@dataclass(frozen=True)
class Unproven:
    """Say why the read proves nothing, and what would help."""

    why: str
    hint: str


Proof: TypeAlias = Proven | NotCarried | Unproven


def proof_call(role_arn: str, region: str) -> BoundCall:
    """Return the read that proves MFA: ``iam:GetRole`` on the role itself, which the guard needs anyway."""
    return BoundCall("iam", "GetRole", {"RoleName": Arn.parse(role_arn).name}, region, (role_arn,), Effect.READ)


def read_proof(outcome: Reply | AwsAnswer) -> Proof:
    """Return what AWS's answer to `proof_call` proves."""
    return _answered(outcome) if isinstance(outcome, Reply) else _refused(outcome)


def _answered(reply: Reply) -> Proof:
    role = reply.data.get("Role")
    if reply.status == _SUCCESS and isinstance(role, Mapping) and role.get("Arn"):
        return Proven()
    return Unproven(
        f"iam:GetRole was answered with status {reply.status} and without a role",
        hint="check what answers for IAM: a proxy or a wrong endpoint may stand in between",
    )


def _refused(answer: AwsAnswer) -> Proof:
    if answer.code in _DENIED and _SESSION_POLICY.search(answer.message):
        return NotCarried(
            "AWS refused iam:GetRole for the session policy, which lets it through with MFA and refuses it without"
        )
    if answer.code not in _DENIED:
        return Unproven(
            f"iam:GetRole failed with {answer.code}: {answer.message}",
            hint="try again; the proof needs iam:GetRole to be answered",
        )
    named = next((policy for policy in _OTHER_POLICIES if policy in answer.message), "")
    return Unproven(
        f"AWS refused iam:GetRole for another reason ({named or 'not named'}), so it never looked at MFA",
        hint="grant the role iam:GetRole on its own ARN; see runner permissions",
    )
