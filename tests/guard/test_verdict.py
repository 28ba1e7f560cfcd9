"""The verdict table, row by row, and what each verdict does to a step."""

from __future__ import annotations

import json
from dataclasses import replace
from itertools import product

import pytest

from runner.guard.decision import Allowed, CannotTell, Decision, Denied
from runner.guard.question import Ask
from runner.guard.verdict import Scenarios, judge, refusal
from runner.model.verdict import Evidence, Level, Protection, Verdict
from runner.policy.mfa_condition import Truth

DELETE = Ask("s3:DeleteBucket", "arn:aws:s3:::b")
BY_BUCKET = "statement DenyWithoutMfa of the bucket policy"
BY_ROLE = "the statement at line 3 of the role's policy TeardownPolicy"
ALLOWED = Allowed((DELETE,), BY_ROLE)
DENIED = Denied((DELETE,), BY_BUCKET, explicit=True, level=Level.RESOURCE)
NOT_ALLOWED = Denied((DELETE,), "no statement allows it", explicit=False, level=Level.ROLE)
UNSURE = CannotTell("the policies look at aws:sourceip", "use another role")
ANY: tuple[Decision, ...] = (ALLOWED, DENIED, UNSURE)

TABLE = {
    (0, 1, 1): Protection.PROTECTED,
    (0, 1, 0): Protection.UNPROTECTED_FOR_KEYS,
    **{(0, 0, third): Protection.UNPROTECTED for third in range(3)},
    **{(1, 0, third): Protection.INVERTED for third in range(3)},
    **{(1, second, third): Protection.WILL_FAIL for second in (1, 2) for third in range(3)},
    **{(2, second, third): Protection.CANNOT_TELL for second in range(3) for third in range(3)},
    **{(0, 2, third): Protection.CANNOT_TELL for third in range(3)},
    (0, 1, 2): Protection.CANNOT_TELL,
}


def _row(row: tuple[int, int, int]) -> Verdict:
    with_mfa, without_mfa, no_key = (ANY[index] for index in row)
    return judge(Scenarios(with_mfa, without_mfa, no_key), gated=None)


def _judge(with_mfa: Decision, without_mfa: Decision, no_key: Decision, gated: Truth = None) -> Verdict:
    return judge(Scenarios(with_mfa, without_mfa, no_key), gated=gated)


@pytest.mark.parametrize("row", list(product(range(3), repeat=3)))
def test_the_verdict_table(row: tuple[int, int, int]) -> None:
    """Every combination of allowed, denied and cannot tell has exactly the verdict of the table."""
    verdict = _row(row)

    assert verdict.protection is TABLE[row]
    assert (verdict.evidence is Evidence.NONE) is (verdict.protection is Protection.CANNOT_TELL)
    assert verdict.reason.endswith(".")


def test_protected_says_where_the_protection_lives() -> None:
    """The denying statement is named."""
    assert _judge(ALLOWED, DENIED, DENIED).reason == (
        "s3:DeleteBucket on arn:aws:s3:::b needs MFA. Denied without it: statement DenyWithoutMfa of the bucket policy."
    )


def test_protection_by_the_role_names_the_granting_statement() -> None:
    """When nothing denies it without MFA, the condition stands in the statement that allows it with MFA."""
    assert _judge(ALLOWED, NOT_ALLOWED, NOT_ALLOWED).reason == (
        "s3:DeleteBucket on arn:aws:s3:::b needs MFA. Denied without it: no statement allows it. "
        "With MFA it is allowed: the statement at line 3 of the role's policy TeardownPolicy. "
        "Only the role's own policies ask for it: whoever else may delete the target needs no MFA."
    )


@pytest.mark.parametrize(
    ("without", "no_key", "level"),
    [
        (Level.RESOURCE, Level.RESOURCE, Level.RESOURCE),
        (Level.RESOURCE, Level.ORGANIZATION, Level.ORGANIZATION),
        (Level.ORGANIZATION, Level.ORGANIZATION, Level.ORGANIZATION),
        (Level.ROLE, Level.RESOURCE, Level.ROLE),
        (Level.ORGANIZATION, Level.ROLE, Level.ROLE),
    ],
)
def test_the_weakest_level_counts(without: Level, no_key: Level, level: Level) -> None:
    """A protection is as strong as the weaker of what stops a session without MFA and a long-term key."""
    verdict = _judge(ALLOWED, replace(DENIED, level=without), replace(DENIED, level=no_key))

    assert verdict.level is level


@pytest.mark.parametrize("level", [Level.RESOURCE, Level.ORGANIZATION])
def test_only_a_protection_by_the_role_has_a_limit(level: Level) -> None:
    """What stops everybody is told without a "but"."""
    stopped = replace(DENIED, level=level)

    assert _judge(ALLOWED, stopped, stopped).reason.endswith(f"Denied without it: {BY_BUCKET}.")


def test_what_aws_does_not_say_is_not_guessed() -> None:
    """Where an SCP or the role's policies may be what denies, neither is claimed."""
    unclear = replace(NOT_ALLOWED, by="an SCP, or no statement allows it")

    reason = _judge(ALLOWED, unclear, unclear).reason

    assert "Whether an SCP or the role's own policies ask for it, AWS does not say." in reason
    assert "Only the role's own policies" not in reason


@pytest.mark.parametrize("row", [row for row, protection in TABLE.items() if protection is not Protection.PROTECTED])
def test_only_protected_has_a_level(row: tuple[int, int, int]) -> None:
    """What is not protected lives nowhere."""
    assert _row(row).level is Level.NONE


@pytest.mark.parametrize(("gated", "level"), [(True, Level.TRUST), (False, Level.NONE), (None, Level.NONE)])
def test_a_trust_policy_protects_no_call(gated: Truth, level: Level) -> None:
    """That the role is assumed with MFA only is said, and the step is unprotected all the same."""
    verdict = _judge(ALLOWED, ALLOWED, ALLOWED, gated)

    assert (verdict.protection, verdict.level) == (Protection.UNPROTECTED, level)
    assert ("Only the role's trust policy asks for MFA" in verdict.reason) is (gated is True)


def test_both_ways_of_denial_are_named() -> None:
    """Without MFA and with a long-term key, different statements may deny."""
    reason = _judge(ALLOWED, DENIED, NOT_ALLOWED).reason

    assert "Denied without it: statement DenyWithoutMfa of the bucket policy; no statement allows it." in reason


def test_unprotected_comes_with_the_statement_to_add() -> None:
    """The hint is a bucket-policy statement that can be pasted."""
    asks = (Ask("s3:DeleteObjectVersion", "arn:aws:s3:::b/*"), Ask("s3:DeleteObject", "arn:aws:s3:::b/*"))

    verdict = _judge(ALLOWED, Allowed(asks, BY_ROLE), DENIED)

    assert "s3:DeleteObject, s3:DeleteObjectVersion on arn:aws:s3:::b/* would succeed without MFA" in verdict.reason
    assert json.loads(verdict.hint.removeprefix("add to the bucket policy: ")) == {
        "Sid": "DenyWithoutMfaContents",
        "Principal": "*",
        "Effect": "Deny",
        "Action": ["s3:DeleteObject", "s3:DeleteObjectVersion"],
        "Resource": "arn:aws:s3:::b/*",
        "Condition": {"BoolIfExists": {"aws:MultiFactorAuthPresent": "false"}},
    }


def test_unprotected_for_keys_explains_the_hole() -> None:
    """Bool lets access keys through; the hint says BoolIfExists."""
    verdict = _judge(ALLOWED, DENIED, ALLOWED)

    assert "sends no MFA key at all and gets through" in verdict.reason
    assert verdict.hint.startswith("use BoolIfExists instead of Bool: {")


@pytest.mark.parametrize(
    ("denied", "hint"),
    [
        (
            NOT_ALLOWED,
            'grant the role: {"Sid":"WriteS3WithMfa","Effect":"Allow","Action":"s3:DeleteBucket","Resource":',
        ),
        (Denied((DELETE,), "an SCP", explicit=False, level=Level.ORGANIZATION), "ask who administers the organisation"),
        (DENIED, "ask its owner"),
        (Denied((DELETE,), "the permissions boundary", explicit=False, level=Level.ROLE), "ask its owner"),
    ],
)
def test_will_fail_names_the_layer_and_the_remedy(denied: Denied, hint: str) -> None:
    """The reader learns what denies the step even with MFA, and whom to ask."""
    verdict = _judge(denied, denied, denied)

    assert f"would be denied even with MFA: {denied.by}. It is denied without MFA too" in verdict.reason
    assert verdict.hint.startswith(hint)


def test_inverted_is_about_one_pair() -> None:
    """When another pair is allowed without MFA, the condition is not inverted: the step just fails."""
    other = Allowed((Ask("s3:DeleteObject", "arn:aws:s3:::b/*"),), BY_ROLE)

    assert "the condition is inverted" in _judge(DENIED, ALLOWED, ALLOWED).reason
    assert _judge(DENIED, other, other).protection is Protection.WILL_FAIL


def test_cannot_tell_lists_every_reason_once() -> None:
    """Each uncertain scenario's reason and hint are shown, without repeating them."""
    other = CannotTell("AWS's answer is not as documented", "try again")

    verdict = _judge(UNSURE, other, UNSURE)

    assert verdict.reason == (
        "It cannot be told whether MFA protects the target: the policies look at aws:sourceip; AWS's answer is not as "
        "documented."
    )
    assert verdict.hint == "use another role; try again"


@pytest.mark.parametrize(
    ("protection", "stated", "blocks"),
    [
        (Protection.PROTECTED, True, None),
        (Protection.PROTECTED, False, False),
        (Protection.UNPROTECTED, True, True),
        (Protection.UNPROTECTED, False, False),
        (Protection.UNPROTECTED_FOR_KEYS, True, True),
        (Protection.UNPROTECTED_FOR_KEYS, False, False),
        (Protection.WILL_FAIL, True, True),
        (Protection.WILL_FAIL, False, True),
        (Protection.INVERTED, True, True),
        (Protection.INVERTED, False, True),
        (Protection.CANNOT_TELL, True, True),
        (Protection.CANNOT_TELL, False, True),
    ],
)
def test_a_verdict_refuses_notes_or_passes(protection: Protection, stated: bool, blocks: bool | None) -> None:
    """Only protected passes silently; unprotected passes with a note where the playbook states it; all else refuses."""
    finding = refusal(Verdict(protection, Evidence.SIMULATED, "Because.", "Do this."), stated)

    assert (None if finding is None else finding.blocks) is blocks
    assert finding is None or finding.check == "mfa_protects_the_target"


def test_every_verdict_is_judged() -> None:
    """No verdict that is added later passes by falling through."""
    blocked = {
        protection
        for protection in Protection
        if (finding := refusal(Verdict(protection, Evidence.NONE, "Because."), mfa_protected=True)) and finding.blocks
    }

    assert blocked == set(Protection) - {Protection.PROTECTED}


@pytest.mark.parametrize("row", list(product(range(3), repeat=3)))
def test_only_what_cannot_be_told_may_be_accepted(row: tuple[int, int, int]) -> None:
    """Reviewers can accept a doubt with a reason, and never that a target is not protected."""
    found = refusal(_row(row), mfa_protected=True)

    assert found is None or found.unknown is (TABLE[row] is Protection.CANNOT_TELL)


def test_what_rests_on_runners_own_reading_says_so() -> None:
    """A verdict tells how it is known where that is less, or more, than a simulation."""
    reasons = [
        judge(Scenarios(ALLOWED, DENIED, DENIED, evidence), gated=None).reason
        for evidence in (Evidence.SIMULATED, Evidence.LOCAL, Evidence.VERIFIED)
    ]

    assert len(set(reasons)) > 1
    assert all(reason.startswith(reasons[0].rstrip(".")) for reason in reasons)


def test_what_is_assumed_is_told_once() -> None:
    """An assumption about either way of denial stands in the verdict."""
    one, other = replace(DENIED, assumed="One is assumed."), replace(DENIED, assumed="Two is assumed.")

    assert _judge(ALLOWED, one, DENIED).reason.endswith(" One is assumed.")
    assert _judge(ALLOWED, DENIED, other).reason.endswith(" Two is assumed.")
    assert _judge(ALLOWED, one, other).reason.endswith(" One is assumed. Two is assumed.")
    assert _judge(ALLOWED, one, one).reason.count("is assumed") == 1


def test_a_statement_that_aws_does_not_name_is_not_made_up() -> None:
    """Where AWS names nothing that allows, the sentence ends without a name."""
    nameless = Allowed((DELETE,), "")

    assert "With MFA it is allowed" not in _judge(nameless, NOT_ALLOWED, NOT_ALLOWED).reason
    assert _judge(ALLOWED, nameless, DENIED).reason.startswith(f"{DELETE} would succeed without MFA.")
    assert _judge(ALLOWED, ALLOWED, DENIED).reason.startswith(f"{DELETE} would succeed without MFA: {BY_ROLE}.")
    assert "and allowed without it: the condition" in _judge(DENIED, nameless, DENIED).reason
    assert f"and allowed without it ({BY_ROLE}): the condition" in _judge(DENIED, ALLOWED, DENIED).reason


def test_a_failing_step_says_of_mfa_only_what_is_known() -> None:
    """That MFA may not be the reason is said where it is denied without MFA too."""
    assert "so MFA may not be the reason" in _judge(DENIED, DENIED, DENIED).reason
    assert "so MFA may not be the reason" not in _judge(DENIED, UNSURE, DENIED).reason


def test_hints_that_are_empty_leave_no_trace() -> None:
    """Separators stand between hints only."""
    assert _judge(CannotTell("one"), UNSURE, UNSURE).hint == "use another role"


@pytest.mark.parametrize(
    ("actions", "bucket"), [(("s3:DeleteBucket",), True), (("kms:X",), False), (("s3:DeleteBucket", "kms:X"), False)]
)
def test_where_the_statement_belongs(actions: tuple[str, ...], bucket: bool) -> None:
    """A bucket has a policy that names a principal; what has none is guarded by the policies of everybody."""
    asks = tuple(Ask(action, "arn:aws:s3:::b") for action in actions)

    hint = _judge(ALLOWED, Allowed(asks, BY_ROLE), DENIED).hint

    assert hint.startswith("add to the bucket policy: ") is bucket
    assert hint.startswith("add to the policies of every role and user that may do it: ") is not bucket
    assert ('"Principal"' in hint) is bucket
    assert '"Effect":"Deny"' in hint.replace(" ", "")
    assert all(f'"{action}"' in hint for action in actions)
