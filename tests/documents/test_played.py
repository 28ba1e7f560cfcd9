"""What a page tells its reader to type is typed here, in its order, against the sandbox; what it promises comes out.

Every command of ours in any page is typed, or stands in `ELSEWHERE` with the reason and the test that does it instead.
"""

from __future__ import annotations

import re
import shutil
from pathlib import Path

import pytest

from tests.conftest import Ended, Lab
from tests.documents.pages import PAGES, ROOT, Block, blocks, commands, words
from tests.documents.stages import ROLE, STAGES, Stage
from tests.e2e.driving import here

ELSEWHERE = {
    "sandbox run": "this test runs in a sandbox already",
    "--install-completion": "it would write to the home directory of whoever runs the tests",
    "doctor --live": "`test_doctor_live` plays it; it takes ten codes",
    "apply plan.json --break-glass": "`test_approvals` breaks the glass, with guardrails that let it",
    "credentials exec --fresh-mfa": "`test_credentials_for_tools` asks for a new code",
    "deps arn:aws:ec2": "`test_new` looks at a subnet that exists",
    "explain -": "another program's refusal is piped into it; `test_explain` does that with each form of it",
}
"""Commands that are not typed here, by how they begin, and why."""
UNPLAYED = {
    "docs/how-to/anchor-the-audit-log.md": "it wants Object Lock in another account, which `test_anchors` has",
    "docs/how-to/verify-the-audit-log.md": "an auditor's copy and keys: `test_verify`, `test_operator_signatures`",
    "docs/how-to/resume-a-run.md": "`test_resume` does it after a kill, in every state; the tutorial lists runs",
    "docs/how-to/time-stamp-the-audit-log.md": "it wants an authority that stamps, which tests of the log have",
}
"""Pages of which no command is typed here, and why."""
ASKING = {"plan", "apply", "doctor", "new", "explain"}
"""Commands that take an MFA code; their readers type it, or have a command that gives it."""
INNER = re.compile(r'^eval "\$\((runner .+)\)"$')
"""A shell that takes what a command prints."""


@pytest.fixture
def desk(lab: Lab) -> Lab:
    """Return the sandbox with the playbooks where readers have them, and the example beside them as their own."""
    shutil.copytree(ROOT / "playbooks", lab.directory / "playbooks")
    for name in ("teardown.yaml", "retire-orders-exports.yaml"):
        shutil.copy(ROOT / "playbooks" / "teardown.yaml", lab.directory / name)
    return lab


@pytest.mark.parametrize("page", STAGES)
def test_a_page_can_be_followed(desk: Lab, page: str) -> None:
    """Every command ends as the page says; the tutorial shows below each what it really shows."""
    stage = STAGES[page]
    stage.build(desk)
    for line in stage.before:
        assert follow(desk, words(line), Stage()).code == 0
    for block, command in shown_in(ROOT / page):
        _play(desk, block, command, stage)


def test_no_command_is_passed_over() -> None:
    """A page with commands of ours is played, or says why not, as a whole or command by command."""
    others = [page for page in PAGES if str(page.relative_to(ROOT)) not in {*STAGES, *UNPLAYED}]
    left = [
        f"{block.place}: {command}"
        for page in others
        for block, command in shown_in(page)
        if (line := _ours(command)) and not _elsewhere(line)
    ]

    assert left == []
    assert {str(page.relative_to(ROOT)) for page in PAGES} >= {*STAGES, *UNPLAYED}


def shown_in(page: Path) -> list[tuple[Block, str]]:
    """Return the commands of a page, each with its block."""
    typed = (block for block in blocks(page) if block.language in {"console", "sh"})
    return [(block, command) for block in typed for command in commands(block)]


def _ours(command: str) -> list[str]:
    """Return the arguments of our command in a line; nothing when there is none."""
    inner = INNER.match(command)
    line = words(inner[1] if inner else command)
    return line[line.index("runner") + 1 :] if "runner" in line[:1] or ("|" in line and "runner" in line) else []


def _elsewhere(line: list[str]) -> bool:
    return " ".join(line).startswith(tuple(ELSEWHERE))


def _play(desk: Lab, block: Block, command: str, stage: Stage) -> None:
    line = _ours(command)
    if not line or _elsewhere(line):
        return
    ended = follow(desk, line, stage)
    told = " ".join(line)
    expected = next((code for begun, code in stage.ends.items() if told.startswith(begun)), 0)
    assert ended.code == expected, f"{block.place}: runner {told}\n{ended.err}"
    for shown in shown_below(block, command) if block.page.parent.name == "tutorial" else ():
        assert " ".join(shown.split()) in " ".join(f"{ended.out} {ended.err}".split()), f"{block.place}: {shown}"


def shown_below(block: Block, command: str) -> list[str]:
    """Return the lines that a page shows below a command."""
    _, _, after = block.text.partition(command)
    return [line for line in after.partition("\n$ ")[0].splitlines() if line.strip()]


def follow(lab: Lab, line: list[str], stage: Stage) -> Ended:
    """Do what a line says, a redirection and the answer to a question included."""
    target = line[line.index(">") + 1] if ">" in line else ""
    given = line[: line.index(">")] if ">" in line else line
    own = {"RUN": "", "ARN": ROLE, **stage.own}
    args = [own.get(word, word) for word in given]
    args = [word for word in args if word and word not in {"--mfa-code-stdin", "--confirm"}]
    lab.sandbox.advance(60)
    if args[:2] == ["credentials", "exec"]:
        return lab.run(*args)  # it becomes the program that it runs
    adds = next((add for begun, add in stage.adds.items() if args[0] == begun), None)
    more = adds(lab) if adds is not None else ()
    answer = () if "--confirm" in more else _answer(lab, args)
    asks = args[0] in ASKING and not {"--no-code", "--show"} & set(args) and not _is_words(args)
    ended = here(lab, *args, *more, *answer, code=lab.sandbox.code() if asks else None)
    if target:
        (lab.directory / target).write_text(ended.out, encoding="utf-8")
    return ended


def _is_words(args: list[str]) -> bool:
    """Return whether a command explains words or a run, for which no code is asked."""
    return args[0] == "explain" and not any(word.endswith(".yaml") for word in args)


def _answer(lab: Lab, args: list[str]) -> tuple[str, ...]:
    """Return the phrase as a reader types it, who has it from the plan on the screen."""
    if args[0] != "apply":
        return ()
    shows = "show" if args[1].endswith(".json") else "plan"
    code = None if shows == "show" else lab.sandbox.code()
    planned: str = here(lab, shows, *args[1:2], "--output", "json", code=code).data["confirm"]
    lab.sandbox.advance(60)
    return ("--confirm", planned)
