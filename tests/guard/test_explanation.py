"""Our words stand beside AWS's and claim no more than they do."""

from __future__ import annotations

import pytest

from runner.guard.explanation import explain, explain_step
from runner.guard.hints import Layer
from runner.guard.refusal import Refusal
from runner.model.action import Recovery
from runner.model.plan import Finding, PlannedStep
from runner.model.target_state import Exists, Missing, TargetState
from runner.model.verdict import Evidence, Protection, Verdict

WORDS = "AccessDenied: AWS's own words"


def denying(name: str) -> Layer:
    """Return the layer of a Deny."""
    return Layer(name, explicit=True)


def silent(name: str) -> Layer:
    """Return the layer that merely does not allow."""
    return Layer(name, explicit=False)


def refused(layer: Layer | None, **more: str) -> Refusal:
    """Return a refusal of deleting a bucket."""
    return Refusal(WORDS, "AccessDenied", "s3:DeleteBucket", "alice", "s3:DeleteBucket", "b", layer, **more)


@pytest.mark.parametrize(
    ("layer", "words"),
    [
        (denying("resource-based policy"), "a Deny in a resource-based policy (the target's own policy)"),
        (denying("identity-based policy"), "a Deny in an identity-based policy (what is attached to"),
        (silent("identity-based policy"), "no identity-based policy allows it (what is attached to"),
        (silent("permissions boundary"), "no permissions boundary allows it (the limit of what"),
        (denying("session policy"), "a Deny in a session policy (the limit that was set when the session was made"),
        (denying("service control policy"), "a Deny in a service control policy (what the organisation lets the"),
        (denying("resource control policy"), "a Deny in a resource control policy (what the organisation lets any"),
        (silent("role trust policy"), "no role trust policy allows it (who may assume the role)"),
        (denying("VPC endpoint policy"), "a Deny in a VPC endpoint policy (what the network's endpoint lets"),
        (denying("key policy"), "a Deny in a key policy."),
    ],
)
def test_the_layer_is_named_with_its_owner(layer: Layer, words: str) -> None:
    """Each kind of policy is said in plain words; one that nobody knows keeps AWS's name."""
    said = explain(refused(layer))

    assert said.decided.startswith(words)
    assert said.decided.endswith("AWS names one kind of policy; others may refuse it too.")
    assert said.what == "s3:DeleteBucket on b was refused to alice"
    assert said.aws == WORDS
    assert said.advice


def test_the_policy_itself_is_named() -> None:
    """Where AWS gives the policy's ARN, it is shown."""
    said = explain(refused(denying("identity-based policy"), policy="arn:aws:iam::2:policy/x"))

    assert ": arn:aws:iam::2:policy/x. AWS names" in said.decided


def test_what_aws_does_not_say_is_not_guessed() -> None:
    """A bare refusal names no layer, and the advice is to ask the simulator."""
    said = explain(refused(None))

    assert said.decided == "AWS does not say which policy refused it"
    assert "runner explain PLAYBOOK --step ID" in said.advice


def test_an_encoded_message_is_pointed_to() -> None:
    """What only the encoded message says is not said without opening it."""
    said = explain(refused(None, encoded="X" * 40))

    assert said.decided.endswith("the encoded message does")
    assert said.encoded == "X" * 40


@pytest.mark.parametrize(
    ("code", "decided", "advice"),
    [
        ("BucketNotEmpty", "no policy", "empty the bucket first"),
        ("ExpiredToken", "no policy", "the session is over"),
        ("<AnswerLost>", "no answer of AWS came", "look before trying again"),
        ("Strange", "no policy", ""),
    ],
)
def test_other_failures_are_no_refusals(code: str, decided: str, advice: str) -> None:
    """A failure that has nothing to do with permissions is not blamed on a policy."""
    said = explain(Refusal("words", code, "s3:DeleteBucket"))

    assert said.what == f"s3:DeleteBucket failed with {code}"
    assert decided in said.decided
    assert advice in said.advice


def planned(state: TargetState, verdict: Verdict | None, *findings: Finding) -> PlannedStep:
    """Return a step of a plan."""
    return PlannedStep(
        id="bucket",
        action="s3.delete_bucket",
        summary="",
        target="arn:b",
        params={},
        region="eu-west-1",
        needs=(),
        recovery=Recovery.NONE,
        irreversible=None,
        mfa_protected=True,
        state=state,
        facts={},
        census=None,
        calls=(),
        verdict=verdict,
        findings=findings,
    )


def test_a_step_is_explained_by_its_verdict_and_its_findings() -> None:
    """The verdict comes first, and is not told twice as a finding; every other finding follows."""
    verdict = Verdict(Protection.WILL_FAIL, Evidence.SIMULATED, "denied by X", "do Y")
    findings = (Finding("mfa_protects_the_target", "denied by X"), Finding("is_empty", "it is not", "empty it"))
    first, second = explain_step(planned(Exists("pin"), verdict, *findings))

    assert (first.what, first.decided) == ("s3.delete_bucket on arn:b: will fail (simulated)", "denied by X")
    assert (first.advice, first.step) == ("do Y", "bucket")
    assert (second.what, second.decided, second.advice) == ("refused: is_empty", "it is not", "empty it")


def test_a_step_with_nothing_to_do_says_so() -> None:
    """An absent target was not simulated."""
    (only,) = explain_step(planned(Missing("it is absent"), None))

    assert (only.what, only.decided) == ("s3.delete_bucket on arn:b: nothing to do", "it is absent")
