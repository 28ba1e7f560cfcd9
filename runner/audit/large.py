"""Keep what is too large for a line beside the log, before the line that names it is written."""

from __future__ import annotations

from collections.abc import Mapping

from runner.audit.blob import blob_path, put_blob
from runner.audit.line import sha256
from runner.audit.spill import Blob, Lost, large_fields, without
from runner.model.canonical import Json


def keep_large(root: int, data: Mapping[str, Json], *, ending: bool) -> tuple[Mapping[str, Json], OSError | None]:
    """Return a record's fields as they go into the line, with the large ones in blobs of the open ledger directory.

    How something ended (``ending``) is recorded even when a blob cannot be kept: then without the field, and the error
    is returned beside it.

    Raises:
        OSError: when a blob cannot be kept, otherwise.
    """
    lost = None
    for name, content in large_fields(data).items():
        digest = sha256(content)
        where: Blob | Lost = Blob(digest, blob_path(digest))
        try:
            put_blob(root, content)
        except OSError as error:
            if not ending:
                raise
            lost, where = error, Lost(error.strerror or str(error))
        data = without(data, name, digest, where)
    return data, lost
