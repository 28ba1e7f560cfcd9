"""Tell a place that is not AWS: one POST, a few seconds at most, a proxy of the environment, no redirect."""

from __future__ import annotations

from collections.abc import Mapping
from http.client import HTTPException
from typing import Any
from urllib.error import HTTPError, URLError
from urllib.request import HTTPRedirectHandler, Request, build_opener


class NotTaken(Exception):  # named for what happened
    """Say why a POST was not taken; holds no URL, which may be a secret.

    ``status`` is what was answered, 0 when nothing was; ``kind`` is then the error's, and ``was_reached`` whether there
    was a connection.
    """

    def __init__(self, kind: str = "", *, status: int = 0, was_reached: bool = True) -> None:
        super().__init__(f"it answers {status}" if status else kind)
        self.kind = kind
        self.status = status
        self.was_reached = was_reached


class _Stay(HTTPRedirectHandler):
    """Follow nobody to another place: what is told is meant for this one."""

    def redirect_request(self, *_: Any) -> None:
        """Refuse."""


def posted(url: str, body: bytes, headers: Mapping[str, str], seconds: float, most: int = 0) -> bytes:
    """Send a body, and return what is answered, so many bytes of it at most.

    The caller has seen that the URL is one of http or https. ``seconds`` is how long each read may take.

    Raises:
        NotTaken: when nobody takes it.
    """
    request = Request(url, body, dict(headers), method="POST")  # noqa: S310  # the caller has seen what the URL is
    try:
        with build_opener(_Stay).open(request, timeout=seconds) as answer:
            return bytes(answer.read(most)) if most else b""
    except HTTPError as error:
        error.close()
        raise NotTaken(status=error.code) from error
    except URLError as error:
        raise NotTaken(type(error.reason).__name__, was_reached=False) from error
    except (OSError, HTTPException) as error:
        raise NotTaken(type(error).__name__) from error
