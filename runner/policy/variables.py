"""Put values in the place of policy variables, so that no value can become a wildcard.

- ``${aws:username}`` is the key's value, ``${aws:username, 'nobody'}`` has a default for when the key is absent.
- ``${*}``, ``${?}`` and ``${$}`` are the characters themselves.
- In documents older than ``2012-10-17`` all of this is plain text.

A variable without a value makes AWS treat the statement as one that cannot match, or not, as the place may be. Here it
is a doubt, and so is every spelling that AWS does not document.

Source: IAM user guide, "IAM policy elements: Variables and tags".
"""

from __future__ import annotations

import re

from runner.policy.document import DEFAULT_VERSION, Statement
from runner.policy.request import Absent, RequestContext, Values
from runner.policy.truth import Doubt
from runner.policy.wildcard import Pattern, Wildcard, tokens

_OPENING = "${"
_VARIABLE = re.compile(r"\$\{(?P<key>[^{},']+)(?:, '(?P<default>[^']*)')?\}")
_CHARACTERS = frozenset({"*", "?", "$"})
_ESCAPED = re.compile(r"\$\{([*?$])\}")


def has_variable(text: str, version: str) -> bool:
    """Return whether a text holds something that the version of its document takes for a variable."""
    return version != DEFAULT_VERSION and _OPENING in text


def expand(text: str, version: str, context: RequestContext) -> Pattern | Doubt:
    """Return a text of a policy as a pattern, its variables replaced; a doubt when one of them cannot be."""
    if not has_variable(text, version):
        return tokens(text)
    parts: list[str | Wildcard] = []
    position = 0
    for variable in _VARIABLE.finditer(text):
        value = _value(variable, context)
        if isinstance(value, Doubt):
            return value
        parts += [*tokens(text[position : variable.start()]), *value]
        position = variable.end()
    if _OPENING in _VARIABLE.sub("", text):
        return Doubt(f"{text!r} holds a policy variable of an unknown form")
    return (*parts, *tokens(text[position:]))


def literal(text: str) -> str:
    """Return a text in which each escaped character stands for itself."""
    return _ESCAPED.sub(lambda found: found[1], text)


def widest(text: str) -> Pattern:
    """Return a pattern that fits whatever a text with variables could stand for."""
    known, odd, _ = _VARIABLE.sub("*", text).partition(_OPENING)
    return tokens(f"{known}*" if odd else known)


def keys_of(statement: Statement) -> frozenset[str]:
    """Return every key that a statement looks at, in its conditions or as a variable, in lower case."""
    texts = [value for line in statement.conditions for value in line.values]
    texts += () if statement.resource is None else statement.resource.values
    variables = (variable["key"].lower() for text in texts for variable in _VARIABLE.finditer(text))
    return frozenset((*(line.key.lower() for line in statement.conditions), *variables)) - _CHARACTERS


def _value(variable: re.Match[str], context: RequestContext) -> str | Doubt:
    key, default = variable["key"], variable["default"]
    if key in _CHARACTERS and default is None:
        return key
    match context.look_up(key):
        case Values((text,), many=False):
            return text
        case Absent() if default is not None:
            return default
        case _:
            return Doubt(f"the policy variable {variable[0]} has no value that is known")
