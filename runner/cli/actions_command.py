"""``runner actions``: the catalogue, with what is lost and how it is undone. Nothing here touches AWS."""

from __future__ import annotations

from typing import Annotated

import typer

from runner.cli.completions import action_names
from runner.cli.form import Report
from runner.cli.options import ReportForm

ActionName = Annotated[
    str | None,
    typer.Argument(metavar="NAME", help="The action to tell everything about.", autocompletion=action_names),
]


def actions(name: ActionName = None, output: ReportForm = Report.TEXT) -> None:
    """List what steps can do, or tell everything about one action; offline."""
    from runner.catalog import BY_NAME  # noqa: PLC0415  # `--help` pays for nothing
    from runner.cli.action_markdown import action_index, action_page  # noqa: PLC0415  # same
    from runner.cli.action_view import show_action, show_actions  # noqa: PLC0415  # same
    from runner.cli.output import print_json, results  # noqa: PLC0415  # same
    from runner.errors import UsageError  # noqa: PLC0415  # same
    from runner.workflow.action_card import FORMAT, card_of  # noqa: PLC0415  # same
    from runner.workflow.loading.quoting import did_you_mean, quoted  # noqa: PLC0415  # same

    if name is not None and name not in BY_NAME:
        hint = did_you_mean(name, BY_NAME) or "`runner actions` lists them all"
        raise UsageError(f"there is no action {quoted(name)}", hint=hint)
    cards = tuple(card_of(action) for action in BY_NAME.values() if name in {None, action.name})
    match output:
        case Report.JSON:
            print_json({"format": FORMAT, "actions": tuple(card.to_data() for card in cards)})
        case Report.MARKDOWN:
            typer.echo(action_index(cards) if name is None else action_page(cards[0]), nl=False)
        case Report.TEXT if name is None:
            show_actions(cards, results())
        case Report.TEXT:
            show_action(cards[0], results())
