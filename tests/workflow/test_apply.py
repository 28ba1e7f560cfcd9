"""The order of things in a run, and what happens when AWS, the log or the operator does not play along."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest

from runner.catalog import BY_NAME
from runner.errors import (
    AwsAnswer,
    AwsCallFailed,
    CodeRefused,
    CredentialsRefused,
    ExitCode,
    GuardRefused,
    LogUnwritable,
)
from runner.model.bound import BoundCall, Params
from runner.model.event import CountDrifted
from runner.model.guardrails import NO_GUARDRAILS
from runner.model.outcome import AlreadyGone, Gone, NotAttempted, StillThere
from runner.model.playbook import Acceptance, Limits, Playbook, Window
from runner.model.session import Assume, Caller, Credentials, ReadySession, Secret
from runner.workflow.apply import apply
from runner.workflow.prepare import prepare
from runner.workflow.run_result import RunResult
from tests.workflow.conftest import IDENTITY, ROLE

if TYPE_CHECKING:
    from tests.workflow.conftest import World


def run(world: Any, playbook: Playbook, before: Callable[[], None] = lambda: None) -> RunResult:
    """Prepare and apply a playbook; ``before`` happens between the two."""
    prepared = prepare(playbook, BY_NAME, world.services(), NO_GUARDRAILS)
    before()
    return apply(prepared, world.services(), world)


def refusing(operation: str, error: AwsCallFailed, times: int = 10**6) -> Callable[[BoundCall, Params], None]:
    """Return a fault that refuses an operation so many times."""
    left = [times]

    def fault(call: BoundCall, params: Params) -> None:
        del params
        if call.operation == operation and left[0] > 0:
            left[0] -= 1
            raise error

    return fault


def refusal(code: str, *, retriable: bool = False, in_doubt: bool = False) -> AwsCallFailed:
    """Return a refusal by AWS."""
    return AwsCallFailed(AwsAnswer("s3:X", code, "no", "REQ-9", 403), retriable=retriable, in_doubt=in_doubt)


def test_everything_goes_and_is_seen_gone(world: World, playbook: Playbook) -> None:
    """Both steps end gone, the phrase was asked for once, and the log holds the run in order."""
    result = run(world, playbook)

    assert (result.exit_code, world.keys, world.bucket) == (ExitCode.OK, [], False)
    assert [Gone, Gone] == [type(found.outcome) for found in result.results]
    assert len(world.confirmed) == 1
    opening = ["run.open", "plan.kept", "mfa.session", "mfa.proof", "step.open", "role.session"]
    assert world.types()[: len(opening)] == opening
    assert world.types()[-1] == "run.close"


def test_an_intent_stands_before_every_write(world: World, playbook: Playbook) -> None:
    """No write is sent that the log does not hold already."""
    seen: list[int] = []

    def fault(call: BoundCall, params: Params) -> None:
        del params
        if call.is_write:
            seen.append(world.types().count("call.intent") - world.types().count("call.outcome"))

    world.fault = fault
    run(world, playbook)

    assert [1] * len(seen) == seen
    assert seen


def test_each_step_has_its_own_narrow_session(world: World, playbook: Playbook) -> None:
    """The session of a step allows that step's writes and not the other step's, and only with MFA."""
    run(world, playbook)
    *guards, empty, bucket = (json.loads(request.policy) for request in world.requests)

    assert "s3:DeleteObjectVersion" in str(empty)
    assert "s3:DeleteBucket" not in str(empty)
    assert "s3:DeleteBucket" in str(bucket)
    assert "s3:DeleteObject" not in str(bucket)
    assert "Delete" not in str([statement.get("Action") for guard in guards for statement in guard["Statement"]])
    assert all("aws:MultiFactorAuthPresent" in str(policy) for policy in (*guards, empty, bucket))


def test_a_second_run_finds_nothing_to_do(world: World, playbook: Playbook) -> None:
    """After a finished run the same playbook reports what is gone and asks nobody anything."""
    run(world, playbook)
    asked = len(world.confirmed)
    world.codes.append("654321")
    result = run(world, playbook)

    assert [AlreadyGone, AlreadyGone] == [type(found.outcome) for found in result.results]
    assert (ExitCode.OK, asked) == (result.exit_code, len(world.confirmed))


@pytest.mark.parametrize(
    ("change", "word"),
    [
        ({"created": "2026-11-30T00:00:00+00:00"}, "created again"),
        ({"policy": '{"Version":"2012-10-17","Statement":[{}]}'}, "policy"),
        ({"bucket": False}, "absent"),
    ],
    ids=["recreated", "policy edited", "gone meanwhile"],
)
def test_drift_between_plan_and_step_touches_nothing(
    world: World, playbook: Playbook, change: dict[str, object], word: str
) -> None:
    """A target that is not as planned ends the run before any write, as a refusal."""
    result = run(world, playbook, lambda: world.__dict__.update(change))
    first = result.results[0].outcome

    assert isinstance(first, NotAttempted)
    assert word in first.why
    assert result.exit_code == ExitCode.REFUSED
    assert not [api for api, _ in world.sent if "Delete" in api]


def test_more_children_than_planned_are_not_chased(world: World, playbook: Playbook) -> None:
    """Objects that appear while the sweep goes on stop it before the page that holds them is deleted."""
    listings: list[Params] = []

    def write(call: BoundCall, params: Params) -> None:
        if call.operation == "ListObjectVersions" and "MaxKeys" not in params:
            listings.append(params)
            # The third one is the sweep's own: the plan counted, and the step counted again.
            world.keys.extend(["new1", "new2"] if len(listings) == 3 else [])

    world.fault = write
    result = run(world, playbook)
    first = result.results[0].outcome

    assert isinstance(first, StillThere)
    assert "writing" in first.why
    assert "new2" in world.keys
    assert result.exit_code == ExitCode.PARTIAL


@pytest.mark.parametrize(
    ("drift", "more", "fewer", "why"),
    [
        (0, 1, 0, "5 were counted, and there are at least 6 now (Versions +1; +10 bytes), and limits.drift is 0"),
        (0, 0, 1, "5 were counted, and there are 4 now (Versions -1; -10 bytes), and limits.drift is 0"),
        (2, 3, 0, "5 were counted, and there are at least 8 now (Versions +3; +30 bytes), and limits.drift is 2"),
        (2, 2, 0, ""),
        (2, 0, 2, ""),
    ],
)
def test_a_count_that_drifted_is_refused_beyond_what_is_agreed_to(
    world: World, playbook: Playbook, drift: int, more: int, fewer: int, why: str
) -> None:
    """Right before the step its contents are counted again; a difference beyond the tolerance touches nothing."""

    def change() -> None:
        world.keys.extend(f"new{number}" for number in range(more))
        del world.keys[:fewer]

    result = run(world, replace(playbook, limits=replace(playbook.limits, drift=drift)), change)
    first = result.results[0].outcome

    assert (isinstance(first, NotAttempted), isinstance(first, Gone)) == (bool(why), not why)
    assert result.exit_code == (ExitCode.REFUSED if why else ExitCode.OK)
    assert not why or getattr(first, "why", "") == f"changed since the plan: {why}"
    drifted = f"5 were counted, and there are {5 + more - fewer} now"
    told = [event.told for event in world.events if isinstance(event, CountDrifted)]
    assert [words.partition(" (")[0] for words in told] == ([] if why else [drifted])


def test_throttling_is_retried_with_a_pair_of_records_each(world: World, playbook: Playbook) -> None:
    """A SlowDown costs time and a pair of records, and nothing else."""
    world.fault = refusing("DeleteBucket", refusal("SlowDown", retriable=True), times=2)
    result = run(world, playbook)
    attempts = [record.to_data() for record in world.records if record.type == "call.intent"]

    assert result.exit_code == ExitCode.OK
    assert [intent["attempt"] for intent in attempts if intent["operation"] == "DeleteBucket"] == [1, 2, 3]


def test_throttling_that_does_not_end_fails_the_step(world: World, playbook: Playbook) -> None:
    """Retries are counted; the last refusal is the step's."""
    world.fault = refusing("DeleteBucket", refusal("SlowDown", retriable=True))
    result = run(world, playbook)

    assert isinstance(result.results[1].outcome, StillThere)
    assert result.exit_code == ExitCode.PARTIAL


@pytest.mark.parametrize(("happened", "code"), [(True, ExitCode.OK), (False, ExitCode.PARTIAL)])
def test_a_call_without_an_answer_is_looked_at_and_not_repeated(
    world: World, playbook: Playbook, happened: bool, code: ExitCode
) -> None:
    """When the connection dies, the target says whether the call happened."""
    calls: list[str] = []

    def fault(call: BoundCall, params: Params) -> None:
        del params
        if call.operation == "DeleteBucket":
            calls.append(call.api)
            world.bucket = not happened
            raise refusal("<ReadTimeout>", in_doubt=True)

    world.fault = fault
    result = run(world, playbook)

    assert (1, code) == (len(calls), result.exit_code)
    assert "unknown" in [record.to_data().get("result") for record in world.records]


def test_a_refused_deletion_ends_the_run(world: World, playbook: Playbook) -> None:
    """An AccessDenied on the first step leaves the second alone."""
    world.fault = refusing("DeleteObjects", refusal("AccessDenied"))
    result = run(world, playbook)

    assert [StillThere, NotAttempted] == [type(found.outcome) for found in result.results]
    assert result.exit_code == ExitCode.PARTIAL
    assert world.bucket


@pytest.mark.parametrize("operation", ["DeleteObjects", "DeleteBucket"])
def test_what_a_refusal_means_is_told_with_it(world: World, playbook: Playbook, operation: str) -> None:
    """AWS's words and the hint that belongs to them stand in the result of the step."""
    answer = AwsAnswer("s3:X", "AccessDenied", "with an explicit deny in a resource-based policy", "REQ-9", 403)
    world.fault = refusing(operation, AwsCallFailed(answer, hint="look at its other conditions"))
    result = run(world, playbook)
    refused = next(found.outcome for found in result.results if isinstance(found.outcome, StillThere))

    assert refused.why == f"AccessDenied: {answer.message}; look at its other conditions"


def test_a13_per_key_errors_are_errors(world: World, playbook: Playbook, monkeypatch: pytest.MonkeyPatch) -> None:
    """A batch that AWS accepts but whose answer names refused keys fails the step with the key and AWS's words."""
    from runner.model.ports import Reply  # noqa: PLC0415

    sending = type(world.sender(None, ()))  # type: ignore[arg-type]
    original = sending.send

    def send(self: Any, call: BoundCall, params: Params, tag: str = "") -> Reply:
        if call.operation == "DeleteObjects":
            return Reply({"Errors": [{"Key": "k0", "Code": "AccessDenied", "Message": "held"}]}, "REQ-5", 200)
        return original(self, call, params, tag)

    monkeypatch.setattr(sending, "send", send)
    result = run(world, playbook)
    first = result.results[0].outcome

    assert isinstance(first, StillThere)
    assert "'k0'" in first.why
    assert "held" in first.why
    assert first.aws is not None
    assert (first.aws.code, first.aws.request_id) == ("AccessDenied", "REQ-5")


def test_a13_accepted_but_still_there_is_not_success(world: World, playbook: Playbook) -> None:
    """A bucket that stays visible after DeleteBucket ends with the exit code for it."""
    world.keys = []

    def fault(call: BoundCall, params: Params) -> None:
        del params
        if call.operation == "HeadBucket":
            world.bucket = True

    world.fault = fault
    result = run(world, playbook)
    last = result.results[1].outcome

    assert isinstance(last, StillThere)
    assert last.accepted
    assert result.exit_code == ExitCode.NOT_SEEN_GONE


def test_a_log_that_cannot_be_written_stops_before_the_call(world: World, playbook: Playbook) -> None:
    """When the intent cannot be written, its call is not sent, and the error says what was done before."""
    prepared = prepare(playbook, BY_NAME, world.services(), NO_GUARDRAILS)
    world.log_fails_after = 5
    with pytest.raises(LogUnwritable) as caught:
        apply(prepared, world.services(), world)

    assert not [api for api, _ in world.sent if "Delete" in api]
    assert caught.value.touched == "nothing was touched"


def test_a_log_that_fails_later_says_what_was_touched(world: World, playbook: Playbook) -> None:
    """Once a step is done, the error of the log names it."""
    prepared = prepare(playbook, BY_NAME, world.services(), NO_GUARDRAILS)

    def fault(call: BoundCall, params: Params) -> None:
        del params
        if call.operation == "DeleteBucket":
            # The intent of this very call was the last record that fitted.
            world.log_fails_after = len(world.records)

    world.fault = fault
    with pytest.raises(LogUnwritable) as caught:
        apply(prepared, world.services(), world)

    assert "emptied (5 deleted)" in caught.value.touched
    assert "s3:DeleteBucket" in caught.value.touched


def test_a_stop_ends_between_two_calls(world: World, playbook: Playbook) -> None:
    """A request to stop lets the current call finish, records it, and starts nothing more."""
    world.stop_after = 1
    result = run(world, playbook)
    first = result.results[0].outcome

    assert result.exit_code == ExitCode.INTERRUPTED
    assert isinstance(first, StillThere)
    assert first.children == 2
    assert world.types().count("call.intent") == world.types().count("call.outcome")


def test_an_old_proof_stops_between_steps(world: World, playbook: Playbook) -> None:
    """A step does not start when the code is older than the playbook allows and nobody can give another."""
    result = run(world, playbook, lambda: world.sleep(16 * 60))

    assert result.exit_code == ExitCode.SESSION_ENDED
    assert not [api for api, _ in world.sent if "Delete" in api]


def test_an_old_proof_is_renewed_between_steps(world: World, playbook: Playbook) -> None:
    """Somebody who can give another code is asked once; the new session is proven and recorded before it is used."""
    world.codes = ["123456", "654321", "unused"]
    result = run(world, playbook, lambda: world.sleep(16 * 60))

    assert result.exit_code == ExitCode.OK
    assert world.codes == ["unused"]
    assert [kind for kind in world.types() if kind.startswith("mfa.")] == ["mfa.session", "mfa.proof"] * 2


def test_a_renewed_session_of_somebody_else_is_refused(world: World, playbook: Playbook) -> None:
    """A run begun by one person is not ended by another."""
    world.codes = ["123456", "654321"]

    def change() -> None:
        world.sleep(16 * 60)
        world.who = replace(IDENTITY, caller=Caller("111111111111", "arn:aws:iam::111111111111:user/bob", "AIDABOB"))

    result = run(world, playbook, change)

    assert result.exit_code == ExitCode.CREDENTIALS
    assert world.bucket


def test_a_renewed_session_without_mfa_is_refused(world: World, playbook: Playbook) -> None:
    """The proof is asked for again after a renewal, and without it nothing is touched."""
    world.codes = ["123456", "654321"]

    def change() -> None:
        world.sleep(16 * 60)
        answer = AwsAnswer("iam:GetRole", "AccessDenied", "explicit deny in a session policy", "REQ", 403)
        world.fault = refusing("GetRole", AwsCallFailed(answer))

    result = run(world, playbook, change)

    assert result.exit_code == ExitCode.CREDENTIALS
    assert not [api for api, _ in world.sent if "Delete" in api]


def test_a_kept_session_burns_no_code(world: World, playbook: Playbook) -> None:
    """A session of an earlier run that is young enough is used, an old one is not."""
    run(world, playbook)
    world.codes = ["654321"]
    run(world, playbook)
    still_there = list(world.codes)
    world.now += timedelta(minutes=16)
    run(world, playbook)

    assert (still_there, world.codes) == (["654321"], [])


def test_a_ready_made_session_asks_for_no_code(world: World, playbook: Playbook) -> None:
    """A session that was made elsewhere is proven like any other, and AWS is told to look at its age."""
    world.who = ReadySession(Credentials("ASIA", Secret("s"), Secret("t")), IDENTITY.caller, "the environment")
    world.codes = []
    result = run(world, playbook)

    assert result.exit_code == ExitCode.OK
    assert all("aws:MultiFactorAuthAge" in request.policy for request in world.requests)
    assert '"900"' in world.requests[0].policy


def test_every_hop_is_limited(world: World, playbook: Playbook) -> None:
    """A hop may only assume the next role, and only the last gets external id and tags."""
    hop = "arn:aws:iam::333333333333:role/Hub"
    settings = Assume(session_name="{user}-{playbook}", external_id="x-1", source_identity=True, tags={"Team": "o"})
    result = run(world, replace(playbook, via=(hop,), assume=settings))
    first, last = world.requests[:2]

    assert result.exit_code == ExitCode.OK
    assert (first.role_arn, last.role_arn) == (hop, ROLE)
    assert "sts:AssumeRole" in first.policy
    assert "s3:" not in first.policy
    assert (first.external_id, dict(first.tags)) == ("", {})
    assert (last.external_id, dict(last.tags), last.source_identity) == ("x-1", {"Team": "o"}, "alice")
    assert {request.name for request in world.requests} == {"alice-retire"}


def test_a_long_step_renews_its_session(world: World, playbook: Playbook) -> None:
    """When a role session is about to end, the sweep goes on under a new one without a code."""

    def fault(call: BoundCall, params: Params) -> None:
        del params
        if call.operation == "DeleteObjects":
            world.now += timedelta(minutes=14)

    world.fault = fault
    result = run(world, replace(playbook, max_age=timedelta(hours=12)))

    assert result.exit_code == ExitCode.OK
    assert world.types().count("role.session") > 2


def test_limits_refuse_before_anything_is_touched(world: World, playbook: Playbook) -> None:
    """A bucket with more objects than the limit is refused, and nobody is asked to confirm it."""
    with pytest.raises(GuardRefused) as caught:
        run(world, replace(playbook, limits=Limits(objects=3)))

    assert any("objects_are_within_the_limit" in finding for finding in caught.value.findings)
    assert not world.confirmed


def test_a_closed_window_is_refused_before_a_code_is_spent(world: World, playbook: Playbook) -> None:
    """Outside the change window no code is asked for."""
    with pytest.raises(GuardRefused):
        run(world, replace(playbook, valid=Window(start=world.now + timedelta(days=1))))

    assert world.codes == ["123456"]


def test_an_unreadable_policy_is_refused(world: World, playbook: Playbook) -> None:
    """A policy that cannot be read is not taken for none: the verdict is cannot tell."""
    world.fault = refusing("GetBucketPolicy", refusal("AccessDenied"))
    with pytest.raises(GuardRefused) as caught:
        run(world, playbook)

    assert any("policy_is_readable" in finding for finding in caught.value.findings)


@pytest.mark.parametrize("operation", ["HeadBucket", "ListBuckets", "ListObjectVersions", "SimulatePrincipalPolicy"])
def test_what_cannot_be_read_is_refused(world: World, playbook: Playbook, operation: str) -> None:
    """No failing read ever counts as empty, absent or protected."""
    world.fault = refusing(operation, refusal("AccessDenied"))
    with pytest.raises(GuardRefused):
        run(world, playbook)

    assert not world.confirmed


def test_an_unprotected_step_is_refused(world: World, playbook: Playbook) -> None:
    """A call that would pass without MFA is refused unless the playbook states it."""
    world.simulated = lambda _: "allowed"
    world.policy = world.policy.replace("s3:DeleteBucket", "s3:PutObject")
    with pytest.raises(GuardRefused):
        run(world, playbook)
    world.codes.append("654321")
    stated = tuple(replace(found, mfa_protected=False) for found in playbook.steps)

    assert run(world, replace(playbook, steps=stated)).exit_code == ExitCode.OK


def test_a_session_without_mfa_is_found_out(world: World, playbook: Playbook) -> None:
    """When the guard's session policy refuses the proof, the run ends before it looks at anything."""
    answer = AwsAnswer("iam:GetRole", "AccessDenied", "no session policy allows the iam:GetRole action", "REQ", 403)
    world.fault = refusing("GetRole", AwsCallFailed(answer))
    with pytest.raises(CredentialsRefused) as caught:
        run(world, playbook)

    assert "does not carry MFA" in caught.value.what
    assert (caught.value.aws.request_id if caught.value.aws else "") == "REQ"


def test_three_codes_are_asked_for_and_no_more(world: World, playbook: Playbook) -> None:
    """A person may try three times; then it ends, with AWS's words."""
    world.refuse_code = CodeRefused("wrong, expired or used code")
    world.codes = ["1", "2", "3", "4"]
    with pytest.raises(CredentialsRefused):
        run(world, playbook)

    assert world.codes == ["4"]


def test_a_code_that_nobody_can_repeat_is_tried_once(world: World, playbook: Playbook) -> None:
    """A code from stdin or a command is never asked for again by itself."""
    world.refuse_code = CodeRefused("wrong, expired or used code")
    world.can_repeat = False
    world.codes = ["1", "2"]
    with pytest.raises(CodeRefused):
        run(world, playbook)

    assert world.codes == ["2"]


def test_a_step_s_session_in_another_account_does_nothing(world: World, playbook: Playbook) -> None:
    """The account is pinned again for each step, by the ARN of its own session."""
    prepared = prepare(playbook, BY_NAME, world.services(), NO_GUARDRAILS)
    world.account = "333333333333"
    result = apply(prepared, world.services(), world)
    first = result.results[0].outcome

    assert isinstance(first, NotAttempted)
    assert "the session is in account 333333333333, the playbook is for 222222222222" in first.why
    assert result.exit_code == ExitCode.REFUSED
    assert not [api for api, _ in world.sent if "Delete" in api]


TAGS = (
    Acceptance("tags_is_readable", "the tags are in the inventory"),
    Acceptance("nobody_else_owns_the_target", "it is in no stack"),
)


def test_an_accepted_unknown_goes_on_and_stands_in_the_log(world: World, playbook: Playbook) -> None:
    """What could not be read and was accepted refuses nothing; the log has the check and the reason for each step."""
    world.fault = refusing("GetBucketTagging", refusal("AccessDenied"))
    result = run(world, replace(playbook, accept_unknown=TAGS))
    accepted = [record.to_data() for record in world.records if record.type == "unknown.accepted"]

    assert result.exit_code == ExitCode.OK
    assert [(one["step"], one["check"], one["reason"]) for one in accepted] == [
        (step, one.check, one.reason) for step in ("empty", "bucket") for one in TAGS
    ]


def test_a1_what_was_read_for_the_plan_has_to_be_readable_later(world: World, playbook: Playbook) -> None:
    """Accident A1: an outage after the plan is no reason to go on, though the playbook accepts such an unknown."""

    def outage() -> None:
        world.fault = refusing("GetBucketTagging", refusal("ServiceUnavailable"))

    result = run(world, replace(playbook, accept_unknown=TAGS), outage)
    first = result.results[0].outcome

    assert isinstance(first, NotAttempted)
    assert "tags could not be read: s3:X: ServiceUnavailable" in first.why
    assert not [api for api, _ in world.sent if "Delete" in api]


def test_what_could_not_be_read_for_the_plan_may_not_appear_later(world: World, playbook: Playbook) -> None:
    """A fact that the reviewers did without is a change when it can be read at the step."""
    world.fault = refusing("GetBucketTagging", refusal("AccessDenied"))

    def readable() -> None:
        world.fault = lambda *_: None

    result = run(world, replace(playbook, accept_unknown=TAGS), readable)
    first = result.results[0].outcome

    assert isinstance(first, NotAttempted)
    assert "tags is not what it was: not read → sha256" in first.why


def test_the_plan_of_an_accepted_unknown_has_one_digest(world: World, playbook: Playbook) -> None:
    """AWS words each refusal anew; what is accepted is the same plan all the same."""
    world.codes.append("654321")
    digests = set()
    for words in ("request 1", "request 2"):
        error = AwsCallFailed(AwsAnswer("s3:GetBucketTagging", "AccessDenied", words, words, 403))
        world.fault = refusing("GetBucketTagging", error)
        digests.add(
            prepare(replace(playbook, accept_unknown=TAGS), BY_NAME, world.services(), NO_GUARDRAILS).plan.digest
        )

    assert len(digests) == 1
