"""What a run did and how it is undone: read from the log, shown, and made into a playbook."""

from __future__ import annotations

import hashlib
import os
from dataclasses import dataclass
from pathlib import Path

import yaml

from runner.audit.kept_plan import kept_plan
from runner.audit.run_ends import StepEnd, run_ends
from runner.audit.run_markers import run_markers
from runner.audit.run_summary import chosen_run
from runner.catalog import BY_NAME
from runner.catalog.aws import action_of
from runner.cli.applied import Applied
from runner.cli.form import Output
from runner.cli.guardrails_file import read_guardrails
from runner.cli.output import messages, print_json, results, text
from runner.cli.undo_view import show_ways
from runner.errors import UsageError
from runner.model.fleet import sections_of
from runner.model.playbook import Playbook, Source
from runner.workflow.loading import load
from runner.workflow.plan_file import playbook_of
from runner.workflow.undoing import NOTHING_READ, How, WayBack, undo_playbook, way_back

_UNKNOWN = StepEnd("not attempted", "")


@dataclass(frozen=True)
class Undone:
    """Hold a run, the playbook of one of its accounts, and the ways back from its steps."""

    run: str
    playbook: Playbook
    ways: tuple[WayBack, ...]

    @property
    def steps(self) -> tuple[WayBack, ...]:
        """The steps that runner can undo."""
        return tuple(way for way in self.ways if way.how is How.ACTION)

    @property
    def text(self) -> str:
        """The playbook that undoes them."""
        data = undo_playbook(self.playbook, self.ways, self.run)
        dumped: str = yaml.safe_dump(_plain(data), sort_keys=False, allow_unicode=True)
        return dumped

    def applied(self, guardrails: str | None) -> Applied:
        """Return the playbook as what is to be done, under the guardrails that hold where the run's playbook stood.

        Raises:
            InvalidPlaybook: with every problem of the guardrails.
        """
        data = self.text.encode("utf-8")
        source = Source(f"undo of run {self.run}", hashlib.sha256(data).hexdigest())
        floor = read_guardrails(guardrails, os.environ, self.playbook.source.path, BY_NAME)
        return Applied(load(data, source, BY_NAME), None, floor)


def read_undone(directory: Path, run: str, account: str) -> Undone:
    """Return how a run is undone; ``run`` is its id, the beginning of it, or empty for the last one.

    Raises:
        UsageError: when there is no such run, it kept no plan, or it has several accounts and none of them is named.
    """
    name = chosen_run(directory, run)
    kept = kept_plan(directory, name)
    if kept is None:
        raise UsageError("this run ended before it did anything", on=name, hint="there is nothing to undo")
    sections = {section.account.id: section for section in sections_of(playbook_of(kept, BY_NAME))}
    if account not in sections and (account or len(sections) > 1):
        hint = f"name one with --account: {', '.join(sections)}"
        raise UsageError(
            "which account of the run?" if not account else "the run had no such account", on=name, hint=hint
        )
    playbook = sections[account] if account else next(iter(sections.values()))
    ends = run_ends(directory, name)
    ended = ((step, ends.get(step.id, _UNKNOWN)) for step in playbook.steps)
    read = {step.id: step.evidence for step in kept.plan.steps if step.account in {"", playbook.account.id}}
    markers = run_markers(directory, name)
    ways = tuple(
        way_back(
            step,
            action_of(step, BY_NAME),
            end.state,
            end.until,
            read.get(step.id, NOTHING_READ),
            markers.get(step.id, ()),
        )
        for step, end in ended
    )
    return Undone(name, playbook, ways)


def report(undone: Undone, output: Output, *, to_result: bool) -> None:
    """Print the ways back: as the result, or on stderr before the rest is undone."""
    if output is Output.JSON:
        print_json({"format": "runner-undo/1", "run": undone.run, "steps": [way.to_data() for way in undone.ways]})
    else:
        show_ways(undone.run, undone.ways, results() if to_result else messages())


def write(undone: Undone, path: str) -> None:
    """Write the playbook that undoes the run; a file that is there stays as it is.

    Raises:
        UsageError: when the file is there, or cannot be written.
    """
    try:
        with Path(path).open("x", encoding="utf-8") as file:
            file.write(undone.text)
    except OSError as error:
        raise UsageError(
            f"the playbook cannot be written: {error.strerror}", on=path, hint="name a new file"
        ) from error
    messages().print(text(f"written: {path}; go on with `runner plan {path}`"))


def _plain(value: object) -> object:
    match value:
        case dict():
            return {name: _plain(item) for name, item in value.items()}
        case list() | tuple():
            return [_plain(item) for item in value]
        case _:
            return value
