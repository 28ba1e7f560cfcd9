"""What ``runner validate`` found, in SARIF 2.1.0: the form that code hosts show beside the lines of a pull request.

Source: OASIS, Static Analysis Results Interchange Format (SARIF) Version 2.1.0.
"""

from __future__ import annotations

from pathlib import Path
from urllib.parse import quote

from runner import __version__
from runner.errors import Problem
from runner.model.canonical import Json

RULE = "invalid-playbook"
_SCHEMA = "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json"


def sarif(problems: tuple[Problem, ...]) -> dict[str, Json]:
    """Return the log of one run; columns count characters, as everywhere else."""
    rule: Json = {
        "id": RULE,
        "shortDescription": {"text": "The playbook is not valid."},
        "fullDescription": {"text": "A playbook is loaded strictly: what is not understood is refused, not ignored."},
        "defaultConfiguration": {"level": "error"},
    }
    run: Json = {
        "tool": {"driver": {"name": "runner", "semanticVersion": __version__, "rules": [rule]}},
        "columnKind": "unicodeCodePoints",
        "results": [_result(problem) for problem in problems],
    }
    return {"$schema": _SCHEMA, "version": "2.1.0", "runs": [run]}


def _result(problem: Problem) -> Json:
    hint = f": {problem.hint}" if problem.hint else ""
    return {
        "ruleId": RULE,
        "ruleIndex": 0,
        "level": "error",
        "message": {"text": f"{problem.message}{hint}"},
        "locations": [
            {
                "physicalLocation": {
                    "artifactLocation": {"uri": _uri(problem.file)},
                    "region": {"startLine": problem.line, "startColumn": problem.column},
                }
            }
        ],
    }


def _uri(file: str) -> str:
    """Return a file's name as a URI: relative to wherever validation ran, which is the repository's root in CI."""
    path = Path(file)
    return path.as_uri() if path.is_absolute() else quote(path.as_posix())
