"""The audit log for readers: runs, one run's timeline, and what verification found."""

from __future__ import annotations

from rich.box import SIMPLE
from rich.console import Console
from rich.table import Table
from rich.text import Text

from runner.audit.anchor_check import Anchors
from runner.audit.reconcile import Reconciliation
from runner.audit.run_summary import RunSummary
from runner.audit.timeline import Entry
from runner.audit.verify import CANNOT_SEE, Broken, Verified
from runner.cli.output import plural, text


def show_runs(runs: tuple[RunSummary, ...], console: Console) -> None:
    """Print the runs, one line each, the last one at the end."""
    table = Table(box=SIMPLE, expand=True, pad_edge=False, show_edge=False)
    table.add_column("run, started (UTC)", width=26, overflow="fold")
    table.add_column("playbook, account, who", ratio=1, overflow="fold")
    table.add_column("ended", width=12, overflow="fold")
    for run in runs:
        doubt = Text(f"\n{run.in_doubt} in doubt", "bold red") if run.in_doubt else Text()
        about = Text("\n").join((text(run.playbook, "bold"), text(run.account), text(run.who)))
        when = Text("\n").join((text(run.run), text(_minute(run.started), "dim")))
        table.add_row(when, about, Text.assemble(text(run.status, _style(run)), doubt), end_section=True)
    console.print(table)


def show_timeline(summary: RunSummary, entries: tuple[Entry, ...], console: Console) -> None:
    """Print what one run did, in order, with the times of its own clock."""
    console.print(text(f"run {summary.run}: {summary.playbook} in {summary.account}, by {summary.who}", "bold"))
    console.print(text(f"plan {summary.plan_sha256}"), soft_wrap=True)
    table = Table(box=SIMPLE, expand=True, pad_edge=False, show_edge=False)
    table.add_column("#", justify="right")
    table.add_column("time (UTC)", width=12)
    table.add_column("step", max_width=14, overflow="fold")
    table.add_column("what", ratio=1, overflow="fold")
    for entry in entries:
        table.add_row(str(entry.seq), text(entry.at[11:23]), text(entry.step), _story(entry))
    console.print(table)
    console.print(text(f"{summary.status}", _style(summary)))


def show_verification(found: Verified | Broken, console: Console) -> None:
    """Print whether the log is intact, every flaw with its place, and what verification cannot see."""
    for warning in found.warnings:
        console.print(Text.assemble(("note: ", "yellow"), text(f"{warning.place}: {warning.message}")))
    match found:
        case Verified():
            _show_intact(found, console)
        case Broken(flaws):
            for flaw in flaws:
                said = text(f"{flaw.place}: {flaw.kind.value}: {flaw.message}")
                console.print(Text.assemble(("flaw: ", "bold red"), said), soft_wrap=True)
            console.print(Text("the log is not intact", "bold red"))
    console.print(text("not seen by this: " + "; ".join(CANNOT_SEE), "dim"))


def _show_intact(found: Verified, console: Console) -> None:
    counted = f"{plural(found.records, 'record')} of {plural(found.runs, 'run')}"
    console.print(Text(f"the log is intact: {counted}", "bold green"))
    if found.head is not None:
        console.print(text(f"head: record {found.head.seq}, sha256 {found.head.sha256}"), soft_wrap=True)
    if found.signed is not None:
        count = plural(found.checkpoints, "checkpoint")
        console.print(text(f"signed: {count}, the last over {found.signed.size} records"))
        console.print(text(f"root: {found.signed.root.hex()}"), soft_wrap=True)
        console.print(text(f"key: {found.key}"), soft_wrap=True)
    if found.signatures or found.approvals:
        judged = f"{plural(found.signatures, 'signature')} of operators, {plural(found.approvals, 'approval')} of peers"
        console.print(text(f"judged again: {judged}"))
    if found.stamped is not None:
        size, time = found.stamped
        told = f"{plural(found.stamps, 'time stamp')}, the last over {size} records"
        console.print(text(f"{told}: they were there by {time:%Y-%m-%d %H:%M:%S} UTC"))


def show_anchors(found: Anchors, console: Console) -> None:
    """Print how the log stands against its anchors, and which other logs have some there."""
    show_verification(found.result, console)
    console.print(text(f"held against {plural(found.count, 'anchor')} of this log"))
    for origin, count in found.others:
        console.print(text(f"another log has {plural(count, 'anchor')} there: {origin}", "dim"))


def show_reconciliation(found: Reconciliation, console: Console) -> None:
    """Print what does not fit, then what is open, then what fits."""
    for finding in found.findings:
        said = text(f"{finding.kind.value}: {finding.on}: {finding.message}")
        console.print(Text.assemble(("finding: ", "bold red"), said), soft_wrap=True)
    for settled in found.settled:
        console.print(Text.assemble(("settled: ", "bold"), text(settled)), soft_wrap=True)
    for call in found.not_yet:
        console.print(Text.assemble(("not yet: ", "yellow"), text(f"{call}: its event may still come")), soft_wrap=True)
    if found.not_covered:
        count = plural(len(found.not_covered), "call")
        console.print(text(f"not covered: {count} that only data events show, and the trail has none", "bold"))
    for run, number in sorted(found.unknown_runs.items()):
        sent = f"{plural(number, 'call')} of run {run}, which this log does not have"
        console.print(text(f"another log's, or deleted here: {sent}", "bold"))
    console.print(text(f"{plural(found.matched, 'call')} of the log found in CloudTrail"))
    told = f"{plural(len(found.findings), 'finding')}" if found.findings else "nothing contradicts the log"
    console.print(text(told, "bold red" if found.findings else "bold green"))


def _story(entry: Entry) -> Text:
    told = Text.assemble(text(entry.what, "bold"))
    if entry.on:
        told.append_text(text(f" {entry.on}"))
    if entry.result:
        told.append_text(text(f": {entry.result}"))
    if entry.request_id:
        told.append_text(Text.assemble("\n", text(f"request {entry.request_id}", "dim")))
    return told


def _style(run: RunSummary) -> str:
    return "bold green" if run.ended_well else "bold red"


def _minute(moment: str) -> str:
    return moment[:16].replace("T", " ")
