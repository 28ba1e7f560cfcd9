"""The checkpoints of a ledger, one file each, and the tree's edge beside them.

``checkpoints/<lines>`` is a signed note, ``checkpoints/<lines>.sig`` the operator's SSH signature over its text,
``checkpoints/<lines>.tsr`` what a time-stamping authority said of the note. ``tree.json`` is the right edge of the tree
at the last checkpoint: derived from the log, so that a start need not read all of it, and believed only when it fits a
checkpoint that the log's key signed.
"""

from __future__ import annotations

import json
import os
import re
from collections.abc import Iterator
from pathlib import Path

from runner.audit.checkpoint import BadCheckpoint, Checkpoint
from runner.audit.directory import open_directory, open_to_read, write_new
from runner.audit.log_key import LogKey, verify_ed25519
from runner.audit.merkle import NoEdge, Tree
from runner.audit.note import BadNote, opened, signed
from runner.errors import UsageError
from runner.model.canonical import encode

FOLDER = "checkpoints"
SIGNATURE = ".sig"
STAMP = ".tsr"
EDGE = "tree.json"
_NAME = re.compile(r"[0-9]{20}")
_LARGEST = 64 * 1024


def checkpoint_name(size: int) -> str:
    """Return the name of the checkpoint over so many lines."""
    return f"{size:020d}"


class CheckpointStore:
    """Write and find checkpoints in an open ledger directory; used under the log's lock."""

    def __init__(self, root: int, key: LogKey) -> None:
        self._root = root
        self._key = key

    def write(self, tree: Tree) -> tuple[Checkpoint, str]:
        """Sign the tree as it is, durably, and keep its edge; return the checkpoint and the signed note.

        Raises:
            OSError: when it cannot be written.
        """
        made = Checkpoint(self._key.public.name, tree.size, tree.root())
        note = signed(made.text, self._key.public, self._key.sign)
        _put(self._root, checkpoint_name(tree.size), note.encode())
        edge = encode({"size": tree.size, "edge": [part.hex() for part in tree.edge]})
        write_new(EDGE, self._root, edge + b"\n")
        return made, note

    def write_signature(self, made: Checkpoint, signature: bytes) -> None:
        """Keep the operator's signature over a checkpoint's text.

        Raises:
            OSError: when it cannot be written.
        """
        write_signature(self._root, made.size, signature)

    def last(self) -> Checkpoint | None:
        """Return the checkpoint over the most lines that the log's key signed; None when there is none."""
        folder = open_directory(FOLDER, self._root)
        try:
            with os.scandir(folder) as entries:
                names = sorted((entry.name for entry in entries if _NAME.fullmatch(entry.name)), reverse=True)
            for name in names:
                found = self._opened(name, folder)
                if found is not None:
                    return found
        finally:
            os.close(folder)
        return None

    def tree(self, last: Checkpoint | None) -> Tree:
        """Return the tree at a checkpoint, or an empty one when its edge is not kept: then all lines are read again."""
        if last is None:
            return Tree()
        try:
            with os.fdopen(open_to_read(EDGE, self._root), "rb") as file:
                found = json.loads(file.read(_LARGEST))
            tree = Tree(found["size"], [bytes.fromhex(part) for part in found["edge"]])
        except (OSError, ValueError, KeyError, TypeError, NoEdge):
            return Tree()
        return tree if (tree.size, tree.root()) == (last.size, last.root) else Tree()

    def _opened(self, name: str, folder: int) -> Checkpoint | None:
        try:
            with os.fdopen(open_to_read(name, folder), "rb") as file:
                found = Checkpoint.parse(opened(file.read(_LARGEST), self._key.public, verify_ed25519))
        except (OSError, BadNote, BadCheckpoint):
            return None
        return found if found.origin == self._key.public.name and checkpoint_name(found.size) == name else None


def write_signature(root: int, size: int, signature: bytes) -> None:
    """Keep the operator's signature over the text of the checkpoint over so many lines, in an open ledger directory.

    Raises:
        OSError: when it cannot be written.
    """
    _put(root, checkpoint_name(size) + SIGNATURE, signature)


def write_stamp(root: int, size: int, token: bytes) -> None:
    """Keep a time stamp over the checkpoint over so many lines, in an open ledger directory.

    Raises:
        OSError: when it cannot be written.
    """
    _put(root, checkpoint_name(size) + STAMP, token)


def read_checkpoints(directory: Path) -> Iterator[tuple[str, bytes, bytes | None, bytes | None]]:
    """Yield name, note, operator's signature and time stamp of every checkpoint of a ledger, the smallest first.

    Raises:
        UsageError: when one cannot be read.
    """
    folder = directory / FOLDER
    try:
        opened = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    except FileNotFoundError:
        return
    except OSError as error:
        raise _unreadable(error, folder) from error
    try:
        with os.scandir(opened) as entries:
            there = frozenset(entry.name for entry in entries)
        for name in sorted(filter(_NAME.fullmatch, there)):
            beside = (name + SIGNATURE, name + STAMP)
            signature, stamp = (_content(one, opened) if one in there else None for one in beside)
            yield name, _content(name, opened), signature, stamp
    except OSError as error:
        raise _unreadable(error, folder) from error
    finally:
        os.close(opened)


def _put(root: int, name: str, content: bytes) -> None:
    folder = open_directory(FOLDER, root)
    try:
        write_new(name, folder, content)
    finally:
        os.close(folder)


def _content(name: str, folder: int) -> bytes:
    descriptor = open_to_read(name, folder)
    try:
        return os.read(descriptor, _LARGEST)
    finally:
        os.close(descriptor)


def _unreadable(error: OSError, folder: Path) -> UsageError:
    return UsageError(
        f"the checkpoints cannot be read: {error.strerror or error}",
        on=str(folder),
        hint="read them as the user that wrote them",
    )
