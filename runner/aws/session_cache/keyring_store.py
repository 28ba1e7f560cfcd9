"""Sessions in the OS keyring, through the ``keyring`` package, in secure backends only.

Which backend the package uses is up to its configuration, and some of its backends keep plain text. So a backend is
taken by its class, and every class that is not listed here is refused.
"""

from __future__ import annotations

import contextlib
import importlib
import re
import secrets
from collections.abc import Callable, Iterator
from typing import Any, Protocol

from runner.errors import UsageError
from runner.model.session import Secret

SERVICE = "guarded-runner"
"""The name under which the keyring lists what is kept."""
EXTRA = "pip install 'guarded-runner[keyring]'"
SECURE = {
    "keyring.backends.SecretService.Keyring": "Secret Service",
    "keyring.backends.libsecret.Keyring": "Secret Service",
    "keyring.backends.kwallet.DBusKeyring": "KWallet",
    "keyring.backends.kwallet.DBusKeyringKWallet4": "KWallet",
    "keyring.backends.macOS.Keyring": "macOS Keychain",
    "keyring.backends.Windows.WinVaultKeyring": "Windows Credential Locker",
}
"""Backends that the operating system encrypts for the user who is logged in."""
WINDOWS = "keyring.backends.Windows.WinVaultKeyring"
WINDOWS_ROOM = 1200
"""Characters that one entry takes there: 2,560 bytes of UTF-16 (CRED_MAX_CREDENTIAL_BLOB_SIZE), less some."""
MAX_PARTS = 32
_CHAINER = "keyring.backends.chainer.ChainerBackend"
_NOBODY = "keyring.backends.fail.Keyring"
_PART = re.compile(r"(?P<write>[0-9a-f]{8})/(?P<count>[0-9]{1,2})/(?P<text>.*)", re.DOTALL | re.ASCII)


class Backend(Protocol):
    """Be a backend of the ``keyring`` package, as far as it is used here."""

    def get_password(self, service: str, username: str) -> str | None:
        """Return a secret, None when there is none."""
        ...

    def set_password(self, service: str, username: str, password: str) -> None:
        """Keep a secret."""
        ...

    def delete_password(self, service: str, username: str) -> None:
        """Remove a secret that is there."""
        ...


def find_backend(load: Callable[[str], Any] = importlib.import_module) -> Backend:
    """Return the backend that the ``keyring`` package chooses here.

    Raises:
        UsageError: when the package is not installed, or its backend is not known to be secure.
        OSError: when there is no keyring on this machine, as on most servers.
    """
    try:
        package = load("keyring")
    except ImportError as error:
        raise UsageError("the keyring package is not installed", on="--keep-session keyring", hint=EXTRA) from error
    with _translated("choose a backend"):
        chosen = package.get_keyring()
        candidates = chosen.backends if _class(chosen) == _CHAINER else [chosen]
    for backend in candidates:
        if _class(backend) in SECURE:
            found: Backend = backend
            return found
    if _class(chosen) in {_NOBODY, _CHAINER}:
        raise OSError("there is no OS keyring here")
    raise UsageError(
        f"the keyring backend {_class(chosen)} is not known to be secure",
        on="--keep-session keyring",
        hint="let the keyring package use one of: " + ", ".join(dict.fromkeys(SECURE.values())),
    )


class KeyringStore:
    """Keep each text in the keyring (port `Store`), in as many parts as the backend's room needs.

    Every part carries a mark of the write that it belongs to, so that parts of two writes are never put together.
    """

    def __init__(self, backend: Backend) -> None:
        self._backend = backend
        self._room = WINDOWS_ROOM if _class(backend) == WINDOWS else None

    @property
    def place(self) -> str:
        """The keyring and its kind."""
        return f"the OS keyring ({SECURE.get(_class(self._backend), _class(self._backend))})"

    def read(self, digest: str) -> Secret | None:
        """Return the text, put together from its parts."""
        with _translated("read"):
            first = self._backend.get_password(SERVICE, _name(digest, 0))
            if first is None:
                return None
            found = _PART.fullmatch(first)
            count = 0 if found is None else int(found["count"])
            others = [self._backend.get_password(SERVICE, _name(digest, index)) for index in range(1, count)]
        parts = [_PART.fullmatch(part or "") for part in (first, *others)]
        texts = [part["text"] for part in parts if part is not None and found is not None and _fits(part, found)]
        return Secret("".join(texts) if len(texts) == count else "")

    def write(self, digest: str, entry: Secret) -> None:
        """Keep the text; the first part is written last, because it says how many there are."""
        text = entry.reveal()
        room = self._room or max(len(text), 1)
        pieces = [text[start : start + room] for start in range(0, len(text), room)] or [""]
        if len(pieces) > MAX_PARTS:
            raise OSError("the session is too large for the keyring")
        mark = secrets.token_hex(4)
        with _translated("write"):
            for index in reversed(range(len(pieces))):
                part = f"{mark}/{len(pieces)}/{pieces[index]}"
                self._backend.set_password(SERVICE, _name(digest, index), part)
            self._drop_from(digest, len(pieces))

    def remove(self, digest: str) -> bool:
        """Remove every part."""
        with _translated("remove"):
            return self._drop_from(digest, 0)

    def _drop_from(self, digest: str, index: int) -> bool:
        """Remove parts from an index on; return whether there were any. A write that was killed leaves gaps."""
        removed = False
        for place in range(index, 1 if self._room is None else MAX_PARTS):
            if self._backend.get_password(SERVICE, _name(digest, place)) is not None:
                self._backend.delete_password(SERVICE, _name(digest, place))
                removed = True
        return removed


def _fits(part: re.Match[str], first: re.Match[str]) -> bool:
    return (part["write"], part["count"]) == (first["write"], first["count"])


def _name(digest: str, index: int) -> str:
    return f"{digest}.{index}" if index else digest


def _class(backend: object) -> str:
    return f"{type(backend).__module__}.{type(backend).__qualname__}"


@contextlib.contextmanager
def _translated(doing: str) -> Iterator[None]:
    """Turn a backend's own error into OSError; its text is left out, because it may quote what was to be kept."""
    try:
        yield
    except Exception as error:  # noqa: BLE001  # each backend has errors of its own (D-Bus, Keychain, pywin32)
        raise OSError(f"the keyring failed to {doing} ({type(error).__name__})") from None
