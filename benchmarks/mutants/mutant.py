"""A mutant: a module with one change, where it stands, and its code."""

from __future__ import annotations

import ast
import re
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from types import CodeType
from typing import Any

from benchmarks.mutants.operators import Change, changes, decides, is_text, returned

_NEAR = 60
"""Characters on each side of a change that are shown with it."""
_UNREAD = ("annotation", "returns", "decorator_list", "type_comment", "type_params", "slice")
"""Fields that decide nothing when a program runs, or that cannot be changed by themselves."""


@dataclass(frozen=True)
class Mutant:
    """Hold one change of a module.

    ``function`` is the qualified name of the function or method that it is in, empty at module level. ``id`` is made of
    the changed source and not of its line: who reviewed it is not asked again after the module has grown, and is asked
    again when the very line has become another.
    """

    module: str
    path: Path
    line: int
    last: int
    function: str
    id: str
    _tree: ast.Module = field(repr=False, compare=False)
    _place: _Place = field(repr=False, compare=False)
    _instead: Change = field(repr=False, compare=False)

    def code(self) -> CodeType:
        """Return the code of the changed module."""
        with _made(self._place, self._instead):
            return compile(ast.fix_missing_locations(self._tree), str(self.path), "exec")

    def function_code(self) -> CodeType | None:
        """Return the code of the changed function; None when it is not there any more."""
        return _find(self.code(), self.function)


@dataclass(frozen=True)
class _Place:
    """Hold a node with the field that it stands in, and the function around it."""

    node: ast.AST
    parent: ast.AST
    name: str
    index: int | None
    function: str
    returns: str
    statement: ast.stmt | None
    in_class: bool


def mutants_of(module: str, path: Path) -> tuple[Mutant, ...]:
    """Return every mutant of a module."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    seen: Counter[str] = Counter()
    found: list[Mutant] = []
    for place in _places(tree):
        for instead in _changes(place):
            change = _shown(place, instead)
            if not change:
                continue
            name = f"{module}:{place.function or 'module'}: {change}"
            seen[name] += 1
            same = f" #{seen[name]}" if seen[name] > 1 else ""
            found.append(Mutant(module, path, *_lines(place), place.function, name + same, tree, place, instead))
    return tuple(found)


def _changes(place: _Place) -> Iterator[Change]:
    yield from changes(place.node)
    match place.node:
        case ast.Constant(value=str(text)) if _decides(place):
            yield ast.Constant(f"{text}?")
        case _:
            pass
    if isinstance(place.node, ast.Return) and place.node.value is not None:
        for answer in returned(place.returns):
            yield ast.Return(ast.parse(answer, mode="eval").body)


def _decides(place: _Place) -> bool:
    """Return whether a text decides something; what a class calls its members by is only shown."""
    is_label = isinstance(place.parent, ast.Assign) and place.in_class and not place.function
    return decides(place.parent, place.name) and not is_label and not is_text(place.node)


def _lines(place: _Place) -> tuple[int, int]:
    """Return the first and the last line of what a change concerns: at least from where its statement begins."""
    begins: ast.AST = place.statement or place.node
    first = getattr(begins, "lineno", 1)
    ends = place.node if hasattr(place.node, "end_lineno") else place.parent
    return first, max(first, getattr(ends, "end_lineno", None) or first)


def _places(
    node: ast.AST, function: str = "", returns: str = "", outer: str = "", statement: ast.stmt | None = None
) -> Iterator[_Place]:
    """Yield every place in a tree, with the outermost function and the innermost statement around it."""
    if is_text(node) or (isinstance(node, ast.AnnAssign) and ast.unparse(node.annotation) == "TypeAlias"):
        return
    for name, value in ast.iter_fields(node):
        if name in _UNREAD:
            continue
        for index, child in _children(value):
            # Defaults are evaluated where the function is defined.
            inside = function if name != "args" or function != _named(node, outer) else ""
            around = child if isinstance(child, ast.stmt) else statement
            yield _Place(child, node, name, index, inside, returns, around, in_class=bool(outer))
            if isinstance(child, ast.FunctionDef) and not function:
                answer = ast.unparse(child.returns) if child.returns is not None else ""
                yield from _places(child, _named(child, outer), answer, outer, around)
            elif isinstance(child, ast.ClassDef) and not function:
                yield from _places(child, outer=_named(child, outer), statement=around)
            else:
                yield from _places(child, inside, returns, outer, around)


def _children(value: object) -> Iterator[tuple[int | None, ast.AST]]:
    if isinstance(value, ast.AST):
        yield None, value
    elif isinstance(value, list):
        yield from ((index, child) for index, child in enumerate(value) if isinstance(child, ast.AST))


def _named(node: ast.AST, outer: str) -> str:
    name = node.name if isinstance(node, ast.FunctionDef | ast.ClassDef) else ""
    return f"{outer}.{name}" if outer and name else name


@contextmanager
def _made(place: _Place, instead: Change) -> Iterator[None]:
    """Have a change made in the tree for a while."""
    original: Any = getattr(place.parent, place.name)
    changed: Any = instead
    if place.index is not None:
        changed = [*original[: place.index], *(() if instead is None else (instead,)), *original[place.index + 1 :]]
    setattr(place.parent, place.name, changed)
    try:
        yield
    finally:
        setattr(place.parent, place.name, original)


def _shown(place: _Place, instead: Change) -> str:
    """Return a change as it looks in its statement; empty when nothing is different."""
    statement = place.statement or place.node
    before = ast.unparse(statement)
    with _made(place, instead):
        shown = statement if statement is not place.node else instead or ast.Pass()
        after = ast.unparse(ast.fix_missing_locations(shown))
    return "" if before == after else _difference(before, after)


def _difference(before: str, after: str) -> str:
    """Return a change as one line: the lines that differ, and within them ``«what stood there -> what stands there»``.

    What stands around it stays in, so that a change is known by what it is made in and not by where that stands.
    """
    old, new = before.splitlines(), after.splitlines()
    first, last = _alike(old, new)
    old, new = _words(old[first : len(old) - last]), _words(new[first : len(new) - last])
    first, last = _alike(old, new)
    without, instead = "".join(old[first : len(old) - last]), "".join(new[first : len(new) - last])
    before, after = "".join(old[:first]), "".join(old[len(old) - last :])
    return f"{before[-_NEAR:]}«{without} -> {instead}»{after[:_NEAR]}"


def _alike(old: Sequence[str], new: Sequence[str]) -> tuple[int, int]:
    """Return how many items two sequences begin with alike, and end with alike after that."""
    both = min(len(old), len(new))
    first = next((index for index in range(both) if old[index] != new[index]), both)
    rest = both - first
    return first, next((index for index in range(rest) if old[-1 - index] != new[-1 - index]), rest)


def _words(lines: Sequence[str]) -> list[str]:
    return re.findall(r"'[^']*'|\w+|[=<>!]+|\(\)|\s+|.", " / ".join(line.strip() for line in lines))


def _find(code: CodeType, qualified: str) -> CodeType | None:
    for constant in code.co_consts:
        if isinstance(constant, CodeType):
            if constant.co_qualname == qualified:
                return constant
            if qualified.startswith(f"{constant.co_qualname}."):
                found = _find(constant, qualified)
                if found is not None:
                    return found
    return None
