"""Ask the operator: a code, a device, a phrase. Nothing here ever waits where nobody can answer.

Questions go to stderr, because stdout is for results.
"""

from __future__ import annotations

import getpass
import re
import sys
import time
from collections.abc import Callable

from rich.console import Console

from runner.cli.output import messages, text
from runner.cli.plan_view import show_plan
from runner.errors import CredentialsRefused, NoCode, NotApproved
from runner.guard.device import NAME_IT
from runner.model.plan import Plan
from runner.model.session import LongTermIdentity, Secret

_CODE = re.compile(r"\d{6}", re.ASCII)


def at_terminal() -> bool:
    """Return whether a person can read and answer: stdin and stderr are both a terminal."""
    return sys.stdin.isatty() and sys.stderr.isatty()


def ask(question: str) -> str:
    """Ask on stderr and return the line that was typed, without its end; empty when there is no line of text."""
    sys.stderr.write(question)
    sys.stderr.flush()
    try:
        return sys.stdin.readline().strip()
    except UnicodeDecodeError:
        return ""


def choose_device(serials: tuple[str, ...], answer: Callable[[str], str] = ask) -> str:
    """Return the device that the operator picks by its number; an empty answer ends it.

    Raises:
        CredentialsRefused: when none was picked.
    """
    console = messages()
    console.print("this user has several MFA devices:")
    for number, serial in enumerate(serials, 1):
        console.print(text(f"  {number}  {serial}"), soft_wrap=True)
    by_number = {str(number): serial for number, serial in enumerate(serials, 1)}
    while (typed := answer(f"use number (1 to {len(serials)}): ")) not in by_number:
        if not typed:
            raise CredentialsRefused("no MFA device was chosen", hint=NAME_IT)
        console.print(f"type a number from 1 to {len(serials)}")
    return by_number[typed]


class TerminalCodes:
    """Ask for a code at the terminal; what is typed does not show (port `CodeSource`)."""

    def __init__(
        self, ask: Callable[[str], str] = getpass.getpass, sleep: Callable[[float], None] = time.sleep
    ) -> None:
        self._ask = ask
        self._sleep = sleep

    @property
    def can_repeat(self) -> bool:
        """A person can give another code."""
        return True

    def code(self, identity: LongTermIdentity, refusal: str = "") -> Secret:
        """Ask until six digits were typed; an empty answer ends it."""
        console = messages()
        if refusal:
            console.print(text(refusal, "bold"))
        while True:
            try:
                typed = self._ask(f"MFA code for {identity.serial}: ").strip()
            except (EOFError, UnicodeDecodeError):
                typed = ""
            if _CODE.fullmatch(typed):
                return Secret(typed)
            if not typed:
                raise NoCode("no MFA code was given", on=identity.serial, hint="start again with a code")
            console.print("a code is six digits; nothing was sent")

    def await_next(self, seconds: int) -> None:
        """Count down to the device's next code, because the one that was given counts as used.

        One line that changes every second at a terminal, one line that stays elsewhere.
        """
        console = messages()
        console.print(text("this code was given before, and AWS takes a code once; nothing was sent", "bold"))
        if not console.is_terminal:
            console.print(f"the next code comes in {seconds} s")
            self._sleep(seconds)
            return
        for left in range(seconds, 0, -1):
            console.print(f"the next code comes in {left:2} s", end="\r")
            self._sleep(1)
        console.print(" " * len("the next code comes in 00 s"), end="\r")


class NoCodes:
    """Refuse at once, because nobody is there to give a code (port `CodeSource`)."""

    await_next = None

    @property
    def can_repeat(self) -> bool:
        """Nobody can give another code."""
        return False

    def code(self, identity: LongTermIdentity, refusal: str = "") -> Secret:
        """Raise, naming the ways to give a code without a terminal."""
        del refusal
        raise NoCode(
            "an MFA code is needed and there is no terminal to ask at",
            on=identity.serial,
            hint="use --mfa-code-stdin or --mfa-from COMMAND, or set mfa_process in the AWS profile",
        )


def await_phrase(phrase: str, on: str, given: str | None = None) -> None:
    """Return when a plan's phrase was given on the command line, or typed at the terminal; only space is forgiven.

    Raises:
        NotApproved: when it was another one, or when there is nobody to type it.
    """
    if given is not None:
        if given.strip() != phrase:
            raise NotApproved(
                f'--confirm "{given}" is not the phrase of this plan: the plan changed, or it is another one',
                on=on,
                hint=f"read the plan above; its phrase is: {phrase}",
            )
        return
    if not at_terminal():
        raise NotApproved(
            "the plan needs a confirmation and there is no terminal to ask at",
            on=on,
            hint=f'read the plan, then run again with --confirm "{phrase}"',
        )
    messages().print(text(f"Type  {phrase}  to go on; anything else declines.", "bold"))
    if ask("> ") != phrase:
        raise NotApproved("the phrase was not typed", on=on, hint="run again when you are sure")


class TypedConfirmation:
    """Show the plan and have its phrase typed at the terminal (port `Confirmer`)."""

    def __init__(self, show: Callable[[Plan, Console], None] = show_plan) -> None:
        self._show = show

    def confirm(self, plan: Plan, phrase: str) -> None:
        """Return when the phrase was typed; anything else declines."""
        self._show(plan, messages())
        await_phrase(phrase, plan.source.path)


class GivenConfirmation:
    """Compare the phrase given on the command line with the plan's (port `Confirmer`)."""

    def __init__(self, given: str, show: Callable[[Plan, Console], None] = show_plan) -> None:
        self._given = given
        self._show = show

    def confirm(self, plan: Plan, phrase: str) -> None:
        """Return when the given phrase is this plan's phrase."""
        self._show(plan, messages())
        await_phrase(phrase, plan.source.path, self._given)
