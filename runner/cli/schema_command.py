"""``runner schema``: the JSON Schema of playbooks, for editors. Nothing here touches AWS."""

from __future__ import annotations


def schema() -> None:
    """Print the JSON Schema of playbooks, for editors and other tools; offline."""
    from runner.catalog import BY_NAME  # noqa: PLC0415  # `--help` pays for nothing
    from runner.cli.output import print_json  # noqa: PLC0415  # same
    from runner.workflow.schema import playbook_schema  # noqa: PLC0415  # same

    print_json(playbook_schema(BY_NAME))
