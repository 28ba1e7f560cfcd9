"""AWS's wildcards: ``*`` stands for any text, also none, and ``?`` for exactly one character.

No regular expression is built, so no pattern can make matching explode: a match costs at most as many steps as the
product of both lengths.

Source: IAM user guide, "IAM JSON policy elements: Action", "… Resource" and "… Condition operators".
"""

from __future__ import annotations

from collections.abc import Mapping
from enum import Enum
from functools import lru_cache
from types import MappingProxyType
from typing import TypeAlias

ARN_SECTIONS = 6
"""``arn:partition:service:region:account:resource``; the resource may hold further colons."""


class Wildcard(Enum):
    """Name the two wildcards, by the character that stands for each in a policy."""

    ANY = "*"
    ONE = "?"


_WILDCARDS: Mapping[str, Wildcard] = MappingProxyType({wildcard.value: wildcard for wildcard in Wildcard})

Pattern: TypeAlias = tuple[str | Wildcard, ...]
"""A pattern, character by character: a star or question mark that stands for itself is a text in it."""

_ALL: Pattern = (Wildcard.ANY,)


@lru_cache(maxsize=4096)
def tokens(text: str) -> Pattern:
    """Return a text with its stars and question marks as wildcards."""
    return tuple(_WILDCARDS.get(character, character) for character in text)


def plain(pattern: Pattern) -> str:
    """Return a pattern as it is written, its wildcards as plain characters."""
    return "".join(token.value if isinstance(token, Wildcard) else token for token in pattern)


def covers(wide: Pattern, narrow: Pattern) -> bool:
    """Return whether all texts that fit the narrow pattern certainly fit the wide one."""
    if wide in (narrow, _ALL):
        return True
    if Wildcard.ANY not in wide and Wildcard.ONE not in wide:
        # Most resources of a plan are literal, and alike but for their ends.
        return False
    at = position = 0
    star = resume = -1
    while position < len(narrow):
        if at < len(wide) and wide[at] is Wildcard.ANY:
            star, resume = at, position
            at += 1
        elif at < len(wide) and _takes(wide[at], narrow[position]):
            at += 1
            position += 1
        elif star >= 0:
            # Only the last star is ever tried again: an earlier one could not help.
            resume += 1
            at, position = star + 1, resume
        else:
            return False
    return all(token is Wildcard.ANY for token in wide[at:])


def overlaps(one: Pattern, other: Pattern) -> bool:
    """Return whether some text fits both patterns."""
    alike = min(_literal(one), _literal(other))
    if one[:alike] != other[:alike]:
        # Most resources differ before the first wildcard.
        return False
    # Every place of the other pattern at which reading may stand after the tokens of the one so far.
    places = _skip_stars(other, {0})
    for token in one:
        if token is Wildcard.ANY:
            places = _skip_stars(other, set(range(min(places), len(other) + 1)))
            continue
        ahead = {place + 1 for place in places if place < len(other) and _meets(token, other[place])}
        stay = {place for place in places if place < len(other) and other[place] is Wildcard.ANY}
        places = _skip_stars(other, ahead | stay)
        if not places:
            return False
    return len(other) in places


def _literal(pattern: Pattern) -> int:
    """Return how many characters stand before the first wildcard."""
    return next((place for place, token in enumerate(pattern) if isinstance(token, Wildcard)), len(pattern))


def _takes(wide: str | Wildcard, narrow: str | Wildcard) -> bool:
    return wide == narrow or (wide is Wildcard.ONE and narrow is not Wildcard.ANY)


def _meets(one: str | Wildcard, other: str | Wildcard) -> bool:
    # A star makes no difference here: the stars of one are passed, and behind those of the other reading may stand too.
    return one == other or Wildcard.ONE in {one, other}


def matches(pattern: str, text: str) -> bool:
    """Return whether the whole text fits the pattern; upper and lower case differ."""
    return covers(tokens(pattern), tuple(text))


def action_matches(pattern: str, action: str) -> bool:
    """Return whether an ``Action`` value names the action; upper and lower case are the same to IAM."""
    return matches(pattern.lower(), action.lower())


def resource_matches(pattern: str, arn: str) -> bool:
    """Return whether a ``Resource`` value names the ARN.

    A star may reach over a colon here, as AWS documents for the end of a section; that is the wider reading elsewhere.
    """
    return matches(pattern, arn)


def _skip_stars(pattern: Pattern, places: set[int]) -> set[int]:
    reached = set(places)
    for place in places:
        after = place
        while after < len(pattern) and pattern[after] is Wildcard.ANY:
            after += 1
            reached.add(after)
    return reached
