"""The pages of the reference that are made from the code; ``make reference`` writes them.

::

    python -m runner.cli.reference docs/reference
"""

from __future__ import annotations

import json
import sys
from collections.abc import Mapping
from pathlib import Path

from runner.catalog import ACTIONS, BY_NAME
from runner.cli.action_markdown import action_index, action_page
from runner.cli.command_pages import commands_page
from runner.cli.error_pages import errors_page
from runner.cli.main import app
from runner.cli.schema_markdown import schema_page
from runner.workflow.action_card import card_of
from runner.workflow.schema import playbook_schema


def pages() -> Mapping[str, str]:
    """Return every page by its path below ``docs/reference``."""
    cards = tuple(card_of(action) for action in ACTIONS)
    made = {f"actions/{card.name}.md": action_page(card) for card in cards}
    schema = playbook_schema(BY_NAME)
    return {
        "actions/README.md": action_index(cards),
        "commands.md": commands_page(app),
        "errors.md": errors_page(),
        "playbook.md": schema_page(schema),
        "playbook.schema.json": json.dumps(schema, indent=2) + "\n",
        **made,
    }


def main(directory: str) -> None:
    """Write every page, and remove those of actions that are gone."""
    root = Path(directory)
    made = pages()
    for page in (root / "actions").glob("*.md"):
        if f"actions/{page.name}" not in made:
            page.unlink()
    for name, text in made.items():
        (root / name).write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main(sys.argv[1])
