"""What kept a run from ending well is found in its log, with AWS's words and the permission that was needed."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

from runner.audit.failed import EndedStep, FailedCall, failures
from runner.audit.log import FileLedger
from runner.audit.record import CallIntent, CallOutcome, RunOpened, StepClosed
from runner.errors import AwsAnswer, AwsCallFailed
from runner.guard.explanation import Explanation
from runner.model.ports import Ledger, Receipt, Reply

BUCKET = "arn:aws:s3:::b"
ACTIONS = ("s3:DeleteObject", "s3:DeleteObjectVersion")


def opened(ledger: Ledger) -> None:
    """Write that a run begins."""
    ledger.append(RunOpened("a", "p", "p.yaml", "b", "c", "r", False, "2", "", "role", "phrase", (BUCKET,)))  # noqa: FBT003  # the order is the point


def sent(ledger: Ledger, step: str = "empty") -> Receipt:
    """Write that a batch of deletions is about to be sent."""
    return ledger.append(CallIntent(step, "s3", "DeleteObjects", ACTIONS, "eu-west-1", "2", (f"{BUCKET}/*",)))


def refused(message: str = "Access Denied", code: str = "AccessDenied", *, in_doubt: bool = False) -> AwsCallFailed:
    """Return a call that failed."""
    return AwsCallFailed(AwsAnswer("s3:DeleteObjects", code, message, "r-1", 403), in_doubt=in_doubt)


def closed(ledger: Ledger, state: str = "still there", why: str = "AccessDenied", step: str = "empty") -> None:
    """Write that a step ended."""
    ledger.append(StepClosed(step, "s3.empty_bucket", BUCKET, state, why=why))


def explained(directory: Path, ledger: FileLedger) -> list[Explanation]:
    """Return what the log's run is explained by."""
    return [failure.explanation for failure in failures(directory, ledger.run)]


def test_a_refused_call_is_found_with_the_actions_it_needed(directory: Path, ledger: FileLedger) -> None:
    """S3 may say no more than `Access Denied`; the log knows which actions on what were needed."""
    opened(ledger)
    ledger.append(CallOutcome.of_failure(sent(ledger), refused()))
    closed(ledger)
    (said,) = explained(directory, ledger)

    assert said.what == f"s3:DeleteObject or s3:DeleteObjectVersion on {BUCKET}/* was refused"
    assert said.aws == "s3:DeleteObjects: AccessDenied: Access Denied (request r-1)"
    assert said.step == "empty"


def test_refused_children_are_counted(directory: Path, ledger: FileLedger) -> None:
    """Of a batch's children that AWS refused, the first is shown with its key, the others are counted."""
    errors: list[Any] = [{"Key": f"k{n}", "Code": "AccessDenied", "Message": "Access Denied"} for n in range(3)]
    opened(ledger)
    ledger.append(CallOutcome.of_reply(sent(ledger), Reply({"Errors": errors}, "r-2", 200)))
    closed(ledger)
    (said,) = explained(directory, ledger)

    assert said.what.endswith(f" on {BUCKET}/k0 was refused, and 2 more alike")


def test_a_long_list_of_refused_children_is_read_from_its_blob(directory: Path, ledger: FileLedger) -> None:
    """A list that is too long for a line is read from beside the log; when it is gone, that is said."""
    errors: list[Any] = [{"Key": f"k{n:04}", "Code": "AccessDenied", "Message": "x" * 90} for n in range(100)]
    opened(ledger)
    ledger.append(CallOutcome.of_reply(sent(ledger), Reply({"Errors": errors}, "r-2", 200)))
    closed(ledger)
    (said,) = explained(directory, ledger)
    for blob in directory.glob("blobs/sha256/*/*"):
        blob.unlink()
    (lost,) = explained(directory, ledger)

    assert said.what.endswith(f" on {BUCKET}/k0000 was refused, and 99 more alike")
    assert "100 children were refused; AWS's words cannot be read" in lost.aws


def test_an_attempt_that_was_made_good_is_no_failure(directory: Path, ledger: FileLedger) -> None:
    """AWS was busy once, and the step ended well: nothing is left to explain."""
    opened(ledger)
    ledger.append(CallOutcome.of_failure(sent(ledger), refused("slow down", "SlowDown")))
    ledger.append(CallOutcome.of_reply(sent(ledger), Reply({}, "r-2", 200)))
    closed(ledger, "gone", "")

    assert failures(directory, ledger.run) == ()


def test_a_call_without_an_outcome_is_a_failure(directory: Path, ledger: FileLedger) -> None:
    """A killed run leaves a call of which nobody knows what became."""
    opened(ledger)
    sent(ledger)
    (said,) = explained(directory, ledger)

    assert said.what == "s3:DeleteObjects failed with <AnswerLost>"
    assert "look before trying again" in said.advice


def test_a_step_that_ended_before_its_calls_says_why(directory: Path, ledger: FileLedger) -> None:
    """A fresh look that failed is explained by the step's own words; where they are AWS's, by what they mean."""
    words = "changed since the plan: tags could not be read: s3:GetBucketTagging: AccessDenied: User: a is not "
    words += "authorized to perform: s3:GetBucketTagging on resource: b because no identity-based policy allows the "
    words += "s3:GetBucketTagging action"
    opened(ledger)
    closed(ledger, "not attempted", words)
    closed(ledger, "not attempted", "an earlier step did not end well", "bucket")
    first, second = failures(directory, ledger.run)

    assert isinstance(first, EndedStep)
    assert first.explanation.decided.startswith("no identity-based policy allows it")
    assert first.explanation.what == "s3:GetBucketTagging on b was refused to a"
    assert second.explanation == Explanation(
        "the step ended as: not attempted", "an earlier step did not end well", "", "", "bucket"
    )


def test_a_run_that_went_well_has_no_failures(
    directory: Path, ledger: FileLedger, whole_run: Callable[[Ledger], None]
) -> None:
    """Nothing is explained where nothing failed."""
    whole_run(ledger)

    assert failures(directory, ledger.run) == ()


def test_alike_failures_of_two_steps_stay_apart(directory: Path, ledger: FileLedger) -> None:
    """Each step is explained by itself, in the order in which its calls failed."""
    opened(ledger)
    for step in ("one", "two"):
        ledger.append(CallOutcome.of_failure(sent(ledger, step), refused()))
        ledger.append(CallOutcome.of_failure(sent(ledger, step), refused()))
        closed(ledger, step=step)
    found = failures(directory, ledger.run)

    assert [(call.step, call.times) for call in found if isinstance(call, FailedCall)] == [("one", 2), ("two", 2)]
