"""What a policy's MFA conditions, and S3 MFA Delete, mean for somebody who wants deletions to need MFA. Pure."""

from __future__ import annotations

from collections.abc import Mapping

from runner.guard.diagnosis import Seen, State, cannot_tell, ok, problem
from runner.model.action import Present, Reading
from runner.model.canonical import Json
from runner.policy.lint import Grade, Remark, lint

_NO_CONDITION = "no statement looks at MFA"
_SHOULD = "the condition should be"


def judge_policy(policy: str | Mapping[str, Json]) -> tuple[Seen, ...]:
    """Return a line for each statement of a policy that looks at MFA; one line when none does."""
    remarks = lint(policy)
    if not remarks:
        return (ok(_NO_CONDITION, "then a policy of the role must ask for MFA; `runner plan` simulates both"),)
    return tuple(_judge(remark) for remark in remarks)


def judge_trust(policy: str | Mapping[str, Json]) -> tuple[Seen, ...]:
    """Return a line for each statement of a role's trust policy that looks at MFA; one line when none does."""
    remarks = lint(policy)
    if not remarks:
        return (
            ok(f"{_NO_CONDITION}, so the role can be assumed without; what it may do then is up to other policies"),
        )
    return tuple(_judge(remark) for remark in remarks)


def _judge(remark: Remark) -> Seen:
    said = f"statement {remark.statement}: {remark.why}"
    match remark.grade:
        case Grade.SOUND:
            return ok(said, remark.note)
        case Grade.HOLE:
            return problem(said, f"{_SHOULD} {remark.corrected}")
        case Grade.CANNOT_TELL:
            return cannot_tell(said, "read it by hand; `runner plan` asks AWS's own simulator about it")


def judge_mfa_delete(versioning: Reading, policy_lines: tuple[Seen, ...]) -> Seen:
    """Say whether S3 MFA Delete is on, which people take for an MFA condition.

    ``policy_lines`` are those of `judge_policy`, empty when the bucket has no policy. Source: Amazon S3 user guide,
    "Configuring MFA delete": only the root user, with a code in a header of each request.
    """
    match versioning:
        case Present(data) if data.get("MFADelete") == "Enabled":
            beside = "" if any(_is_condition(line) for line in policy_lines) else "; its policy has no MFA condition"
            return problem(
                "S3 MFA Delete is on, which is not the MFA condition of a policy: it wants a code of the root user's "
                f"device in each request, and no session carries that{beside}",
                "switch MFA Delete off as the root user, and protect the bucket with a Deny in its policy: "
                '{"BoolIfExists":{"aws:MultiFactorAuthPresent":"false"}}',
            )
        case Present():
            return ok("S3 MFA Delete is off")
        case _:
            return cannot_tell("whether S3 MFA Delete is on could not be read", "grant the role s3:GetBucketVersioning")


def _is_condition(line: Seen) -> bool:
    return line.state is not State.OK or not line.what.startswith(_NO_CONDITION)
