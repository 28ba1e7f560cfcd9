"""Where a session's text is kept: the port, and the store in files."""

from __future__ import annotations

from typing import Protocol

from runner.aws.session_cache.directory import SessionDirectory
from runner.model.session import Secret


class Store(Protocol):
    """Keep texts by name. Every method raises OSError when the place cannot be used or trusted."""

    @property
    def place(self) -> str:
        """Where it is, for people: ``the OS keyring (KWallet)``."""
        ...

    def read(self, digest: str) -> Secret | None:
        """Return the text; None when there is none, an empty one when what is there cannot be believed."""
        ...

    def write(self, digest: str, entry: Secret) -> None:
        """Keep a text, in place of an earlier one."""
        ...

    def remove(self, digest: str) -> bool:
        """Remove a text and return whether there was one."""
        ...


class FileStore:
    """Keep each text in a file of the private directory (port `Store`)."""

    def __init__(self, directory: SessionDirectory) -> None:
        self._directory = directory

    @property
    def place(self) -> str:
        """The directory."""
        return f"a file in {self._directory.path}"

    def read(self, digest: str) -> Secret | None:
        """Return the text."""
        content = self._directory.read(_name(digest))
        return None if content is None else Secret(content.decode("utf-8", "replace"))

    def write(self, digest: str, entry: Secret) -> None:
        """Write the file, whole or not at all."""
        self._directory.write(_name(digest), entry.reveal().encode("utf-8"))

    def remove(self, digest: str) -> bool:
        """Remove the file."""
        return self._directory.remove(_name(digest))


def _name(digest: str) -> str:
    return f"{digest}.json"
