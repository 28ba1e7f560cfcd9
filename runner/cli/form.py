"""The forms of a result. Apart from `runner.cli.output`, so that ``--help`` loads no console."""

from __future__ import annotations

from enum import StrEnum


class Output(StrEnum):
    """Name the forms of a result."""

    TEXT = "text"
    JSON = "json"


class Check(StrEnum):
    """Name the forms of what was checked; SARIF is for code hosts."""

    TEXT = "text"
    JSON = "json"
    SARIF = "sarif"


class Report(StrEnum):
    """Name the forms of what is read by people who review; markdown is for comments and issues."""

    TEXT = "text"
    JSON = "json"
    MARKDOWN = "markdown"


class Review(StrEnum):
    """Name the forms of a plan; html is a page to keep, to print or to read on a phone."""

    TEXT = "text"
    JSON = "json"
    MARKDOWN = "markdown"
    HTML = "html"


class Page(StrEnum):
    """Name the forms of what auditors read; html is a page to keep or print."""

    TEXT = "text"
    JSON = "json"
    HTML = "html"
