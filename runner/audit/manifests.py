"""Read what batches of deletions named, from the manifests that lie beside the log.

A manifest may name the children of several batches; the intent of each says which of them are its own.
"""

from __future__ import annotations

import json
from collections import OrderedDict
from collections.abc import Mapping
from pathlib import Path
from typing import Final

from runner.audit.blob import BadBlob, read_blob
from runner.audit.line import text
from runner.errors import UsageError
from runner.model.canonical import Json

KEPT: Final = 4
"""Manifests that are kept while others are read: batches that are named together are sent about the same time."""


class Manifests:
    """Read the manifests below a ledger's directory."""

    def __init__(self, directory: Path) -> None:
        self._directory = directory
        self._read: OrderedDict[str, tuple[str, list[list[str]]]] = OrderedDict()

    def named(self, intent: Mapping[str, Json]) -> tuple[str, list[list[str]]]:
        """Return the bucket of an intent's batch, and each child's key, as S3 encodes it in a URL, with its id.

        Raises:
            UsageError: when the manifest cannot be read, or names fewer children than the intent says.
        """
        digest = text(intent, "objects_sha256")
        try:
            bucket, listed = self._manifest(digest)
            return bucket, _slice(listed, intent.get("objects_first", 0), intent.get("objects_count"))
        except (BadBlob, ValueError, KeyError, TypeError) as error:
            raise UsageError(
                f"a manifest cannot be read: {error}", on=digest, hint="run `runner audit verify`: it names the flaw"
            ) from error

    def _manifest(self, digest: str) -> tuple[str, list[list[str]]]:
        if digest not in self._read:
            data = json.loads(read_blob(self._directory, digest))
            self._read[digest] = (data["bucket"], [[key, id_] for key, id_ in data["objects"]])
            if len(self._read) > KEPT:
                self._read.popitem(last=False)
        return self._read[digest]


def _slice(listed: list[list[str]], first: Json, count: Json) -> list[list[str]]:
    if not isinstance(first, int) or not isinstance(count, int) or len(listed) < first + count:
        raise ValueError(f"it names {len(listed)} objects, and {count} from number {first} on are wanted")
    return listed[first : first + count]
