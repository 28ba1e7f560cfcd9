"""Print a plan, or what changed since an older one, in the form that was asked for."""

from __future__ import annotations

import sys
from collections.abc import Mapping

from runner.cli.changes_view import Changes, changes_markdown, show_changes
from runner.cli.cost_words import costs_data
from runner.cli.form import Review
from runner.cli.output import print_json, results
from runner.cli.plan_markdown import markdown
from runner.cli.plan_view import foot, show_plan
from runner.errors import ExitCode
from runner.guard.confirmation import phrase
from runner.model.canonical import Json
from runner.model.plan import Plan
from runner.model.sealed import SealedPlan, moment


def report(plan: Plan, output: Review, *, sealed: SealedPlan | None = None, old: SealedPlan | None = None) -> ExitCode:
    """Print a plan, or only what changed since ``old``; return 3 when it is refused or something changed, else 0."""
    if old is not None:
        changes = Changes.between(old, plan)
        _report_changes(changes, output)
        return ExitCode.REFUSED if plan.blocking or changes.found else ExitCode.OK
    match output:
        case Review.TEXT:
            show_plan(plan, results(), sealed)
        case Review.JSON:
            print_json({**plan.to_data(), "digest": plan.digest, **_more(plan, sealed)})
        case Review.MARKDOWN:
            sys.stdout.write(markdown(plan, sealed))
        case Review.HTML:
            from runner.cli.pages.plan_page import plan_page  # noqa: PLC0415  # who wants no page waits for no templates

            sys.stdout.write(plan_page(plan, sealed))
    return ExitCode.REFUSED if plan.blocking else ExitCode.OK


def _more(plan: Plan, sealed: SealedPlan | None) -> Mapping[str, Json]:
    """Return what stands beside a plan: the phrase that confirms it, and what makes a sealed one of its kind."""
    confirmation = phrase(plan) if plan.acting and not plan.blocking else None
    if sealed is None:
        return {"confirm": confirmation, "costs": costs_data(plan)}
    return {
        "confirm": confirmation,
        "costs": costs_data(plan),
        "sealed": {
            "seal_sha256": sealed.seal,
            "nonce": sealed.nonce,
            "created": moment(sealed.created),
            "expires": None if sealed.expires is None else moment(sealed.expires),
            "runner": sealed.runner,
        },
    }


def _report_changes(changes: Changes, output: Review) -> None:
    match output:
        case Review.TEXT:
            show_changes(changes, results())
            if changes.new.blocking:
                results().print(foot(changes.new))
        case Review.JSON:
            print_json({**changes.to_data(), **_more(changes.new, None)})
        case Review.MARKDOWN:
            sys.stdout.write(changes_markdown(changes))
        case Review.HTML:
            from runner.cli.pages.changes_page import changes_page  # noqa: PLC0415  # same

            sys.stdout.write(changes_page(changes))
