"""Which delete markers an answer says that S3 has written. Pure.

The same fields tell of a marker that was deleted: then the request, or the answer's entry, names its version.

Source: S3 API reference, DeleteObject and DeleteObjects, "Response Elements".
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from runner.model.canonical import Json

NO_MARKERS: tuple[Json, ...] = ()


def markers_written(params: Mapping[str, Json], answer: Mapping[str, Json]) -> tuple[Json, ...]:
    """Return key and version of every marker that a deletion without versions has put over an object."""
    if answer.get("DeleteMarker") is True and "Key" in params and "VersionId" not in params:
        return ({"Key": params["Key"], "VersionId": answer.get("VersionId")},)
    return tuple(_of_batch(answer.get("Deleted")))


def _of_batch(deleted: Json) -> Iterator[Json]:
    for entry in deleted if isinstance(deleted, list | tuple) else ():
        if isinstance(entry, Mapping) and entry.get("DeleteMarker") is True and "VersionId" not in entry:
            yield {"Key": entry.get("Key"), "VersionId": entry.get("DeleteMarkerVersionId")}
