"""``runner permissions``: the least policies that a playbook needs, ready to paste. Nothing here touches AWS."""

from __future__ import annotations

import os
from typing import Annotated

import typer

from runner.cli.form import Output
from runner.cli.options import GuardrailsFile, OutputForm, PlaybookFile

Operators = Annotated[
    list[str] | None,
    typer.Option(
        "--operator",
        metavar="PRINCIPAL",
        help="Whom the trust policy lets in: an account id, or the ARN of an IAM user; may be repeated.",
    ),
]
OnlySnippet = Annotated[
    bool, typer.Option("--snippet", help="Show what protects the targets in their own policies instead.")
]


def permissions(
    playbook: PlaybookFile,
    guardrails: GuardrailsFile = None,
    operator: Operators = None,
    snippet: OnlySnippet = False,
    output: OutputForm = Output.TEXT,
) -> None:
    """Show the least IAM policies that a playbook needs, ready to paste; offline."""
    from runner.catalog import BY_NAME  # noqa: PLC0415  # `--help` pays for nothing
    from runner.cli.guardrails_file import read_guardrails  # noqa: PLC0415  # same
    from runner.cli.output import print_json, results  # noqa: PLC0415  # same
    from runner.cli.permissions_view import show_permissions, show_snippets  # noqa: PLC0415  # same
    from runner.cli.playbook_file import read_playbook  # noqa: PLC0415  # same
    from runner.guard.floor import rules_for  # noqa: PLC0415  # same
    from runner.guard.operators import operator_arn  # noqa: PLC0415  # same
    from runner.model.fleet import sections_of  # noqa: PLC0415  # same
    from runner.workflow.binding import bind_steps  # noqa: PLC0415  # same
    from runner.workflow.permissions import permissions_for, snippets_for  # noqa: PLC0415  # same

    loaded = read_playbook(playbook, BY_NAME)
    floor = read_guardrails(guardrails, os.environ, playbook, BY_NAME)
    each = tuple(rules_for(one, floor).over(one) for one in sections_of(loaded))
    bound = tuple(bind_steps(one, BY_NAME) for one in each)
    if snippet:
        found = snippets_for(tuple(step for steps in bound for step in steps))
        if output is Output.JSON:
            print_json({"format": "runner-snippets/1", "targets": tuple(one.to_data() for one in found)})
        else:
            show_snippets(found, results())
        return
    trusted = tuple(operator_arn(one, loaded.partition) for one in operator or ())
    made = permissions_for(tuple(zip(each, bound, strict=True)), trusted, floor.audit.log_group)
    if output is Output.JSON:
        print_json(made.to_data())
    else:
        show_permissions(made, results())
