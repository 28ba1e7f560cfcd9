"""The page of the reference about commands, made from the commands themselves."""

from __future__ import annotations

from collections.abc import Iterator
from enum import Enum
from typing import Any, get_args

import typer.main

from runner.cli.markdown_text import code, row


def commands_page(app: typer.Typer) -> str:
    """Return every command with its arguments and options, in the order of ``runner --help``."""
    head = [
        "# Commands",
        "",
        "Made from the code by `make reference`. Results go to stdout, everything else to stderr; `--output json` is",
        "there wherever there is a result. Exit codes stand in [Errors and exit codes](errors.md).",
    ]
    return "\n".join((*head, *_commands(typer.main.get_command(app), "runner"), ""))


def _commands(command: Any, path: str) -> Iterator[str]:
    children = getattr(command, "commands", None)
    if children is None:
        yield from _command(command, path)
        return
    for name, child in children.items():
        yield from _commands(child, f"{path} {name}")


def _command(command: Any, path: str) -> Iterator[str]:
    arguments = [one for one in command.params if one.param_type_name == "argument"]
    options = [one for one in command.params if one.param_type_name == "option"]
    named = " ".join(_name(one) for one in arguments)
    yield ""
    yield f"## {path}"
    yield ""
    yield f"    {path} {named}".rstrip() + (" [OPTIONS]" if options else "")
    yield ""
    yield from (line.strip() for line in (command.help or "").splitlines())
    if arguments or options:
        yield ""
        yield row("", "")
        yield row("---", "---")
    for one in arguments:
        yield row(code(_name(one)), _cell(one.help or ""))
    for one in options:
        value = "" if one.is_flag else f" {_value(one)}"
        yield row(code(f"{', '.join((*one.opts, *one.secondary_opts))}{value}"), _cell(one.help or ""))


def _value(option: Any) -> str:
    kinds = (option.type_descriptor.annotation, *get_args(option.type_descriptor.annotation))
    choices = next((kind for kind in kinds if isinstance(kind, type) and issubclass(kind, Enum)), None)
    if choices is not None:
        return "|".join(str(one.value) for one in choices)
    return str(option.metavar or "TEXT")


def _cell(ours: str) -> str:
    """Return a help text for a table; it is ours and may hold code spans."""
    return ours.replace("|", "\\|")


def _name(argument: Any) -> str:
    return str(argument.metavar or argument.name.upper())
