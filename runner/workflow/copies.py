"""The names of the copies that are kept: each has to be free, or somebody else's copy would be taken for ours."""

from __future__ import annotations

from collections.abc import Iterator

from runner.model.action import Absent, Present, Unreadable
from runner.model.plan import Finding
from runner.model.ports import Sender
from runner.model.sighting import NotThere
from runner.policy.grants import in_words
from runner.workflow.binding import BoundStep
from runner.workflow.reading import read


def copy_findings(sender: Sender, bound: BoundStep) -> Iterator[Finding]:
    """Yield why the name of a copy cannot be used, or a note of what will be kept."""
    for copy in bound.copies:
        check = f"{copy.key}_name_is_free"
        named = {**bound.step.target, copy.key: copy.name}
        match read(sender, copy.probe):
            case Unreadable() as failed:
                told = f"whether {copy.name} is there already could not be read: {failed.why}"
                yield Finding(check, told, f"grant the role {in_words(copy.probe)}", unknown=True, said=failed.said)
            case Present(data) if not isinstance(copy.sight(data, named), NotThere):
                hint = f"give another name: `keep: {{{copy.key}: NAME}}`"
                yield Finding(check, f"there is a copy called {copy.name} already", hint)
            case Present() | Absent():
                yield Finding(check, f"kept as {copy.name}", blocks=False)
