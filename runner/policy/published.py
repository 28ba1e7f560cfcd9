"""Which IAM action an operation needs, where the Service Authorization Reference has one of the same name.

The list stands in ``published_actions.txt``, made by ``make iam-data``; it is read as code is. What is not in it is not
known, and nobody guesses: the reviewers have to say it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files

FILE = "published_actions.txt"


@dataclass(frozen=True)
class Published:
    """Hold the IAM actions of an operation; ``anywhere`` says that they know no resources, only ``*``."""

    actions: tuple[str, ...]
    anywhere: bool


def published(service: str, operation: str) -> Published | None:
    """Return what is published about an operation; None when IAM has no action of its name.

    Operations whose actions are called otherwise, or depend on their arguments, are not in the list either.
    """
    prefix, _, names = _lines().get(service, "").partition(" ")
    for name in names.split():
        if name.removesuffix("*") == operation:
            return Published((f"{prefix}:{operation}",), name.endswith("*"))
    return None


@cache
def _lines() -> Mapping[str, str]:
    text = files(__package__).joinpath(FILE).read_text(encoding="utf-8")
    lines = (line.partition(" ") for line in text.splitlines() if not line.startswith("#"))
    return {service: rest for service, _, rest in lines}
