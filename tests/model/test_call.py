"""Templates bind to targets, and bound calls say what they will send."""

from __future__ import annotations

from dataclasses import replace

import jmespath
import pytest

from runner.model.binding import Binding
from runner.model.bound import BoundSweep, fill, reads_of, writes_of
from runner.model.call import Call, Children, Each, Effect, Listing, N, P, Sweep, T

BINDING = Binding(
    params={"bucket": "b"},
    account="222222222222",
    region="eu-west-1",
    partition="aws",
    target="arn:aws:s3:::b",
)
SWEEP = Sweep(
    "versions",
    list=Call("s3:ListObjectVersions", {"Bucket": P("bucket")}),
    items=("Versions",),
    each=Call("s3:DeleteObject", {"Bucket": P("bucket"), "Key": Each("Key"), "VersionId": Each("VersionId")}),
    child={"Key": Each("Key"), "VersionId": Each("VersionId")},
    batch=Call("s3:DeleteObjects", {"Bucket": P("bucket"), "Delete": {"Objects": Children()}}, effect=Effect.DELETE),
)


def test_binding_fills_parameters_and_resources() -> None:
    """A placeholder becomes the whole parameter, and the resource defaults to the target."""
    call = BINDING.call(Call("s3:HeadBucket", {"Bucket": P("bucket"), "ExpectedBucketOwner": P("account")}))

    assert call.params == {"Bucket": "b", "ExpectedBucketOwner": "222222222222"}
    assert call.resources == ("arn:aws:s3:::b",)
    assert call.api == "s3:HeadBucket"


def test_braces_in_a_parameter_stay_text() -> None:
    """A parameter is never spliced into a template, so braces in it mean nothing."""
    binding = Binding({"bucket": "{account}"}, "222222222222", "eu-west-1", "aws", "arn:aws:s3:::x")

    assert binding.call(Call("s3:HeadBucket", {"Bucket": P("bucket")})).params == {"Bucket": "{account}"}


def test_a_text_is_made_of_parameters_and_what_is_around() -> None:
    """A text template is filled as an ARN's is, and the plain form of a sweep shows it."""
    call = BINDING.call(Call("sqs:DeleteQueue", {"QueueUrl": T("https://sqs.{region}/{account}/{bucket}")}))

    assert call.params == {"QueueUrl": f"https://sqs.{BINDING.region}/222222222222/b"}
    with pytest.raises(ValueError, match="never bound"):
        fill({"QueueUrl": T("{bucket}")}, {})


def test_a_number_is_the_parameters_digits() -> None:
    """A parameter that holds digits can be sent as a number; without a parameter it stays a placeholder."""
    binding = Binding({"version": "7"}, "222222222222", "eu-west-1", "aws", "arn:aws:lambda:::x")
    template = Call("lambda:DeleteLayerVersion", {"VersionNumber": N("version")}, effect=Effect.DELETE)

    assert binding.call(template).params == {"VersionNumber": 7}
    with pytest.raises(ValueError, match="never bound"):
        fill(template.args, {})


def test_expressions_know_parameters_inside_quotes() -> None:
    """A parameter in a query, a listing or a sweep is a text that no quote in it ends; JMESPath's braces stay."""
    binding = Binding({"bucket": "it's{account}"}, "222222222222", "eu-west-1", "aws", "arn:aws:s3:::x")
    query = "{One: Buckets[?Name=='{bucket}'] | [0]}"
    bound = binding.call(Call("s3:ListBuckets", query=query))
    data = {"Buckets": [{"Name": "other"}, {"Name": "it's{account}"}]}

    assert jmespath.search(bound.query, data) == {"One": {"Name": "it's{account}"}}
    listing = Listing("buckets", Call("s3:ListBuckets"), "Buckets[?Name=='{bucket}']", "Name")
    assert jmespath.search(binding.listing(listing).items, data) == [{"Name": "it's{account}"}]
    assert binding.sweep(replace(SWEEP, items=("Versions[?Key!='{region}']",))).items == (
        "Versions[?Key!='eu-west-1']",
    )


def test_an_unknown_placeholder_is_an_error() -> None:
    """A template that names an undeclared parameter does not bind."""
    with pytest.raises(KeyError):
        BINDING.call(Call("s3:HeadBucket", {"Bucket": P("nope")}))


def test_a_sweep_fills_children_into_its_batch() -> None:
    """The batch request holds exactly the children's declared fields."""
    sweep = BINDING.sweep(SWEEP)
    child = fill(sweep.child, {"Key": "k", "VersionId": "v", "Size": 3})
    assert sweep.batch is not None

    assert fill(sweep.batch.args, {}, (child,)) == {
        "Bucket": "b",
        "Delete": {"Objects": ({"Key": "k", "VersionId": "v"},)},
    }


def test_a_field_that_a_child_lacks_is_left_out() -> None:
    """A child without a version id is deleted without one."""
    assert fill(SWEEP.child, {"Key": "k"}) == {"Key": "k"}


def test_a_sweep_template_cannot_be_sent_as_it_is() -> None:
    """Placeholders that need a child make ``params`` fail instead of sending something half filled."""
    with pytest.raises(ValueError, match="child"):
        _ = BINDING.sweep(SWEEP).each.params


def test_reads_and_writes_are_told_apart() -> None:
    """A sweep's listing is a read, its deletions are writes."""
    sweep = BINDING.sweep(SWEEP)
    calls: tuple[BoundSweep, ...] = (sweep,)

    assert tuple(call.operation for call in reads_of(calls)) == ("ListObjectVersions",)
    assert tuple(call.operation for call in writes_of(calls)) == ("DeleteObjects", "DeleteObject")


def test_the_plain_form_shows_placeholders() -> None:
    """What is still unknown in a plan is visibly so."""
    assert "<children>" in str(BINDING.sweep(SWEEP).to_data())
