"""Every command that the documentation shows exists as it is shown; no block of it is passed over."""

from __future__ import annotations

import functools
import re
import textwrap
from collections.abc import Collection, Iterator
from typing import Any

import botocore.session
import pytest
import typer.main
import yaml
from typer.core import TyperGroup
from typer.exceptions import TyperException

from runner.catalog import BY_NAME
from runner.cli.main import app
from runner.errors import InvalidPlaybook
from runner.model.playbook import Source
from runner.workflow.loading import load, load_guardrails
from tests.documents.pages import PAGES, ROOT, Block, blocks, commands, words

BLOCKS = [block for page in PAGES for block in blocks(page)]
SHOWN = {"", "python", "json", "hcl", "ini"}
"""Languages of blocks in which nothing is typed: outputs, policies, other tools' files."""
SHELL = {
    "cp",
    "export",
    "eval",
    "printf",
    "exit",
    "cd",
    ".",
    "head",
    "git",
    "openssl",
    "pytest",
    "python",
    "ssh-keygen",
    "sh",
}
"""Commands besides ours, AWS's and make's; whether they exist is not for us to say."""
_BOTOCORE = botocore.session.get_session()


def typed() -> Iterator[tuple[str, list[str]]]:
    """Yield every command of every page with its place, one for each part of a pipe."""
    for block in BLOCKS:
        if block.language in {"console", "sh"}:
            for command in commands(block):
                for part in _parts(words(command)):
                    yield block.place, part


def _parts(line: list[str]) -> Iterator[list[str]]:
    """Yield the single commands of a line, without redirections, variables set before them and wrappers."""
    part: list[str] = []
    for word in [*line, "|"]:
        if word in {"|", "&&", ";"}:
            if part:
                yield _bare(part)
            part = []
        else:
            part.append(word)


def _bare(part: list[str]) -> list[str]:
    for number, word in enumerate(part):
        if word in {">", "<", ">&", ">>"}:
            part = part[:number]
            break
    part = [word for word in part if word != "…"]
    return part[:-1] if part[-1] == "2" and len(part) > 1 else part


TYPED = list(typed())


def test_every_block_is_of_a_known_kind() -> None:
    """A block is typed, loaded, or only read; one in another language would be checked by nobody."""
    known = {*SHOWN, "console", "sh", "yaml"}

    assert [block.place for block in BLOCKS if block.language not in known] == []
    assert [block.place for block in BLOCKS if block.language == "console" and not list(commands(block))] == []
    assert len(TYPED) > 60


@pytest.mark.parametrize(("place", "command"), TYPED, ids=lambda it: it if isinstance(it, str) else it[0])
def test_a_command_exists(place: str, command: list[str]) -> None:
    """Our commands take the options and arguments shown, AWS's are in its models, make's in the Makefile."""
    program, *rest = command
    match program:
        case "runner":
            assert problem_with(rest) == "", place
        case "aws":
            assert _is_of_aws(rest), place
        case "make":
            targets = re.findall(r"^([\w/.-]+):", (ROOT / "Makefile").read_text(encoding="utf-8"), re.MULTILINE)
            assert set(rest) <= {*targets, ".venv/.ready"}, place
        case _:
            assert program in SHELL, place


def problem_with(arguments: list[str]) -> str:
    """Return what the command line says against arguments, nothing when it takes them; nothing is run."""
    if arguments == ["--install-completion"]:
        return ""  # Typer's own: to try it is to do it
    command = _ours()
    context = command.make_context("runner", list(arguments), resilient_parsing=False)
    try:
        while isinstance(command, TyperGroup):
            name, found, arguments = command.resolve_command(context, [*context._protected_args, *context.args])
            assert found is not None
            command = found
            if not isinstance(command, TyperGroup) or arguments:
                context = command.make_context(name, list(arguments), parent=context)
    except TyperException as wrong:
        return wrong.format_message()
    return ""


@functools.cache
def _ours() -> Any:
    return typer.main.get_command(app)


@functools.cache
def _operations(service: str) -> Collection[str]:
    names: Collection[str] = _BOTOCORE.get_service_model(service).operation_names
    return names


def _is_of_aws(arguments: list[str]) -> bool:
    service, operation, *_ = [word for word in _without_globals(arguments) if not word.startswith("-")]
    if (service, operation) == ("s3", "rb"):
        return True
    names = {"s3api": "s3"}
    return "".join(word.title() for word in operation.split("-")) in _operations(names.get(service, service))


def _without_globals(arguments: list[str]) -> list[str]:
    return arguments[2:] if arguments[:1] == ["--profile"] else arguments


def test_a_wrong_command_is_seen() -> None:
    """The test above can fail: an option, a command and an argument that are not there."""
    assert "--no-such" in problem_with(["plan", "p.yaml", "--no-such"])
    assert "pln" in problem_with(["pln", "p.yaml"])
    assert problem_with(["plan"]) != ""
    assert not _is_of_aws(["s3api", "delete-everything"])


YAML = [block for block in BLOCKS if block.language == "yaml"]
HEAD = """\
version: 1
name: example
description: An example of a part of a playbook.
owner: me
account: {id: "222222222222"}
region: ap-northeast-1
role_arn: arn:aws:iam::222222222222:role/Teardown
"""
STEPS = """\
steps:
  - {id: one, action: sqs.delete_queue, target: {queue: old}, irreversible: nothing reads it}
"""


@pytest.mark.parametrize("block", YAML, ids=lambda block: block.place)
def test_what_is_to_be_written_is_valid(block: Block) -> None:
    """A playbook, guardrails, or a part of either that a page shows is one that the loader takes."""
    shown = yaml.safe_load(block.text)
    match shown:
        case None:
            (path,) = re.findall(r"^# yaml-language-server: \$schema=\.\./(\S+)\n$", block.text)
            assert (ROOT / path).is_file()
        case {"repos": [{"hooks": [{"id": hook}]}]}:
            assert hook in (ROOT / ".pre-commit-hooks.yaml").read_text(encoding="utf-8")
        case _:
            assert problems(shown, block) == []


def problems(shown: object, block: Block) -> list[str]:
    """Return what the loader says of a block; what stands in angle brackets is the reader's to give."""
    try:
        load_shown(shown, block)
    except InvalidPlaybook as invalid:
        told = [f"{one.line}: {one.message}" for one in invalid.problems]
        return [line for line in told if "not the text `<" not in line]
    return []


def load_shown(shown: object, block: Block) -> None:
    """Load a block as what it is: by its keys, and with what is missing to make it whole."""
    match shown:
        case {"version": _, "steps": _}:
            text = block.text
        case list():
            text = f"{HEAD}steps:\n{textwrap.indent(block.text, '  ')}"
        case {"steps": _}:
            text = HEAD + block.text
        case {"accept_unknown": _}:
            text = HEAD + block.text + STEPS
        case {"version": _}:
            load_guardrails(block.text.encode(), Source(block.place, "0" * 64), BY_NAME)
            return
        case _:
            load_guardrails(f"version: 1\n{block.text}".encode(), Source(block.place, "0" * 64), BY_NAME)
            return
    load(text.encode(), Source(block.place, "0" * 64), BY_NAME)
