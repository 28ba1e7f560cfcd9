"""What changed since an older plan as a page: each difference with what was planned and what is found."""

from __future__ import annotations

from runner.cli.changes_view import Changes, does, name_of
from runner.cli.pages.render import render


def changes_page(changes: Changes) -> str:
    """Return what changed as HTML."""
    return render(
        "changes.html",
        name=changes.new.name,
        summary=changes.summary,
        tone="care" if changes.found else "good",
        digests=(("planned", changes.old.digest), ("found", changes.new.digest)),
        rows=changes.rows,
        steps=tuple((name_of(changes, step), does(step)) for step in changes.steps),
    )
