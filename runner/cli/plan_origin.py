"""Where a plan comes from and under which rules it stands, in words. Nothing here is escaped."""

from __future__ import annotations

from runner.guard.approval_people import people
from runner.model.plan import Plan
from runner.model.playbook import Source

NO_GUARDRAILS = "none: only the playbook's own rules hold"


def source_line(source: Source) -> str:
    """Return where a file's bytes came from, in a line."""
    if not source.commit:
        return f"{source.path}   sha256 {source.sha256[:12]}   not in git"
    state = "with uncommitted changes" if source.dirty else "clean"
    return f"{source.path}   sha256 {source.sha256[:12]}   commit {source.commit[:12]} ({state})"


def floor(plan: Plan) -> str:
    """Return which guardrails hold, by their file and digest; where they came from is not sealed."""
    found = plan.guardrails
    return NO_GUARDRAILS if found is None else f"{found.path}   sha256 {found.sha256[:12]}"


def approvals(plan: Plan) -> str:
    """Return how many people have to approve the plan."""
    return f"of {people(plan.approvals)} besides the operator" if plan.approvals else "none needed"
