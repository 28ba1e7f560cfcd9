"""What the audit log says."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from runner.audit import record as records
from runner.audit.line import SHARED
from runner.audit.record import (
    Anchored,
    ApprovalAccepted,
    ApprovalsNeeded,
    CallIntent,
    CallOutcome,
    CheckpointSigned,
    CopySeen,
    GlassBroken,
    HandedOut,
    MfaSession,
    PlanKept,
    PlanUsed,
    Proof,
    Recovered,
    Reserved,
    RoleAssumed,
    RunClosed,
    RunOpened,
    SeenGone,
    Stamped,
    StepClosed,
    StepOpened,
    Torn,
    UnknownAccepted,
    intent_tag,
)
from runner.audit.record.fields import MAX_TEXT, shortened, stamp
from runner.audit.redaction import redact_remote
from runner.audit.wording import word
from runner.errors import AwsAnswer, AwsCallFailed, ExitCode
from runner.model.action import Recovery
from runner.model.binding import Binding
from runner.model.call import Call, Effect, Sweep
from runner.model.canonical import Json, encode
from runner.model.figures import Figures
from runner.model.outcome import AlreadyGone, Gone, NotAttempted, Outcome, Scheduled, StepResult, StillThere
from runner.model.plan import Census, Plan, PlannedStep
from runner.model.playbook import Account, Limits, Source
from runner.model.ports import Receipt, Record, Reply
from runner.model.session import Caller, Credentials, RoleSession, Secret, UserSession
from runner.model.target_state import Exists, Missing
from tests.model.plans import a_sealed_plan

NOW = datetime(2026, 12, 1, 8, tzinfo=UTC)
RECEIPT = Receipt(7, "0123456789abcdef" * 4)
KEYS = Credentials("ASIAEXAMPLE", Secret("the-secret-key"), Secret("the-session-token"), NOW)
CALLER = Caller("111111111111", "arn:aws:iam::111111111111:user/alice", "AIDAEXAMPLE")
USER = UserSession(KEYS, CALLER, "arn:aws:iam::111111111111:mfa/alice", NOW, NOW + timedelta(hours=1), "sts-1")
ROLE = RoleSession(KEYS, "arn:aws:sts::2:assumed-role/T/s", "arn:aws:iam::2:role/T", NOW, NOW, "sts-2")

EXAMPLES: tuple[Record, ...] = (
    RunOpened("a", "name", "p.yaml", "b", "c", "r", True, "2", "alias", "role", "phrase", ("arn",)),  # noqa: FBT003  # the order is the point
    MfaSession.of(USER, "runner-1"),
    RoleAssumed.of("bucket", ROLE),
    Proof("arn:aws:sts::2:assumed-role/T/s", "proof-1"),
    StepOpened("bucket", "s3.delete_bucket", "arn"),
    StepClosed("bucket", "s3.delete_bucket", "arn", "scheduled", until=NOW),
    CallIntent("bucket", "s3", "DeleteBucket", ("s3:DeleteBucket",), "eu-west-1", "2", ("arn",), {"Bucket": "b"}),
    CallOutcome(7, "d" * 64, "ok"),
    SeenGone("bucket", "arn", "gone"),
    RunClosed({"gone": 1}, "ok", 0),
    PlanKept.of(a_sealed_plan()),
    PlanUsed.of(a_sealed_plan()),
    ApprovalsNeeded(2, "origin/main:.runner/allowed_signers at 1234", "e" * 64, ""),
    ApprovalAccepted("bob@x", "SHA256:a", "ssh-ed25519", "n", "f" * 64, NOW, "a" * 64, "b" * 64, "{}", "-", "bob@x …"),
    GlassBroken("the bucket leaks", 2, 0, CALLER.arn),
    UnknownAccepted("bucket", "policy_is_readable", "it could not be read", "known"),
    Recovered("d" * 64, (Torn(3, 10, "e" * 64),)),
    Reserved(4096),
    HandedOut("contents", "after 'a' up to 'b'", "tls://scheduler:8786", 2),
    CopySeen("volume", "final_snapshot", "snap-1", "kept"),
    Anchored(2, "f" * 64, "acme-anchors", "v1/o/checkpoint/2", "version-1", "put-1"),
    CheckpointSigned(2, "f" * 64, "SHA256:a", "b" * 64),
    Stamped(2, "f" * 64, "https://tsa.acme.example", "2026-12-01T08:00:00.000000Z", "b" * 64, ("-----BEGIN …",)),
)

PATIENT = settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])
"""How long a machine under load takes is no property of the code."""


@pytest.mark.parametrize("record", EXAMPLES, ids=lambda record: record.type)
def test_every_record_can_be_written(record: Record) -> None:
    """Every type has a plain form, of its own fields only."""
    data = record.to_data()

    assert encode(data)
    assert not set(data) & set(SHARED)


def test_every_type_is_tried() -> None:
    """The examples above are all record types there are, each under its own name."""
    named = {name for name in records.__all__ if name not in {"Torn", "intent_tag"}}

    assert {type(record).__name__ for record in EXAMPLES} == named
    assert len({record.type for record in EXAMPLES}) == len(named)


def test_sessions_are_recorded_without_their_secrets() -> None:
    """Of credentials, the log has the access key id and nothing else."""
    said = encode([dict(MfaSession.of(USER).to_data()), dict(RoleAssumed.of("bucket", ROLE).to_data())])

    assert b"ASIAEXAMPLE" in said
    assert b"the-secret-key" not in said
    assert b"the-session-token" not in said


def test_a_secret_has_no_place_in_a_record() -> None:
    """A `Secret` is refused wherever it stands."""
    intent = CallIntent("s", "iam", "X", (), "", "2", (), {"Deep": [{"Value": Secret("123456")}]})  # type: ignore[dict-item]  # the mistake this is about

    with pytest.raises(TypeError, match="Secret has no place"):
        intent.to_data()


def test_secret_parameters_are_replaced() -> None:
    """Parameters that AWS takes as plain text but that are secrets are not recorded, at any depth and in any case."""
    params: Mapping[str, Json] = {
        "MFA": "arn:aws:iam::1:mfa/alice 123456",
        "Bucket": "b",
        "Inner": [{"masterUserPassword": "hunter2"}, "MFA"],
    }

    data = CallIntent("s", "s3", "DeleteObject", (), "", "2", (), params).to_data()

    expected = {"MFA": "<redacted>", "Bucket": "b", "Inner": [{"masterUserPassword": "<redacted>"}, "MFA"]}
    assert data["params"] == expected


BUCKET = Binding({"bucket": "b"}, "222222222222", "eu-west-1", "aws", "arn:aws:s3:::b")
STEP = PlannedStep(
    id="empty",
    action="s3.empty_bucket",
    summary="",
    target="arn:aws:s3:::b",
    params={},
    region="eu-west-1",
    needs=(),
    recovery=Recovery.NONE,
    irreversible="it is",
    mfa_protected=True,
    state=Exists("pin"),
    facts={},
    census=Census(2001, 0, {}),
    calls=(
        BUCKET.call(Call("s3:HeadBucket")),
        BUCKET.call(Call("s3:PutBucketVersioning", effect=Effect.PREPARE)),
        BUCKET.sweep(
            Sweep(
                "object versions",
                Call("s3:ListObjectVersions"),
                ("Versions",),
                Call("s3:DeleteObject", effect=Effect.DELETE),
                batch=Call("s3:DeleteObjects", effect=Effect.DELETE),
                batch_size=1000,
            )
        ),
    ),
    verdict=None,
    findings=(),
)
PLAN = Plan(
    name="retire",
    description="",
    owner="team",
    ticket="OPS-1",
    account=Account("222222222222"),
    region="eu-west-1",
    role_arn="arn:aws:iam::222222222222:role/T",
    via=(),
    limits=Limits(),
    source=Source("p.yaml", "b" * 64, "c" * 40, "https://alice:token@git.example/a/b", dirty=True),
    steps=(STEP,),
    findings=(),
)


def test_a_plan_opens_a_run() -> None:
    """The record names plan, playbook, commit, account and targets, and no token of the git remote."""
    opened = RunOpened.of(PLAN, "delete 1 in 222222222222 abcdef")

    assert opened == RunOpened(
        plan_sha256=PLAN.digest,
        playbook="retire",
        playbook_path="p.yaml",
        playbook_sha256="b" * 64,
        git_commit="c" * 40,
        git_remote="https://git.example/a/b",
        git_dirty=True,
        account="222222222222",
        account_alias="",
        role_arn="arn:aws:iam::222222222222:role/T",
        confirmation="delete 1 in 222222222222 abcdef",
        targets=("arn:aws:s3:::b",),
        calls=4,
    )


@pytest.mark.parametrize(
    ("step", "calls"),
    [
        (STEP, 1 + 3),
        (dataclasses.replace(STEP, census=None), 1),
        (dataclasses.replace(STEP, state=Missing("gone")), 0),
    ],
    ids=["with children", "not counted", "already gone"],
)
def test_the_calls_of_a_plan_are_counted(step: PlannedStep, calls: int) -> None:
    """Writes count, and each batch of a sweep; reads and steps with nothing to do do not."""
    assert RunOpened.of(dataclasses.replace(PLAN, steps=(step,)), "").calls == calls


@pytest.mark.parametrize(
    ("remote", "expected"),
    [
        ("https://alice:token@git.example/a/b", "https://git.example/a/b"),
        ("https://token@git.example/a@b", "https://git.example/a@b"),
        ("git@git.example:a/b", "git@git.example:a/b"),
        ("", ""),
    ],
)
def test_a_remote_loses_its_token(remote: str, expected: str) -> None:
    """Whatever stands before the host of a URL is not recorded."""
    assert redact_remote(remote) == expected


def test_an_answer_becomes_an_outcome() -> None:
    """AWS's ids, status, date and what it refused of a batch are kept."""
    errors: list[Json] = [{"Key": "k", "Code": "AccessDenied", "Message": "no"}]

    outcome = CallOutcome.of_reply(RECEIPT, Reply({"Errors": errors}, "req", 200, "ext", "Tue, 01 Dec 2026", 12))

    expected = CallOutcome(
        intent_seq=7,
        intent_sha256=RECEIPT.sha256,
        result="ok",
        http_status=200,
        request_id="req",
        extended_request_id="ext",
        refused=({"Key": "k", "Code": "AccessDenied", "Message": "no"},),
        aws_date="Tue, 01 Dec 2026",
        duration_ms=12,
    )
    assert outcome == expected


@pytest.mark.parametrize(("in_doubt", "result"), [(False, "error"), (True, "unknown")])
def test_a_failure_becomes_an_outcome(in_doubt: bool, result: str) -> None:
    """AWS's words are kept, and a call without an answer is not called refused."""
    answer = AwsAnswer("s3:DeleteBucket", "AccessDenied", "m" * 9000, "req", 403, "ext")

    outcome = CallOutcome.of_failure(RECEIPT, AwsCallFailed(answer, in_doubt=in_doubt), 5)

    assert (outcome.result, outcome.error_code, outcome.request_id) == (result, "AccessDenied", "req")
    assert (outcome.http_status, outcome.extended_request_id, outcome.duration_ms) == (403, "ext", 5)
    assert outcome.error_message == "m" * MAX_TEXT + "… (cut from 9000 characters)"


@pytest.mark.parametrize(
    ("outcome", "state", "children", "why", "until"),
    [
        (Gone(NOW, 12), "gone", 12, "", None),
        (AlreadyGone("no such bucket"), "already gone", 0, "no such bucket", None),
        (Scheduled(NOW), "scheduled", 0, "", NOW),
        (StillThere("denied", children=3), "still there", 3, "denied", None),
        (NotAttempted("interrupted"), "not attempted", 0, "interrupted", None),
    ],
    ids=lambda value: type(value).__name__,
)
def test_a_result_closes_a_step(outcome: Outcome, state: str, children: int, why: str, until: datetime | None) -> None:
    """Every outcome has its state, count, reason and date."""
    closed = StepClosed.of(StepResult("bucket", "s3.delete_bucket", "arn", outcome))

    assert closed == StepClosed("bucket", "s3.delete_bucket", "arn", state, children, why, until)


def test_figures_stand_in_the_record_of_a_step_that_was_swept() -> None:
    """What a deletion in bulk came to is kept and told; without one there is no word about it."""
    figures = Figures(100_000, 5_000_000, 12_500, 32, 3, 1)
    result = StepResult("empty", "s3.empty_bucket", "arn", Gone(NOW, 100_000))
    data = StepClosed.of(result, figures).to_data()

    assert "figures" not in StepClosed.of(result).to_data()
    assert word({**data, "type": StepClosed.type}, {}).result == (
        "gone: 100,000 objects in 12.5 s, 8,000/s, about 5,000,000 bytes, 400,000/s, at most 32 in flight, "
        "slowed down 3 times, 1 errors"
    )
    for odd in ({}, {"children": 1}, {**dataclasses.asdict(figures), "size": "x"}, "x"):
        assert word({**data, "type": StepClosed.type, "figures": odd}, {}).result == "gone"


def test_results_close_a_run() -> None:
    """Steps are counted by state, and the exit code has its name."""
    outcomes = (Gone(NOW), Gone(NOW), NotAttempted("earlier"))
    results = tuple(StepResult("s", "a", "t", outcome) for outcome in outcomes)

    closed = RunClosed.of(results, ExitCode.SESSION_ENDED, (4,))

    assert closed == RunClosed({"gone": 2, "not attempted": 1}, "session ended", 8, (4,))


def test_an_intent_can_be_named_in_a_user_agent() -> None:
    """The tag holds run, number and the first 64 bits of the digest."""
    assert intent_tag("01JE", RECEIPT) == "runner-intent/01JE.7.0123456789abcdef"


@PATIENT
@given(st.text(st.characters(), max_size=40))
def test_foreign_text_never_keeps_an_outcome_from_being_written(message: str) -> None:
    """Whatever AWS or a file name holds, lone surrogates included, the record has a canonical form."""
    failure = AwsCallFailed(AwsAnswer("s3:DeleteBucket", "Code", message + "\udc80"))

    assert b"\\\\udc80" in encode(CallOutcome.of_failure(RECEIPT, failure).to_data())


def test_short_text_stays_whole() -> None:
    """Only what is longer than the limit is cut."""
    assert shortened("x" * MAX_TEXT) == "x" * MAX_TEXT


def test_times_are_utc_with_microseconds() -> None:
    """A time of another zone is turned into UTC."""
    elsewhere = datetime.fromisoformat("2026-12-01T17:00:00.000001+09:00")

    assert stamp(elsewhere) == "2026-12-01T08:00:00.000001Z"
