"""What an answer, or an error, means for a fact, and which children a page of a listing holds."""

from __future__ import annotations

from runner.model.action import Absent, Present, Unreadable
from runner.model.binding import Binding
from runner.model.bound import BoundCall, Params
from runner.model.call import Call, Each, Survey, Sweep
from runner.model.canonical import Json
from runner.model.ports import Reply
from runner.workflow.census import children_of
from runner.workflow.reading import read, read_fact
from tests.workflow.conftest import World, failed

BINDING = Binding({}, "222222222222", "eu-west-1", "aws", "arn:aws:s3:::b")
POLICY = BINDING.call(Call("s3:GetBucketPolicy", absent=("NoSuchBucket",), nothing=("NoSuchBucketPolicy",)))


def test_nothing_and_absent_and_a_failure_are_three_answers(world: World) -> None:
    """An error may mean that there is none of that, that there is no such target, or that nothing is known."""

    def answered(code: str) -> object:
        def fault(call: BoundCall, params: Params) -> None:
            del call, params
            raise failed(code)

        world.fault = fault
        return read(world.sender(None, ()), POLICY)  # type: ignore[arg-type]  # this world asks no session

    assert answered("NoSuchBucketPolicy") == Present({})
    assert answered("NoSuchBucket") == Absent("NoSuchBucket", "REQ")
    assert isinstance(answered("AccessDenied"), Unreadable)


def test_children_may_be_picked_out_of_a_page() -> None:
    """An expression leaves children out and makes texts into children; they are counted under the page's field."""
    sweep = BINDING.sweep(
        Sweep(
            "versions",
            list=Call("iam:ListPolicyVersions"),
            items=("Versions[?!IsDefaultVersion]", "Names[].{Name: @}"),
            each=Call("iam:DeletePolicyVersion", {"VersionId": Each("VersionId")}),
        )
    )
    page = Reply(
        {"Versions": [{"VersionId": "v2", "IsDefaultVersion": True}, {"VersionId": "v1"}], "Names": ["a"]}, "", 200
    )

    assert list(children_of(page, sweep)) == [("Versions", {"VersionId": "v1"}), ("Names", {"Name": "a"})]


def test_a_survey_finds_what_it_looks_for_in_every_page(world: World) -> None:
    """What each listing of a survey holds is read to its end, about the thing that is listed; a failure is no end."""
    survey = BINDING.fact(
        Survey(
            Call("iam:ListRolePolicies", {"RoleName": "r"}),
            "PolicyNames[].{Name: @}",
            Call("s3:ListObjectVersions", {"Bucket": Each("Name")}, absent=("NoSuchBucket",)),
            "Versions[].Key",
        )
    )
    world.answers["ListRolePolicies"] = {"PolicyNames": ["one", "gone"]}
    world.keys = [f"key-{number}" for number in range(5)]
    world.page = 2
    asked: list[object] = []

    refused = "NoSuchBucket"

    def fault(call: BoundCall, params: Params) -> None:
        del call
        asked.append(params)
        if params.get("Bucket") == "gone":
            raise failed(refused)

    world.fault = fault
    sender = world.sender(None, ())  # type: ignore[arg-type]  # this world asks no session
    found = read_fact(sender, survey)

    every: tuple[Json, ...] = tuple(world.keys)
    assert isinstance(found, Present)
    assert found.data == {
        "Items": [
            {"item": {"Name": "one"}, "answer": {"Found": [*every]}},
            {"item": {"Name": "gone"}, "answer": None},
        ]
    }
    assert asked[1:] == [{"Bucket": "one"}, {"Bucket": "gone"}]
    refused = "AccessDenied"
    assert isinstance(read_fact(sender, survey), Unreadable)


def test_a_survey_reads_each_thing_and_knows_nothing_when_one_read_fails(world: World) -> None:
    """The answers stand beside what was listed, None for what is absent; one failed read makes the fact unreadable."""
    survey = BINDING.fact(
        Survey(
            Call("iam:ListRolePolicies", {"RoleName": "r"}),
            items="PolicyNames[].{Name: @}",
            each=Call("iam:GetRolePolicy", {"PolicyName": Each("Name")}, absent=("NoSuchEntity",), query="{Doc: Doc}"),
        )
    )
    world.answers = {"ListRolePolicies": {"PolicyNames": ["a", "b"]}, "GetRolePolicy": {"Doc": "{}", "Other": 1}}
    refused = "NoSuchEntity"

    def fault(call: BoundCall, params: Params) -> None:
        del call
        if params.get("PolicyName") == "b":
            raise failed(refused)

    world.fault = fault
    sender = world.sender(None, ())  # type: ignore[arg-type]  # this world asks no session
    known = Present(
        {"Items": [{"item": {"Name": "a"}, "answer": {"Doc": "{}"}}, {"item": {"Name": "b"}, "answer": None}]}
    )

    assert read_fact(sender, survey) == known
    refused = "AccessDenied"
    assert isinstance(read_fact(sender, survey), Unreadable)
