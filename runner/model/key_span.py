"""Which keys of a bucket a step may touch: those that begin with a text, or those that are named; nothing else. Pure.

S3 takes any text of up to 1,024 bytes as a key; a policy of IAM does not say every one of them. What it can say stands
in the ARNs, and may reach further than the span: the write gate is what holds a call to the span itself.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Final

from runner.model.canonical import Json

_SAID: Final = re.compile(r"[ !#-)+->@-\[\]-~]{0,512}")
"""What is taken into a policy: printable ASCII without quotes, backslashes and wildcards. AWS STS takes Latin-1 at
most; how IAM compares what else stands in a key is not documented; a simulation takes ``*`` in an ARN for anything."""
ROOM: Final = 360
"""Characters of several exact ARNs at most; a session policy has 2,048, and names them twice."""
_BEFORE: Final = 40
"""Characters of an ARN before its key, about."""


@dataclass(frozen=True)
class KeySpan:
    """Hold what each key begins with, or the keys themselves, each with one of its versions or with all (empty)."""

    begins: str
    """What all have in common, in any case."""
    named: tuple[tuple[str, str], ...] = ()

    @classmethod
    def of(cls, params: Mapping[str, str]) -> KeySpan:
        """Return the span of a target: its ``key``, its ``keys`` in JSON, or its ``prefix``.

        Raises:
            ValueError: when it has none of them: that is never taken for everything.
        """
        if params.get("prefix"):
            return cls(params["prefix"])
        if params.get("key"):
            return cls(params["key"], ((params["key"], ""),))
        listed = _listed(params.get("keys", ""))
        if not listed:
            raise ValueError("a target without keys")
        return cls(_common([key for key, _ in listed]), listed)

    def holds(self, key: str, version: str = "") -> bool:
        """Return whether a version of a key is one of them; an unfinished upload has no version."""
        if not self.named:
            return key.startswith(self.begins)
        versions = self._versions.get(key, frozenset[str]())
        return "" in versions or version in versions

    def names(self, child: Mapping[str, Json]) -> bool:
        """Return whether what a listing holds is one of them, by its ``Key`` and ``VersionId``."""
        return self.holds(str(child.get("Key")), str(child.get("VersionId") or ""))

    @property
    def is_said(self) -> bool:
        """Whether its ARNs reach no further than it does."""
        return (not self.named and self._said == self.begins) or self._is_exact

    def arns(self, bucket: str) -> tuple[str, ...]:
        """Return the ARNs of what is reached at most, as IAM evaluates them."""
        if self._is_exact:
            return tuple(f"{bucket}/{key}" for key in self._versions)
        return (f"{bucket}/{self._said}*",)

    def pattern(self, arn: str) -> str:
        """Return one of its ARNs as a policy says it: what IAM would take for a variable's beginning is escaped.

        Source: IAM user guide, "IAM policy elements: Variables and tags", special characters.
        """
        return arn.replace("$", "${$}")

    def __str__(self) -> str:
        if len(self.named) == 1:
            return self.named[0][0]
        return f"{len(self.named):,} keys that are named" if self.named else f"{self.begins}*"

    @cached_property
    def _versions(self) -> Mapping[str, frozenset[str]]:
        found: dict[str, set[str]] = {}
        for key, version in self.named:
            found.setdefault(key, set()).add(version)
        return {key: frozenset(versions) for key, versions in found.items()}

    @cached_property
    def _is_exact(self) -> bool:
        keys = tuple(self._versions)
        short = len(keys) == 1 or sum(len(key) + _BEFORE for key in keys) <= ROOM
        return bool(keys) and short and all(_SAID.fullmatch(key) for key in keys)

    @cached_property
    def _said(self) -> str:
        found = _SAID.match(self.begins)
        return found[0] if found else ""


def _listed(text: str) -> tuple[tuple[str, str], ...]:
    try:
        found = json.loads(text)
    except ValueError:
        return ((text, ""),) if text else ()
    return tuple((one, "") if isinstance(one, str) else (one["key"], one["version"]) for one in found)


def _common(keys: list[str]) -> str:
    first, last = min(keys), max(keys)
    alike = next((at for at, (a, b) in enumerate(zip(first, last, strict=False)) if a != b), min(len(first), len(last)))
    return first[:alike]
