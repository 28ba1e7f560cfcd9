"""``runner guardrails``: see which rule decides what, before anybody asks AWS."""

from __future__ import annotations

import os

import typer

from runner.cli.form import Output
from runner.cli.groups import Group
from runner.cli.options import GuardrailsFile, OutputForm, PlaybookFile
from runner.errors import ExitCode

app = typer.Typer(
    cls=Group, help="The organisation's rules under every playbook.", no_args_is_help=True, rich_markup_mode=None
)


@app.callback()
def _root() -> None:
    """Keep ``explain`` a command of its own."""


@app.command()
def explain(playbook: PlaybookFile, guardrails: GuardrailsFile = None, output: OutputForm = Output.TEXT) -> None:
    """Say which rule decides what for a playbook: its own, the guardrails', or a default. AWS is not asked.

    Exit code 3 when the playbook is refused already.
    """
    from runner.catalog import BY_NAME  # noqa: PLC0415  # `--help` pays for nothing
    from runner.cli.guardrails_file import read_guardrails  # noqa: PLC0415  # same
    from runner.cli.guardrails_view import show_explanation  # noqa: PLC0415  # same
    from runner.cli.output import print_json, results  # noqa: PLC0415  # same
    from runner.cli.playbook_file import read_playbook  # noqa: PLC0415  # same
    from runner.workflow.explain_rules import explain as explain_playbook  # noqa: PLC0415  # same

    loaded = read_playbook(playbook, BY_NAME)
    explained = explain_playbook(loaded, BY_NAME, read_guardrails(guardrails, os.environ, playbook, BY_NAME))
    if output is Output.JSON:
        print_json(explained.to_data())
    else:
        show_explanation(explained, results())
    if explained.findings:
        raise typer.Exit(int(ExitCode.REFUSED))
