"""botocore's parsers, held to AWS's answers: what does not look like one is an error, never an empty answer.

A portal or a proxy that answers instead of AWS makes botocore's parsers fail with whatever Python raises, or, for S3,
return an answer in which every field is missing: a listing would be taken for an empty bucket.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from botocore.parsers import ResponseParserError, ResponseParserFactory

_PAGES = (b"<!doctype html", b"<html")
_OK = 200


class StrictParserFactory(ResponseParserFactory):  # type: ignore[misc]  # botocore publishes no types
    """Make parsers that raise ``ResponseParserError`` for everything that they cannot read."""

    def create_parser(self, protocol_name: str) -> StrictParser:
        """Return the parser of a protocol."""
        return StrictParser(super().create_parser(protocol_name))


class StrictParser:
    """Wrap one of botocore's parsers; everything but `parse` is the wrapped one's."""

    def __init__(self, parser: Any) -> None:
        self._parser = parser

    def parse(self, response: Mapping[str, Any], shape: Any) -> Any:
        """Return the answer as botocore parses it.

        Raises:
            ResponseParserError: when it is a web page, or has another form than the service model says.
        """
        body = response.get("body")
        if response.get("status_code") == _OK and isinstance(body, bytes) and _is_page(body):
            raise ResponseParserError("the answer is a web page")
        try:
            return self._parser.parse(response, shape)
        except (LookupError, TypeError, AttributeError, ValueError) as error:
            raise ResponseParserError(f"the answer has another form than AWS's: {type(error).__name__}") from error

    def __getattr__(self, name: str) -> Any:
        return getattr(self._parser, name)


def _is_page(body: bytes) -> bool:
    return body[:64].lstrip().lower().startswith(_PAGES)
