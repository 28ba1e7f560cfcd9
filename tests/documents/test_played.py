"""What a page tells its reader to type is typed here, in its order, against the sandbox; what it promises comes out.

Pages whose commands need a peer's key, another account or AWS itself are not played: their commands are held against
the command line (`test_commands`), and the tests that their subjects have play them with those people and accounts.
"""

from __future__ import annotations

import shutil

import pytest

from tests.conftest import Ended, Lab
from tests.documents.pages import ROOT, Block, blocks, commands, words
from tests.e2e.driving import here

ROLE = "arn:aws:iam::222222222222:role/Teardown"
PLAYED: dict[str, tuple[str, ...]] = {
    "docs/tutorial/first-deletion-in-the-sandbox.md": (),
    "docs/how-to/first-deletion.md": (),
    "docs/how-to/review-and-apply-a-sealed-plan.md": ("plan playbooks/teardown.yaml -o old.json",),
    "docs/how-to/pages.md": ("plan teardown.yaml -o plan.json", "apply teardown.yaml"),
    "docs/how-to/undo-a-run.md": ("apply teardown.yaml",),
    "docs/how-to/find-out-what-is-wrong.md": (),
    "docs/how-to/guardrails.md": (),
    "docs/how-to/editors-and-shells.md": (),
}
"""The pages that are played, each with what its reader has done before."""
ELSEWHERE = {
    "sandbox run": "this test runs in a sandbox already",
    "--install-completion": "it would write to the home directory of whoever runs the tests",
    "doctor --live": "`test_doctor_live` plays it; it takes ten codes",
}
"""Commands that are not played here, and why."""
ASKING = {"plan", "apply", "doctor"}
"""Commands that take an MFA code; their readers type it, or have a command that gives it."""


@pytest.fixture
def desk(lab: Lab) -> Lab:
    """Return the sandbox with the playbooks where readers have them, and the example beside them as their own."""
    shutil.copytree(ROOT / "playbooks", lab.directory / "playbooks")
    for name in ("teardown.yaml", "retire-orders-exports.yaml"):
        shutil.copy(ROOT / "playbooks" / "teardown.yaml", lab.directory / name)
    return lab


@pytest.mark.parametrize("page", PLAYED)
def test_a_page_can_be_followed(desk: Lab, page: str) -> None:
    """Every command ends well; the tutorial shows below each what it really shows."""
    for line in PLAYED[page]:
        assert follow(desk, line).code == 0
    for block in blocks(ROOT / page):
        if block.language in {"console", "sh"}:
            for command in commands(block):
                _play(desk, block, command)


def _play(desk: Lab, block: Block, command: str) -> None:
    program, *line = words(command)
    told = " ".join(line)
    if program != "runner" or told.startswith(tuple(ELSEWHERE)):
        return
    ended = follow(desk, told)
    assert ended.code == 0, f"{block.place}: runner {told}\n{ended.err}"
    for shown in shown_below(block, command) if block.page.parent.name == "tutorial" else ():
        assert " ".join(shown.split()) in " ".join(f"{ended.out} {ended.err}".split()), f"{block.place}: {shown}"


def shown_below(block: Block, command: str) -> list[str]:
    """Return the lines that a page shows below a command."""
    _, _, after = block.text.partition(command)
    return [line for line in after.partition("\n$ ")[0].splitlines() if line.strip()]


def follow(lab: Lab, told: str) -> Ended:
    """Do what a line says, a redirection and the answer to a question included."""
    line, _, target = told.partition(" > ")
    args = [{"RUN": "", "ARN": ROLE}.get(word, word) for word in line.split()]
    args = [word for word in args if word]
    lab.sandbox.advance(60)
    answer = _answer(lab, args)
    code = lab.sandbox.code() if args[0] in ASKING and not {"--no-code", "--show"} & set(args) else None
    ended = here(lab, *args, *answer, code=code)
    if target:
        (lab.directory / target).write_text(ended.out, encoding="utf-8")
    return ended


def _answer(lab: Lab, args: list[str]) -> tuple[str, ...]:
    """Return the phrase as a reader types it, who has it from the plan on the screen."""
    if args[0] != "apply":
        return ()
    shows = "show" if args[1].endswith(".json") else "plan"
    code = None if shows == "show" else lab.sandbox.code()
    planned: str = here(lab, shows, *args[1:], "--output", "json", code=code).data["confirm"]
    lab.sandbox.advance(60)
    return ("--confirm", planned)
