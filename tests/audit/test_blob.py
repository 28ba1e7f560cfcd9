"""What is too large for a line."""

from __future__ import annotations

import gzip
import hashlib
import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from runner.audit import blob
from runner.audit.blob import BadBlob, blob_path, put_blob, read_blob
from runner.audit.directory import open_root

CONTENT = b'["' + b"x" * 10_000 + b'"]'


@pytest.fixture
def root(directory: Path) -> Iterator[int]:
    """Open the ledger's directory."""
    descriptor = open_root(directory)
    yield descriptor
    os.close(descriptor)


def test_a_blob_comes_back(root: int, directory: Path) -> None:
    """What was put is read by its digest, which is that of the content."""
    digest = put_blob(root, CONTENT)

    assert hashlib.sha256(CONTENT).hexdigest() == digest
    assert read_blob(directory, digest) == CONTENT
    assert gzip.decompress((directory / blob_path(digest)).read_bytes()) == CONTENT


def test_the_same_content_is_stored_once(root: int, directory: Path) -> None:
    """A second put of the same content writes nothing."""
    path = directory / blob_path(put_blob(root, CONTENT))
    before = path.stat()

    put_blob(root, CONTENT)

    assert before == path.stat()
    assert [path.name] == [item.name for item in path.parent.iterdir()]


def test_blobs_are_private(root: int, directory: Path) -> None:
    """A blob and the directories above it are this user's alone."""
    path = directory / blob_path(put_blob(root, CONTENT))

    assert path.stat().st_mode & 0o777 == 0o600
    assert {0o700} == {place.stat().st_mode & 0o777 for place in list(path.parents)[:4]}


@pytest.mark.parametrize(
    "content",
    [b"", b"not gzip", gzip.compress(b"other"), gzip.compress(CONTENT)[:-20]],
    ids=["empty", "other format", "other content", "cut"],
)
def test_a_changed_blob_is_bad(root: int, directory: Path, content: bytes) -> None:
    """A blob that is not what its name says is neither read nor taken for stored."""
    digest = put_blob(root, CONTENT)
    (directory / blob_path(digest)).write_bytes(content)

    with pytest.raises(BadBlob):
        read_blob(directory, digest)
    with pytest.raises(OSError, match="another blob lies under the name"):
        put_blob(root, CONTENT)


def test_a_missing_blob_is_bad(directory: Path) -> None:
    """A blob that is not there says so."""
    with pytest.raises(BadBlob, match="No such file"):
        read_blob(directory, "e" * 64)


def test_a_link_in_place_of_a_blob_is_bad(root: int, directory: Path) -> None:
    """A symbolic link is not followed, even to the right content."""
    path = directory / blob_path(put_blob(root, CONTENT))
    moved = path.rename(directory / "elsewhere")
    path.symlink_to(moved)

    with pytest.raises(BadBlob):
        read_blob(directory, hashlib.sha256(CONTENT).hexdigest())


def test_something_else_in_place_of_a_blob_is_bad(root: int, directory: Path) -> None:
    """A named pipe is refused at once instead of being waited for."""
    path = directory / blob_path(put_blob(root, CONTENT))
    path.unlink()
    os.mkfifo(path)

    with pytest.raises(BadBlob, match="not a file"):
        read_blob(directory, hashlib.sha256(CONTENT).hexdigest())


@pytest.mark.parametrize("digest", ["", "../../etc/passwd", "E" * 64, "e" * 63])
def test_only_digests_become_paths(directory: Path, digest: str) -> None:
    """A record cannot make verification read some other file."""
    with pytest.raises(BadBlob, match="not a SHA-256"):
        read_blob(directory, digest)


def test_what_unpacks_to_too_much_is_bad(root: int, directory: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A blob that unpacks beyond the limit is not unpacked beyond it, and too large a content is not stored."""
    digest = put_blob(root, CONTENT)
    monkeypatch.setattr(blob, "MAX_BLOB", len(CONTENT) - 1)

    with pytest.raises(BadBlob):
        read_blob(directory, digest)
    with pytest.raises(OSError, match="in one field"):
        put_blob(root, CONTENT)
