"""From text to the events of PyYAML's parser: the only module that knows PyYAML's parser and resolver.

PyYAML has two parsers, and they disagree: libyaml takes tabs between tokens, reads ``[a?b]`` as a text, drops a byte
order mark at any line's start and places some errors elsewhere. A reviewed file has to mean one thing on every
machine, so only the parser in Python is used, which every PyYAML has. Nothing is constructed: events only.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import yaml
from yaml.resolver import Resolver

from runner.workflow.loading.nodes import Kind
from runner.workflow.loading.problems import Mark, Problems
from runner.workflow.loading.quoting import visible

_KINDS = {
    "tag:yaml.org,2002:str": Kind.TEXT,
    "tag:yaml.org,2002:int": Kind.NUMBER,
    "tag:yaml.org,2002:float": Kind.NUMBER,
    "tag:yaml.org,2002:bool": Kind.BOOLEAN,
    "tag:yaml.org,2002:timestamp": Kind.DATE,
    "tag:yaml.org,2002:null": Kind.NOTHING,
}

# PyYAML's stubs leave the methods untyped.
_RESOLVER: Any = Resolver()


def events(text: str, problems: Problems) -> Iterator[yaml.Event]:
    """Yield the events as far as the text is YAML, one by one, so that the caller can stop early.

    Raises:
        InvalidPlaybook: where the text stops being YAML.
    """
    loader: Any = yaml.SafeLoader(text)
    try:
        while loader.check_event():
            yield loader.get_event()
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or loader.get_mark()
        problems.refuse(_mark(mark), f"this is not YAML: {_words(error)}", _hint(error, text[mark.index :][:1]))
    except (ValueError, OverflowError):
        # PyYAML converts the numbers of escapes and directives without a bound: `"\UFFFFFFFF"`, `%YAML 1.111…`.
        message = "this is not YAML: the number in an escape or a directive is out of range"
        problems.refuse(_mark(loader.get_mark()), message)


def start(event: yaml.Event) -> Mark:
    """Return where an event begins."""
    return _mark(event.start_mark)


def kind_of(event: yaml.ScalarEvent) -> Kind:
    """Return what YAML 1.1 takes a scalar without a tag for."""
    plain = not event.style
    return _KINDS.get(_RESOLVER.resolve(yaml.ScalarNode, event.value, (plain, not plain)), Kind.SPECIAL)


def _mark(mark: Any) -> Mark:
    return Mark(mark.line + 1, mark.column + 1)


def _words(error: yaml.MarkedYAMLError) -> str:
    return visible(" ".join(str(part) for part in (error.problem, error.context) if part), 100)


def _hint(error: yaml.MarkedYAMLError, found: str) -> str:
    if found == "\t":
        return "indent and separate with spaces, not tabs"
    if "mapping values" in str(error.problem):
        return "a text that holds `: ` must be quoted"
    if error.context_mark is not None:
        begun = _mark(error.context_mark)
        return f"look at what begins at {begun.line}:{begun.column}: its quotes, brackets and indentation"
    return "check the quotes and the indentation up to here"
