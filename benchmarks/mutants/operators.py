"""What is changed in a module to make a mutant: every change is one that somebody could make by mistake.

Changes are those that decide: comparisons, conditions, raised errors and returned answers, the rows of tables, the
strictness of patterns, cases of a match. Of texts those are misspelt that something is compared with or looked up by,
that stand in a table, or that are a module's constants. Texts for people are left alone: they decide nothing. A key in
a table, and a case of a match, are taken out instead, which is the same.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Callable, Iterator
from typing import Final, TypeAlias

Change: TypeAlias = "ast.AST | None"
"""What stands in a node's place; None takes it out of the list that it stands in."""

_COMPARISONS: Final[dict[type[ast.cmpop], type[ast.cmpop]]] = {
    ast.Eq: ast.NotEq,
    ast.NotEq: ast.Eq,
    ast.Lt: ast.LtE,
    ast.LtE: ast.Lt,
    ast.Gt: ast.GtE,
    ast.GtE: ast.Gt,
    ast.In: ast.NotIn,
    ast.NotIn: ast.In,
    ast.Is: ast.IsNot,
    ast.IsNot: ast.Is,
}
_NAMES = {"any": "all", "all": "any", "min": "max", "max": "min"}
_METHODS = {
    "fullmatch": ("match", "search"),
    "match": ("search",),
    "startswith": ("endswith",),
    "endswith": ("startswith",),
    "issubset": ("issuperset",),
    "union": ("intersection",),
    "removeprefix": ("removesuffix",),
}
_LOOKS = frozenset({"endswith", "get", "partition", "removeprefix", "removesuffix", "replace", "split", "startswith"})
"""Methods that look for a text."""
_CLEANERS = frozenset({"casefold", "lower", "strip", "upper"})
"""Methods without arguments that bring texts into one form: leaving one out compares texts as they came."""
_PATTERNS: Final[tuple[tuple[str, str], ...]] = (
    (r"(?<!\\)\+", "*"),
    (r"\{(\d+)(,\d*)?\}", r"{\1,}"),
    (r"\{(\d+)(,\d*)?\}", "*"),
    (r"\(\?<?[!=][^)]*\)", ""),
    (r"\[\^", "["),
)
"""How a regular expression becomes less strict."""


def changes(node: ast.AST) -> Iterator[Change]:
    """Yield what may stand in a node's place."""
    for kind, make in _MAKERS:
        if isinstance(node, kind):
            yield from make(node)


def returned(annotation: str) -> tuple[str, ...]:
    """Return the answers, as source, that a function with a return annotation could give whatever it was asked."""
    found = ["True", "False"] if annotation == "bool" else []
    found += ["None"] if "None" in annotation.split(" | ") else []
    found += ["()"] if annotation.startswith("tuple[") and "..." in annotation else []
    found += ["frozenset()"] if annotation.startswith("frozenset[") else []
    return tuple(found)


def decides(parent: ast.AST, name: str) -> bool:
    """Return whether a text in this field of a node is compared with, looked up by, or a row of a table."""
    match parent:
        case ast.Compare():
            return True
        case ast.Call(func=ast.Attribute(attr=method)):
            return name == "args" and method in _LOOKS
        case ast.Dict():
            return name == "values"
        case ast.Assign() | ast.keyword():
            return name == "value"
        case _:
            return False


def _comparison(node: ast.Compare) -> Iterator[Change]:
    for index, operator in enumerate(node.ops):
        swapped = _COMPARISONS.get(type(operator))
        if swapped is not None:
            ops = [*node.ops[:index], swapped(), *node.ops[index + 1 :]]
            yield ast.Compare(node.left, ops, node.comparators)


def _connective(node: ast.BoolOp) -> Iterator[Change]:
    yield ast.BoolOp(ast.Or() if isinstance(node.op, ast.And) else ast.And(), node.values)
    for index in range(len(node.values)):
        kept = node.values[:index] + node.values[index + 1 :]
        yield kept[0] if len(kept) == 1 else ast.BoolOp(node.op, kept)


def _unary(node: ast.UnaryOp) -> Iterator[Change]:
    yield node.operand


def _binary(node: ast.BinOp) -> Iterator[Change]:
    if not any(is_text(part) for part in (node.left, node.right)):
        yield node.left
        yield node.right


def _branch(node: ast.If | ast.IfExp | ast.While) -> Iterator[Change]:
    for always in (True, False):
        if isinstance(node, ast.IfExp):
            yield ast.IfExp(ast.Constant(always), node.body, node.orelse)
        elif isinstance(node, ast.If):
            yield ast.If(ast.Constant(always), node.body, node.orelse)
    if isinstance(node, ast.While):
        yield ast.While(ast.Constant(value=False), node.body, node.orelse)


def _loop(node: ast.For) -> Iterator[Change]:
    yield ast.For(node.target, ast.Tuple([], ast.Load()), node.body, node.orelse)


def _comprehension(node: ast.comprehension) -> Iterator[Change]:
    yield ast.comprehension(node.target, ast.Tuple([], ast.Load()), node.ifs, node.is_async)
    for index in range(len(node.ifs)):
        kept = node.ifs[:index] + node.ifs[index + 1 :]
        yield ast.comprehension(node.target, node.iter, kept, node.is_async)


def _constant(node: ast.Constant) -> Iterator[Change]:
    match node.value:
        case bool(value):
            yield ast.Constant(not value)
        case int(value):
            yield ast.Constant(value + 1)
            if value > 0:
                yield ast.Constant(value - 1)
        case _:
            pass


def _rows(node: ast.List | ast.Set | ast.Tuple) -> Iterator[Change]:
    for index in range(len(node.elts)):
        kept = node.elts[:index] + node.elts[index + 1 :]
        match node:
            case ast.Set() if not kept:
                pass
            case ast.Set():
                yield ast.Set(kept)
            case _ if isinstance(node.ctx, ast.Load):
                yield type(node)(kept, node.ctx)
            case _:
                pass


def _entries(node: ast.Dict) -> Iterator[Change]:
    for index in range(len(node.keys)):
        yield ast.Dict(node.keys[:index] + node.keys[index + 1 :], node.values[:index] + node.values[index + 1 :])


def _call(node: ast.Call) -> Iterator[Change]:
    match node.func:
        case ast.Name(id=name) if name in _NAMES:
            yield ast.Call(ast.Name(_NAMES[name], ast.Load()), node.args, node.keywords)
        case ast.Attribute(value=receiver, attr=name) if name in _CLEANERS and not node.args:
            yield receiver
        case ast.Attribute(value=ast.Name(id="re"), attr="compile"):
            yield from _looser(node)
        case ast.Attribute(value=receiver, attr=name):
            for other in _METHODS.get(name, ()):
                yield ast.Call(ast.Attribute(receiver, other, ast.Load()), node.args, node.keywords)
        case _:
            pass


def _looser(node: ast.Call) -> Iterator[Change]:
    if len(node.args) > 1:
        yield ast.Call(node.func, node.args[:1], node.keywords)
    match node.args[0]:
        case ast.Constant(value=str(text)):
            pass
        case _:
            return
    if r"\d" in text:
        yield ast.Call(node.func, [ast.Constant(text.replace(r"\d", r"\w")), *node.args[1:]], node.keywords)
    for pattern, instead in _PATTERNS:
        for found in re.finditer(pattern, text):
            looser = text[: found.start()] + found.expand(instead) + text[found.end() :]
            if looser != text:
                yield ast.Call(node.func, [ast.Constant(looser), *node.args[1:]], node.keywords)


def _statement(node: ast.stmt) -> Iterator[Change]:
    is_docstring = isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)
    if not is_docstring:
        yield ast.Pass()


def _jump(node: ast.Continue | ast.Break) -> Iterator[Change]:
    yield ast.Break() if isinstance(node, ast.Continue) else ast.Continue()


def _choice(node: ast.Match) -> Iterator[Change]:
    for index in range(len(node.cases) if len(node.cases) > 1 else 0):
        yield ast.Match(node.subject, node.cases[:index] + node.cases[index + 1 :])


def _case(node: ast.match_case) -> Iterator[Change]:
    if node.guard is not None:
        yield ast.match_case(node.pattern, None, node.body)
        yield ast.match_case(node.pattern, ast.Constant(value=False), node.body)


def _alternatives(node: ast.MatchOr) -> Iterator[Change]:
    for index in range(len(node.patterns)):
        kept = node.patterns[:index] + node.patterns[index + 1 :]
        yield kept[0] if len(kept) == 1 else ast.MatchOr(kept)


def _class_pattern(node: ast.MatchClass) -> Iterator[Change]:
    for index in range(len(node.kwd_attrs)):
        names = node.kwd_attrs[:index] + node.kwd_attrs[index + 1 :]
        kept = node.kwd_patterns[:index] + node.kwd_patterns[index + 1 :]
        yield ast.MatchClass(node.cls, node.patterns, names, kept)


def is_text(node: ast.AST) -> bool:
    """Return whether an expression is a message: a string with a space in it."""
    match node:
        case ast.Constant(value=str(text)):
            return " " in text
        case ast.JoinedStr(values=parts):
            return any(is_text(part) for part in parts)
        case ast.BinOp(left=left, right=right):
            return is_text(left) or is_text(right)
        case _:
            return False


_MAKERS: Final[tuple[tuple[type[ast.AST] | tuple[type[ast.AST], ...], Callable[..., Iterator[Change]]], ...]] = (
    (ast.Compare, _comparison),
    (ast.BoolOp, _connective),
    (ast.UnaryOp, _unary),
    (ast.BinOp, _binary),
    ((ast.If, ast.IfExp, ast.While), _branch),
    (ast.For, _loop),
    (ast.comprehension, _comprehension),
    (ast.Constant, _constant),
    ((ast.List, ast.Set, ast.Tuple), _rows),
    (ast.Dict, _entries),
    (ast.Call, _call),
    ((ast.Raise, ast.Expr, ast.AugAssign, ast.Assert, ast.Delete), _statement),
    ((ast.Continue, ast.Break), _jump),
    (ast.Match, _choice),
    (ast.match_case, _case),
    (ast.MatchOr, _alternatives),
    (ast.MatchClass, _class_pattern),
)
