"""Read a policy document strictly: what is not understood makes the whole document undecidable, nothing is skipped.

- Every element may be a single value or a list; both become tuples.
- Unknown elements, unknown effects, duplicate JSON keys, empty lists and wrong types are refused with the reason.
- Condition operators and keys are *not* judged here: AWS's own simulator evaluates them.

Source: IAM user guide, "Grammar of the IAM JSON policy language".
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal, NoReturn, TypeAlias

from runner.model.canonical import Json

DEFAULT_VERSION = "2008-10-17"
"""What a document without ``Version`` is read as; policy variables are plain text in it."""

VERSIONS = frozenset({DEFAULT_VERSION, "2012-10-17"})

EffectName: TypeAlias = Literal["Allow", "Deny"]

_DOCUMENT_KEYS = frozenset({"Version", "Id", "Statement"})
_STATEMENT_KEYS = frozenset(
    {
        "Sid",
        "Effect",
        "Principal",
        "NotPrincipal",
        "Action",
        "NotAction",
        "Resource",
        "NotResource",
        "Condition",
    }
)
_PRINCIPAL_KINDS = frozenset({"AWS", "Service", "Federated", "CanonicalUser"})


class Undecidable(ValueError):
    """Say why a policy document cannot be read with certainty."""


@dataclass(frozen=True)
class Element:
    """Hold ``Action`` or ``Resource``, or with ``negated`` their ``Not…`` form."""

    values: tuple[str, ...]
    negated: bool


@dataclass(frozen=True)
class Principals:
    """Hold ``Principal`` or ``NotPrincipal`` as pairs of kind and value; ``"*"`` alone is the pair ``AWS``, ``*``."""

    entries: tuple[tuple[str, str], ...]
    negated: bool


@dataclass(frozen=True)
class Condition:
    """Hold one line of a condition block; all lines must hold."""

    operator: str
    key: str
    values: tuple[str, ...]


@dataclass(frozen=True)
class Statement:
    """Hold one statement; ``number`` counts from 1 and ``raw`` is the statement as it was written."""

    number: int
    sid: str
    effect: EffectName
    action: Element
    resource: Element | None
    principals: Principals | None
    conditions: tuple[Condition, ...]
    raw: Mapping[str, Json] = field(compare=False, repr=False)

    @property
    def name(self) -> str:
        """The Sid, or the statement's number when it has none."""
        return self.sid or f"number {self.number}"


@dataclass(frozen=True)
class Document:
    """Hold a policy document that was understood as a whole."""

    version: str
    statements: tuple[Statement, ...]


def parse(policy: str | Mapping[str, Json]) -> Document:
    """Read a policy document.

    Raises:
        Undecidable: when any part of it is unknown, ambiguous or malformed.
    """
    data = _load(policy) if isinstance(policy, str) else policy
    if not isinstance(data, Mapping):
        _refuse("the document is not a JSON object")
    _only_known(data, _DOCUMENT_KEYS, "the document")
    version = data.get("Version", DEFAULT_VERSION)
    if not (isinstance(version, str) and version in VERSIONS):
        _refuse(f"the version {version!r} is unknown")
    statements = data.get("Statement")
    listed = statements if isinstance(statements, list | tuple) else (statements,)
    if not listed:
        _refuse("the document has no statement")
    return Document(version, tuple(_statement(item, number) for number, item in enumerate(listed, start=1)))


def _load(text: str) -> Json:
    def once(pairs: list[tuple[str, Json]]) -> dict[str, Json]:
        found = dict(pairs)
        if len(found) != len(pairs):
            _refuse("a JSON object has the same key twice, and readers differ on which one counts")
        return found

    def no_constant(name: str) -> NoReturn:
        _refuse(f"{name} is not JSON")

    try:
        loaded: Json = json.loads(text, object_pairs_hook=once, parse_constant=no_constant, parse_float=str)
    except (json.JSONDecodeError, RecursionError) as error:
        raise Undecidable(f"the document is not JSON: {error}") from error
    return loaded


def _statement(data: Json, number: int) -> Statement:
    if not isinstance(data, Mapping):
        _refuse(f"statement {number} is not a JSON object")
    where = f"statement {data.get('Sid', number)!r}"
    _only_known(data, _STATEMENT_KEYS, where)
    sid = data.get("Sid", "")
    if not isinstance(sid, str):
        _refuse(f"the Sid of {where} is not a text")
    action = _element(data, "Action", where)
    if action is None:
        _refuse(f"{where} has neither Action nor NotAction")
    return Statement(
        number=number,
        sid=sid,
        effect=_effect(data.get("Effect"), where),
        action=action,
        resource=_element(data, "Resource", where),
        principals=_principals(data, where),
        conditions=_conditions(data.get("Condition", {}), where),
        raw=data,
    )


def _effect(value: Json, where: str) -> EffectName:
    match value:
        case "Allow" | "Deny":
            return value
        case _:
            raise Undecidable(f"the effect {value!r} of {where} is unknown")


def _element(data: Mapping[str, Json], name: str, where: str) -> Element | None:
    found = _which(data, name, where)
    return None if found is None else Element(_texts(data[found], f"{found} of {where}"), negated=found != name)


def _principals(data: Mapping[str, Json], where: str) -> Principals | None:
    found = _which(data, "Principal", where)
    if found is None:
        return None
    negated = found != "Principal"
    value = data[found]
    if value == "*":
        return Principals((("AWS", "*"),), negated)
    if not (isinstance(value, Mapping) and value):
        _refuse(f"{found} of {where} is neither '*' nor a JSON object")
    _only_known(value, _PRINCIPAL_KINDS, f"{found} of {where}")
    entries = tuple((kind, text) for kind, texts in value.items() for text in _texts(texts, f"{kind} of {where}"))
    return Principals(entries, negated)


def _conditions(data: Json, where: str) -> tuple[Condition, ...]:
    if not isinstance(data, Mapping):
        _refuse(f"Condition of {where} is not a JSON object")
    found: list[Condition] = []
    for operator, block in data.items():
        if not (isinstance(block, Mapping) and block):
            _refuse(f"the condition {operator!r} of {where} names no key")
        found.extend(Condition(operator, key, _values(value, f"{key} of {where}")) for key, value in block.items())
    return tuple(found)


def _which(data: Mapping[str, Json], name: str, where: str) -> str | None:
    present = [key for key in (name, f"Not{name}") if key in data]
    if len(present) > 1:
        _refuse(f"{where} has both {name} and Not{name}")
    return present[0] if present else None


def _texts(value: Json, where: str) -> tuple[str, ...]:
    listed = value if isinstance(value, list | tuple) else (value,)
    texts = tuple(item for item in listed if isinstance(item, str) and item)
    if not texts or len(texts) != len(listed):
        _refuse(f"{where} is not a text or a list of texts")
    return texts


def _values(value: Json, where: str) -> tuple[str, ...]:
    """Return condition values as texts: JSON's ``true`` and ``900`` mean ``"true"`` and ``"900"`` to IAM."""
    listed = value if isinstance(value, list | tuple) else (value,)
    if not listed or not all(isinstance(item, str | int) for item in listed):
        _refuse(f"the condition value for {where} is neither a text, a number nor a truth value")
    return tuple(str(item).lower() if isinstance(item, bool) else str(item) for item in listed)


def _only_known(data: Mapping[str, Json], known: frozenset[str], where: str) -> None:
    unknown = sorted(set(data) - known)
    if unknown:
        _refuse(f"{where} holds what this version does not know: {', '.join(map(repr, unknown))}")


def _refuse(why: str) -> NoReturn:
    raise Undecidable(why)
