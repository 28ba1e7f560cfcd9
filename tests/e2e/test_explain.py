"""``runner explain`` from a message, from stdin, from a run, and from a step that is simulated again."""

from __future__ import annotations

import io
import json
from typing import Any
from unittest import mock

import pytest

from runner.aws.decoding import Decoder
from runner.cli.explain_sources import of_text
from tests.conftest import Lab, role
from tests.e2e.driving import here

WHO = "User: arn:aws:sts::222222222222:assumed-role/Teardown/alice is not authorized to perform: s3:DeleteBucket"
MESSAGE = (
    f'An error occurred (AccessDenied) when calling the DeleteBucket operation: {WHO} on resource: "arn:aws:s3:::b" '
    "with an explicit deny in a resource-based policy"
)
CODED = f"{WHO}. Encoded authorization failure message: {'X' * 60}"


def explained(lab: Lab, *args: str, code: str | None = None) -> list[dict[str, Any]]:
    """Return the explanations that the command prints as JSON."""
    ended = here(lab, "explain", *args, "--output", "json", code=code)
    assert ended.code == 0, ended.err
    found: list[dict[str, Any]] = ended.data["explanations"]
    return found


def test_a_message_is_explained_beside_its_own_words(lab: Lab) -> None:
    """The text form says what was refused, what decided, what to do, and AWS's own words."""
    ended = here(lab, "explain", MESSAGE)

    assert ended.code == 0
    what, decided, advice, words = ended.out.splitlines()
    assert what.startswith(
        "what: s3:DeleteBucket on arn:aws:s3:::b was refused to arn:aws:sts::222222222222:assumed-ro"
    )
    assert decided.startswith("decided by: a Deny in a resource-based policy (the target's own policy). AWS names one ")
    assert advice.startswith("next: the resource's own policy denies it; where the session was proven to carry MFA")
    assert words == f"aws: {MESSAGE}"


def test_a_message_is_read_from_stdin(monkeypatch: pytest.MonkeyPatch) -> None:
    """What another tool printed can be piped in, line breaks and all."""
    monkeypatch.setattr("sys.stdin", io.StringIO(MESSAGE.replace(" on resource", "\non resource")))
    (said,) = of_text("-")

    assert said.aws == MESSAGE
    assert said.decided.startswith("a Deny in a resource-based policy")


def test_a_refused_code_is_no_matter_of_policies(lab: Lab) -> None:
    """AWS answers a wrong MFA code with AccessDenied; no policy is blamed for it."""
    words = "MultiFactorAuthentication failed with invalid MFA one time pass code."
    (said,) = explained(lab, f"An error occurred (AccessDenied) when calling the GetSessionToken operation: {words}")

    assert said["decided"].startswith("AWS did not accept the code")
    assert "give the next code" in said["advice"]


@pytest.mark.parametrize(
    ("named", "decided"),
    [
        ("", "AWS does not let alice assume arn:aws:iam::222222222222:role/T"),
        (" because no role trust policy allows the sts:AssumeRole action", "no role trust policy allows it"),
    ],
)
def test_a_refused_role_says_what_decides(lab: Lab, named: str, decided: str) -> None:
    """Across accounts AWS names no policy, and then everything that decides is listed; else AWS's word counts."""
    words = "User: alice is not authorized to perform: sts:AssumeRole on resource: arn:aws:iam::222222222222:role/T"
    (said,) = explained(lab, f"An error occurred (AccessDenied) when calling the AssumeRole operation: {words}{named}")

    assert said["decided"].startswith(decided)
    assert "trust policy" in said["advice"]


def test_a_message_cannot_act_on_the_terminal(lab: Lab) -> None:
    """Escapes and markup in a message are shown, not obeyed."""
    ended = here(lab, "explain", f"{MESSAGE}\x1b[31m[bold]x[/oops]")

    assert ended.code == 0
    assert "\x1b" not in ended.out
    assert "\\x1b[31m[bold]x[/oops]" in ended.out


@pytest.mark.parametrize(
    ("args", "words"),
    [
        (("permission denied",), "neither an answer of AWS"),
        (("01ARZ3NDEK",), "there is no audit log"),
        ((), "there is no audit log"),
        ((MESSAGE, "--decode"), "no encoded authorization message"),
        (("teardown.yaml", "--step", "none"), "its steps: empty, bucket"),
        (("--step", "empty"), "needs a playbook"),
    ],
)
def test_what_cannot_be_explained_is_a_usage_error(lab: Lab, args: tuple[str, ...], words: str) -> None:
    """A text without AWS's words, a run that is not there and a wrong step end with 2 before AWS is asked."""
    lab.playbook()
    ended = here(lab, "explain", *args)

    assert ended.code == 2
    assert words in ended.said
    assert "Traceback" not in ended.err


def test_an_encoded_message_is_opened_on_demand_only(lab: Lab) -> None:
    """Without --decode the encoded message is pointed to; with it, what AWS says in it is told."""
    opened = json.dumps(
        {"allowed": False, "explicitDeny": True, "matchedStatements": {"items": [{"statementId": "S"}]}}
    )
    with mock.patch.object(Decoder, "decode", return_value=opened) as decode:
        shut = here(lab, "explain", CODED)
        assert decode.call_count == 0
        told = here(lab, "explain", CODED, "--decode")

    assert "--decode opens it" in shut.out
    assert decode.call_args.args == ("X" * 60,)
    assert "decoded: decision: an explicit Deny\ndecoded: statement: S (effect not said)\n" in told.out


def test_a_step_is_simulated_again(lab: Lab) -> None:
    """The verdict names the statement that decides, and nothing is changed."""

    def deny(world: dict[str, Any]) -> None:
        statement = {"Sid": "Frozen", "Effect": "Deny", "Principal": "*", "Action": "s3:DeleteBucket"}
        bucket = world["accounts"][1]["buckets"][0]
        bucket["policy"]["Statement"].append({**statement, "Resource": f"arn:aws:s3:::{bucket['name']}"})

    lab.world(deny)
    (said, _) = explained(lab, str(lab.playbook()), "--step", "bucket", code=lab.sandbox.code())

    assert said["what"] == "s3.delete_bucket on arn:aws:s3:::acme-orders-exports: will fail (simulated)"
    assert "statement Frozen of the bucket policy" in said["decided"]
    assert said["step"] == "bucket"


def test_a_step_that_cannot_be_simulated_names_the_permission(lab: Lab) -> None:
    """AWS's words about the simulation stand beside ours, and the permission that is missing is named."""

    def blind(world: dict[str, Any]) -> None:
        statements = role(world)["policies"]["teardown"]["Statement"]
        (own,) = (one for one in statements if one["Sid"] == "SeeOwnPolicies")
        own["Action"] = "iam:GetRole"

    lab.world(blind)
    said, note = explained(lab, str(lab.playbook()), "--step", "empty", code=lab.sandbox.code())

    assert note["what"] == "note: what_is_set"
    assert "cannot tell" in said["what"]
    assert "not authorized to perform: iam:SimulatePrincipalPolicy" in said["decided"]
    assert "runner permissions" in said["advice"]
