"""A sealed plan comes back as it was written, and no other bytes are taken for one."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from runner.errors import GuardRefused, RunnerError, UsageError
from runner.model.canonical import digest, encode
from runner.model.plan import Finding
from runner.model.sealed import MAX_BYTES, SealedPlan, read_sealed
from runner.model.target_state import Exists
from tests.model.plans import SEALED, a_plan, a_sealed_plan, a_step

FEW = settings(deadline=None, max_examples=25)
"""A plan is large, and making one is slow; how long a machine under load takes is no property of the code."""


@FEW
@given(SEALED)
def test_a_plan_comes_back_as_it_was_sealed(sealed: SealedPlan) -> None:
    """Whatever a plan holds, reading its file gives the same content, digests and times."""
    read = read_sealed(sealed.to_bytes(), "plan.json")

    assert read.to_bytes() == sealed.to_bytes()
    assert (read.digest, read.seal, read.plan.source) == (sealed.digest, sealed.seal, sealed.plan.source)
    assert (read.created, read.expires, read.playbook) == (sealed.created, sealed.expires, sealed.playbook)
    assert read.plan.blocking == sealed.plan.blocking


@FEW
@given(SEALED, st.data())
def test_no_other_bytes_are_that_plan(sealed: SealedPlan, draw: st.DataObject) -> None:
    """A byte that is changed, left out or added anywhere is refused, and never read as something else."""
    content = bytearray(sealed.to_bytes())
    at = draw.draw(st.integers(0, len(content) - 1))
    other = draw.draw(st.integers(0, 255).filter(lambda byte: byte != content[at]))
    changed = draw.draw(
        st.sampled_from(
            [
                bytes(content[:at]) + bytes([other]) + bytes(content[at + 1 :]),
                bytes(content[:at]) + bytes(content[at + 1 :]),
                bytes(content[:at]) + bytes([other]) + bytes(content[at:]),
            ]
        )
    )

    with pytest.raises((UsageError, GuardRefused)):
        read_sealed(changed, "plan.json")


@pytest.mark.parametrize(
    "change",
    [
        lambda step: replace(step, state=Exists("2026-11-30T00:00:00+00:00")),
        lambda step: replace(step, facts={**step.facts, "policy": "f" * 64}),
        lambda step: replace(step, findings=(Finding("limit", "too many", blocks=False),)),
        lambda step: replace(step, findings=(Finding("limit", "", blocks=False, unknown=True, accepted="known"),)),
        lambda step: replace(step, irreversible="another reason"),
        lambda step: replace(step, region="us-east-1"),
        lambda step: replace(step, calls=()),
        lambda step: replace(step, undo_days=7),
    ],
    ids=["pin", "fact", "finding", "accepted", "reason", "region", "calls", "undo"],
)
def test_the_digest_covers_what_reviewers_judge(change: Callable[[Any], Any]) -> None:
    """Another pin, fact, finding, reason, region, call or way back is another plan."""
    assert a_plan(change(a_step())).digest != a_plan(a_step()).digest


def test_the_plan_s_digest_holds_no_time_and_the_seal_does() -> None:
    """Sealing the same plan again gives the same phrase, and another seal: an approval is for one sealing only."""
    first = a_sealed_plan()
    later = replace(first, created=first.created + timedelta(hours=1))
    again = replace(first, nonce="f" * 32)

    assert {first.digest} == {later.digest, again.digest}
    assert len({first.seal, later.seal, again.seal}) == 3


def test_where_the_playbook_came_from_is_sealed() -> None:
    """The commit and whether the file differed from it are covered by the seal."""
    sealed = a_sealed_plan()
    dirty = replace(sealed, plan=replace(sealed.plan, source=replace(sealed.plan.source, dirty=True)))

    assert read_sealed(dirty.to_bytes(), "p").plan.source.dirty
    assert dirty.seal != sealed.seal


def edited(change: Callable[[dict[str, Any]], None], *, seal: bool = False) -> bytes:
    """Return a sealed plan after an edit of its data, with a seal that fits when asked for."""
    data: dict[str, Any] = json.loads(a_sealed_plan().to_bytes())
    change(data)
    if seal:
        data["seal_sha256"] = digest({name: value for name, value in data.items() if name != "seal_sha256"})
    return encode(data) + b"\n"


@pytest.mark.parametrize(
    ("change", "what"),
    [
        (lambda data: data["plan"]["steps"][0].update(target="arn:aws:s3:::c"), "the plan is not what plan_sha256"),
        (lambda data: data["playbook"].update(text="version: 1\n"), "the playbook's text is not the one"),
        (
            lambda data: data["evidence"]["bucket"]["tags"].update(present={}),
            "the evidence for tags of step bucket is not",
        ),
        (lambda data: data.update(nonce="f" * 32), "the file is not what seal_sha256 says"),
        (lambda data: data.update(expires="2036-12-01T08:00:00Z"), "the file is not what seal_sha256 says"),
        (lambda data: data["playbook"].update(dirty=True), "the file is not what seal_sha256 says"),
        (lambda data: data.update(seal_sha256="0" * 64), "the file is not what seal_sha256 says"),
        (lambda data: data.update(more=1), "the file is not what seal_sha256 says"),
    ],
    ids=["target", "playbook", "evidence", "nonce", "expiry", "dirty", "seal", "more"],
)
def test_an_edit_is_named(change: Callable[[dict[str, Any]], None], what: str) -> None:
    """What was changed after the sealing is refused, and the refusal says which part it was."""
    with pytest.raises(GuardRefused, match=what):
        read_sealed(edited(change), "plan.json")


@pytest.mark.parametrize(
    ("change", "what"),
    [
        (lambda data: data.update(more=1), "does not know"),
        (lambda data: data.update(nonce="xyz"), "nonce is not"),
        (lambda data: data.pop("runner"), "runner is missing"),
        (lambda data: data.update(created="yesterday"), "created is not a time"),
        (lambda data: data.update(evidence=[]), "evidence is not an object"),
    ],
    ids=["more", "nonce", "missing", "time", "kind"],
)
def test_a_seal_that_fits_does_not_help_what_is_no_plan(change: Callable[[dict[str, Any]], None], what: str) -> None:
    """A file of another shape is refused even when its digests hold."""
    with pytest.raises(UsageError, match=what):
        read_sealed(edited(change, seal=True), "plan.json")


@pytest.mark.parametrize(
    ("content", "what"),
    [
        (b"", "not JSON"),
        (b"version: 1\n", "not JSON"),
        (b"[]\n", "its format is unknown"),
        (b'{"format":"runner-sealed-plan/2"}\n', "its format is 'runner-sealed-plan/2'"),
        (b'{"format":"runner-plan/1"}\n', "its format is 'runner-plan/1'"),
        (b'{"format": "runner-sealed-plan/1"}\n', "not the canonical form"),
        (b"\xff\xfe", "not JSON"),
        (b'{"a":' + b"[" * 100_000, "not JSON"),
        (b'{"format":"runner-sealed-plan/1"}\n', "the file is not what seal_sha256 says"),
        (a_sealed_plan().to_bytes()[:-1], "end is missing"),
        (a_sealed_plan().to_bytes() + b"\n", "not the canonical form"),
        (a_sealed_plan().to_bytes().replace(b"\n", b"\r\n"), "not the canonical form"),
        (json.dumps(a_sealed_plan().to_data(), indent=2).encode(), "not the canonical form"),
    ],
)
def test_what_is_no_sealed_plan_is_refused(content: bytes, what: str) -> None:
    """Other formats, other spellings of the same data and no data at all are refused, with what to do."""
    with pytest.raises(RunnerError, match=what) as refused:
        read_sealed(content, "plan.json")

    assert refused.value.on == "plan.json"
    assert "runner plan" in refused.value.hint
    assert refused.value.exit_code in {2, 3}


def test_a_large_plan_fits() -> None:
    """A thousand steps with bucket policies of the largest size are below what is read."""
    policy = {"present": {"Policy": "x" * 20_000}}
    one = replace(a_step(), evidence={"policy": policy}, facts={"policy": digest(policy)})

    assert len(a_sealed_plan(one).to_bytes()) * 1000 < MAX_BYTES
