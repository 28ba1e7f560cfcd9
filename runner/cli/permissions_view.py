"""Policies to paste: a heading in words, then JSON that a terminal neither wraps nor obeys."""

from __future__ import annotations

import json

from rich.console import Console

from runner.cli.output import text
from runner.model.canonical import Json
from runner.policy.permissions import ATTACHED, INLINE_SIZE, MANAGED_SIZE, TRUST_SIZE, size
from runner.workflow.permissions import Permissions, RolePermissions, Snippet


def show_permissions(made: Permissions, console: Console) -> None:
    """Print every policy that a playbook needs, in the order of the way: the operator, then role after role."""
    console.print(text("the operator's user: identity policy", "bold"))
    _show(made.operator, console)
    for role in made.roles:
        _show_role(role, console)


def show_snippets(snippets: tuple[Snippet, ...], console: Console) -> None:
    """Print what protects each target, to be added to the statements of its own policy."""
    if not snippets:
        console.print(text("no target of this playbook can have a policy of its own"))
    for snippet in snippets:
        console.print(text(f"{snippet.target}: add to the Statement list of its policy", "bold"), soft_wrap=True)
        for statement in snippet.statements:
            _show(statement, console)


def _show_role(role: RolePermissions, console: Console) -> None:
    count = len(role.policies)
    for number, policy in enumerate(role.policies, start=1):
        which = f" {number} of {count}" if count > 1 else ""
        counted = f"{size(policy):,} of {MANAGED_SIZE:,} characters"
        console.print(text(f"{role.role_arn}: identity policy{which} ({counted})", "bold"), soft_wrap=True)
        _show(policy, console)
    whole = sum(map(size, role.policies))
    if count > 1:
        fits = "they fit inline too" if whole <= INLINE_SIZE else f"inline policies take {INLINE_SIZE:,} together"
        console.print(text(f"attach them as managed policies, a role takes {ATTACHED}; {fits}", "dim"), soft_wrap=True)
    if role.optional is not None:
        heading = f"{role.role_arn}: optional: checks the simulator by the role's own policies, or does without it"
        console.print(text(heading, "bold"), soft_wrap=True)
        _show(role.optional, console)
    if role.trust is None:
        hint = "give --operator with the operators' account id, or with the ARN of a user"
        console.print(text(f"{role.role_arn}: trust policy: {hint}", "bold"), soft_wrap=True)
        return
    counted = f"{size(role.trust):,} of {TRUST_SIZE:,} characters"
    console.print(text(f"{role.role_arn}: trust policy ({counted})", "bold"), soft_wrap=True)
    _show(role.trust, console)


def _show(policy: Json, console: Console) -> None:
    console.print(text_of(policy), soft_wrap=True)


def text_of(policy: Json) -> str:
    """Return a policy as people paste it; ASCII, so that no terminal can be led by what is in it."""
    return json.dumps(policy, indent=2, ensure_ascii=True)
