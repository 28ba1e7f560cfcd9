"""Guardrails in a run: what is protected, owned, dies too or is out of time refuses, and is looked at again later."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest

from runner.catalog import BY_NAME
from runner.errors import AwsAnswer, AwsCallFailed, ExitCode, GuardRefused
from runner.guard.limits import SHARE_FROM
from runner.model.action import ActionType
from runner.model.bound import BoundCall, Params
from runner.model.call import Call, Listing, P
from runner.model.canonical import Json
from runner.model.guardrails import NO_GUARDRAILS, Guardrails, OwnershipRules, TerraformState, Weekly
from runner.model.outcome import Gone, NotAttempted
from runner.model.playbook import (
    Limits,
    Playbook,
    ProtectedArn,
    ProtectedTags,
    Source,
    StatedLimits,
    Window,
)
from runner.workflow.apply import apply
from runner.workflow.explain_rules import explain
from runner.workflow.prepare import prepare
from runner.workflow.run_result import RunResult
from tests.workflow.conftest import BUCKET, START, step

if TYPE_CHECKING:
    from tests.workflow.conftest import World

CALENDARS = Guardrails(calendars=("Freeze",))
OPEN: dict[str, Json] = {"State": "OPEN"}
CLOSED: dict[str, Json] = {"State": "CLOSED", "NextTransitionTime": "2026-12-02T00:00:00Z"}
POINTS = Listing(
    "access points",
    Call("s3control:ListAccessPoints", {"AccountId": P("account"), "Bucket": P("bucket")}, resource="*"),
    "AccessPointList",
    "AccessPointArn",
)
CASCADING: Mapping[str, ActionType] = {
    **BY_NAME,
    # As if access points died with their bucket: then nothing has to be detached.
    "s3.delete_bucket": replace(
        BY_NAME["s3.delete_bucket"],
        cascade=(POINTS,),
        facts={name: call for name, call in BY_NAME["s3.delete_bucket"].facts.items() if name != "access_points"},
        checks=(),
    ),
}
POINT = "arn:aws:s3:eu-west-1:222222222222:accesspoint/"


def run(
    world: Any,
    playbook: Playbook,
    guardrails: Guardrails = NO_GUARDRAILS,
    before: Callable[[], None] = lambda: None,
    actions: Mapping[str, ActionType] = BY_NAME,
) -> RunResult:
    """Prepare and apply a playbook under guardrails; ``before`` happens between the two."""
    prepared = prepare(playbook, actions, world.services(), guardrails)
    before()
    return apply(prepared, world.services(), world)


def refused(world: Any, playbook: Playbook, guardrails: Guardrails = NO_GUARDRAILS, **more: Any) -> str:
    """Return why a run is refused; nothing was written, and nobody was asked to confirm."""
    with pytest.raises(GuardRefused) as caught:
        run(world, playbook, guardrails, **more)
    assert not world.confirmed
    assert not [api for api, _ in world.sent if "Delete" in api]
    return "\n".join((caught.value.what, caught.value.hint, *caught.value.findings))


def points(*names: str) -> dict[str, Json]:
    """Return the answer of a listing of access points."""
    return {"AccessPointList": [{"Name": name, "AccessPointArn": POINT + name} for name in names]}


def failing(operation: str) -> Callable[[BoundCall, Params], None]:
    """Return a fault that denies an operation."""

    def fault(call: BoundCall, params: Params) -> None:
        del params
        if call.operation == operation:
            raise AwsCallFailed(AwsAnswer(call.api, "AccessDenied", "no", "REQ", 403))

    return fault


# What happened to others.


def test_a1_an_outage_of_tags_is_not_untagged(world: World, playbook: Playbook) -> None:
    """Accident A1: tags that could not be fetched were taken for none. A rule that cannot be evaluated refuses."""
    world.fault = failing("GetBucketTagging")
    why = refused(world, playbook, Guardrails(protect=(ProtectedTags({"Environment": "prod"}),)))

    assert why.count("it cannot be told whether it is protected") == 2
    assert "it cannot be told who owns it" in why


def test_a1_no_playbook_accepts_what_guardrails_cannot_evaluate(world: World, playbook: Playbook) -> None:
    """Accident A1 once more: accepting unreadable tags does not lift a rule about tags."""
    from runner.model.playbook import Acceptance  # noqa: PLC0415  # only here

    world.fault = failing("GetBucketTagging")
    accepted = tuple(Acceptance(check, "seen") for check in ("tags_is_readable", "nobody_else_owns_the_target"))
    why = refused(
        world,
        replace(playbook, accept_unknown=accepted),
        Guardrails(protect=(ProtectedTags({"Environment": "prod"}),)),
    )

    assert "nothing_protected_is_touched" in why
    assert "nobody_else_owns_the_target" not in why


def test_a3_a_rule_that_no_action_can_evaluate_refuses(world: World, playbook: Playbook) -> None:
    """Accident A3: a filter on a property that a type does not have was ignored with a warning."""
    blind = {
        name: replace(action, facts={fact: call for fact, call in action.facts.items() if fact != "tags"})
        for name, action in BY_NAME.items()
    }
    rule = Guardrails(protect=(ProtectedTags({"Environment": "prod"}),))

    assert "is protected: this action reads no tags" in refused(world, playbook, rule, actions=blind)


def test_a4_objects_of_a_protected_bucket_are_protected(world: World, playbook: Playbook) -> None:
    """Accident A4: objects were deleted out of buckets that a tag protected."""
    world.tags = {"environment": "Prod"}
    why = refused(world, playbook, Guardrails(protect=(ProtectedTags({"Environment": "prod"}),)))

    assert "empty: nothing_protected_is_touched" in why
    assert "bucket: nothing_protected_is_touched" in why


def test_a5_what_dies_too_is_listed_and_counted(world: World, playbook: Playbook) -> None:
    """Accident A5: an instance that a tag protected was terminated to free a network interface. Nobody had named it."""
    world.answers["ListAccessPoints"] = points("reports", "audit")
    why = refused(world, playbook, actions=CASCADING)

    assert "plan: cascade_is_within_the_limit: the plan has 2 things that die although no step names them" in why


def test_a5_protection_holds_for_what_dies_too(world: World, playbook: Playbook) -> None:
    """Accident A5 once more: a limit that allows for it does not lift the protection of it."""
    world.answers["ListAccessPoints"] = points("reports", "audit")
    allowed = replace(playbook, limits=Limits(cascade=2))
    by_arn = Guardrails(protect=(ProtectedArn("arn:aws:s3:*:*:accesspoint/audit"),))

    assert f"{POINT}audit is protected" in refused(world, allowed, by_arn, actions=CASCADING)


def test_a7_an_account_that_is_not_allowed(world: World, playbook: Playbook) -> None:
    """Accident A7: a team's account was enrolled without its knowing. An account is allowed by name, before a code."""
    why = refused(world, playbook, Guardrails(accounts=("333333333333",)))

    assert "account 222222222222 is not among those that the guardrails allow" in why
    assert world.codes == ["123456"]


def test_a7_what_terraform_manages_is_left_to_terraform(world: World, playbook: Playbook) -> None:
    """Accident A7 once more: infrastructure that Terraform owns was swept away."""
    state = TerraformState("prod.tfstate", {BUCKET: "module.orders.aws_s3_bucket.exports"}, unreadable="")
    why = refused(world, playbook, Guardrails(terraform_states=(state,)))

    assert why.count("Terraform manages it as module.orders.aws_s3_bucket.exports (prod.tfstate)") == 2


def test_a8_a_state_that_cannot_be_read_is_not_empty(world: World, playbook: Playbook) -> None:
    """Accident A8: the wrong state was loaded. A state that cannot be read refuses, before a code is spent."""
    why = refused(world, playbook, Guardrails(terraform_states=(TerraformState("prod.tfstate"),)))

    assert "it cannot be told what Terraform manages: prod.tfstate" in why
    assert world.codes == ["123456"]


def test_a11_a_playbook_does_not_weaken_the_organisation(world: World, playbook: Playbook) -> None:
    """Accident A11: a repository's configuration dropped a rule of the organisation. The stricter always holds."""
    generous = replace(playbook, limits=Limits(objects=10**6, steps=500), protect=())
    floor = Guardrails(limits=StatedLimits(objects=3), protect=(ProtectedArn("arn:aws:s3:::acme-*"),))
    why = refused(world, generous, floor)

    assert "objects_are_within_the_limit" in why
    assert "the limit is 3 (guardrails)" in why
    assert "nothing_protected_is_touched" in why


def test_a18_nonprod_is_not_prod(world: World, playbook: Playbook) -> None:
    """Accident A18: "prod" inside "nonprod" refused, so people switched the check off. Tags match as wholes."""
    world.tags = {"Environment": "nonprod"}

    assert run(world, playbook, Guardrails(protect=(ProtectedTags({"Environment": "prod"}),))).exit_code == ExitCode.OK


# Ownership, cascades, shares.


def test_an_override_is_a_note_and_stands_in_the_log(world: World, playbook: Playbook) -> None:
    """With a reason the step goes on; the plan shows it, and the log's first record has it."""
    world.tags = {"aws:cloudformation:stack-name": "orders"}
    reason = {"ownership": "the stack is stuck in DELETE_FAILED"}
    steps = tuple(replace(one, override=reason) for one in playbook.steps)
    prepared = prepare(replace(playbook, steps=steps), BY_NAME, world.services(), NO_GUARDRAILS)
    result = apply(prepared, world.services(), world)
    opened = next(record.to_data() for record in world.records if record.type == "run.open")

    assert result.exit_code == ExitCode.OK
    assert [one.message for one in prepared.plan.steps[0].findings if one.check == "nobody_else_owns_the_target"] == [
        "the CloudFormation stack orders owns it; the reviewers override this: the stack is stuck in DELETE_FAILED"
    ]
    assert opened["overrides"] == [f"{one}: ownership: {reason['ownership']}" for one in ("empty", "bucket")]


def test_guardrails_can_forbid_overrides(world: World, playbook: Playbook) -> None:
    """Where nobody may override, a step that does is refused before a code is spent."""
    steps = tuple(replace(one, override={"ownership": "mine"}) for one in playbook.steps)
    why = refused(world, replace(playbook, steps=steps), Guardrails(ownership=OwnershipRules(override=False)))

    assert why.count("the guardrails do not let a step override ownership") == 2
    assert world.codes == ["123456"]


def test_what_dies_too_is_in_the_plan(world: World, playbook: Playbook) -> None:
    """Within the limit it is listed in the plan, and the digest covers it."""
    world.answers["ListAccessPoints"] = points("reports")
    allowed = replace(playbook, limits=Limits(cascade=1))
    world.codes *= 2
    plan = prepare(allowed, CASCADING, world.services(), NO_GUARDRAILS).plan
    world.answers["ListAccessPoints"] = points("other")
    other = prepare(allowed, CASCADING, world.services(), NO_GUARDRAILS).plan

    assert [(one.what, one.members) for one in plan.steps[1].cascade] == [("access points", (f"{POINT}reports",))]
    assert plan.blocking == other.blocking == ()
    assert plan.digest != other.digest


@pytest.mark.parametrize(
    ("later", "gone"), [(("reports",), True), ((), True), (("other",), False), (("reports", "x"), False)]
)
def test_what_dies_too_is_listed_again_before_the_step(
    world: World, playbook: Playbook, later: tuple[str, ...], gone: bool
) -> None:
    """Something new that would die ends the step before a call; something that is gone meanwhile does not."""
    world.answers["ListAccessPoints"] = points("reports")

    def change() -> None:
        world.answers["ListAccessPoints"] = points(*later)

    result = run(world, replace(playbook, limits=Limits(cascade=1)), before=change, actions=CASCADING)
    last = result.results[1].outcome

    assert isinstance(last, Gone) == gone
    assert gone or (isinstance(last, NotAttempted) and "would die with it" in last.why)
    assert world.bucket != gone


def test_a_cascade_that_cannot_be_listed_refuses(world: World, playbook: Playbook) -> None:
    """A listing that failed is no empty list: neither for the plan nor at the step."""
    world.fault = failing("ListAccessPoints")
    assert "bucket: cascade_is_listed" in refused(world, playbook, actions=CASCADING)

    world.fault = lambda *_: None
    world.codes.append("654321")

    def outage() -> None:
        world.fault = failing("ListAccessPoints")

    last = run(world, playbook, before=outage, actions=CASCADING).results[1].outcome
    assert isinstance(last, NotAttempted)
    assert "what dies with it cannot be listed" in last.why


def test_more_than_a_share_of_all_buckets(world: World, playbook: Playbook) -> None:
    """Five buckets out of nine are more than half of them; a larger share has to be said, and a listing has to work."""
    names = [f"b-{number}" for number in range(SHARE_FROM)]
    others = [f"other-{number}" for number in range(4)]
    world.answers["ListBuckets"] = {"Buckets": [{"Name": name, "CreationDate": "2024"} for name in (*names, *others)]}
    world.answers["ListObjectVersions"] = {}
    steps = tuple(
        replace(step(name, "s3.delete_bucket"), target={"bucket": name}, mfa_protected=False) for name in names
    )
    world.simulated = lambda _: "allowed"
    many = replace(playbook, steps=steps)

    assert "5 of all 9 buckets would go, the limit is 50%" in refused(world, many)
    world.codes = ["654321", "765432"]
    assert prepare(replace(many, limits=Limits(share=60)), BY_NAME, world.services(), NO_GUARDRAILS).plan.blocking == ()
    floor = Guardrails(limits=StatedLimits(share=10))
    assert "the limit is 10% (guardrails)" in refused(world, replace(many, limits=Limits(share=60)), floor)


# Time.


def test_a_closed_calendar_refuses_the_plan(world: World, playbook: Playbook) -> None:
    """CLOSED, and a calendar that cannot be read, refuse; the role was asked under the guard's session policy."""
    world.answers["GetCalendarState"] = CLOSED
    why = refused(world, playbook, CALENDARS)

    assert "plan: calendar_is_open: the change calendar Freeze is closed (it changes at 2026-12-02T00:00:00Z)" in why
    assert "ssm:GetCalendarState" in world.requests[0].policy
    world.codes.append("654321")
    world.fault = failing("GetCalendarState")
    assert "could not be read: ssm:GetCalendarState: AccessDenied" in refused(world, playbook, CALENDARS)


def test_an_open_calendar_is_asked_before_each_step(world: World, playbook: Playbook) -> None:
    """Open at the plan and at each step: three questions, each under a session that may ask nothing else of SSM."""
    world.answers["GetCalendarState"] = OPEN
    result = run(world, playbook, CALENDARS)

    assert result.exit_code == ExitCode.OK
    assert [api for api, _ in world.sent].count("ssm:GetCalendarState") == 3


def test_a_calendar_that_closes_in_mid_run_ends_it(world: World, playbook: Playbook) -> None:
    """A step begins under an open calendar or not at all; what was done before stays done."""
    world.answers["GetCalendarState"] = OPEN

    def close(call: BoundCall, params: Params) -> None:
        del params
        if call.operation == "DeleteObjects":
            world.answers["GetCalendarState"] = CLOSED

    world.fault = close
    result = run(world, playbook, CALENDARS)
    first, last = (one.outcome for one in result.results)

    assert isinstance(first, Gone)
    assert isinstance(last, NotAttempted)
    assert "the change calendar Freeze is closed" in last.why
    assert world.bucket
    assert result.exit_code == ExitCode.PARTIAL


def test_a_window_that_closes_in_mid_run_ends_it(world: World, playbook: Playbook) -> None:
    """The guardrails' window is looked at before each step, not at the beginning only."""
    noon = START.time()
    window = Weekly((START.weekday(),), noon, (START + timedelta(minutes=1)).time(), "UTC")

    def wait(call: BoundCall, params: Params) -> None:
        del params
        if call.operation == "DeleteObjects":
            world.now += timedelta(minutes=2)

    world.fault = wait
    result = run(world, playbook, Guardrails(windows=(window,)))

    assert isinstance(result.results[0].outcome, Gone)
    assert isinstance(result.results[1].outcome, NotAttempted)
    assert "no change window of the guardrails is open" in result.results[1].outcome.why
    assert result.exit_code == ExitCode.PARTIAL


def test_all_that_is_known_without_aws_comes_at_once(world: World, playbook: Playbook) -> None:
    """A closed window and a forbidden action are told together, before a code is asked for."""
    floor = Guardrails(forbidden_actions=("s3.empty_bucket",), freezes=(Window(),))
    why = refused(world, playbook, floor)

    assert "the playbook is refused: 2 findings" in why
    assert "no_freeze_is_on" in why
    assert "action_is_allowed" in why
    assert world.codes == ["123456"]


# What is kept and shown.


def test_the_guardrails_stand_in_the_plan_and_in_the_log(world: World, playbook: Playbook) -> None:
    """Their digest is part of the plan's; path and digest are in the log's first record."""
    floor = Guardrails(source=Source("/org/guardrails.yaml", "a" * 64))
    run(world, playbook, floor)
    opened = next(record.to_data() for record in world.records if record.type == "run.open")

    assert (opened["guardrails_path"], opened["guardrails_sha256"]) == ("/org/guardrails.yaml", "a" * 64)
    world.codes = ["1", "2", "3"]
    sources = (Source("/org/guardrails.yaml", "a" * 64), Source("elsewhere", "a" * 64), Source("elsewhere", "b" * 64))
    here, there, changed = (
        prepare(playbook, BY_NAME, world.services(), replace(floor, source=source)).plan.digest for source in sources
    )
    assert here == there != changed


def test_an_explanation_names_who_decided(playbook: Playbook) -> None:
    """Each rule has what holds and who decided; what is refused without AWS is told with its step."""
    own = replace(playbook, limits=Limits(steps=3, objects=5000), protect=(ProtectedArn("arn:aws:s3:::other"),))
    floor = Guardrails(
        source=Source("g.yaml", "a" * 64),
        accounts=("222222222222", "333333333333"),
        protect=(ProtectedArn(f"arn:aws:s3:::{BUCKET}/*"),),
        limits=StatedLimits(objects=100, size=1024**3, cascade=2),
        calendars=("Freeze",),
    )
    explained = explain(own, BY_NAME, floor)
    rows: dict[str, tuple[str, str, str, str]] = {
        rule.rule: (rule.holds, rule.by.value, rule.playbook, rule.guardrails) for rule in explained.rules
    }

    assert rows["limits.steps"] == ("3", "playbook", "3", "")
    assert rows["limits.objects"] == ("100", "guardrails", "5,000", "100")
    assert rows["limits.bytes"] == ("1GiB", "guardrails", "", "1GiB")
    assert rows["limits.cascade"] == ("0", "default", "", "2")
    assert rows["limits.share"] == ("50%", "default", "", "")
    assert rows["protect"] == ("arn arn:aws:s3:::other", "playbook", "arn arn:aws:s3:::other", "")
    assert rows["calendars"] == ("Freeze", "guardrails", "", "Freeze")
    assert rows["ownership.override"] == ("allowed", "guardrails", "", "")
    assert [(where, finding.check) for where, finding in explained.findings] == [
        ("empty", "nothing_protected_is_touched")
    ]
