"""``runner help``: what an error or an exit code means. Nothing here touches AWS."""

from __future__ import annotations

from typing import Annotated

import typer

About = Annotated[str | None, typer.Argument(metavar="[KIND]", help="A kind of error, or an exit code; default: all.")]


def help_(about: About = None) -> None:
    """Say what a kind of error or an exit code means, what was touched, and what to do next."""
    from runner.cli.error_pages import BY_KIND, EXIT_CODES, PAGES  # noqa: PLC0415  # `--help` pays for nothing
    from runner.cli.error_view import show_codes, show_pages  # noqa: PLC0415  # same
    from runner.cli.output import results  # noqa: PLC0415  # same
    from runner.errors import UsageError  # noqa: PLC0415  # same
    from runner.workflow.loading.quoting import did_you_mean, quoted  # noqa: PLC0415  # same

    console = results()
    if about is None:
        show_codes(EXIT_CODES, PAGES, console)
        return
    codes = tuple(pair for pair in EXIT_CODES if str(int(pair[0])) == about)
    pages = tuple(page for page in PAGES if page.code in dict(codes))
    if about.lower() in BY_KIND:
        pages = (BY_KIND[about.lower()],)
    if not codes and not pages:
        hint = did_you_mean(about, [page.name for page in PAGES]) or "`runner help` lists the kinds and the exit codes"
        raise UsageError(f"there is no error and no exit code {quoted(about)}", hint=hint)
    if codes:
        show_codes(codes, (), console)
    show_pages(pages, console)
