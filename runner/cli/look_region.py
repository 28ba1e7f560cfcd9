"""Which region a command looks in that has no playbook to say it."""

from __future__ import annotations

import os

from runner.errors import UsageError
from runner.model.arn import Arn


def look_region(given: str | None, *arns: str) -> str:
    """Return the region that was given, else that of the first ARN with one, else AWS's own variables'.

    Raises:
        UsageError: when nobody says one.
    """
    for found in (given, *map(_region, arns), os.environ.get("AWS_REGION"), os.environ.get("AWS_DEFAULT_REGION")):
        if found:
            return found
    raise UsageError("no region is known", hint="give --region, or set AWS_REGION")


def _region(arn: str) -> str:
    try:
        return Arn.parse(arn).region
    except ValueError:
        return ""
