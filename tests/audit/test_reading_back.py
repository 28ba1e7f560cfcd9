"""Which runs there were, and what one run did."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from pathlib import Path

import pytest

from runner.audit.line import sha256
from runner.audit.log import FileLedger, open_ledger
from runner.audit.record import CallIntent, CallOutcome, MfaSession, RunClosed, RunOpened, StepClosed
from runner.audit.run_summary import NOT_CLOSED, RunSummary, chosen_run, runs
from runner.audit.timeline import Entry, run_timeline
from runner.errors import UsageError
from runner.model.canonical import encode
from runner.model.ports import Clock, Ledger

VECTORS = Path(__file__).parent / "vectors"
FIRST, SECOND = "01JE0000000000000000000001", "01JE0000000000000000000002"
OPENED = RunOpened("a", "p", "p.yaml", "b", "c", "r", False, "2", "", "role", "phrase", ("arn",))  # noqa: FBT003  # the order is the point
INTENT = CallIntent("bucket", "s3", "DeleteBucket", (), "eu-west-1", "2", ("arn",), {"Bucket": "b"})


class Anchor:
    """Stand for a record that a later version writes."""

    type = "anchor"

    def to_data(self) -> dict[str, str]:
        """Return its fields."""
        return {"sink": "s3"}


@pytest.fixture
def recorded(directory: Path, segment: Path) -> Path:
    """Return a ledger that holds the two runs of the checked-in log, with a killed writer's line between them."""
    segment.parent.mkdir(parents=True)
    segment.write_bytes((VECTORS / "recovered.jsonl").read_bytes())
    return directory


def test_runs_are_listed_in_order(recorded: Path) -> None:
    """A summary says who did what, where and when, and how it ended."""
    first, second = runs(recorded)

    assert (first.run, second.run) == (FIRST, SECOND)
    assert first == RunSummary(
        run=FIRST,
        started="2026-12-01T08:00:00.003000Z",
        ended="2026-12-01T08:00:00.012000Z",
        playbook="retire-orders-exports",
        plan_sha256="a" * 64,
        account="222222222222",
        who="arn:aws:iam::111111111111:user/alice",
        status="ok",
        exit_code=0,
        counts={"gone": 1},
        in_doubt=0,
        targets=first.targets,
    )
    assert first.targets == ("arn:aws:s3:::acme-orders-exports",)
    assert encode(first.to_data())


def test_a_killed_run_is_listed_as_not_closed(directory: Path, ledger: FileLedger) -> None:
    """A run without an end shows who started it on which machine, and how many calls are in doubt."""
    ledger.append(OPENED)
    ledger.append(INTENT)
    receipt = ledger.append(INTENT)
    ledger.append(CallOutcome(receipt.seq, receipt.sha256, "unknown"))

    (run,) = runs(directory)

    assert (run.status, run.ended, run.exit_code, run.counts) == (NOT_CLOSED, "", None, {})
    assert run.in_doubt == 2
    assert "@" in run.who


def test_a_continued_run_is_one_run(directory: Path, clock: Clock) -> None:
    """A run that was opened again counts once, and its last end counts."""
    with open_ledger(directory, tool="t", clock=clock) as ledger:
        for status, code in (("interrupted", 130), ("ok", 0)):
            ledger.append(OPENED)
            ledger.append(RunClosed({"gone": code}, status, code))

    (run,) = runs(directory)

    assert (run.status, run.exit_code, run.counts) == ("ok", 0, {"gone": 0})


def test_records_outside_a_run_are_passed_over(directory: Path, ledger: FileLedger) -> None:
    """What was never opened is no run."""
    ledger.append(INTENT)

    assert runs(directory) == ()


@pytest.mark.parametrize("prefix", [SECOND, SECOND.lower(), "01JE0000000000000000000002"[:26]])
def test_a_run_is_found_by_the_beginning_of_its_id(recorded: Path, prefix: str) -> None:
    """Upper or lower case, as long as one run only begins so."""
    assert chosen_run(recorded, prefix) == SECOND


@pytest.mark.parametrize(("prefix", "why"), [("01JE", "2 runs begin so"), ("02", "no such run")])
def test_a_beginning_that_is_not_one_run_s_is_refused(recorded: Path, prefix: str, why: str) -> None:
    """Several runs or none: the error says which."""
    with pytest.raises(UsageError, match=why):
        chosen_run(recorded, prefix)


def test_a_timeline_says_what_happened(recorded: Path) -> None:
    """Who, what, on what, with what result and which request id; in the order of the log."""
    bucket, session = (
        "arn:aws:s3:::acme-orders-exports",
        f"arn:aws:sts::222222222222:assumed-role/Teardown/runner-{FIRST}",
    )

    entries = run_timeline(recorded, FIRST)

    assert [(entry.step, entry.what, entry.on, entry.result, entry.request_id) for entry in entries] == [
        ("", "disk space reserved", "", "262144 bytes", ""),
        ("", "run opened", "retire-orders-exports", f"plan {'a' * 64}", ""),
        (
            "",
            "MFA code accepted",
            "arn:aws:iam::111111111111:user/alice",
            "arn:aws:iam::111111111111:mfa/alice at 2026-12-01T08:00:00.000000Z",
            "sts-1",
        ),
        ("", "MFA proven", session, "iam:ListAccountAliases", "proof-1"),
        ("bucket", "s3.delete_bucket", bucket, "started", ""),
        ("bucket", "role session", session, "ASIAEXAMPLEROLE", "sts-2"),
        ("bucket", "s3:DeleteBucket", bucket, "sent", ""),
        ("bucket", "s3:DeleteBucket", bucket, "ok", "delete-1"),
        ("bucket", "s3:HeadBucket", bucket, "gone (2 looks)", "head-1"),
        ("bucket", "s3.delete_bucket", bucket, "gone", ""),
        ("", "run closed", "", "ok, exit code 0", ""),
    ]


def test_a_record_that_only_names_a_run_is_not_of_it(directory: Path, ledger: FileLedger, clock: Clock) -> None:
    """A resumption names the run that it continues, and is a run of its own."""
    ledger.append(OPENED)
    with open_ledger(directory, tool="t", clock=clock) as other:
        other.append(dataclasses.replace(OPENED, resume_of=ledger.run))

    assert [entry.type for entry in run_timeline(directory, ledger.run)] == ["log.reserved", "run.open"]


def test_an_entry_can_be_traced_to_its_line(recorded: Path, segment: Path) -> None:
    """Number, time, type and digest are those of the line."""
    line = segment.read_bytes().splitlines()[10]

    entry = run_timeline(recorded, FIRST)[-1]

    assert entry == Entry(
        seq=10,
        at="2026-12-01T08:00:00.012000Z",
        type="run.close",
        step="",
        what="run closed",
        on="",
        result="ok, exit code 0",
        request_id="",
        sha256=sha256(line),
    )
    assert encode(entry.to_data())


def test_a_recovery_is_shown_in_the_run_that_did_it(recorded: Path) -> None:
    """The unfinished line is passed over, its recovery is not."""
    shown = [entry.result for entry in run_timeline(recorded, SECOND) if entry.type == "recovered"]

    assert shown == ["1 unfinished line named"]


@pytest.mark.parametrize(
    ("outcome", "expected"),
    [
        (CallOutcome(0, "", "error", error_code="AccessDenied", error_message="no"), "error: AccessDenied: no"),
        (CallOutcome(0, "", "unknown", error_code="<timeout>"), "unknown: <timeout>"),
        (CallOutcome(0, "", "ok", refused=({"Key": "a"}, {"Key": "b"})), "ok, but 2 refused"),
        (CallOutcome(0, "", "ok", refused=tuple({"Key": "x" * 100} for _ in range(99))), "ok, but 99 refused"),
    ],
    ids=["refused", "no answer", "some refused", "many refused"],
)
def test_an_outcome_says_what_aws_said(
    directory: Path, ledger: FileLedger, outcome: CallOutcome, expected: str
) -> None:
    """A refusal has AWS's words, a missing answer says so, and a batch says how much of it was refused."""
    ledger.append(OPENED)
    ledger.append(outcome)

    entry = run_timeline(directory, ledger.run)[-1]

    assert (entry.what, entry.result) == ("an unknown call", expected)


def test_a_batch_says_how_many_it_is_sent_for(directory: Path, ledger: FileLedger) -> None:
    """The number of keys stands in the line, although the keys do not."""
    ledger.append(OPENED)
    ledger.append(CallIntent("s", "s3", "DeleteObjects", (), "", "2", ("arn",), {"Keys": ["x" * 100] * 99}))

    assert run_timeline(directory, ledger.run)[-1].result == "sent for 99"


def test_a_session_made_elsewhere_has_no_device(directory: Path, ledger: FileLedger, clock: Clock) -> None:
    """When runner did not give the code itself, it does not say which device was used or when."""
    ledger.append(OPENED)
    ledger.append(MfaSession("arn:alice", "2", "ASIA", "", None, clock.now(), ""))

    entry = run_timeline(directory, ledger.run)[-1]

    assert (entry.what, entry.on, entry.result) == ("session made elsewhere", "arn:alice", "")


def test_a_step_says_why_it_did_not_end_well(directory: Path, ledger: FileLedger) -> None:
    """State and reason are told together."""
    ledger.append(OPENED)
    ledger.append(StepClosed("s", "s3.delete_bucket", "arn", "still there", why="AccessDenied: no"))

    assert run_timeline(directory, ledger.run)[-1].result == "still there: AccessDenied: no"


def test_a_record_of_a_later_version_is_shown_by_its_type(
    directory: Path, ledger: FileLedger, whole_run: Callable[[Ledger], None]
) -> None:
    """A type that this version does not know is not hidden."""
    whole_run(ledger)
    ledger.append(Anchor())

    assert run_timeline(directory, ledger.run)[-1].what == "anchor"


def test_a_missing_ledger_has_no_list(directory: Path) -> None:
    """A missing ledger is an error, not an empty list."""
    with pytest.raises(UsageError, match="no audit log"):
        runs(directory)
