"""The schema of playbooks as a page: every key, whether it has to be there, and what it says."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from runner.cli.action_markdown import MADE
from runner.cli.markdown_text import code, row
from runner.model.canonical import Json

_HEAD = """\
Unknown keys are refused, never ignored. What a step's `target`, `keep` and `unprotect` may hold depends on its action:
see [the actions](actions/README.md). Editors complete keys and show these sentences when a playbook begins with

```yaml
# yaml-language-server: $schema=../docs/reference/playbook.schema.json
```

`runner schema` prints that schema, made for the actions of this version."""


def schema_page(schema: Mapping[str, Json]) -> str:
    """Return the page of a playbook's keys."""
    lines = [row("key", "needed", "what it says"), row("---", "---", "---"), *_rows(schema, schema, "")]
    return "\n\n".join((MADE, "# Playbook", _HEAD, "\n".join(lines))) + "\n"


def _rows(root: Mapping[str, Json], schema: Mapping[str, Json], within: str) -> Iterator[str]:
    properties = schema.get("properties")
    required = schema.get("required")
    for name, value in properties.items() if isinstance(properties, Mapping) else ():
        if not isinstance(value, Mapping):
            continue
        key = f"{within}{name}"
        needed = "yes" if isinstance(required, list | tuple) and name in required else ""
        yield row(code(key), needed, _says(value))
        yield from _rows(root, value, f"{key}.")
        yield from _rows(root, _items(root, value), f"{key}[].")


def _items(root: Mapping[str, Json], schema: Mapping[str, Json]) -> Mapping[str, Json]:
    """Return what a list holds; the steps' own schema stands apart."""
    items = schema.get("items")
    if not isinstance(items, Mapping):
        return {}
    definitions = root.get("$defs")
    step = definitions.get("step") if isinstance(definitions, Mapping) else None
    return step if "$ref" in items and isinstance(step, Mapping) else items


def _says(schema: Mapping[str, Json]) -> str:
    said = str(schema.get("description", "")).replace("|", "\\|")
    if "default" not in schema:
        return said
    default = schema["default"]
    shown = str(default).lower() if isinstance(default, bool) else str(default)
    return f"{said} Default: {code(shown)}."
