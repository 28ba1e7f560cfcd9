"""A checkpoint: which log, how many lines, and the tree's hash over them. Pure.

Source: C2SP, ``tlog-checkpoint.md``.
"""

from __future__ import annotations

import base64
import binascii
import re
from dataclasses import dataclass

_FORM = re.compile(r"(?P<origin>[^\n]+)\n(?P<size>0|[1-9][0-9]{0,15})\n(?P<root>[A-Za-z0-9+/]{43}=)\n")


class BadCheckpoint(ValueError):
    """Say that a text is no checkpoint."""


@dataclass(frozen=True)
class Checkpoint:
    """Hold what a checkpoint says: the log's name, its number of lines, and the root over them."""

    origin: str
    size: int
    root: bytes

    @property
    def text(self) -> str:
        """The text that is signed."""
        return f"{self.origin}\n{self.size}\n{base64.b64encode(self.root).decode()}\n"

    @classmethod
    def parse(cls, text: str) -> Checkpoint:
        """Read a checkpoint.

        Raises:
            BadCheckpoint: when it is anything else.
        """
        found = _FORM.fullmatch(text)
        if found is None:
            raise BadCheckpoint("it does not have the three lines of a checkpoint")
        try:
            root = base64.b64decode(found["root"], validate=True)
        except binascii.Error as error:
            raise BadCheckpoint("its root is not base64") from error
        return cls(found["origin"], int(found["size"]), root)
