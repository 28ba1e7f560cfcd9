"""The commands of ``runner``: their names and summaries, and each one's module, which is loaded when it is named.

``runner --help`` would otherwise import every command and put it together, which takes longer than all the rest.
"""

from __future__ import annotations

import importlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import typer
from typer.main import get_command, get_group_from_info
from typer.models import TyperInfo


@dataclass(frozen=True)
class Listed:
    """Hold what ``--help`` says of a command or a group, and where it is: ``function`` or ``app`` in ``module``."""

    name: str
    summary: str
    module: str
    attribute: str

    def load(self) -> Any:
        """Import the command's module and put the command together."""
        found = getattr(importlib.import_module(f"runner.cli.{self.module}"), self.attribute)
        if isinstance(found, typer.Typer):
            group = TyperInfo(found, name=self.name)
            return get_group_from_info(
                group, pretty_exceptions_short=True, suggest_commands=True, rich_markup_mode=None
            )
        alone = typer.Typer(add_completion=False, rich_markup_mode=None)
        alone.command(self.name)(found)
        return get_command(alone)


def _command(name: str, summary: str) -> Listed:
    return Listed(name, summary, f"{name}_command", name)


def _group(name: str, summary: str, module: str) -> Listed:
    return Listed(name, summary, module, "app")


LISTED = (
    _command(
        "apply",
        "Delete what a reviewed playbook or a sealed plan names: prove MFA, simulate, ask, act, see it gone, log it.",
    ),
    _command("plan", "Show what a playbook would delete, and whether MFA protects it; nothing is changed."),
    _command(
        "resume",
        "Go on with a run that was interrupted: look at what is in doubt, refuse what changed, finish the rest.",
    ),
    _command(
        "undo",
        "Show how each step of a run is undone, and undo what runner can: planned, confirmed and logged as always.",
    ),
    _command(
        "show", "Show a sealed plan, or what is different from an older one; AWS is not asked, nothing is changed."
    ),
    _command("approve", "Approve a sealed plan with your SSH key; AWS is not asked and no credentials are needed."),
    _command("approvals", "Show who approved a sealed plan, and what is wrong with the approvals that do not count."),
    _command("permissions", "Show the least IAM policies that a playbook needs, ready to paste; offline."),
    _command(
        "explain",
        "Say which policy refused a call, from AWS's message, from a run's log, or by simulating a step again.",
    ),
    _command(
        "validate",
        "Check playbooks strictly and offline, under the guardrails: every mistake with its line, and what to do.",
    ),
    _command("actions", "List what steps can do, or tell everything about one action; offline."),
    _command("schema", "Print the JSON Schema of playbooks, for editors and other tools; offline."),
    _command(
        "deps", "Show what has to be gone before a thing can be deleted, what refuses that, and what dies with it."
    ),
    _command("new", "Write a draft of a playbook for things that exist, with their pins; the reasons are left to you."),
    _command("doctor", "Look for what is wrong with keys, MFA, role and targets; nothing is written."),
    Listed(
        "help",
        "Say what a kind of error or an exit code means, what was touched, and what to do next.",
        "help_command",
        "help_",
    ),
    _group("audit", "Read and verify the audit log.", "audit_commands"),
    _group("credentials", "MFA-bearing role credentials for other tools.", "credentials_commands"),
    _group("guardrails", "The organisation's rules under every playbook.", "guardrails_command"),
    _group("sandbox", "A local AWS to try playbooks in: same commands, no account.", "sandbox_commands"),
)
"""Every command and group, in the order of ``runner --help``."""


class Lazily(Mapping[str, Any]):
    """Be the commands by name; each is loaded when it is first asked for."""

    def __init__(self) -> None:
        self._listed = {one.name: one for one in LISTED}
        self._loaded: dict[str, Any] = {}

    def __getitem__(self, name: str) -> Any:
        if name not in self._loaded:
            self._loaded[name] = self._listed[name].load()
        return self._loaded[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._listed)

    def __len__(self) -> int:
        return len(self._listed)
