"""``assume``: how the roles are assumed; everything is checked here that STS would refuse after a code was spent.

=====================  ====================================================================================
``session_name``       a template with ``{user}`` and ``{playbook}``; without it, the user's name
``external_id``        goes to the last role; a text that its trust policy compares (``sts:ExternalId``)
``source_identity``    true: the user's name is set as SourceIdentity, which stays through every role
``tags``               session tags of the last role
=====================  ====================================================================================

Each of the last two needs a permission of its own, for the caller and in the trust policy: ``sts:SetSourceIdentity``,
``sts:TagSession``. Operators' profiles add nothing here: what a role is told stands in the reviewed playbook.

Source: STS API, ``AssumeRole``; IAM User Guide, "Rules for tagging in IAM and AWS STS".
"""

from __future__ import annotations

import re
import string
import unicodedata
from collections.abc import Mapping
from functools import partial
from types import MappingProxyType

from runner.model.session import Assume
from runner.workflow.loading.fields import Fields, Value, Wrong
from runner.workflow.loading.nodes import Mapping as MappingNode
from runner.workflow.loading.quoting import quoted
from runner.workflow.loading.scalars import boolean, matching, text

NO_TAGS: Mapping[str, str] = MappingProxyType({})

MOST_TAGS = 50
LONGEST_KEY = 128
LONGEST_VALUE = 256
"""Characters."""

_FIELDS = ("user", "playbook")
_NAME = re.compile(r"[A-Za-z0-9_+=,.@-]*")
_NAME_LENGTH = (2, 64)
_IN_TAGS = frozenset("_.:/=+-@")

EXTERNAL_ID = matching(r"[\w+=,.@:/-]{2,1224}", "an external id: 2 to 1224 letters, digits or any of _+=,.@:/-")


def assume(value: Value, *, playbook: str) -> Assume:
    """Read how roles are assumed; ``playbook`` is the playbook's name, for the length of the session's name.

    Raises:
        Wrong: when the value is no mapping.
    """
    fields = Fields(value, "`assume`", "assume.")
    usual = Assume()
    found = Assume(
        session_name=fields.optional("session_name", partial(_session_name, playbook=playbook), usual.session_name),
        external_id=fields.optional("external_id", EXTERNAL_ID, usual.external_id),
        source_identity=fields.optional("source_identity", boolean, default=usual.source_identity),
        tags=fields.optional("tags", _tags, NO_TAGS),
    )
    fields.done()
    return found


def _session_name(value: Value, *, playbook: str) -> str:
    written = text(value)
    literal = "".join(_literals(value, written))
    if not _NAME.fullmatch(literal):
        raise value.must("have letters, digits or any of _+=,.@- beside its fields")
    least, most = _NAME_LENGTH
    # A user's name has one character at least; what a longer one adds is cut when it is known.
    shortest = len(written.format_map({"user": "u", "playbook": playbook}))
    if shortest > most:
        raise value.must(f"make a name of at most {most} characters", f"it has {shortest} with the shortest user name")
    if shortest < least and "{user}" not in written:
        raise value.must(f"make a name of at least {least} characters", "add `{user}`, so that the name says who it is")
    return written


def _literals(value: Value, written: str) -> tuple[str, ...]:
    """Return what stands beside the fields."""
    try:
        parts = tuple(string.Formatter().parse(written))
    except ValueError as error:
        raise value.must("have each `{` closed", "the fields are {user} and {playbook}") from error
    for _, name, form, conversion in parts:
        if name is None:
            continue
        if name not in _FIELDS or form or conversion:
            raise Wrong(
                f"{quoted(value.name)} has an unknown field {quoted(name)}", "the fields are {user} and {playbook}"
            )
    return tuple(literal for literal, *_ in parts)


def _tags(value: Value) -> Mapping[str, str]:
    if not isinstance(value.node, MappingNode):
        raise value.must("be a mapping (`key: value`)")
    if len(value.node.entries) > MOST_TAGS:
        raise value.must(f"have at most {MOST_TAGS} tags", f"it has {len(value.node.entries)}")
    fields = Fields(value, quoted(value.name), value.name + ".")
    folded: dict[str, str] = {}
    for entry in value.node.entries:
        key = entry.key.text
        message = _wrong_key(key) or _same_key(key, folded)
        if message:
            value.problems.add(entry.key.at, f"{quoted(fields.prefix + key)} {message}")
        folded.setdefault(key.lower(), key)
    return MappingProxyType({key: fields.required(key, _tag_value, "") for key in folded.values()})


def _wrong_key(key: str) -> str:
    if key.lower().startswith("aws:"):
        return "begins with `aws:`, which AWS keeps for itself"
    if not 1 <= len(key) <= LONGEST_KEY or not _fits_in_tags(key):
        return f"is no tag key: 1 to {LONGEST_KEY} letters, digits, spaces or any of _.:/=+-@"
    return ""


def _same_key(key: str, folded: Mapping[str, str]) -> str:
    other = folded.get(key.lower())
    return "" if other is None else f"is the same key as {quoted(other)}: AWS ignores the case"


def _tag_value(value: Value) -> str:
    found = text(value)
    if len(found) > LONGEST_VALUE or not _fits_in_tags(found):
        raise value.must(f"be at most {LONGEST_VALUE} letters, digits, spaces or any of _.:/=+-@")
    return found


def _fits_in_tags(found: str) -> bool:
    """Return whether the text matches the API's pattern: letters, digits and separators of any script, few signs."""
    return all(char in _IN_TAGS or unicodedata.category(char)[0] in "LNZ" for char in found)
