"""Readers of single values: texts, numbers, yes or no, one of a few words.

YAML 1.1 takes much unquoted text for something else: ``no`` for false, ``012345670`` for an octal number, ``1:30`` for
90, ``2026-12-01`` for a date. Where a text is wanted, whatever YAML would convert has to be quoted; where a number or
a yes or no is wanted, exactly one spelling is accepted.
"""

from __future__ import annotations

import re
from collections.abc import Sequence as Words

from runner.model.canonical import MAX_INTEGER
from runner.workflow.loading.fields import Read, Value
from runner.workflow.loading.nodes import Kind, Scalar
from runner.workflow.loading.quoting import did_you_mean, quoted

LONGEST = 2048
"""Characters of a name at most: the longest ARN that AWS takes. Bounds the time of the catalogue's patterns."""

_LEFT_OPEN = re.compile(r"\s*TODO\b")
"""How `runner new` begins what it leaves to a person."""

_DECIMAL = re.compile(r"0|[1-9][0-9]{0,15}")
_ACCOUNT_ID = re.compile(r"[0-9]{12}")


def text(value: Value) -> str:
    """Read a text as it is, spaces and empty texts included.

    Raises:
        Wrong: for anything that YAML does not take for a text.
    """
    match value.node:
        case Scalar(kind=Kind.TEXT):
            return value.node.text
        case Scalar(kind=Kind.NOTHING, text=""):
            raise value.must("be a text", "give it a value, or remove the key if it is optional")
        case Scalar():
            raise value.must("be a text", f"quote it: {_in_quotes(value.node.text)}")
        case _:
            raise value.must("be a text")


def words(value: Value) -> str:
    """Read a text that says something.

    Raises:
        Wrong: for what `text` refuses, for a text of nothing but white space, and for what a draft leaves to a person.
    """
    found = text(value)
    if not found.strip():
        raise value.must("say something")
    if _LEFT_OPEN.match(found):
        raise value.must("say something", "this is left open in the draft: somebody has to decide it")
    return found


def matching(pattern: str, says: str) -> Read[str]:
    r"""Return a reader of texts that match a pattern as a whole; ``\d`` and ``\w`` mean ASCII only."""
    whole = re.compile(pattern, re.ASCII)

    def read(value: Value) -> str:
        found = text(value)
        if len(found) > LONGEST or not whole.fullmatch(found):
            raise value.must(f"be {says}")
        return found

    return read


def account_id(value: Value) -> str:
    """Read an account id: twelve digits in quotes.

    YAML drops leading zeros and underscores of numbers, and readers differ on which numbers; only quotes are safe.

    Raises:
        Wrong: for anything else, unquoted digits included.
    """
    expected = "be the twelve digits of an account id, in quotes"
    match value.node:
        case Scalar() if not _ACCOUNT_ID.fullmatch(value.node.text):
            raise value.must(expected)
        case Scalar(quoted=True):
            return value.node.text
        case Scalar():
            hint = f"quote it, because YAML drops leading zeros: {_in_quotes(value.node.text)}"
            raise value.must(expected, hint)
        case _:
            raise value.must(expected)


def boolean(value: Value) -> bool:
    """Read ``true`` or ``false``, written exactly so.

    Raises:
        Wrong: for anything else; ``yes`` and ``on`` mean true to some readers of YAML and a text to others.
    """
    match value.node:
        case Scalar(quoted=False, text="true" | "false"):
            return value.node.text == "true"
        case _:
            raise value.must("be `true` or `false`")


def integer(least: int, most: int = MAX_INTEGER) -> Read[int]:
    """Return a reader of whole numbers in plain decimal digits."""

    def read(value: Value) -> int:
        expected = f"be a whole number from {least} to {most}"
        match value.node:
            case Scalar(quoted=False) if _DECIMAL.fullmatch(value.node.text):
                found = int(value.node.text)
                if least <= found <= most:
                    return found
                raise value.must(expected)
            case _:
                raise value.must(expected, "write plain decimal digits: no quotes, sign, dot or underscore")

    return read


def one_of(choices: Words[str]) -> Read[str]:
    """Return a reader of one of a few words, taken as written: an unquoted ``Off`` is the word, not false."""

    def read(value: Value) -> str:
        match value.node:
            case Scalar() if value.node.text in choices:
                return value.node.text
            case Scalar():
                raise value.must(f"be one of {', '.join(choices)}", did_you_mean(value.node.text, choices))
            case _:
                raise value.must(f"be one of {', '.join(choices)}")

    return read


def _in_quotes(written: str) -> str:
    return quoted(f'"{written}"')
