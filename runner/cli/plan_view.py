"""The plan for a tired reader: what dies, what it holds, whether MFA protects it, what cannot be undone."""

from __future__ import annotations

from rich.box import SIMPLE
from rich.console import Console, Group, RenderableType
from rich.table import Table
from rich.text import Text

from runner.cli.output import plural, size, text
from runner.guard.approval_people import people
from runner.guard.confirmation import DIGITS
from runner.guard.verdict import CHECK as VERDICT_CHECK
from runner.model.action import Recovery
from runner.model.plan import Cascade, Census, Evidence, Finding, Level, Plan, PlannedStep, Protection, Verdict
from runner.model.playbook import Source
from runner.model.target_state import Exists, Missing, NotSeen

_KINDS = {
    "Versions": "object version",
    "DeleteMarkers": "delete marker",
    "Uploads": "unfinished upload",
}
_LEVELS = {
    Level.RESOURCE: "by its policy",
    Level.ORGANIZATION: "by an SCP",
    Level.ROLE: "by role only",
    Level.TRUST: "trust-gated",
    Level.NONE: "",
}
"""Where the protection lives, in 13 characters."""
_MEMBERS = 5
"""How many of the things that die with a target are named."""
_NOT_SIMULATED = "A simulation does not cover resource control policies, endpoint policies and ACLs."


def show_plan(plan: Plan, console: Console) -> None:
    """Print a plan; it fits 80 columns and means the same without colour."""
    console.print(_head(plan))
    table = Table(box=SIMPLE, expand=True, pad_edge=False, show_edge=False)
    table.add_column("#", justify="right", width=2)
    table.add_column("step", min_width=6, max_width=16, overflow="fold")
    table.add_column("what dies", ratio=1, overflow="fold")
    table.add_column("MFA", width=13, overflow="fold")
    for number, step in enumerate(plan.steps, start=1):
        name = Text("\n").join((text(step.id, "bold"), text(step.action, "dim")))
        table.add_row(str(number), name, _what_dies(step), _headline(step), end_section=True)
    console.print(table)
    for step in plan.steps:
        if step.verdict is not None:
            console.print(_reason(step, step.verdict))
    if any(step.verdict is not None and step.verdict.evidence is Evidence.SIMULATED for step in plan.steps):
        console.print(text(_NOT_SIMULATED, "dim"))
    for finding in plan.findings:
        console.print(_finding(finding))
    console.print(_foot(plan))


def _head(plan: Plan) -> RenderableType:
    alias = f" ({plan.account.alias})" if plan.account.alias else ""
    rows = (
        ("plan", f"{plan.name}   digest {plan.digest[:DIGITS]}"),
        ("why", plan.description),
        ("account", f"{plan.account.id}{alias}   region {plan.region}"),
        ("role", plan.role_arn),
        ("owner", plan.owner + (f"   ticket {plan.ticket}" if plan.ticket else "")),
        ("playbook", source_line(plan.source)),
        (
            "guardrails",
            "none: only the playbook's own rules hold" if plan.guardrails is None else source_line(plan.guardrails),
        ),
        ("approvals", f"of {people(plan.approvals)} besides the operator" if plan.approvals else "none needed"),
    )
    grid = Table.grid(padding=(0, 2))
    grid.add_column(style="dim")
    grid.add_column(overflow="fold")
    for label, value in rows:
        grid.add_row(label, text(value.strip()))
    return grid


def source_line(source: Source) -> str:
    """Return where a file's bytes came from, in a line."""
    if not source.commit:
        return f"{source.path}   sha256 {source.sha256[:12]}   not in git"
    state = "with uncommitted changes" if source.dirty else "clean"
    return f"{source.path}   sha256 {source.sha256[:12]}   commit {source.commit[:12]} ({state})"


def _what_dies(step: PlannedStep) -> RenderableType:
    lines: list[Text] = [text(step.target, "bold"), text(step.summary, "dim")]
    match step.state:
        case Exists():
            if step.census is not None:
                lines.append(text(_counted(step.census)))
            lines += (Text.assemble(("dies with it: ", "bold red"), text(_listed(one))) for one in step.cascade)
            if step.recovery is Recovery.NONE:
                lines.append(Text.assemble(("cannot be undone: ", "bold red"), text(step.irreversible or "")))
        case Missing(why):
            lines.append(Text.assemble(("nothing to do: ", "green"), text(why)))
        case NotSeen(why):
            lines.append(Text.assemble(("not readable: ", "bold red"), text(why)))
    # What the verdict says stands below the table, with its reason.
    lines.extend(_finding(finding) for finding in step.findings if finding.check != VERDICT_CHECK)
    return Group(*lines)


def _listed(cascade: Cascade) -> str:
    at_least = "" if cascade.complete else "at least "
    shown = ", ".join(cascade.members[:_MEMBERS])
    rest = f" and {len(cascade.members) - _MEMBERS} more" if len(cascade.members) > _MEMBERS else ""
    return f"{at_least}{len(cascade.members)} {cascade.what}: {shown}{rest}"


def _counted(census: Census) -> str:
    named = {kind: census.kinds[kind] for kind in (*_KINDS, *census.kinds) if kind in census.kinds}
    parts = [plural(count, _KINDS.get(kind, kind)) for kind, count in named.items()]
    listed = ", ".join(parts) if parts else "nothing"
    return f"{'' if census.complete else 'at least '}{listed}; {size(census.size)}"


def _headline(step: PlannedStep) -> Text:
    if step.verdict is None:
        return text("-", "dim")
    good = step.verdict.protection is Protection.PROTECTED
    label = (step.verdict.protection.value, "bold green" if good else "bold red")
    lines = (_LEVELS[step.verdict.level], step.verdict.evidence.value)
    return Text.assemble(label, *((f"\n{line}", "dim") for line in lines if line))


def _reason(step: PlannedStep, verdict: Verdict) -> Text:
    refused = any(finding.check == VERDICT_CHECK and finding.blocks for finding in step.findings)
    label = (f"{step.id}: refused: ", "bold red") if refused else (f"{step.id}: ", "bold")
    told = Text.assemble(label, text(verdict.reason))
    if verdict.hint and verdict.protection is not Protection.PROTECTED:
        told.append_text(Text.assemble("\n", text(verdict.hint, "yellow")))
    return told


def _finding(finding: Finding) -> Text:
    if finding.accepted:
        accepted = text(f"{finding.message}; accepted because: {finding.accepted}", "red")
        return Text.assemble(("unknown, accepted: ", "bold red"), accepted)
    label, style = ("refused: ", "bold red") if finding.blocks else ("note: ", "yellow")
    hint = f" ({finding.hint})" if finding.hint else ""
    return Text.assemble((label, style), text(f"{finding.told}{hint}"))


def _foot(plan: Plan) -> Text:
    blocked = len(plan.blocking)
    if blocked:
        return text(f"{plural(blocked, 'finding')} refuse this plan; nothing was touched.", "bold red")
    if not plan.acting:
        return text("Nothing to do: every target is already gone.", "bold green")
    return text(f"{plural(len(plan.acting), 'step')} to do in account {plan.account.id}.", "bold")
