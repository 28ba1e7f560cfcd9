"""Keep lines short: a large list or mapping goes to a blob, and the line names it. Pure.

A field ``params`` whose canonical form is longer than `INLINE` bytes becomes ``params_sha256`` (of that form),
``params_blob`` (where it lies) and ``params_count`` (the items of its longest list: the keys of a batch deletion).
``params_lost`` stands in the place of ``params_blob`` when the outcome of a call had to be written on a full disk.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from runner.audit.quick_form import size_of
from runner.model.canonical import Json, encode

INLINE = 4 * 1024
"""Bytes of canonical form that stay in the line."""


@dataclass(frozen=True)
class Blob:
    """Say that a field's content is a blob."""

    digest: str
    path: str


@dataclass(frozen=True)
class Lost:
    """Say that a field's content could not be kept."""

    why: str


def large_fields(data: Mapping[str, Json]) -> dict[str, bytes]:
    """Return the fields that do not stay in the line, in their canonical form."""
    size = size_of(data)
    if size is not None and size <= INLINE:
        return {}
    return {
        name: content
        for name, value in data.items()
        if isinstance(value, Mapping | list | tuple) and len(content := encode(value)) > INLINE
    }


def without(data: Mapping[str, Json], name: str, digest: str, where: Blob | Lost) -> dict[str, Json]:
    """Return the fields with one of them replaced by its digest, its count and where it went."""
    kept = {key: value for key, value in data.items() if key != name}
    match where:
        case Blob():
            kept[f"{name}_blob"] = where.path
        case Lost():
            kept[f"{name}_lost"] = where.why
    return {**kept, f"{name}_sha256": digest, f"{name}_count": _count(data[name])}


def outside(data: Mapping[str, Json]) -> Iterator[tuple[str, Blob | Lost]]:
    """Yield every field that a record does not hold itself, and where it is."""
    for key, value in data.items():
        if key.endswith("_blob"):
            name = key.removesuffix("_blob")
            yield name, Blob(str(data.get(f"{name}_sha256")), str(value))
        elif key.endswith("_lost"):
            yield key.removesuffix("_lost"), Lost(str(value))


def may_be_outside(raw: bytes) -> bool:
    """Return whether a line may name such a field; most do not, and this is a cheaper question than `outside`."""
    return b'_blob":' in raw or b'_lost":' in raw


def _count(value: Json) -> int:
    """Return how many items the longest list inside a value has."""
    match value:
        case list() | tuple():
            return max(len(value), *(_count(item) for item in value), 0)
        case Mapping():
            return max((_count(item) for item in value.values()), default=0)
        case _:
            return 0
