"""Read plain JSON into values strictly: a key that is missing or of another type is refused, with its place."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from runner.model.canonical import Json


class WrongShape(ValueError):
    """Say which part of a document is not as its format says."""


class Shape:
    """Read one JSON object key by key; ``where`` names it in errors: ``plan.steps[2]``.

    Every method raises `WrongShape`. Keys that nobody asks for are not seen here: whoever writes the value that was
    read again, and compares the bytes, sees them.
    """

    def __init__(self, value: Json, where: str) -> None:
        if not isinstance(value, Mapping):
            raise WrongShape(f"{where} is not an object")
        self._data = value
        self._where = where

    def value(self, key: str) -> Json:
        """Return whatever stands under a key."""
        if key not in self._data:
            raise WrongShape(f"{self._where}.{key} is missing")
        return self._data[key]

    def text(self, key: str) -> str:
        """Return a text."""
        found = self.value(key)
        if not isinstance(found, str):
            raise self.wrong(key, "a text")
        return found

    def text_or_none(self, key: str) -> str | None:
        """Return a text, or None for ``null``."""
        return None if self.value(key) is None else self.text(key)

    def number(self, key: str) -> int:
        """Return a whole number of zero or more."""
        found = self.value(key)
        if not isinstance(found, int) or isinstance(found, bool) or found < 0:
            raise self.wrong(key, "a whole number")
        return found

    def number_or_none(self, key: str) -> int | None:
        """Return a whole number, or None for ``null``."""
        return None if self.value(key) is None else self.number(key)

    def flag(self, key: str) -> bool:
        """Return a truth value."""
        found = self.value(key)
        if not isinstance(found, bool):
            raise self.wrong(key, "true or false")
        return found

    def texts(self, key: str) -> tuple[str, ...]:
        """Return a list of texts."""
        found = self._list(key)
        texts = tuple(item for item in found if isinstance(item, str))
        if len(texts) != len(found):
            raise self.wrong(key, "a list of texts")
        return texts

    def table(self, key: str) -> Mapping[str, str]:
        """Return an object whose values are texts."""
        inner = self.shape(key)
        return MappingProxyType({name: inner.text(name) for name in inner.names})

    def counts(self, key: str) -> Mapping[str, int]:
        """Return an object whose values are whole numbers."""
        inner = self.shape(key)
        return MappingProxyType({name: inner.number(name) for name in inner.names})

    def shape(self, key: str) -> Shape:
        """Return an object."""
        return Shape(self.value(key), f"{self._where}.{key}")

    def shape_or_none(self, key: str) -> Shape | None:
        """Return an object, or None for ``null``."""
        return None if self.value(key) is None else self.shape(key)

    def shapes(self, key: str) -> tuple[Shape, ...]:
        """Return a list of objects."""
        return tuple(Shape(item, f"{self._where}.{key}[{at}]") for at, item in enumerate(self._list(key)))

    @property
    def names(self) -> tuple[str, ...]:
        """The keys that are there."""
        return tuple(self._data)

    def wrong(self, key: str, expected: str) -> WrongShape:
        """Return the error that says what a key's value must be."""
        return WrongShape(f"{self._where}.{key} is not {expected}")

    def _list(self, key: str) -> tuple[Json, ...]:
        found = self.value(key)
        if not isinstance(found, list | tuple):
            raise self.wrong(key, "a list")
        return tuple(found)
