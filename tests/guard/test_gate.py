"""The write gate: what was declared passes, and nothing else."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import fields, is_dataclass, replace
from typing import Any

import pytest
from botocore.exceptions import UnknownServiceError
from botocore.session import get_session
from hypothesis import given
from hypothesis import strategies as st

from runner.catalog import ACTIONS
from runner.catalog.s3 import DELETE_BUCKET
from runner.catalog.s3_markers import HIDE_OBJECTS
from runner.catalog.s3_objects import EMPTY_BUCKET
from runner.guard.gate import CHILD_FIELDS, MAX_CHILDREN, OPTIONAL_FIELDS, PAGING, STRUCTURED_FIELDS, permit
from runner.model.binding import Binding
from runner.model.bound import BoundCall, fill, reads_of, writes_of
from runner.model.call import Args, Argument, Call, Children, Each, Effect, N, P, T
from runner.model.canonical import Json
from runner.model.key_span import KeySpan

BINDING = Binding(
    {"bucket": "orders", "prefix": "logs/"}, "222222222222", "ap-northeast-1", "aws", "arn:aws:s3:::orders"
)
OWNER = {"Bucket": "orders", "ExpectedBucketOwner": "222222222222"}
PLANNED = {
    action.name: tuple(bound for call in action.calls for bound in BINDING.planned(call))
    for action in (DELETE_BUCKET, EMPTY_BUCKET)
}
EMPTY = writes_of(PLANNED["s3.empty_bucket"]) + reads_of(PLANNED["s3.empty_bucket"])
DELETE = writes_of(PLANNED["s3.delete_bucket"])
HEAD = BINDING.call(DELETE_BUCKET.probe)
PIN = BINDING.call(DELETE_BUCKET.pin.call)


def _batch(*children: Mapping[str, object], **more: object) -> dict[str, object]:
    return {**OWNER, "Delete": {"Objects": list(children), "Quiet": True, **more}}


def _call(args: Args, effect: Effect, api: str = "s3:DeleteObjects") -> BoundCall:
    service, operation = api.split(":")
    return BoundCall(service, operation, args, "ap-northeast-1", ("*",), effect)


@pytest.mark.parametrize(
    ("api", "params"),
    [
        ("s3:DeleteBucket", OWNER),
        ("s3:DeleteObject", {**OWNER, "Key": "a", "VersionId": "1"}),
        ("s3:DeleteObject", {**OWNER, "Key": "a", "VersionId": "null"}),
        ("s3:DeleteObject", {**OWNER, "Key": "a"}),
        ("s3:DeleteObjects", _batch({"Key": "a", "VersionId": "1"})),
        ("s3:DeleteObjects", _batch({"Key": "a"}, {"Key": "b", "VersionId": "null"})),
        ("s3:DeleteObjects", {**OWNER, "Delete": {"Objects": ({"Key": "a"},), "Quiet": True}}),
        ("s3:AbortMultipartUpload", {**OWNER, "Key": "a", "UploadId": "u"}),
        ("s3:ListObjectVersions", OWNER),
        ("s3:ListObjectVersions", {**OWNER, "KeyMarker": "a", "VersionIdMarker": "1", "EncodingType": "url"}),
        ("s3:ListMultipartUploads", {**OWNER, "KeyMarker": "a", "UploadIdMarker": "u", "MaxUploads": 100}),
        ("s3:HeadBucket", OWNER),
        ("s3:ListBuckets", {"Prefix": "orders", "ContinuationToken": "t"}),
        ("s3:ListBuckets", {}),
    ],
)
def test_what_the_plan_holds_passes(api: str, params: dict[str, object]) -> None:
    """Declared writes pass exactly, declared reads also with less, and on later pages."""
    assert permit(api, params, (*DELETE, *EMPTY, HEAD, PIN)) is None


@pytest.mark.parametrize(
    ("api", "params", "reason"),
    [
        ("s3:PutBucketPolicy", OWNER, "the plan holds no such call"),
        ("s3:deletebucket", OWNER, "the plan holds no such call"),
        ("s3control:DeleteBucket", OWNER, "the plan holds no such call"),
        ("s3:DeleteBucket", {**OWNER, "Bucket": "payroll"}, "Bucket is not as planned"),
        ("s3:DeleteBucket", {**OWNER, "ExpectedBucketOwner": "333333333333"}, "ExpectedBucketOwner is not as planned"),
        ("s3:DeleteBucket", {"Bucket": "orders"}, "ExpectedBucketOwner is missing"),
        ("s3:DeleteBucket", {**OWNER, "Force": True}, "Force is not in the plan"),
        ("s3:DeleteBucket", {**OWNER, "Marker": "x"}, "Marker is not in the plan"),
        ("s3:DeleteObject", {**OWNER, "Key": "a", "BypassGovernanceRetention": True}, "BypassGovernanceRetention"),
        ("s3:DeleteObject", {**OWNER, "VersionId": "1"}, "Key is missing"),
        ("s3:DeleteObject", {**OWNER, "Key": ["a", "b"]}, "Key is not as planned"),
        ("s3:DeleteObject", {**OWNER, "Key": None}, "Key is not as planned"),
        ("s3:AbortMultipartUpload", {**OWNER, "Key": "a"}, "UploadId is missing"),
        ("s3:DeleteObjects", _batch(), "Delete is not as planned"),
        ("s3:DeleteObjects", _batch({"VersionId": "1"}), "Delete is not as planned"),
        ("s3:DeleteObjects", _batch({"Key": "a", "ETag": "e"}), "Delete is not as planned"),
        ("s3:DeleteObjects", _batch({"Key": {"a": 1}}), "Delete is not as planned"),
        ("s3:DeleteObjects", _batch(*({"Key": "a"},) * (MAX_CHILDREN + 1)), "Delete is not as planned"),
        ("s3:DeleteObjects", _batch({"Key": "a"}, Extra=1), "Delete is not as planned"),
        ("s3:DeleteObjects", _batch({"Key": "a"}, Quiet=1), "Delete is not as planned"),
        ("s3:DeleteObjects", {**OWNER, "Delete": {"Objects": [{"Key": "a"}]}}, "Delete is not as planned"),
        ("s3:DeleteObjects", {**OWNER, "Delete": {"Objects": "a", "Quiet": True}}, "Delete is not as planned"),
        ("s3:DeleteObjects", {**OWNER, "Delete": ["a"]}, "Delete is not as planned"),
        ("s3:ListObjectVersions", {**OWNER, "Bucket": "payroll"}, "Bucket is not as planned"),
        ("s3:ListObjectVersions", {**OWNER, "Delimiter": "/"}, "Delimiter is not in the plan"),
        ("s3:ListObjectVersions", {**OWNER, "KeyMarker": {"a": 1}}, "KeyMarker is not in the plan"),
        ("s3:ListBuckets", {"Prefix": ""}, "Prefix is not as planned"),
    ],
)
def test_what_the_plan_does_not_hold_is_refused(api: str, params: dict[str, object], reason: str) -> None:
    """Anything else is refused, and the refusal says what differs."""
    refused = permit(api, params, (*DELETE, *EMPTY, HEAD, PIN))

    assert refused is not None
    assert reason in refused


def test_an_empty_plan_permits_nothing() -> None:
    """Without declared calls the gate is closed."""
    assert permit("s3:HeadBucket", OWNER, ()) == "the plan holds no such call"


def test_any_of_several_declared_calls_may_fit() -> None:
    """Two buckets in one plan are two declared calls, and a third is refused with both reasons."""
    other = _call({**OWNER, "Bucket": "returns"}, Effect.DELETE, "s3:DeleteBucket")

    assert permit("s3:DeleteBucket", {**OWNER, "Bucket": "returns"}, (*DELETE, other)) is None
    assert permit("s3:DeleteBucket", {**OWNER, "Bucket": "payroll"}, (*DELETE, other)) == "Bucket is not as planned"


def test_a_write_that_is_declared_as_a_read_does_not_pass() -> None:
    """A slip in the catalogue does not turn a deletion into a read; only a dry run may look like one."""
    mislabelled = _call(OWNER, Effect.READ, "s3:DeleteBucket")

    assert permit("s3:DeleteBucket", OWNER, (mislabelled,)) == "it is declared as a read and is none"


def test_a_read_that_is_declared_as_a_write_is_held_to_its_arguments() -> None:
    """What is declared as a write is never matched leniently."""
    odd = _call(OWNER, Effect.PREPARE, "s3:GetBucketPolicy")

    assert permit("s3:GetBucketPolicy", {"Bucket": "orders"}, (odd,)) == "ExpectedBucketOwner is missing"


def declared_calls() -> set[str]:
    """Return the API of every call that the catalogue declares."""
    found: set[str] = set()

    def look(value: object) -> None:
        if isinstance(value, Call):
            found.add(value.api)
        if is_dataclass(value) and not isinstance(value, type):
            for field in fields(value):
                look(getattr(value, field.name))
        elif isinstance(value, Mapping):
            look(tuple(value.values()))
        elif isinstance(value, tuple):
            for item in value:
                look(item)

    look(ACTIONS)
    return found


def test_every_listing_of_the_catalogue_gets_to_its_end() -> None:
    """What botocore asks for a later page with is let through."""
    session, refused = get_session(), []
    for api in sorted(declared_calls()):
        service, operation = api.split(":")
        try:
            paging = session.get_paginator_model(service).get_paginator(operation)
        except (UnknownServiceError, ValueError):
            continue
        tokens = paging["input_token"] if isinstance(paging["input_token"], list) else [paging["input_token"]]
        refused += [f"{api} {token}" for token in tokens if permit(api, {token: "x"}, (_call({}, Effect.READ, api),))]

    assert refused == []


@pytest.mark.parametrize("verb", ["Describe", "Get", "Head", "List", "Lookup", "Simulate"])
def test_how_reads_are_called(verb: str) -> None:
    """What is declared as a read and called like one passes, on any page, and with less than declared."""
    declared = _call({"Name": "a", "Other": "b"}, Effect.READ, f"x:{verb}Things")

    assert permit(f"x:{verb}Things", {"Name": "a", "Marker": "m"}, (declared,)) is None
    assert permit(f"x:{verb}Things", {"Name": "b"}, (declared,)) == "Name is not as planned"


@pytest.mark.parametrize("verb", ["Begin", "Delete", "Put", "Re", "get", "UnGet"])
def test_what_is_called_otherwise_is_no_read(verb: str) -> None:
    """Whatever the catalogue says of it."""
    mislabelled = _call({}, Effect.READ, f"x:{verb}Things")

    assert permit(f"x:{verb}Things", {}, (mislabelled,)) == "it is declared as a read and is none"


def test_what_chooses_a_page() -> None:
    """The listings of services that a playbook may name itself have these, and nothing else is let through."""
    starts = {"ContinuationToken", "ExclusiveStartBackupArn", "KeyMarker", "Marker", "NextToken", "PaginationToken"}
    starts |= {"StartRecordIdentifier", "StartRecordName", "StartRecordType", "UploadIdMarker", "VersionIdMarker"}
    lengths = {"MaxBuckets", "MaxItems", "MaxKeys", "MaxResults", "MaxUploads", "limit"}

    assert starts | lengths | {"EncodingType", "nextToken"} == PAGING


@pytest.mark.parametrize("name", sorted(PAGING))
@pytest.mark.parametrize("effect", [Effect.READ, Effect.DELETE])
def test_a_page_is_chosen_in_reads_only(name: str, effect: Effect) -> None:
    """A read may ask for another page than declared, by a plain value; in a write every argument counts."""
    planned = _call({name: "a"}, effect, "s3:ListObjects")
    bare = _call({}, effect, "s3:ListObjects")

    assert permit("s3:ListObjects", {name: "a"}, (planned,)) is None
    for call, reason in ((planned, "is not as planned"), (bare, "is not in the plan")):
        expected = None if effect is Effect.READ else f"{name} {reason}"
        assert permit("s3:ListObjects", {name: "b"}, (call,)) == expected
        assert permit("s3:ListObjects", {name: ["b"]}, (call,)) == f"{name} {reason}"


@pytest.mark.parametrize("name", sorted(OPTIONAL_FIELDS))
def test_what_a_child_may_lack(name: str) -> None:
    """A field of a child may be missing where children have no such thing, and a list where it is no scalar."""
    declared = _call({"Change": {name: Each(name), "Name": Each("Name")}}, Effect.DELETE, "x:Change")

    def refused(sent: Mapping[str, object]) -> bool:
        return permit("x:Change", {"Change": sent}, (declared,)) is not None

    assert not refused({"Name": "a"})
    assert not refused({"Name": "a", name: "b"})
    assert refused({name: "b"})
    assert refused({"Name": ["a"], name: "b"})
    assert refused({"Name": "a", name: ["b"]}) is (name not in STRUCTURED_FIELDS)
    assert refused({"Name": "a", name: ("b",)}) is (name not in STRUCTURED_FIELDS)
    assert refused({"Name": "a", name: {"b": "c"}}) is (name not in STRUCTURED_FIELDS)
    assert refused({"Name": "a", name: None})


def test_the_fields_of_a_record_are_those_of_route_53() -> None:
    """Every field that a record set may have is one that a child may lack; those that are no scalars are told apart."""
    shape = get_session().get_service_model("route53").shape_for("ResourceRecordSet")
    own = {name: member.type_name for name, member in shape.members.items() if name not in {"Name", "Type"}}

    assert set(own) | {"VersionId"} == OPTIONAL_FIELDS
    assert {name for name, kind in own.items() if kind in {"list", "structure"}} == STRUCTURED_FIELDS


@pytest.mark.parametrize(
    ("sent", "fits"),
    [
        (["a", {"Name": "b"}], True),
        (("a", {"Name": "b"}), True),
        (["a", {"Name": "c"}], False),
        (["c", {"Name": "b"}], False),
        ([{"Name": "b"}, "a"], False),
        (["a"], False),
        (["a", {"Name": "b"}, "c"], False),
        (["a", {"Name": "b", "Force": True}], False),
        (["a", {}], False),
        (["a", "b"], False),
        (["a", ["Name"]], False),
        ([], False),
        ("ab", False),
        ({"a": {"Name": "b"}}, False),
        (None, False),
    ],
)
def test_a_list_is_held_to_every_member(sent: object, fits: bool) -> None:
    """As many members, in the same order, each as planned."""
    planned = _call({"Ids": ("a", {"Name": "b"})}, Effect.DELETE)

    assert (permit("s3:DeleteObjects", {"Ids": sent}, (planned,)) is None) is fits


@pytest.mark.parametrize(
    ("objects", "fits"),
    [
        ([{"Key": str(number)} for number in range(1000)], True),
        ([{"Key": str(number)} for number in range(1001)], False),
        ([], False),
        ({"Key": "a"}, False),
        ("a", False),
        (["Key"], False),
        ([7], False),
        (None, False),
        ([{"Key": "a", "VersionId": ["1"]}], False),
        ([{"Key": ["a"], "VersionId": "1"}], False),
        ([{"VersionId": "1"}], False),
        ([{"Key": "a", "ETag": "e"}], False),
    ],
)
def test_children_are_of_one_form(objects: object, fits: bool) -> None:
    """At most as many as S3 takes, each a key with its version, as plain values."""
    sent = {**OWNER, "Delete": {"Objects": objects, "Quiet": True}}

    assert (permit("s3:DeleteObjects", sent, EMPTY) is None) is fits


@pytest.mark.parametrize("unbound", [P("bucket"), T("bucket"), N("bucket")])
@pytest.mark.parametrize("sent", ["orders", "bucket", None, ()])
def test_what_was_never_bound_fits_nothing(unbound: Argument, sent: object) -> None:
    """Not even itself: what is not known when a plan is made cannot have been reviewed."""
    planned = _call({"Bucket": unbound}, Effect.DELETE)

    assert permit("s3:DeleteObjects", {"Bucket": sent}, (planned,)) == "Bucket is not as planned"
    assert permit("s3:DeleteObjects", {"Bucket": unbound}, (planned,)) == "Bucket is not as planned"


def test_placeholders_that_nobody_knows_are_refused() -> None:
    """A parameter that was never bound, and a batch whose children nobody described, fit nothing."""
    unbound = _call({"Bucket": P("bucket")}, Effect.DELETE)
    unknown = _call({"Entries": Children()}, Effect.DELETE, "events:RemoveTargets")

    assert permit("s3:DeleteObjects", {"Bucket": "orders"}, (unbound,)) == "Bucket is not as planned"
    assert permit("events:RemoveTargets", {"Entries": [{"Id": "1"}]}, (unknown,)) == "Entries is not as planned"


def test_a_record_passes_with_what_it_holds_and_without_what_it_lacks() -> None:
    """A DNS record's open fields may be lists or missing; its name, the action and further fields are held to."""
    record: Args = {"Name": "a.example.", "TTL": Each("TTL"), "ResourceRecords": Each("ResourceRecords")}
    declared = _call({"Change": {"Action": "DELETE", "Record": record}}, Effect.DELETE, "x:Change")
    values = [{"Value": "192.0.2.1"}]

    def asked(action: str, **sent: object) -> str | None:
        return permit("x:Change", {"Change": {"Action": action, "Record": sent}}, (declared,))

    assert asked("DELETE", Name="a.example.", TTL=60, ResourceRecords=values) is None
    assert asked("DELETE", Name="a.example.", ResourceRecords=values) is None
    assert asked("UPSERT", Name="a.example.", TTL=60, ResourceRecords=values) == "Change is not as planned"
    assert asked("DELETE", Name="b.example.", TTL=60, ResourceRecords=values) == "Change is not as planned"
    assert asked("DELETE", TTL=60, ResourceRecords=values) == "Change is not as planned"
    assert asked("DELETE", Name="a.example.", TTL=[60], ResourceRecords=values) == "Change is not as planned"
    assert asked("DELETE", Name="a.example.", Weight=1) == "Change is not as planned"


def test_the_children_of_every_batch_in_the_catalogue_are_described() -> None:
    """The gate's table and the catalogue's sweeps agree on what a child is."""
    for action in ACTIONS:
        for sweep in action.sweeps:
            if sweep.batch is not None:
                fields = CHILD_FIELDS[sweep.batch.api]
                without = {name for one in placeholders(sweep.batch.args) for name in one.without}
                assert (fields.required | fields.optional) - without == set(sweep.child)
                assert sweep.batch_size <= MAX_CHILDREN


def placeholders(argument: Argument) -> Iterator[Children]:
    """Yield what stands for children inside an argument."""
    match argument:
        case Children():
            yield argument
        case tuple() | Mapping():
            for item in argument if isinstance(argument, tuple) else argument.values():
                yield from placeholders(item)
        case _:
            return


def test_what_hides_objects_names_no_version() -> None:
    """A marker is what S3 writes where no version is named; with one, the gate refuses the whole batch."""
    (sweep,) = HIDE_OBJECTS.sweeps
    planned = writes_of(BINDING.planned(sweep))
    batch = {"Bucket": "orders", "ExpectedBucketOwner": "222222222222"}

    def asked(**child: str) -> str | None:
        return permit("s3:DeleteObjects", {**batch, "Delete": {"Objects": [child], "Quiet": False}}, planned)

    assert asked(Key="logs/a") is None
    assert asked(Key="logs/a", VersionId="1") == "Delete is not as planned"


def test_numbers_and_truth_values_are_not_confused() -> None:
    """In Python 1 equals True; in a request it does not."""
    declared = _call({"Count": 1, "Names": ("a", "b")}, Effect.DELETE, "x:Delete")

    assert permit("x:Delete", {"Count": 1, "Names": ["a", "b"]}, (declared,)) is None
    assert permit("x:Delete", {"Count": True, "Names": ["a", "b"]}, (declared,)) == "Count is not as planned"
    assert permit("x:Delete", {"Count": 1, "Names": ["a"]}, (declared,)) == "Names is not as planned"
    assert permit("x:Delete", {"Count": 1, "Names": "ab"}, (declared,)) == "Names is not as planned"


names = st.sampled_from(["Bucket", "Key", "VersionId", "Force", "MFA", "RequestPayer"])
scalars = st.text(max_size=4) | st.integers() | st.booleans()
values = scalars | st.none() | st.lists(scalars, max_size=2) | st.dictionaries(st.text(max_size=3), scalars, max_size=2)
SCALAR = (str, int)


@given(params=st.dictionaries(names, values))
def test_a_mutated_write_is_refused(params: dict[str, object]) -> None:
    """A write passes only if it is the declared one, letter for letter, with children in the open places."""
    declared = _call({"Bucket": "orders", "Key": Each("Key"), "VersionId": Each("VersionId")}, Effect.DELETE)
    exact = (
        params.get("Bucket") == "orders"
        and isinstance(params.get("Key"), SCALAR)
        and isinstance(params.get("VersionId", ""), SCALAR)
        and set(params) <= {"Bucket", "Key", "VersionId"}
    )

    assert (permit("s3:DeleteObjects", params, (declared,)) is None) is exact


@given(
    children=st.lists(
        st.dictionaries(st.sampled_from(["Key", "VersionId", "ETag", "Size"]), scalars, max_size=3), max_size=3
    )
)
def test_a_mutated_child_is_refused(children: list[dict[str, object]]) -> None:
    """A batch passes only if every child has a key, perhaps a version, and nothing else."""
    exact = bool(children) and all({"Key"} <= set(child) <= {"Key", "VersionId"} for child in children)

    assert (permit("s3:DeleteObjects", _batch(*children), EMPTY) is None) is exact


@given(keys=st.lists(st.text(min_size=1, max_size=5), min_size=1, max_size=5), versioned=st.booleans())
def test_whatever_a_sweep_sends_passes(keys: list[str], versioned: bool) -> None:
    """The requests that filling a sweep's own templates makes are exactly those that the gate lets through."""
    for call in writes_of(PLANNED["s3.empty_bucket"]):
        child = {"Key": keys[0], "UploadId": "u", **({"VersionId": "1"} if versioned else {})}
        listed = tuple[Json, ...]({name: child[name] for name in ("Key", "VersionId") if name in child} for _ in keys)

        assert permit(call.api, fill(call.args, child, listed), EMPTY) is None


SPAN = KeySpan("logs/", (("logs/all", ""), ("logs/one", "7"), ("logs/odd", "None")))
SPANNED = tuple(replace(call, keys=SPAN) for call in writes_of(PLANNED["s3.empty_bucket"]))


@pytest.mark.parametrize(
    ("api", "params"),
    [
        ("s3:DeleteObjects", _batch({"Key": "logs/all", "VersionId": "1"}, {"Key": "logs/one", "VersionId": "7"})),
        ("s3:DeleteObjects", {**OWNER, "Delete": {"Objects": ({"Key": "logs/all"},), "Quiet": True}}),
        ("s3:DeleteObject", {**OWNER, "Key": "logs/one", "VersionId": "7"}),
        ("s3:DeleteObject", {**OWNER, "Key": "logs/odd", "VersionId": "None"}),
        ("s3:AbortMultipartUpload", {**OWNER, "Key": "logs/all", "UploadId": "u"}),
    ],
)
def test_the_keys_that_a_step_names_pass(api: str, params: dict[str, object]) -> None:
    """Each named key passes with all its versions, or with the one that is named."""
    assert permit(api, params, SPANNED) is None


@pytest.mark.parametrize(
    ("api", "params"),
    [
        ("s3:DeleteObjects", _batch({"Key": "logs/all"}, {"Key": "logs/other"})),
        ("s3:DeleteObjects", _batch({"Key": "logs/other"}, {"Key": "logs/all"})),
        ("s3:DeleteObjects", _batch({"Key": "logs/one", "VersionId": "8"})),
        ("s3:DeleteObjects", _batch({"Key": "logs/one"})),
        ("s3:DeleteObjects", _batch({"Key": "logs/odd"})),
        ("s3:DeleteObjects", {**OWNER, "Delete": {"Objects": ({"Key": "logs/other"},), "Quiet": True}}),
        ("s3:DeleteObject", {**OWNER, "Key": "logs/other"}),
        ("s3:DeleteObject", {**OWNER, "Key": "logs/one"}),
        ("s3:DeleteObject", {**OWNER, "Key": "logs/odd"}),
        ("s3:AbortMultipartUpload", {**OWNER, "Key": "logs/other", "UploadId": "u"}),
    ],
)
def test_no_other_key_passes(api: str, params: dict[str, object]) -> None:
    """One child that the step does not name is enough, wherever it stands, and no version is none of its versions."""
    refused = permit(api, params, SPANNED)

    assert refused is not None
    assert f"a key lies outside of {SPAN}" in refused


@pytest.mark.parametrize("call", [*DELETE, HEAD, PIN, *reads_of(PLANNED["s3.empty_bucket"])], ids=lambda call: call.api)
def test_botocore_adds_nothing_that_the_gate_refuses(call: BoundCall) -> None:
    """Standing where the sender stands, the gate sees botocore's own additions and lets the declared call through."""
    client: Any = get_session().create_client(
        call.service, region_name=call.region, aws_access_key_id="AKIAEXAMPLE", aws_secret_access_key="made-up"
    )
    seen: list[str | None] = []

    def stand(params: Mapping[str, object], model: Any, **_: object) -> None:
        api = f"{model.service_model.service_name}:{model.name}"
        seen.append(permit(api, params, (call,)))
        raise InterruptedError

    client.meta.events.register_first("before-parameter-build.*.*", stand)
    with pytest.raises(InterruptedError):
        client._make_api_call(call.operation, dict(call.params))

    assert seen == [None]
