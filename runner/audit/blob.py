"""What is too large for a line, stored once under the digest of its content.

``blobs/sha256/ab/cdef….json.gz`` holds canonical JSON whose SHA-256 is ``abcdef…``; ``zcat FILE | sha256sum`` shows it
with stock tools. The digest is that of the content, not of the compressed bytes, because those differ between versions
of zlib. A blob is durable before the record that names it is written, and it is never written again.
"""

from __future__ import annotations

import errno
import gzip
import hashlib
import os
import re
import zlib
from collections.abc import Callable
from pathlib import Path
from typing import TypeAlias

from runner.audit.directory import open_directory, open_to_read, write_new

MAX_BLOB = 16 * 1024 * 1024
"""The largest content in bytes; S3's largest request for deletions is about 2 MiB."""

BlobReader: TypeAlias = Callable[[str], bytes]
"""Return the content of a digest; raise `BadBlob` when it cannot."""

THOROUGH = 9
QUICK = 1
"""Levels of compression; the digest is that of the content and the same for all."""

_DIGEST = re.compile("[0-9a-f]{64}")
_GZIP = 31
"""zlib's ``wbits`` for the gzip format with the largest window."""


class BadBlob(ValueError):
    """Say that a blob is missing, unreadable, or not what its name says."""


def blob_path(digest: str) -> str:
    """Return where a blob lies below the ledger's directory.

    Raises:
        BadBlob: when the digest is none; nothing else may become a path.
    """
    if _DIGEST.fullmatch(digest) is None:
        raise BadBlob(f"{digest!r} is not a SHA-256")
    return f"blobs/sha256/{digest[:2]}/{digest[2:]}.json.gz"


def put_blob(root: int, content: bytes, level: int = THOROUGH) -> str:
    """Store a content, durably, and return its digest; ``root`` is the open ledger directory.

    Raises:
        OSError: when it cannot be stored, or when something else lies under its name.
    """
    if len(content) > MAX_BLOB:
        raise OSError(errno.EFBIG, f"a record holds {len(content)} bytes in one field")
    digest = hashlib.sha256(content).hexdigest()
    folder, name = blob_path(digest).rsplit("/", 1)
    parent = os.dup(root)
    try:
        for part in folder.split("/"):
            child = open_directory(part, parent)
            os.close(parent)
            parent = child
        _put(parent, name, content, digest, level)
    finally:
        os.close(parent)
    return digest


def read_blob(directory: Path, digest: str) -> bytes:
    """Return a blob's content, once it is known to be what its name says.

    Raises:
        BadBlob: when it is missing, unreadable, too large, or has another digest.
    """
    path = directory / blob_path(digest)
    try:
        return _content(open_to_read(path), digest)
    except OSError as error:
        raise BadBlob(error.strerror or str(error)) from error


def read_once(blob: BlobReader) -> Callable[[str], None]:
    """Return what reads each blob once, for those who ask only whether it is sound; `BadBlob` is raised as always.

    A manifest is named by several batches and by their outcomes.
    """
    sound: set[str] = set()

    def read(digest: str) -> None:
        if digest not in sound:
            blob(digest)
            sound.add(digest)

    return read


def _put(parent: int, name: str, content: bytes, digest: str, level: int) -> None:
    try:
        found = open_to_read(name, parent)
    except FileNotFoundError:
        write_new(name, parent, gzip.compress(content, level, mtime=0))
        return
    try:
        _content(found, digest)
    except BadBlob as error:
        raise OSError(errno.EEXIST, f"another blob lies under the name of {digest}: {error}") from error


def _content(descriptor: int, digest: str) -> bytes:
    """Return the content behind a descriptor, which is closed, with never more than `MAX_BLOB` bytes in memory."""
    with os.fdopen(descriptor, "rb") as file:
        packed = file.read(MAX_BLOB + 1)
    unpack = zlib.decompressobj(wbits=_GZIP)
    try:
        content = unpack.decompress(packed, MAX_BLOB)
    except zlib.error as error:
        raise BadBlob("not in gzip format") from error
    if not unpack.eof or hashlib.sha256(content).hexdigest() != digest:
        raise BadBlob("its content has another digest")
    return content
