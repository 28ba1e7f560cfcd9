"""The forms of a diagnosis: what Markdown masks, whatever names are called, and how the lines read at a terminal."""

from __future__ import annotations

import io
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.console import Console

from runner.cli.doctor_markdown import markdown
from runner.cli.doctor_masking import masking
from runner.cli.doctor_view import exit_code, show_diagnosis, to_data
from runner.errors import AwsAnswer
from runner.guard.diagnosis import Examination, Seen, State
from runner.guard.diagnosis_live import QUESTIONS, Settled
from runner.guard.diagnosis_policies import judge_policy

HOME = "/home/alice"
KEY = "AKIA" + "Q" * 16


def line(what: str, what_to_do: str = "", state: State = State.OK, name: str = "keys") -> Examination:
    """Return a line."""
    return Examination(name, state, what, what_to_do)


def pasted(*lines: Examination, names: tuple[str, ...] = ()) -> str:
    """Return the rows of the Markdown table."""
    return "\n".join(markdown(lines, (), names, HOME).splitlines()[4 : 4 + len(lines)])


@pytest.mark.parametrize(
    ("text", "masked"),
    [
        ("arn:aws:iam::222222222222:role/ops/Teardown", "arn:aws:iam::…2222:role/…"),
        ("arn:aws-us-gov:sts::222222222222:assumed-role/R/s", "arn:aws-us-gov:sts::…2222:assumed-role/…"),
        ("arn:aws:s3:::acme-orders/key, and acme-orders again", "arn:aws:s3:::…, and … again"),
        ("(arn:aws:iam::222222222222:user/alice); alice", "(arn:aws:iam::…2222:user/…); …"),
        ("arn:aws:sns:eu-west-1:222222222222:payroll is payroll", "arn:aws:sns:eu-west-1:…2222:… is …"),
        ("account 222222222222", "account …2222"),
        ("a serial 1234567890123 of no account", "a serial 1234567890123 of no account"),
        (f"{KEY} works", "AKIA… works"),
        (f"{HOME}/.aws/config and {HOME}/clients/acme/config", "~/.aws/config and ~/…"),
        ("/srv/acme/config: /usr/bin/git", "…: /usr/bin/git"),
        ("profile 'acme' in x; profile \"o'brien\"", "profile … in x; profile …"),
        ("https://sts.eu-west-1.amazonaws.com answers", "https://sts.eu-west-1.amazonaws.com answers"),
        ("https://vpce-1.sts.eu-west-1.vpce.amazonaws.com/x", "https://…"),
        ("https://sts.amazonaws.com.acme.example/ answers", "https://… answers"),
        ("the proxy http://proxy.acme.example:3128", "the proxy http://…"),
        ("alice@acme.example from 10.1.2.3 in o-a1b2c3d4e5 by vpce-0123456789", "… from … in o-… by vpce-…"),
        ("GAHT12345678 makes codes", "… makes codes"),
        ("account 222222222222 has a, b, the playbook says acme", "account …2222 has …, the playbook says …"),
    ],
)
def test_forms_that_name_somebody(text: str, masked: str) -> None:
    """ARNs keep service and kind, accounts their end, AWS's own hosts themselves; the rest of what names you goes."""
    assert masking([text], (), HOME)(text) == masked


@pytest.mark.parametrize(
    "name",
    ["al", "is", "x|y", "a`b", "<b>", "o'brien", 'quo"te', "a,b;c", "(x)", "$1", r"\d+", "[bold]", "a b", "@team"],
)
def test_hostile_names(name: str) -> None:
    """A name that is known is masked wherever it stands, whatever characters it is made of."""
    arn = f"arn:aws:iam::222222222222:user/{name}"
    mask = masking([], (arn, name), "")

    assert mask(f"{arn} may not; {name}: no") == "arn:aws:iam::…2222:user/… may not; …: no"


NAMES = st.text(st.characters(exclude_categories=["Z", "C"], exclude_characters="…"), min_size=2, max_size=12)


@given(NAMES, st.text(max_size=20), st.text(max_size=20))
def test_no_known_name_survives(name: str, before: str, after: str) -> None:
    """Whatever surrounds a known name, it does not come through as a word of its own."""
    assert f" {name} " not in masking([], (name,), "")(f"{before} {name} {after}")


def test_what_policies_say_is_masked() -> None:
    """A Sid and what conditions compare with are somebody's words; the MFA condition that matters is kept."""
    policy = (
        '{"Version":"2012-10-17","Statement":[{"Sid":"DenyAcmeAdmins","Effect":"Deny","Principal":"*","Action":"s3:*",'
        '"Resource":"*","Condition":{"Bool":{"aws:MultiFactorAuthPresent":"false","aws:SecureTransport":"true"},'
        '"StringEquals":{"aws:PrincipalTag/Acme":"payroll team"}}}]}'
    )
    row = pasted(*(Examination.of("step one", seen) for seen in judge_policy(policy)))

    for word in ("Acme", "payroll", "one"):
        assert word not in row
    assert '"BoolIfExists":\\{"aws:MultiFactorAuthPresent":"false"\\}' in row
    assert "| step 1 | problem |" in row


def test_steps_are_numbered() -> None:
    """The names of steps are the playbook's; the table has their numbers."""
    rows = pasted(*(line("x", name=f"step {name}") for name in ("acme", "acme", "other")))

    assert re.findall(r"step \d", rows) == ["step 1", "step 1", "step 2"]


def test_markdown_does_not_act() -> None:
    """Pipes, markup, HTML, mentions and escape sequences in AWS's own words are text in the table."""
    said = AwsAnswer(
        "s3:HeadBucket", "No|pe", "<img src=x> @team #1 **b** [a](http://x)\n| row |\x1b[2J ~~&amp;", "r-1"
    )
    row = pasted(Examination("keys", State.PROBLEM, "refused", "", said))

    assert len(row.splitlines()) == 1
    assert len(re.findall(r"(?<!\\)\|", row)) == 5
    assert r"\<img src=x\>" in row
    assert "@<!-- -->team #<!-- -->1" in row
    assert r"\*\*b\*\* \[a\](http" in row
    assert "\x1b" not in row
    assert r"\~\~\&amp;" in row
    assert "(request r-1)" in row


def shown(*lines: Examination, settled: tuple[Settled, ...] = ()) -> str:
    """Return what stands on a terminal of 80 columns."""
    console = Console(file=io.StringIO(), width=80, markup=False, highlight=False)
    show_diagnosis(lines, settled, console)
    assert isinstance(console.file, io.StringIO)
    return console.file.getvalue()


def test_the_table_at_a_terminal() -> None:
    """One reason for several lines is told once, a name is not repeated, and the foot names the problems."""
    because = Seen(State.NOT_EXAMINED, 'because "keys" has a problem')
    text = shown(
        line("there are none", "get some", State.PROBLEM),
        Examination.of("role", because),
        Examination.of("simulator", because),
        line("first", name="step a"),
        line("second", "look", State.CANNOT_TELL, name="step a"),
    )

    assert max(map(len, text.splitlines())) <= 80
    assert text.count("because") == 1
    assert text.count("step a") == 2
    assert "next: get some" in text
    assert text.splitlines()[-1] == "1 problem: keys; cannot tell: step a; 2 not examined (exit 3)"


def test_the_table_of_the_live_questions() -> None:
    """Each question stands with what is expected and the answer, in 80 columns; an open one is told by its id."""
    answer = Examination("1b", State.CANNOT_TELL, "a word " * 30, "run again")
    text = shown(line("x"), settled=(Settled(QUESTIONS[1], answer),))

    assert max(map(len, text.splitlines())) <= 80
    assert "AssumeRole + code: does a read that needs MFA" in text
    assert "expected: no" in text
    assert "answer: a word a" in text
    assert "no problem found; cannot tell: 1b (exit 3)" in text


@pytest.mark.parametrize(
    ("state", "code"), [(State.OK, 0), (State.NOT_EXAMINED, 0), (State.CANNOT_TELL, 3), (State.PROBLEM, 3)]
)
def test_exit_codes(state: State, code: int) -> None:
    """Unknown means no: what was looked at and did not tell ends with 3, as a problem does, also in a live answer."""
    found = line("x", state=state)
    settled = (Settled(QUESTIONS[0], found),)

    assert exit_code((found,), ()) == exit_code((), settled) == code
    assert to_data((found,), ())["exit_code"] == code
