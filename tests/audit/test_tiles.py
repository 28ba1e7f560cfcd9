"""Tiles: the layout that transparency-log tools read."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from pathlib import Path

import pytest

from runner.audit.log import FileLedger
from runner.audit.merkle import Tree
from runner.audit.record import StepOpened
from runner.audit.tile_export import export_tiles
from runner.audit.tiles import TooLong, tile_files
from runner.errors import UsageError
from runner.model.ports import Ledger


def _lines(count: int) -> list[bytes]:
    return [f"line {number}".encode() for number in range(count)]


@pytest.mark.parametrize(
    ("count", "paths"),
    [
        (0, set()),
        (1, {"tile/entries/000.p/1", "tile/0/000.p/1"}),
        (256, {"tile/entries/000", "tile/0/000", "tile/1/000.p/1"}),
        (
            513,
            {
                "tile/entries/000",
                "tile/entries/001",
                "tile/entries/002.p/1",
                "tile/0/000",
                "tile/0/001",
                "tile/0/002.p/1",
                "tile/1/000.p/2",
            },
        ),
    ],
)
def test_paths(count: int, paths: set[str]) -> None:
    """Whole tiles have a number, the last one its width too; no tile is empty."""
    assert {path for path, _ in tile_files(_lines(count))} == paths


def test_large_numbers_are_folders() -> None:
    """From a thousand tiles on, the number is split into folders that begin with an x."""
    paths = {path for path, _ in tile_files(_lines(256 * 1001))}

    assert {"tile/0/x001/000", "tile/entries/x001/000", "tile/1/003.p/233"} <= paths


def test_contents() -> None:
    """A tile holds the leaves' hashes, a bundle the lines behind their lengths, a higher tile the roots below."""
    lines = _lines(256)
    files = dict(tile_files(lines))
    tree = Tree()
    for line in lines:
        tree.append(line)

    assert files["tile/entries/000"].startswith(b"\x00\x06line 0\x00\x06line 1")
    assert files["tile/0/000"][:32] == hashlib.sha256(b"\0line 0").digest()
    assert files["tile/1/000.p/1"] == tree.root()


def test_a_line_that_is_too_long() -> None:
    """A length stands in two bytes, so nothing longer is packed."""
    with pytest.raises(TooLong):
        list(tile_files([b"x" * 2**16]))


def test_export(directory: Path, ledger: FileLedger, whole_run: Callable[[Ledger], None], tmp_path: Path) -> None:
    """What the last checkpoint covers is written, with the checkpoint; an existing directory is left alone."""
    with pytest.raises(UsageError, match="no checkpoint"):
        export_tiles(directory, tmp_path / "tiles")
    whole_run(ledger)
    ledger.append(StepOpened("later", "s3.delete_bucket", "arn"))

    assert export_tiles(directory, tmp_path / "tiles") == 11
    bundle = (tmp_path / "tiles" / "tile" / "entries" / "000.p" / "11").read_bytes()
    assert b"later" not in bundle
    signed = (directory / "checkpoints" / f"{11:020d}").read_bytes()
    assert (tmp_path / "tiles" / "checkpoint").read_bytes() == signed
    with pytest.raises(UsageError, match="cannot be written"):
        export_tiles(directory, tmp_path / "tiles")
