"""What an ``aws.call`` step says is held against botocore's models, the published IAM list and the catalogue."""

from __future__ import annotations

import pytest

from runner.aws.service_models import BotocoreModels
from runner.catalog import BY_NAME
from runner.catalog.aws import NAMED, action_of
from runner.errors import InvalidPlaybook
from runner.model.action import Ok, Recovery, Unknown
from runner.model.call import Effect
from runner.model.playbook import Playbook, Source
from runner.workflow.binding import BoundStep, bind_steps
from runner.workflow.loading import load

ARN = "arn:aws:scheduler:eu-west-1:222222222222:schedule/default/nightly"
VALID = f"""\
version: 1
name: short
description: Gone.
owner: me
account: {{id: "222222222222"}}
region: eu-west-1
role_arn: arn:aws:iam::222222222222:role/Teardown
steps:
  - id: schedule
    action: aws.call
    target: {{arn: "{ARN}"}}
    call:
      service: scheduler
      operation: DeleteSchedule
      params: {{Name: nightly}}
      exists: {{operation: GetSchedule, params: {{Name: nightly}}, pin: CreationDate}}
      verify_gone: {{error: ResourceNotFoundException}}
    irreversible: it stands in a repository
"""
MODELS = BotocoreModels()


def read(text: str) -> Playbook:
    """Load a playbook as the command line does."""
    found = load(text.encode(), Source("p.yaml", ""), BY_NAME, MODELS)
    assert isinstance(found, Playbook)
    return found


def bound(text: str) -> BoundStep:
    """Return its only step, bound."""
    (step,) = bind_steps(read(text), BY_NAME)
    return step


def problems(text: str) -> str:
    """Return what is wrong with a playbook: places, messages and hints."""
    with pytest.raises(InvalidPlaybook) as caught:
        read(text)
    return "|".join(f"{one.line}:{one.column} {one.message} ({one.hint})" for one in caught.value.problems)


def test_a_step_describes_its_own_action() -> None:
    """The calls, the permissions and the target are as of any other action."""
    step = bound(VALID)
    (call,) = step.writes

    assert (call.api, call.params, call.effect) == ("scheduler:DeleteSchedule", {"Name": "nightly"}, Effect.DELETE)
    assert (call.iam, call.resources) == (("scheduler:DeleteSchedule",), (ARN,))
    assert (step.target, step.probe.api, step.pin.api) == (ARN, "scheduler:GetSchedule", "scheduler:GetSchedule")
    assert step.probe.absent == ("ResourceNotFoundException",)
    assert step.action.recovery is Recovery.NONE
    assert step.action is not None
    assert step.action.pin.pick({"CreationDate": "2024"}, {}) == "2024"


def test_without_a_pin_the_whole_answer_is_one() -> None:
    """A target that differs in anything is another one: nothing better is known."""
    pick = bound(VALID.replace(", pin: CreationDate", "")).action.pin.pick

    assert pick({"State": "ENABLED"}, {}) != pick({"State": "DISABLED"}, {})
    assert pick({"State": "ENABLED"}, {}) == pick({"State": "ENABLED"}, {})


def test_who_says_how_it_is_undone_need_not_say_why() -> None:
    """`undo` makes the call one that can be undone; without it `irreversible` is required."""
    undone = VALID.replace("    irreversible: it stands in a repository\n", "      undo: create it again\n")

    assert bound(undone).action.undo == "create it again"
    assert "`irreversible` is missing" in problems(undone.replace("      undo: create it again\n", ""))


def test_a_read_without_resources_is_allowed_anywhere() -> None:
    """IAM knows no resources for it, so that an ARN would allow nothing."""
    listed = VALID.replace(
        "{error: ResourceNotFoundException}", "{operation: ListSchedules, params: {}, empty: Schedules}"
    )

    assert bound(listed).probe.resources == ("*",)


def test_what_is_not_published_is_said_by_the_reviewers() -> None:
    """The action and the ARNs come from the playbook, and only from there."""
    said = VALID.replace(
        "      operation: DeleteSchedule\n",
        f'      operation: DeleteSchedule\n      iam: [scheduler:DeleteIt]\n      resource: ["{ARN}", "{ARN}2"]\n',
    )
    (call,) = bound(said).writes

    assert (call.iam, call.resources) == (("scheduler:DeleteIt",), (ARN, f"{ARN}2"))


@pytest.mark.parametrize(
    ("old", "new", "problem"),
    [
        (
            "service: scheduler",
            "service: schedulr",
            "13:7 botocore knows no service `schedulr` (did you mean `scheduler`",
        ),
        ("operation: DeleteSchedule", "operation: DeleteSchedul", "14:7 scheduler has no operation `DeleteSchedul`"),
        (
            "params: {Name: nightly}\n",
            "params: {Nam: nightly}\n",
            "15:16 `params` has no member `Nam` (did you mean `Name`",
        ),
        ("params: {Name: nightly}\n", "params: {Nam: nightly}\n", "15:7 `params.Name` is missing"),
        ("      params: {Name: nightly}\n", "", "13:7 `params.Name` is missing"),
        ("params: {Name: nightly}\n", "params: {Name: 7}\n", "15:16 `params.Name` must be a text, not a number"),
        ("params: {Name: nightly}\n", 'params: {Name: ""}\n', "15:16 `params.Name` has 0 characters: at least 1"),
        ("params: {Name: nightly}\n", "params: {Name: 1.5}\n", "must be a whole number"),
        ("params: {Name: nightly}\n", "params: {Náme: nightly}\n", "15:16 `call.params.Náme` must have an ASCII name"),
        ("params: {Name: nightly}\n", "params: [Name]\n", "15:15 `call.params` must be a mapping"),
        ("GetSchedule, params: {Name: nightly}", "GetSchedule", "`params.Name` is missing"),
        ("operation: GetSchedule", "operation: DeleteSchedule", "must be a read, called Describe…"),
        ("operation: DeleteSchedule", "operation: GetSchedule", "must change something"),
        ("pin: CreationDate", "pin: 'a b'", "must be a JMESPath expression"),
        ("{error: ResourceNotFoundException}", "{}", "says nothing about how the target is seen gone"),
        ("      verify_gone: {error: ResourceNotFoundException}\n", "", "`call.verify_gone` is missing"),
        ("    call:", "    cal:", "unknown key `cal` in this step"),
        ("action: aws.call", "action: s3.delete_bucket", "unknown key `call` in this step"),
        (ARN, ARN.replace("nightly", "*"), "`target.arn` must be the whole ARN"),
        (
            ARN,
            ARN.replace("eu-west-1", "us-east-1"),
            "11:13 `target.arn` is in region us-east-1, but the step acts in eu",
        ),
        (ARN, ARN.replace("222222222222", "333333333333"), "`target.arn` is in account 333333333333"),
        ("operation: DeleteSchedule", "operation: TagResource\n      iam: []", "`call.iam` must name at least one"),
    ],
)
def test_mistakes_are_refused_where_they_stand(old: str, new: str, problem: str) -> None:
    """Each with its line and column, before AWS is asked anything."""
    assert old in VALID
    assert problem in problems(VALID.replace(old, new, 1))


def test_what_the_catalogue_knows_is_left_to_it() -> None:
    """Nobody gets around an action's checks by calling its operation."""
    text = VALID.replace("service: scheduler", "service: s3").replace("DeleteSchedule", "DeleteBucket")

    assert "the catalogue has actions for `s3:DeleteBucket` (use `s3.delete_bucket`, which checks more)" in problems(
        text
    )
    assert "`s3:DeleteObjects`" in problems(text.replace("DeleteBucket", "DeleteObjects"))


def test_an_operation_that_iam_does_not_know_by_name_needs_its_action() -> None:
    """Nobody guesses an action that may not exist."""
    text = VALID.replace("service: scheduler", "service: apigateway").replace("DeleteSchedule", "DeleteRestApi")

    assert "14:18 `call.iam` is missing: IAM has no published action called `apigateway:DeleteRestApi`" in problems(
        text
    )


def test_values_keep_their_types() -> None:
    """Numbers, truth values, lists and mappings arrive as they are: 1 and true are different in a request."""
    text = VALID.replace("params: {Name: nightly}\n", "params: {Name: nightly, a: [1, true, {b: c}]}\n", 1)
    playbook = load(text.encode(), Source("p.yaml", ""), BY_NAME)
    call = playbook.steps[0].call

    assert call is not None
    assert call.request.params == {"Name": "nightly", "a": (1, True, {"b": "c"})}
    assert action_of(playbook.steps[0], BY_NAME).name == "aws.call"


@pytest.mark.parametrize(
    ("old", "new", "answer"),
    [
        ("", "", Ok),
        ("{Name: nightly}\n", "{Name: weekly}\n", Unknown),
        ("{Name: nightly}\n", "{Name: night}\n", Unknown),
        ("GetSchedule, params: {Name: nightly}", "GetSchedule, params: {Name: other}", Unknown),
        ("{Name: nightly}\n", "{Name: 'https://host/nightly'}\n", Ok),
        ("{Name: nightly}\n", f'{{Name: "{ARN}"}}\n', Ok),
        ("{Name: nightly}\n", "{Name: '', GroupName: a}\n", Unknown),
        ("{Name: nightly}\n", "{Name: weekly, GroupName: default}\n", Unknown),
        ("{Name: nightly}\n", "{Names: [default/nightly]}\n", Ok),
    ],
)
def test_requests_name_the_target(old: str, new: str, answer: type) -> None:
    """Reviewers read the ARN and AWS reads the parameters: where nothing says that they mean the same, nobody knows."""
    playbook = load(VALID.replace(old, new, 1).encode(), Source("p.yaml", ""), BY_NAME)
    (check,) = action_of(playbook.steps[0], BY_NAME).checks

    assert check.__name__ == NAMED
    assert isinstance(check({}), answer)


def test_the_name_counts_in_limits() -> None:
    """`aws.call` can be limited like every action."""
    assert read(f"limits: {{actions: {{aws.call: 1}}}}\n{VALID}").limits.actions == {"aws.call": 1}


def test_several_accounts_have_one_text() -> None:
    """`{account}` and `{region}` are written out in the target and in the request."""
    text = VALID.replace(ARN, ARN.replace("222222222222", "{account}").replace("eu-west-1", "{region}"))
    text = text.replace('account: {id: "222222222222"}\nregion: eu-west-1\n', "").replace(
        "role_arn: arn:aws:iam::222222222222", "role_arn: arn:aws:iam::{account}"
    )
    text = text.replace("{Name: nightly}\n", '{Name: "nightly-{account}"}\n', 1)
    targets = """\
targets:
  accounts:
    - {id: "222222222222", regions: [eu-west-1]}
    - {id: "333333333333", regions: [us-east-1]}
"""
    steps = load((targets + text).encode(), Source("p.yaml", ""), BY_NAME, MODELS).steps

    assert [step.target["arn"].split(":")[3:5] for step in steps] == [
        ["eu-west-1", "222222222222"],
        ["us-east-1", "333333333333"],
    ]
    assert [step.call.request.params["Name"] for step in steps if step.call] == [
        "nightly-222222222222",
        "nightly-333333333333",
    ]
