"""Tell a webhook: one POST of JSON."""

from __future__ import annotations

import json
from collections.abc import Mapping

from runner import __version__
from runner.audit.posting import NotTaken, posted
from runner.model.canonical import Json

PATIENCE = 5.0
"""Seconds until a webhook counts as unreachable."""


class NotTold(Exception):
    """Say why somebody could not be told; holds no URL, which may be a secret."""


def post(url: str, notice: Mapping[str, Json]) -> None:
    """Send a notice to an https URL, or to this machine; a proxy of the environment is used.

    Raises:
        NotTold: when nobody takes it.
    """
    body = json.dumps(notice, ensure_ascii=True).encode()
    headers = {"Content-Type": "application/json", "User-Agent": f"runner/{__version__}"}
    try:
        posted(url, body, headers, PATIENCE)
    except NotTaken as error:
        raise NotTold(str(error)) from error
