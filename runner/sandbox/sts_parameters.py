"""The constraints that STS puts on its parameters, and how it words what breaks them.

Source: STS API reference, AssumeRole and GetSessionToken.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping

SECONDS = {"GetSessionToken": (900, 129600), "AssumeRole": (900, 43200)}
"""Shortest and longest ``DurationSeconds`` of the actions that are checked."""

_REQUIRED = {"AssumeRole": ("RoleArn", "RoleSessionName"), "GetSessionToken": ()}
_TEXTS: Mapping[str, tuple[int, int, str]] = {
    "RoleArn": (20, 2048, r".*"),
    "RoleSessionName": (2, 64, r"[\w+=,.@-]*"),
    "SerialNumber": (9, 256, r"[\w+=/:,.@-]*"),
    "TokenCode": (6, 6, r"[\d]*"),
}
"""Shortest and longest length, and the pattern of the whole text."""


def violations(action: str, params: Mapping[str, str]) -> str:
    """Return STS's sentence about every constraint that a call breaks, empty when there is none."""
    if action not in SECONDS:
        return ""
    found = [f"Value null at '{_shown(name)}'{_FAILED} not be null" for name in _REQUIRED[action] if name not in params]
    for name, value in params.items():
        found += [f"Value '{value}' at '{_shown(name)}'{_FAILED} {must}" for must in _broken(action, name, value)]
    return f"{len(found)} validation error{'s'[: len(found) > 1]} detected: {'; '.join(found)}" if found else ""


_FAILED = " failed to satisfy constraint: Member must"


def _broken(action: str, name: str, value: str) -> Iterator[str]:
    if name == "DurationSeconds":
        yield from _broken_seconds(value, *SECONDS[action])
    if name not in _TEXTS:
        return
    shortest, longest, pattern = _TEXTS[name]
    if len(value) < shortest:
        yield f"have length greater than or equal to {shortest}"
    if len(value) > longest:
        yield f"have length less than or equal to {longest}"
    if not re.fullmatch(pattern, value, re.ASCII | re.DOTALL):
        yield f"satisfy regular expression pattern: {pattern}"


def _broken_seconds(value: str, least: int, most: int) -> Iterator[str]:
    if not re.fullmatch(r"-?\d+", value, re.ASCII):
        yield "be a whole number"
    elif int(value) < least:
        yield f"have value greater than or equal to {least}"
    elif int(value) > most:
        yield f"have value less than or equal to {most}"


def _shown(name: str) -> str:
    return name[0].lower() + name[1:]
