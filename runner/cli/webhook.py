"""Tell a webhook: one POST of JSON, a few seconds at most, no redirect."""

from __future__ import annotations

import json
from collections.abc import Mapping
from http.client import HTTPException
from typing import Any
from urllib.error import HTTPError, URLError
from urllib.request import HTTPRedirectHandler, Request, build_opener

from runner import __version__
from runner.model.canonical import Json

PATIENCE = 5.0
"""Seconds until a webhook counts as unreachable."""


class NotTold(Exception):
    """Say why somebody could not be told; holds no URL, which may be a secret."""


class _Stay(HTTPRedirectHandler):
    """Follow nobody to another place: what is told is meant for this one."""

    def redirect_request(self, *_: Any) -> None:
        """Refuse."""


def post(url: str, notice: Mapping[str, Json]) -> None:
    """Send a notice to an https URL, or to this machine; a proxy of the environment is used.

    Raises:
        NotTold: when nobody takes it.
    """
    body = json.dumps(notice, ensure_ascii=True).encode()
    headers = {"Content-Type": "application/json", "User-Agent": f"runner/{__version__}"}
    request = Request(url, body, headers, method="POST")  # noqa: S310  # the caller has seen that it is https
    try:
        build_opener(_Stay).open(request, timeout=PATIENCE).close()
    except HTTPError as error:
        error.close()
        raise NotTold(f"it answers {error.code}") from error
    except URLError as error:
        raise NotTold(type(error.reason).__name__) from error
    except (OSError, HTTPException) as error:
        raise NotTold(type(error).__name__) from error
