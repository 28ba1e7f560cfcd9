"""What a policy's MFA conditions, and S3 MFA Delete, mean for somebody who wants deletions to need MFA. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from runner.guard.diagnosis import Seen, cannot_tell, ok, problem
from runner.guard.role_policies import READS, RolePolicies
from runner.model.action import Present, Reading
from runner.model.canonical import Json
from runner.policy.lint import Grade, Remark, lint, lint_document
from runner.policy.policies import Policy

_NO_CONDITION = "no statement looks at MFA"
_SHOULD = "the condition should be"
_THE_ROLES = "then a policy of the role must ask for MFA; `runner plan` simulates both"


def judge_policy(policy: str | Mapping[str, Json] | None) -> tuple[Seen, ...]:
    """Return a line for each statement of a target's policy that looks at MFA; one line when none does.

    None says that the target has no policy.
    """
    if policy is None:
        return (ok("the target has no policy of its own", _THE_ROLES),)
    remarks = lint(policy)
    if not remarks:
        return (ok(_NO_CONDITION, _THE_ROLES),)
    return tuple(_judge(remark, " of the target's policy") for remark in remarks)


def looks_at_mfa(policy: str | Mapping[str, Json]) -> bool:
    """Return whether a statement of a policy looks at MFA, or may because the policy is not understood."""
    return bool(lint(policy))


def judge_trust(policy: str | Mapping[str, Json]) -> tuple[Seen, ...]:
    """Return a line for each statement of a role's trust policy that looks at MFA; one line when none does."""
    remarks = lint(policy)
    if not remarks:
        return (
            ok(f"{_NO_CONDITION}, so the role can be assumed without; what it may do then is up to other policies"),
        )
    return tuple(_judge(remark) for remark in remarks)


def judge_role_policies(found: RolePolicies) -> tuple[Seen, ...]:
    """Say whether the role's own policies were read, and return a line for each statement that looks at MFA.

    Reading them is optional: with them runner checks what AWS's simulator answers, without them it believes that.
    """
    held = (*found.identity, *(() if found.boundary is None else (found.boundary,)))
    read = tuple(policy for policy in held if isinstance(policy, Policy))
    if found.unread:
        said = f"not all of the role's policies could be read: {'; '.join(found.unread)}"
        first = ok(said, f"then what AWS's simulator answers cannot be checked; that takes {', '.join(READS)}")
    else:
        first = ok(f"all {len(read)} were read: what AWS's simulator answers is checked against them")
    first = replace(first, quotes=tuple(policy.name for policy in held))
    return (
        first,
        *(
            replace(seen, quotes=(*seen.quotes, policy.name))
            for policy in read
            for seen in (_judge(remark, f" of {policy.name}") for remark in lint_document(policy.document))
        ),
    )


def _judge(remark: Remark, whose: str = "") -> Seen:
    said = f"statement {remark.statement}{whose}: {remark.why}"
    return replace(_graded(remark, said), quotes=remark.quotes)


def _graded(remark: Remark, said: str) -> Seen:
    match remark.grade:
        case Grade.SOUND:
            return ok(said, remark.note)
        case Grade.HOLE:
            return problem(said, f"{_SHOULD} {remark.corrected}")
        case Grade.CANNOT_TELL:
            return cannot_tell(said, "read it by hand; `runner plan` asks AWS's own simulator about it")


def judge_mfa_delete(versioning: Reading, *, beside_condition: bool) -> Seen:
    """Say whether S3 MFA Delete is on, which people take for an MFA condition.

    ``beside_condition`` is False when it is known that the bucket's policy has no MFA condition. Source: Amazon S3 user
    guide, "Configuring MFA delete": only the root user, with a code in a header of each request.
    """
    match versioning:
        case Present(data) if data.get("MFADelete") == "Enabled":
            beside = "" if beside_condition else "; its policy has no MFA condition"
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
