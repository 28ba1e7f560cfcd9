"""The rows below the lines at a terminal: one for each step that is under way, with how it stands."""

from __future__ import annotations

from rich.console import Console, RenderableType
from rich.progress import BarColumn, Progress, ProgressColumn, SpinnerColumn, Task, TaskID, TextColumn
from rich.table import Column
from rich.text import Text

from runner.cli.output import lasting, size, text
from runner.model.figures import share

_BAR = 20
"""How wide a bar is."""


class _Bar(BarColumn):
    """Show a bar where there is something to count."""

    def render(self, task: Task) -> RenderableType:  # type: ignore[override]  # a column may render anything
        """Return the bar, or nothing."""
        return Text("") if task.total is None else super().render(task)


class _Standing(ProgressColumn):
    """Show how many children are deleted and how fast, or what is seen of the step."""

    def render(self, task: Task) -> Text:
        """Return it on one line."""
        if task.fields["seen"] or task.total is None:
            return text(task.fields["seen"])
        speed = "" if task.speed is None else f", {task.speed:,.0f}/s"
        if task.speed is not None and task.fields["size"]:
            speed += f", about {size(share(task.fields['size'], round(task.speed), round(task.total)))}/s"
        left = "" if not task.time_remaining else f", {lasting(round(task.time_remaining))} left"
        load = f", {task.fields['load']}" if task.fields["load"] else ""
        return text(f"{task.completed:,.0f} of {task.total:,.0f}{speed}{load}{left}")


class Rows:
    """Hold a row for each step that is under way; where there is no terminal there are none."""

    def __init__(self, console: Console) -> None:
        self._console = console
        self._tasks: dict[str, TaskID] = {}
        self._shown = False
        self._progress = Progress(
            SpinnerColumn(),
            TextColumn("{task.description}", markup=False, table_column=Column(no_wrap=True)),
            _Bar(bar_width=_BAR),
            _Standing(table_column=Column(no_wrap=True, overflow="ellipsis")),
            console=console,
            transient=True,
        )

    def __rich__(self) -> RenderableType:
        """Return the rows as they are now."""
        return self._progress.get_renderable()

    @property
    def any(self) -> bool:
        """Whether a step is under way."""
        return bool(self._tasks)

    def add(self, step: str, total: int, bytes_: int = 0) -> None:
        """Add a step's row; ``total`` is the number of its children, 0 when there are none, ``bytes_`` their size."""
        if self._console.is_terminal:
            self._tasks[step] = self._progress.add_task(step, total=total or None, size=bytes_, seen="", load="")
            self.show()

    def tell(self, step: str, seen: str) -> bool:
        """Say in a step's row what is seen of it; return whether it has one."""
        task = self._tasks.get(step)
        if task is not None:
            self._progress.update(task, seen=seen)
        return task is not None

    def go_on(self, step: str, children: int, load: str) -> bool:
        """Say in a step's row how many children are deleted; return whether it has one."""
        task = self._tasks.get(step)
        if task is not None:
            self._progress.update(task, completed=children, load=load, seen="")
        return task is not None

    def remove(self, step: str) -> None:
        """Take a step's row away."""
        task = self._tasks.pop(step, None)
        if task is not None:
            self._progress.remove_task(task)
        if not self._tasks:
            self.hide()

    def show(self) -> None:
        """Show the rows, when there are any."""
        if self._tasks and not self._shown:
            self._progress.start()
            self._shown = True

    def hide(self) -> None:
        """Clear the place below the lines, for the end or for a question."""
        if self._shown:
            self._progress.stop()
            self._shown = False
