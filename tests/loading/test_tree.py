"""Only a small, safe part of YAML is read."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from runner.workflow.loading.nodes import Kind, Scalar, Sequence
from runner.workflow.loading.problems import Problems
from runner.workflow.loading.tree import MAX_DEPTH, MAX_NODES, parse

Seen = Callable[[str], list[str]]

NO_YAML = "this is not YAML"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        # Documents and directives.
        ("a: 1\n---\nb: 2\n", "2:1 a second document begins here"),
        ("%YAML 1.1\n---\na: x\n", "1:1 directives (`%YAML`, `%TAG`) are not accepted"),
        ("%TAG ! tag:x,2000:\n---\na: x\n", "1:1 directives (`%YAML`, `%TAG`) are not accepted"),
        # Tags.
        ("a: !!python/object/apply:os.system [id]\n", "1:4 tags are not accepted: `!!python/object/apply:os.system`"),
        ("a: !!str 1\n", "1:4 tags are not accepted: `!!str`"),
        ("a: !x {}\n", "1:4 tags are not accepted: `!x`"),
        ("a: ! 1\n", "1:4 tags are not accepted: `!`"),
        ("!!map\na: x\n", "1:1 tags are not accepted: `!!map`"),
        ("!x y", "1:1 tags are not accepted: `!x`"),
        # Keys.
        ("id: a\nid: b\n", "2:1 the key `id` appears twice; first on line 1"),
        ("id: a\n'id': b\n", "2:1 the key `id` appears twice; first on line 1"),
        ("a: {x: 1, x: 2}\n", "1:11 the key `x` appears twice; first on line 1"),
        ("<<: {a: b}\n", "1:1 merge keys (`<<`) are not accepted"),
        ("on: x\n", "1:1 a key must be a text, not the truth value `on`"),
        ("1: x\n", "1:1 a key must be a text, not the number `1`"),
        ("~: x\n", "1:1 a key must be a text, not the empty value `~`"),
        ("2026-12-01: x\n", "1:1 a key must be a text, not the date `2026-12-01`"),
        ("=: x\n", "1:1 a key must be a text, not the special word `=`"),
        ("?\n: x\n", "1:2 a key is missing before this `:`"),
        ("[a, b]: x\n", "1:1 a key must be a text, not a list"),
        ("? {a: b}\n: x\n", "1:3 a key must be a text, not a mapping"),
        ("!x a: x\n", "1:1 tags are not accepted: `!x`"),
        # Anchors.
        ("a: *b\n", "1:4 no anchor has this name: `*b`"),
        ("a: &x [*x]\n", "1:8 the alias `*x` stands inside its own anchor"),
        ("a: &x b\n", "1:4 the anchor `&x` is never used"),
        ("a: &x b\nc: &x d\ne: *x\n", "2:4 the anchor `&x` is defined twice; first on line 1"),
        ("a: &x b\n*x : c\n", "2:1 a key is written out, not an alias: `*x`"),
        ("*x : c\n", "1:1 a key is written out, not an alias: `*x`"),
        # What is no YAML at all.
        ("a: b: c\n", f"1:5 {NO_YAML}: mapping values are not allowed here"),
        ("a: [b\nc: d\n", f"2:2 {NO_YAML}: expected ',' or ']', but got ':' while parsing a flow sequence"),
        (
            "a:\n\tb: c\n",
            f"2:1 {NO_YAML}: found character '\\t' that cannot start any token while scanning for the next token",
        ),
        (
            "a:\tb\n",
            f"1:3 {NO_YAML}: found character '\\t' that cannot start any token while scanning for the next token",
        ),
        ('a: "b\n', f"2:1 {NO_YAML}: found unexpected end of stream while scanning a quoted scalar"),
        ('a: "\\UFFFFFFFF"\n', f"1:7 {NO_YAML}: the number in an escape or a directive is out of range"),
        ("%YAML 1." + "1" * 5000, f"1:9 {NO_YAML}: the number in an escape or a directive is out of range"),
        (
            "a: @b\n",
            f"1:4 {NO_YAML}: found character '@' that cannot start any token while scanning for the next token",
        ),
    ],
)
def test_what_is_outside_is_refused(text: str, expected: str, seen: Seen) -> None:
    """Each construct outside the accepted part is refused at its place."""
    assert expected in seen(text)


def test_a_lone_surrogate_is_no_text(seen: Seen) -> None:
    """Half a character, written as an escape, is refused: nothing could be written to a log with it."""
    assert "1:4 the text holds half a character (a lone surrogate)" in seen('a: "\\ud800"\n')
    assert "1:1 the text holds half a character (a lone surrogate)" in seen('"\\udfff": a\n')


def test_problems_before_bad_syntax_are_reported_too(seen: Seen) -> None:
    """Where the text stops being YAML, what was found before is not lost."""
    assert seen("a: 1\na: 2\nb: !x y\nc: 'd\n") == [
        "3:4 tags are not accepted: `!x`",
        f"5:1 {NO_YAML}: found unexpected end of stream while scanning a quoted scalar",
    ]


@pytest.mark.parametrize("opening", ["[", "{a: ", "- ", "? ", "[{a: "])
def test_deep_nesting_is_refused(opening: str, seen: Seen) -> None:
    """Depth has a bound, so that neither the stack nor the parser's time can be exhausted."""
    (found,) = seen(opening * 100_000)

    assert found.endswith(f"this is nested deeper than {MAX_DEPTH} levels")


def test_aliases_of_aliases_are_bounded(seen: Seen) -> None:
    """A few lines that would expand to billions of values are refused by their expanded count."""
    lines = ["l0: &l0 [x, x, x, x, x, x, x, x, x, x]"]
    lines += [f"l{n}: &l{n} [{', '.join([f'*l{n - 1}'] * 10)}]" for n in range(1, 10)]

    assert seen("\n".join(lines)) == [f"5:10 there are more than {MAX_NODES} values, aliases written out"]


def test_many_values_are_refused(seen: Seen) -> None:
    """The number of values has a bound without aliases too."""
    (found,) = seen("a:\n" + "- x\n" * MAX_NODES)

    assert found.endswith(f"there are more than {MAX_NODES} values, aliases written out")


def test_an_alias_is_the_node_at_its_anchor() -> None:
    """Aliases share the anchored node, position included."""
    tree = parse("[&a {b: c}, *a]", Problems("p"))

    assert isinstance(tree, Sequence)
    assert tree.items[0] is tree.items[1]


def test_scalars_keep_what_is_written() -> None:
    """The tree holds texts and what YAML 1.1 would make of them, never a converted value."""
    tree = parse("[a, 'a', \"1\", 012, 1_000, 1.0, no, ~, 2026-12-01, =]", Problems("p"))

    assert isinstance(tree, Sequence)
    found = [(item.text, item.kind, item.quoted) for item in tree.items if isinstance(item, Scalar)]
    assert found == [
        ("a", Kind.TEXT, False),
        ("a", Kind.TEXT, True),
        ("1", Kind.TEXT, True),
        ("012", Kind.NUMBER, False),
        ("1_000", Kind.NUMBER, False),
        ("1.0", Kind.NUMBER, False),
        ("no", Kind.BOOLEAN, False),
        ("~", Kind.NOTHING, False),
        ("2026-12-01", Kind.DATE, False),
        ("=", Kind.SPECIAL, False),
    ]
