"""AWS's wildcards: ``*`` stands for any text, also none, and ``?`` for exactly one character.

No regular expression is built, so no pattern can make matching explode: a match costs at most as many steps as the
product of both lengths.

Source: IAM user guide, "IAM JSON policy elements: Action", "… Resource" and "… Condition operators".
"""

from __future__ import annotations

ARN_SECTIONS = 6
"""``arn:partition:service:region:account:resource``; the resource may hold further colons."""


def matches(pattern: str, text: str) -> bool:
    """Return whether the whole text fits the pattern; upper and lower case differ."""
    at = position = 0
    star = resume = -1
    while position < len(text):
        if at < len(pattern) and pattern[at] == "*":
            star, resume = at, position
            at += 1
        elif at < len(pattern) and pattern[at] in {"?", text[position]}:
            at += 1
            position += 1
        elif star >= 0:
            # Only the last star is ever tried again: an earlier one could not help.
            resume += 1
            at, position = star + 1, resume
        else:
            return False
    return not pattern[at:].strip("*")


def action_matches(pattern: str, action: str) -> bool:
    """Return whether an ``Action`` value names the action; upper and lower case are the same to IAM."""
    return matches(pattern.lower(), action.lower())


def resource_matches(pattern: str, arn: str) -> bool:
    """Return whether a ``Resource`` value names the ARN.

    A star may reach over a colon here, as AWS documents for the end of a section; that is the wider reading elsewhere.
    """
    return matches(pattern, arn)


def arn_like(pattern: str, arn: str) -> bool:
    """Return whether an ARN fits a pattern as ``ArnLike`` reads it: each of the six sections on its own."""
    wanted, found = pattern.split(":", ARN_SECTIONS - 1), arn.split(":", ARN_SECTIONS - 1)
    if not len(wanted) == len(found) == ARN_SECTIONS:
        return False
    return all(matches(part, text) for part, text in zip(wanted, found, strict=True))


def may_start_with(pattern: str, prefix: str) -> bool:
    """Return whether some text fits the pattern that starts with the prefix."""
    # Every place of the pattern at which reading may stand after the characters so far.
    places = _skip_stars(pattern, {0})
    for character in prefix:
        ahead = {place + 1 for place in places if pattern[place : place + 1] in {"?", character}}
        stay = {place for place in places if pattern[place : place + 1] == "*"}
        places = _skip_stars(pattern, ahead | stay)
        if not places:
            return False
    return True


def _skip_stars(pattern: str, places: set[int]) -> set[int]:
    reached = set(places)
    for place in places:
        after = place
        while pattern[after : after + 1] == "*":
            after += 1
            reached.add(after)
    return reached
