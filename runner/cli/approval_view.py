"""What a peer reads before and after approving, and what an operator reads about approvals."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path

from rich.console import Console
from rich.text import Text

from runner.cli.output import text
from runner.cli.plan_view import show_plan
from runner.guard.approval_gate import Accepted, Refused
from runner.guard.approval_people import people
from runner.model.sealed import SealedPlan
from runner.workflow.approvals import Review
from runner.workflow.approve import Approval, Wish


def show_sealed(sealed: SealedPlan, wish: Wish, console: Console) -> None:
    """Print a plan with what makes this file one of its kind, and who is about to approve it."""
    show_plan(sealed.plan, console, sealed)
    ends = "the end of the playbook's own window" if sealed.expires is None else f"{sealed.expires:%Y-%m-%d %H:%M} UTC"
    console.print(text(f"sealed {sealed.created:%Y-%m-%d %H:%M} UTC by runner {sealed.runner}; good until {ends}"))
    console.print(text(f"seal {sealed.seal}"), soft_wrap=True)
    console.print(Text.assemble("you approve it as ", text(wish.approver or "nobody", "bold")))


def show_review(review: Review, console: Console) -> None:
    """Print who approved, what is wrong with the rest, and whether it is enough."""
    for judged in review.judged:
        match judged:
            case Accepted(statement, _, fingerprint):
                console.print(Text.assemble(text(statement.approver, "bold"), _until(statement.expires)))
                console.print(text(f"  {fingerprint}", "dim"), soft_wrap=True)
                if statement.comment:
                    console.print(text(f"  {statement.comment}"))
            case Refused(name, why, hint):
                told = f": {why}" + (f" ({hint})" if hint else "")
                console.print(Text.assemble(text(name, "bold"), (" does not count", "bold red"), text(told)))
    if not review.operator:
        console.print("Who will apply the plan is not known here (--operator): an approval of theirs does not count.")
    needed, style = review.sealed.plan.approvals, "bold green" if review.enough else "bold red"
    console.print(text(f"approved by {people(review.people)}, {needed} needed", style))


def _until(expires: datetime) -> str:
    return f" approved, good until {expires:%Y-%m-%d %H:%M} UTC"


def show_approval(approval: Approval, files: tuple[Path, ...], console: Console) -> None:
    """Print what was signed, and what to do with it."""
    statement = approval.statement
    console.print(text(f"approved as {statement.approver}, good until {statement.expires:%Y-%m-%d %H:%M} UTC"))
    console.print(text(f"signed with {approval.fingerprint}"), soft_wrap=True)
    for file in files:
        console.print(text(f"  {file}"), soft_wrap=True)
    if not approval.checked:
        console.print(
            "Not checked: nothing here names allowed_signers (--allowed-signers), so whether this counts is seen when "
            "the plan is applied."
        )
    console.print("Hand both files to the operator, or commit them beside the plan.")
