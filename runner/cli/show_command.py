"""``runner show``: read a sealed plan; AWS is not asked."""

from __future__ import annotations

from typing import Annotated

import typer

from runner.cli.completions import plan_files
from runner.cli.form import Review
from runner.cli.options import Against, ReviewForm

PlanFile = Annotated[
    str, typer.Argument(metavar="PLAN", help="The sealed plan, from `runner plan -o`.", autocompletion=plan_files)
]


def show(plan: PlanFile, against: Against = None, output: ReviewForm = Review.TEXT) -> None:
    """Show a sealed plan, or what is different from an older one; AWS is not asked, nothing is changed.

    Exit code 3 when the file was changed after it was sealed, or something is different.
    """
    from runner.cli.plan_file import read_plan_file  # noqa: PLC0415  # `--help` pays for nothing
    from runner.cli.plan_report import report  # noqa: PLC0415  # same

    sealed = read_plan_file(plan)
    old = None if against is None else read_plan_file(against)
    raise typer.Exit(int(report(sealed.plan, output, sealed=sealed, old=old)))
