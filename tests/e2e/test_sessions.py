"""The sessions of a run: several for a step that one cannot hold, and a proof of MFA for each renewed one."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from unittest import mock

from runner.aws.sts import ChainSts
from runner.cli import wiring
from runner.errors import ExitCode
from runner.model.figures import Figures
from runner.model.outcome import StepResult
from runner.model.session import Credentials, LongTermIdentity, Secret, UserSession
from runner.workflow.journal import Journal
from tests.conftest import Ended, Lab
from tests.e2e.driving import apply, here, phrase
from tests.e2e.watching import assert_honest, assert_untouched, contents, kinds, of_kind
from tests.e2e.wire import tapped

SMALL = 1500
"""Characters: too few for every call of a step together, enough for each alone."""
Change = Callable[[], object]


def test_a_step_that_no_session_can_hold_is_done_under_several(lab: Lab) -> None:
    """Each of the sessions is limited to a part of the calls, and AWS lets all of them through."""
    with tapped(lab.sandbox.endpoint) as wire, mock.patch("runner.policy.packing.MAX_SIZE", SMALL):
        ended = apply(lab, lab.playbook(), env={"AWS_ENDPOINT_URL": wire.endpoint})
    policies = [exchange.form["Policy"] for exchange in wire.calls("AssumeRole")]

    assert ended.code == 0, ended.err
    assert not lab.bucket_exists()
    assert_honest(lab)
    steps = [record["step"] for record in of_kind(lab, "role.session")]
    assert steps.count("empty") > 1
    assert all(len(policy) <= SMALL for policy in policies)
    assert all('"NoMfa"' in policy for policy in policies)


def test_a_call_that_no_session_can_hold_is_refused(lab: Lab) -> None:
    """There is nothing to split any more and nothing is widened: the step is refused before a code is asked for."""
    with mock.patch("runner.policy.packing.MAX_SIZE", 400):
        ended = here(lab, "plan", str(lab.playbook()), code="")

    assert ended.code == 3, ended.err
    for word in ("a call of step empty needs", "of session policy", "touched: nothing was touched"):
        assert word in ended.said
    assert "MFA session" not in ended.said
    assert_untouched(lab)


@contextmanager
def a_break_after_the_first_step(lab: Lab, change: Change) -> Iterator[None]:
    """Let sixteen minutes pass between the steps, for AWS and for the command, and change something then.

    Codes come without a command in between.
    """
    passed = timedelta()
    closed = Journal.step_closed

    def close(self: Journal, result: StepResult, figures: Figures | None = None) -> None:
        nonlocal passed
        closed(self, result, figures)
        if not passed:
            passed = timedelta(minutes=16)
            lab.sandbox.advance(passed.total_seconds())
            change()

    def now(_: wiring.SystemClock) -> datetime:
        return datetime.now(UTC) + passed

    def code(*_: object) -> Secret:
        return Secret(lab.sandbox.code())

    with (
        mock.patch.object(Journal, "step_closed", close),
        mock.patch.object(wiring.SystemClock, "now", now),
        mock.patch.object(wiring.ProfileCodes, "code", code),
    ):
        yield


def renewed(lab: Lab, change: Change = lambda: None) -> Ended:
    """Apply the example playbook in a run whose MFA session grows too old between the two steps."""
    confirm = phrase(lab, lab.playbook())
    with a_break_after_the_first_step(lab, change):
        return here(lab, "apply", str(lab.playbook()), "--confirm", confirm)


def assert_ended_after_the_first_step(lab: Lab, ended: Ended, *words: str) -> None:
    """Fail unless the bucket is empty and there, nothing was sent after the break, and the run says why it ended."""
    said = ended.said + " ".join(ended.out.split())
    assert ended.code == ExitCode.PARTIAL, ended.err
    for word in words:
        assert word in said
    assert contents(lab) == {"Versions": 0, "DeleteMarkers": 0, "Uploads": 0}
    assert_honest(lab)
    assert [record["step"] for record in of_kind(lab, "call.intent")] == ["empty"] * len(of_kind(lab, "call.intent"))
    assert [record["state"] for record in of_kind(lab, "step.close")] == ["gone", "not attempted"]
    assert kinds(lab).count("mfa.proof") == 1


def test_a_renewed_session_that_carries_mfa_goes_on(lab: Lab) -> None:
    """The new session is proven like the first one, by a read of its own, before the next step begins."""
    ended = renewed(lab)

    assert ended.code == ExitCode.OK, ended.err
    assert not lab.bucket_exists()
    assert_honest(lab)
    assert ended.said.count("carries MFA") == 2
    story = [kind for kind in kinds(lab) if kind.startswith("mfa.") or kind == "step.open"]
    assert story == ["mfa.session", "mfa.proof", "step.open", "mfa.session", "mfa.proof", "step.open"]
    first, second = of_kind(lab, "mfa.proof")
    assert first["request_id"] != second["request_id"]


def test_a_renewed_session_that_does_not_carry_mfa_ends_the_run(lab: Lab) -> None:
    """A user session that was made without the code, by whatever bug, is found out before the next step."""
    sts, made = lab.client("sts", "alice"), ChainSts.user_session

    def without_mfa(self: ChainSts, identity: LongTermIdentity, code: Secret) -> UserSession:
        answer = sts.get_session_token()["Credentials"]
        secret, token = Secret(answer["SecretAccessKey"]), Secret(answer["SessionToken"])
        return replace(made(self, identity, code), credentials=Credentials(answer["AccessKeyId"], secret, token))

    with ExitStack() as planted:
        bug = mock.patch.object(ChainSts, "user_session", without_mfa)
        ended = renewed(lab, lambda: planted.enter_context(bug))

    assert_ended_after_the_first_step(lab, ended, "the role session does not carry MFA")


def test_a_renewed_session_of_which_nobody_can_tell_ends_the_run(lab: Lab) -> None:
    """When the proof's read is taken from the role meanwhile, it cannot be told, and that is a refusal too."""
    iam, named = lab.client("iam"), {"RoleName": "Teardown", "PolicyName": "teardown"}
    document = iam.get_role_policy(**named)["PolicyDocument"]
    deny = {"Sid": "NoLook", "Effect": "Deny", "Action": "iam:GetRole", "Resource": "*"}
    without = json.dumps({**document, "Statement": [*document["Statement"], deny]})

    ended = renewed(lab, lambda: iam.put_role_policy(**named, PolicyDocument=without))

    unsure = "it cannot be told whether the role session carries MFA"
    assert_ended_after_the_first_step(lab, ended, unsure)
