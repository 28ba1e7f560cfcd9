"""The plan as a comment on a pull request: what dies, what dies with it, verdicts, what can be undone, the digest.

A comment holds at most 65,536 characters. The head with its totals, what refuses the plan and what was accepted come
first; when something does not fit, it says what is left out, and where the whole plan is.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from runner.cli.cost_words import SOURCE, costs
from runner.cli.markdown_text import code, prose, row
from runner.cli.output import plural
from runner.cli.plan_origin import approvals, floor
from runner.cli.plan_summary import summary_of
from runner.cli.plan_words import (
    ACCEPTED,
    NOT_SIMULATED,
    NOTE,
    REFUSED,
    Group,
    able,
    by_account,
    cascades,
    findings,
    grouped,
    holds,
    irreversible,
    name_in_account,
    on_failure,
    protection,
    verdicts,
    ways_back,
)
from runner.guard.confirmation import phrase
from runner.model.plan import Plan, PlannedStep
from runner.model.playbook import Account, Source
from runner.model.sealed import SealedPlan

LONGEST = 65_536
"""The longest comment that GitHub takes; reckoned in bytes here, which is never more characters."""
_ROOM = 600
"""Bytes that are kept for saying what is left out."""


def markdown(plan: Plan, sealed: SealedPlan | None = None) -> str:
    """Return a plan as Markdown, with what makes it one of its kind when it is sealed."""
    page = _Page(LONGEST - _ROOM)
    page.take("", _head(plan, sealed))
    page.take("findings", _list("Refused", grouped(findings(plan, REFUSED))))
    page.take("accepted findings", _list("Unknown, accepted by the reviewers", grouped(findings(plan, ACCEPTED))))
    page.take("steps", _steps(plan, sealed))
    page.take("reasons", _list("Cannot be undone, and why that is acceptable", grouped(irreversible(plan))))
    page.take("ways back", _list("How it is undone", grouped(ways_back(plan))))
    page.take("notes", _list("Notes", grouped(findings(plan, NOTE))))
    page.take("costs", _list("What emptying costs", grouped(costs(plan)), SOURCE))
    page.take("reasons of verdicts", _list("Why these verdicts", grouped(verdicts(plan)), NOT_SIMULATED))
    return page.text()


class _Page:
    """Gather lines while there is room, and know what did not fit."""

    def __init__(self, room: int) -> None:
        self._room = room
        self._lines: list[str] = []
        self._left_out: dict[str, int] = {}

    def take(self, what: str, block: Iterable[str]) -> None:
        """Take a block line by line; a line without room for it is counted as one of ``what``."""
        for line in block:
            needed = len(line.encode()) + 1
            if needed <= self._room and not self._left_out.get(what):
                self._room -= needed
                self._lines.append(line)
            elif line:
                self._left_out[what] = self._left_out.get(what, 0) + 1

    def text(self) -> str:
        """Return everything, with what is left out at the beginning, where nobody misses it."""
        if not self._left_out:
            return "\n".join((*self._lines, ""))
        parts = ", ".join(f"{count:,} lines of {what}" for what, count in self._left_out.items())
        warning = (
            f"> **This is not the whole plan.** Left out here: {parts}. All of it: `runner show` on the plan's file."
        )
        return "\n".join((self._lines[0], "", warning, *self._lines[1:], ""))


def _head(plan: Plan, sealed: SealedPlan | None) -> Iterator[str]:
    yield f"### runner plan: {prose(plan.name)}"
    yield ""
    yield _summary(plan)
    yield ""
    rows = [
        ("why", prose(plan.description)),
        *_where(plan),
        ("owner", prose(plan.owner) + (f", ticket {prose(plan.ticket)}" if plan.ticket else "")),
        ("playbook", _origin(plan.source)),
        ("guardrails", prose(floor(plan))),
        ("approvals", prose(approvals(plan))),
        ("digest", code(plan.digest)),
    ]
    if sealed is not None:
        until = "" if sealed.expires is None else f", good until {sealed.expires:%Y-%m-%d %H:%M} UTC"
        rows += [
            ("sealed", f"{sealed.created:%Y-%m-%d %H:%M} UTC by runner {prose(sealed.runner)}{until}"),
            ("seal", code(sealed.seal)),
        ]
    if plan.acting and not plan.blocking:
        rows.append(("to confirm", code(phrase(plan))))
    yield row("plan", "")
    yield row("---", "---")
    yield from (row(label, value) for label, value in rows)


def _where(plan: Plan) -> Iterator[tuple[str, str]]:
    if plan.sections:
        yield "accounts", "<br>".join(f"{_account(one.account)} by {code(one.role_arn)}" for one in plan.sections)
        yield "on failure", prose(on_failure(plan))
    else:
        yield "account", f"{_account(plan.account)}, region {code(plan.region)}"
        yield "role", code(plan.role_arn)


def _account(account: Account) -> str:
    return code(account.id) + (f" ({code(account.alias)})" if account.alias else "")


def _summary(plan: Plan) -> str:
    summary = summary_of(plan)
    if summary.refusals:
        return f"**Refused: {plural(summary.refusals, 'finding')}.** Nothing can be done with this plan."
    if not summary.steps:
        return "**Nothing to do:** every target is already gone."
    named = ", ".join(f"{count:,} {code(name)}" for name, count in summary.actions)
    with_it = f", and with the targets {summary.contents}" if summary.contents else ""
    others = f" **{summary.bystanders}** die too." if summary.bystanders else ""
    final = f" **{plural(summary.lost, 'step')} cannot be undone.**" if summary.lost else ""
    return f"**{plural(summary.steps, 'step')}**: {named}{with_it}.{others}{final}"


def _steps(plan: Plan, sealed: SealedPlan | None) -> Iterator[str]:
    for section, steps in by_account(plan):
        yield ""
        if section is not None:
            yield f"**Account {_account(section.account)}**"
            yield ""
        yield row("#", "step", "what dies", "with it", "undo", "MFA")
        yield row("--:", "---", "---", "---", "---", "---")
        yield from _rows(plan, steps, sealed)


def _rows(plan: Plan, steps: tuple[tuple[int, PlannedStep], ...], sealed: SealedPlan | None) -> Iterator[str]:
    for number, step in steps:
        where = "" if step.region == plan.region else f" in {code(step.region)}"
        yield row(
            str(number),
            f"{code(name_in_account(step))}<br>{code(step.action)}",
            f"{code(step.target)}{where}",
            "<br>".join((prose(holds(step)), *(f"**{prose(words)}**" for words in cascades(step)))),
            prose(able(step, sealed)) if step.acts else prose(""),
            _verdict(step),
        )


def _verdict(step: PlannedStep) -> str:
    label, *more = protection(step) or ("—",)
    refused = "**refused**<br>" if any(finding.blocks for finding in step.findings) else ""
    return f"{refused}{prose(label)}" + "".join(f"<br>{prose(word)}" for word in more)


def _list(title: str, groups: tuple[Group, ...], below: str = "") -> Iterator[str]:
    if not groups:
        return
    yield ""
    yield f"**{title}**"
    yield ""
    for group in groups:
        message, _, hint = group.words.partition("\n")
        yield f"- {code(group.label)}: {prose(message)}" + (f"<br>{code(hint)}" if hint else "")
    if below:
        yield ""
        yield below


def _origin(source: Source) -> str:
    told = f"{code(source.path)}, sha256 {code(source.sha256)}"
    if not source.commit:
        return f"{told}, **not in git**"
    state = "**with uncommitted changes**" if source.dirty else "clean"
    return f"{told}, commit {code(source.commit)} ({state})"
