"""A playbook for several accounts is written out to one for each, as if somebody had written them by hand."""

from __future__ import annotations

from collections.abc import Mapping

import pytest

from runner.catalog import BY_NAME
from runner.errors import InvalidPlaybook
from runner.model.action import ActionType
from runner.model.fleet import Fleet, OnFailure, in_common
from runner.model.playbook import Limits, Source
from runner.workflow.loading import load

TEXT = """\
version: 1
name: fleet
description: why
owner: team
role_arn: arn:aws:iam::{account}:role/Teardown
limits: {objects: 5}
targets:
  accounts:
    - {id: "222222222222", alias: acme-staging, regions: [eu-west-1, us-east-1]}
    - {id: "333333333333", regions: [eu-west-1]}
steps:
  - id: bucket
    needs: [empty]
    action: s3.delete_bucket
    target: {bucket: "acme-{account}-{region}"}
    irreversible: old
  - id: empty
    action: s3.empty_bucket
    target: {bucket: "acme-{account}-{region}"}
    expect: {tags: {Region: "{region}"}}
    irreversible: old
  - id: central
    needs: [bucket]
    action: s3.delete_bucket
    region: eu-west-1
    target: {bucket: "acme-{account}"}
    irreversible: old
"""


def loaded(text: str = TEXT, actions: Mapping[str, ActionType] = BY_NAME) -> Fleet:
    """Return the fleet that a text holds."""
    found = load(text.encode(), Source("p.yaml", "0" * 64), actions)
    assert isinstance(found, Fleet)
    return found


def test_a_section_is_the_playbook_of_its_account() -> None:
    """Account, alias, region and role are those of the account; the rest is the same, the text too."""
    first, second = loaded().sections

    assert (first.account.id, first.account.alias, first.region) == ("222222222222", "acme-staging", "eu-west-1")
    assert (second.account.id, second.account.alias) == ("333333333333", None)
    assert [one.role_arn for one in (first, second)] == [
        "arn:aws:iam::222222222222:role/Teardown",
        "arn:aws:iam::333333333333:role/Teardown",
    ]
    assert first.limits == second.limits == Limits(objects=5)
    assert first.text == second.text == TEXT


def test_what_a_section_holds_is_what_a_hand_would_write() -> None:
    """An account with one region has the steps of the playbook in which its names stand already."""
    (_, second) = loaded().sections
    alone = (
        TEXT.partition("targets:")[0]
        + "account: {id: '333333333333'}\nregion: eu-west-1\n"
        + TEXT[TEXT.index("steps:") :]
    )
    by_hand = in_common(
        load(
            alone.replace("{account}", "333333333333").replace("{region}", "eu-west-1").encode(),
            Source("p.yaml", "0" * 64),
            BY_NAME,
        )
    )

    assert [step.id.removeprefix("333333333333/") for step in second.steps] == [step.id for step in by_hand.steps]
    assert [(step.target, step.region, step.expect) for step in second.steps] == [
        (step.target, step.region, step.expect) for step in by_hand.steps
    ]


def test_steps_are_done_in_each_region_unless_they_say_theirs() -> None:
    """A step with a region of its own is done once in each account, after all that it needs there."""
    first, second = loaded().sections
    steps = {step.id: step for step in first.steps}

    assert list(steps) == [
        "222222222222/eu-west-1/empty",
        "222222222222/eu-west-1/bucket",
        "222222222222/us-east-1/empty",
        "222222222222/us-east-1/bucket",
        "222222222222/central",
    ]
    assert steps["222222222222/us-east-1/bucket"].target == {"bucket": "acme-222222222222-us-east-1"}
    assert steps["222222222222/us-east-1/bucket"].needs == ("222222222222/us-east-1/empty",)
    assert steps["222222222222/us-east-1/empty"].expect.tags == {"Region": "us-east-1"}
    assert steps["222222222222/central"].needs == ("222222222222/eu-west-1/bucket", "222222222222/us-east-1/bucket")
    assert [step.id for step in second.steps] == ["333333333333/empty", "333333333333/bucket", "333333333333/central"]


def test_the_first_failure_ends_it_unless_the_playbook_says_otherwise() -> None:
    """Stopping and the usual limits over all accounts hold without a word."""
    silent = loaded()
    said = loaded(TEXT.replace("targets:\n", "targets:\n  on_failure: continue\n  limits: {steps: 40}\n"))

    assert (silent.on_failure, silent.limits) == (OnFailure.STOP, Limits())
    assert (said.on_failure, said.limits) == (OnFailure.CONTINUE, Limits(steps=40))


MISTAKES = [
    (
        "targets:\n",
        "region: eu-west-1\ntargets:\n",
        "7:1 `region` cannot stand beside `targets`",
    ),
    ("targets:\n", "targets:\n  on_failure: ignore\n", "8:15 `targets.on_failure` must be"),
    ('"333333333333"', '"222222222222"', "10:7 account 222222222222 is named twice"),
    ("[eu-west-1, us-east-1]", "[eu-west-1, eu-west-1]", "9:58 a region is named twice"),
    ("[eu-west-1, us-east-1]", "[]", "9:58 `regions` must name regions"),
    (
        "role_arn: arn:aws:iam::{account}",
        "role_arn: arn:aws:iam::222222222222",
        "5:11 `role_arn` is in account 222222222222",
    ),
    ("regions: [eu-west-1]}", "region: eu-west-1}", "10:7 `regions` is missing in this account"),
    ('acme-{account}"', 'acme-{acount}"', "26:22 `target.bucket` must be the exact name of a bucket"),
    (
        'bucket: "acme-{account}"',
        "bucket: acme-central",
        "22:1 steps 222222222222/central and 333333333333/central both do `s3.delete_bucket` to arn:aws:s3:::acme-",
    ),
    ("owner: team\n", "owner: team\nowners: 1\n", "5:1 unknown key `owners` in the playbook"),
]


@pytest.mark.parametrize(("written", "instead", "problem"), MISTAKES)
def test_mistakes_are_told_where_they_stand(written: str, instead: str, problem: str) -> None:
    """Each mistake has its place in the file as written, once."""
    with pytest.raises(InvalidPlaybook) as refused:
        loaded(TEXT.replace(written, instead))

    told = [f"{one.line}:{one.column} {one.message}" for one in refused.value.problems]
    assert [one for one in told if one.startswith(problem)], told
    assert len(told) == len(set(told))
