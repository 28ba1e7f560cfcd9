"""Questions go to stderr, end when nobody answers, and a used code is waited out before eyes that can see it."""

from __future__ import annotations

import io
import sys
from collections.abc import Callable

import pytest

from runner.cli.prompt import (
    GivenConfirmation,
    NoCodes,
    TerminalCodes,
    TypedConfirmation,
    ask,
    at_terminal,
    choose_device,
)
from runner.errors import CredentialsRefused, NoCode, NotApproved
from runner.guard.confirmation import phrase
from runner.model.plan import Plan
from runner.model.playbook import Account, Limits, Source
from runner.model.session import Caller, Credentials, LongTermIdentity, Secret

SERIAL = "arn:aws:iam::111111111111:mfa/alice"
OTHER = "arn:aws:iam::111111111111:mfa/phone"
ALICE = LongTermIdentity(
    Credentials("AKIA", Secret("s")),
    Caller("111111111111", "arn:aws:iam::111111111111:user/alice", "AIDA"),
    "profile alice",
    SERIAL,
)
PLAN = Plan(
    name="retire",
    description="why",
    owner="team",
    ticket="",
    account=Account("222222222222"),
    region="eu-west-1",
    role_arn="arn:aws:iam::222222222222:role/Teardown",
    via=(),
    limits=Limits(),
    source=Source("teardown.yaml", "0" * 64),
    steps=(),
    findings=(),
)


class Tty(io.StringIO):
    """Be a stream that says it is a terminal."""

    def isatty(self) -> bool:
        """Say so."""
        return True


def answering(*answers: str | type[Exception]) -> tuple[Callable[[str], str], list[str]]:
    """Return a person who gives these answers, and the questions that were asked."""
    left, asked = list(answers), list[str]()

    def answer(question: str) -> str:
        asked.append(question)
        given = left.pop(0)
        if isinstance(given, str):
            return given
        raise given

    return answer, asked


def test_a_code_is_asked_for_until_it_is_six_digits(capsys: pytest.CaptureFixture[str]) -> None:
    """The device is named; a slip of the finger costs no try at AWS, and the code is not shown."""
    answer, asked = answering("12345", "1234567", "12345a", "\u0661\u0662\u0663\u0664\u0665\u0666", " 123456 ")

    code = TerminalCodes(answer).code(ALICE)

    assert code.reveal() == "123456"
    assert asked == [f"MFA code for {SERIAL}: "] * 5
    out, err = capsys.readouterr()
    assert out == ""
    assert err.count("a code is six digits; nothing was sent") == 4
    assert "123456" not in err


def test_a_refusal_is_shown_before_the_question(capsys: pytest.CaptureFixture[str]) -> None:
    """The operator reads why the last code was not accepted; a hostile text cannot act on the terminal."""
    answer, _ = answering("123456")

    TerminalCodes(answer).code(ALICE, "AWS did not accept the code\x1b[2J")

    err = capsys.readouterr().err
    assert "AWS did not accept the code" in err
    assert "\x1b[2J" not in err


@pytest.mark.parametrize("ending", ["", EOFError])
def test_no_answer_ends_it(ending: str | type[Exception]) -> None:
    """Return or Ctrl-D is an answer: no."""
    answer, _ = answering(ending)

    with pytest.raises(NoCode, match="no MFA code was given") as caught:
        TerminalCodes(answer).code(ALICE)

    assert caught.value.on == SERIAL


def test_a_person_can_give_another_code() -> None:
    """After a refusal; nobody cannot."""
    assert TerminalCodes().can_repeat
    assert not NoCodes().can_repeat


def test_the_countdown_is_one_line_at_a_terminal(monkeypatch: pytest.MonkeyPatch) -> None:
    """It changes every second, in place, and is gone at the end."""
    shown, slept = Tty(), list[float]()
    monkeypatch.setattr(sys, "stderr", shown)
    monkeypatch.setenv("NO_COLOR", "1")

    TerminalCodes(sleep=slept.append).await_next(3)

    assert slept == [1, 1, 1]
    why, _, line = shown.getvalue().partition("\n")
    assert "given before" in why
    assert "nothing was sent" in why
    counts = line.split("\r")
    assert counts[:3] == [f"the next code comes in  {left} s" for left in (3, 2, 1)]
    assert counts[3] == " " * len(counts[0])
    assert "\n" not in line


def test_the_countdown_is_calm_elsewhere(capsys: pytest.CaptureFixture[str]) -> None:
    """A log gets one line, not one for each second."""
    slept: list[float] = []

    TerminalCodes(sleep=slept.append).await_next(12)

    assert slept == [12]
    out, err = capsys.readouterr()
    assert out == ""
    assert err.splitlines()[-1] == "the next code comes in 12 s"
    assert "\r" not in err


def test_without_a_terminal_nobody_is_asked() -> None:
    """The refusal names every way to give a code without one."""
    with pytest.raises(CredentialsRefused, match="no terminal to ask at") as caught:
        NoCodes().code(ALICE, "AWS did not accept the code")

    assert all(way in caught.value.hint for way in ("--mfa-code-stdin", "--mfa-from", "mfa_process"))


def test_a_device_is_picked_by_its_number(capsys: pytest.CaptureFixture[str]) -> None:
    """All are listed on stderr; what is no number of the list is asked for again."""
    answer, asked = answering("0", "3", "phone", "2")

    assert choose_device((SERIAL, OTHER), answer) == OTHER
    out, err = capsys.readouterr()
    assert out == ""
    assert f"  1  {SERIAL}\n  2  {OTHER}\n" in err
    assert err.count("type a number from 1 to 2") == 3
    assert asked == ["use number (1 to 2): "] * 4


def test_no_device_is_picked_by_silence() -> None:
    """Return ends it, and the option that answers is named."""
    answer, _ = answering("")

    with pytest.raises(CredentialsRefused, match="no MFA device was chosen") as caught:
        choose_device((SERIAL, OTHER), answer)

    assert "--mfa-serial" in caught.value.hint


@pytest.mark.parametrize(
    ("typed", "answer"), [("yes\n", "yes"), ("  yes  \r\n", "yes"), ("\n", ""), ("", ""), ("no end", "no end")]
)
def test_an_answer_is_one_line(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], typed: str, answer: str
) -> None:
    """The question stands on stderr: stdout is for the result, which may go into a file."""
    monkeypatch.setattr(sys, "stdin", io.StringIO(typed))

    assert ask("sure? ") == answer
    assert capsys.readouterr() == ("", "sure? ")


def test_an_answer_that_is_no_text_is_none(monkeypatch: pytest.MonkeyPatch) -> None:
    """Bytes of another encoding decline; they are no bug."""
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(b"\xff\xfe\n"), encoding="utf-8"))

    assert ask("sure? ") == ""


@pytest.mark.parametrize(
    ("stdin", "stderr", "is_terminal"), [(Tty, Tty, True), (io.StringIO, Tty, False), (Tty, io.StringIO, False)]
)
def test_a_terminal_is_both_ways(
    monkeypatch: pytest.MonkeyPatch, stdin: type[io.StringIO], stderr: type[io.StringIO], *, is_terminal: bool
) -> None:
    """Who cannot read the question, or cannot answer it, is not asked."""
    monkeypatch.setattr(sys, "stdin", stdin())
    monkeypatch.setattr(sys, "stderr", stderr())

    assert at_terminal() is is_terminal


def at_a_terminal(monkeypatch: pytest.MonkeyPatch, typed: str) -> None:
    """Let a person sit at a terminal who has typed this."""
    monkeypatch.setattr(sys, "stdin", Tty(typed))
    monkeypatch.setattr(sys, "stderr", Tty())


def test_the_phrase_confirms(monkeypatch: pytest.MonkeyPatch) -> None:
    """Typed as shown, with spaces around it or without."""
    at_a_terminal(monkeypatch, f" {phrase(PLAN)} \n")

    TypedConfirmation().confirm(PLAN, phrase(PLAN))


@pytest.mark.parametrize("typed", ["", "\n", "yes\n", "delete 1 in 222222222222 000000\n"])
def test_anything_else_declines(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], typed: str
) -> None:
    """The end of input and another phrase too; stdout stays empty for the result."""
    at_a_terminal(monkeypatch, typed)

    with pytest.raises(NotApproved, match="the phrase was not typed"):
        TypedConfirmation().confirm(PLAN, phrase(PLAN))

    assert capsys.readouterr().out == ""


def test_without_a_terminal_the_phrase_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing waits; the next command stands in the hint."""
    monkeypatch.setattr(sys, "stdin", io.StringIO(phrase(PLAN)))

    with pytest.raises(NotApproved, match="no terminal to ask at") as caught:
        TypedConfirmation().confirm(PLAN, phrase(PLAN))

    assert f'--confirm "{phrase(PLAN)}"' in caught.value.hint


def test_a_given_phrase_confirms_its_own_plan_only() -> None:
    """A script confirms the plan that it has seen; for another one, that one's phrase is shown."""
    GivenConfirmation(phrase(PLAN)).confirm(PLAN, phrase(PLAN))

    with pytest.raises(NotApproved, match="is not the phrase of this plan") as caught:
        GivenConfirmation("delete 1 in 222222222222 000000").confirm(PLAN, phrase(PLAN))

    assert phrase(PLAN) in caught.value.hint
