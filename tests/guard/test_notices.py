"""What is told of a plan or a run: every field, a subject that any service takes, and nothing else."""

from __future__ import annotations

from dataclasses import replace

from runner.errors import ExitCode
from runner.guard.notices import SUBJECT, Notice
from runner.model.notice import Moment
from tests.model.plans import a_plan

ALICE = "arn:aws:iam::111111111111:user/alice"


def test_everything_of_a_notice_is_named() -> None:
    """Names, counts and digests; what there is not yet is empty."""
    plan = a_plan()
    ended = Notice(Moment.DONE, plan, ALICE, "run-1", {"gone": 2}, ExitCode.OK, "because").to_data()
    waiting = Notice(Moment.WAITING, plan, ALICE).to_data()

    assert ended == {
        "format": "runner-notice/1",
        "moment": Moment.DONE.value,
        "text": f"runner done: {plan.name} in {plan.account.id}",
        "plan": plan.name,
        "plan_sha256": plan.digest,
        "accounts": (plan.account.id,),
        "owner": plan.owner,
        "ticket": plan.ticket,
        "steps": len(plan.acting),
        "approvals": plan.approvals,
        "who": ALICE,
        "run": "run-1",
        "counts": {"gone": 2},
        "exit_code": 0,
        "why": "because",
    }
    assert (waiting["run"], waiting["counts"], waiting["exit_code"], waiting["why"]) == ("", None, None, "")


def test_a_subject_is_one_line_of_printable_ascii() -> None:
    """SNS takes fewer than a hundred characters, none of which breaks the line or is foreign."""
    odd = Notice(Moment.FAILED, replace(a_plan(), name="ä\n~ \x7f"), ALICE).subject
    longest = Notice(Moment.STARTED, replace(a_plan(), name="x" * 200), ALICE).subject

    assert odd == "runner failed: ??~ ? in 222222222222"
    assert (len(longest), SUBJECT) == (99, 100)
    assert longest.startswith("runner started: xxx")
    assert Notice(Moment.WAITING, a_plan(), ALICE).subject.startswith("runner waits for approval: ")
