"""``runner audit show RUN --objects``: every version of every object that a run named, and what became of it."""

from __future__ import annotations

import json
import re
import sys
from pathlib import Path

from runner.audit.objects import run_objects
from runner.cli.output import messages, plural, text
from runner.cli.safe_text import safe_text
from runner.errors import UsageError


def show_objects(directory: Path, run: str, grep: str, *, as_json: bool) -> None:
    """Print a line for each object whose key matches, as it is read: key, version and result between tabs, or JSON.

    Raises:
        UsageError: when the pattern is none, or a manifest cannot be read.
    """
    try:
        pattern = re.compile(grep)
    except re.error as error:
        hint = "write one as Python reads it, such as '^logs/2023'"
        raise UsageError(f"this is no regular expression: {error}", on="--grep", hint=hint) from error
    count = 0
    for line in run_objects(directory, run):
        if pattern.search(line.key) is None:
            continue
        count += 1
        if as_json:
            said = json.dumps(line.to_data(), ensure_ascii=True, sort_keys=True)
        else:
            said = "\t".join((safe_text(line.key), safe_text(line.version), safe_text(line.result)))
        sys.stdout.write(f"{said}\n")
    messages().print(text(plural(count, "object")))
