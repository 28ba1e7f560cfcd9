"""Write the log as tiles into a new directory; the ledger itself is only read."""

from __future__ import annotations

from pathlib import Path

from runner.audit.checkpoint_store import read_checkpoints
from runner.audit.reading import read_segments
from runner.audit.tiles import tile_files
from runner.errors import UsageError


def export_tiles(ledger: Path, into: Path) -> int:
    """Write tiles over the lines that the last checkpoint covers, the checkpoint last; return how many lines.

    Raises:
        UsageError: when there is no checkpoint, when ``into`` exists, or when it cannot be written.
    """
    checkpoints = tuple(read_checkpoints(ledger))
    if not checkpoints:
        raise UsageError("the audit log has no checkpoint", on=str(ledger), hint="`runner apply` signs one")
    name, note, *_ = checkpoints[-1]
    size = int(name)
    lines = (raw.removesuffix(b"\n") for segment in read_segments(ledger) for raw in segment.lines)
    covered = (line for _, line in zip(range(size), lines, strict=False))
    try:
        into.mkdir(parents=True)
        for path, content in tile_files(covered):
            file = into / path
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_bytes(content)
        (into / "checkpoint").write_bytes(note)
    except OSError as error:
        raise UsageError(
            f"the tiles cannot be written: {error.strerror or error}", on=str(into), hint="name a new directory"
        ) from error
    return size
