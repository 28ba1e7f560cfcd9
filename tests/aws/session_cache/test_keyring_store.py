"""Sessions go into secure keyrings only, in parts where the keyring has little room, and failures quote no secret."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from runner.aws.session_cache.keyring_store import (
    MAX_PARTS,
    SECURE,
    SERVICE,
    WINDOWS,
    WINDOWS_ROOM,
    Backend,
    KeyringStore,
    find_backend,
)
from runner.errors import UsageError
from runner.model.session import Secret
from tests.aws.session_cache.conftest import LINUX, backend

DIGEST = "a" * 64


def windows() -> Any:
    """Return a backend with the little room of the Windows Credential Locker."""
    return backend(WINDOWS, room=2560)


def chosen(found: object) -> Backend:
    """Let the keyring package choose a backend, and return what is made of it."""
    return find_backend(lambda _: SimpleNamespace(get_keyring=lambda: found))


@pytest.mark.parametrize("name", SECURE)
def test_a_secure_backend_is_taken(name: str) -> None:
    """It is named by its kind, for people."""
    found = chosen(backend(name))

    assert KeyringStore(found).place == f"the OS keyring ({SECURE[name]})"


@pytest.mark.parametrize(
    "name",
    [
        "keyrings.alt.file.PlaintextKeyring",
        "keyrings.alt.file.EncryptedKeyring",
        "keyring.backends.null.Keyring",
        "somebody.elses.Keyring",
        "keyring.backends.SecretService.KeyringButNotQuite",
    ],
)
def test_a_backend_that_is_not_known_to_be_secure_is_refused(name: str) -> None:
    """A plain text file is no keyring; the class is named, and what may be used instead."""
    with pytest.raises(UsageError, match="is not known to be secure") as caught:
        chosen(backend(name))

    assert name in caught.value.what
    assert "Secret Service" in caught.value.hint


def test_of_several_backends_the_secure_one_is_taken() -> None:
    """The package's chain would fall back to plain text; only its secure member is used."""
    secure = backend(LINUX)
    chain = backend("keyring.backends.chainer.ChainerBackend")
    chain.backends = [backend("keyrings.alt.file.PlaintextKeyring"), secure]

    assert chosen(chain) is secure


@pytest.mark.parametrize("name", ["keyring.backends.fail.Keyring", "keyring.backends.chainer.ChainerBackend"])
def test_a_machine_without_a_keyring_says_so(name: str) -> None:
    """As on most servers: the session stays in memory, and that is no mistake of the operator."""
    nothing = backend(name)
    nothing.backends = []

    with pytest.raises(OSError, match="there is no OS keyring here"):
        chosen(nothing)


def test_without_the_package_what_to_install_is_said() -> None:
    """The extra is named."""

    def missing(name: str) -> object:
        raise ImportError(name)

    with pytest.raises(UsageError, match="is not installed") as caught:
        find_backend(missing)

    assert "guarded-runner[keyring]" in caught.value.hint


def test_a_package_that_fails_to_choose_is_no_crash() -> None:
    """D-Bus may be there and broken."""

    def broken() -> object:
        raise RuntimeError("D-Bus: secret-token")

    with pytest.raises(OSError, match=r"failed to choose a backend \(RuntimeError\)") as caught:
        find_backend(lambda _: SimpleNamespace(get_keyring=broken))

    assert "secret-token" not in str(caught.value)


def test_a_text_is_kept_read_and_removed() -> None:
    """In one entry, under one service name, read with one question to the keyring."""
    place = backend(LINUX)
    store = KeyringStore(place)
    store.write(DIGEST, Secret("x" * 5000))
    read = store.read(DIGEST)

    assert read is not None
    assert read.reveal() == "x" * 5000
    assert (list(place.kept), place.reads) == ([(SERVICE, DIGEST)], 1)
    assert store.remove(DIGEST)
    assert (store.read(DIGEST), store.remove(DIGEST), place.kept) == (None, False, {})


@given(sizes=st.lists(st.integers(0, 4 * WINDOWS_ROOM), min_size=1, max_size=4), letter=st.sampled_from("xé"))
def test_on_windows_a_text_is_kept_in_parts(sizes: list[int], letter: str) -> None:
    """Whatever was kept before, the last text comes back whole, no part of an earlier one stays, each part fits."""
    place = windows()
    store = KeyringStore(place)
    for size in sizes:
        store.write(DIGEST, Secret(letter * size))
    read = store.read(DIGEST)

    assert read is not None
    assert read.reveal() == letter * sizes[-1]
    assert len(place.kept) == max(1, -(-sizes[-1] // WINDOWS_ROOM))
    assert store.remove(DIGEST)
    assert place.kept == {}


def test_parts_of_two_writes_are_never_put_together() -> None:
    """Of a write that was killed in the middle nothing is believed."""
    place = windows()
    store = KeyringStore(place)
    store.write(DIGEST, Secret("x" * (2 * WINDOWS_ROOM)))
    earlier = dict(place.kept)
    store.write(DIGEST, Secret("y" * (2 * WINDOWS_ROOM)))
    place.kept[SERVICE, f"{DIGEST}.1"] = earlier[SERVICE, f"{DIGEST}.1"]
    read = store.read(DIGEST)

    assert read is not None
    assert read.reveal() == ""


def test_what_a_killed_write_left_is_removed() -> None:
    """The last part is written first, so that a kill can leave one behind a gap."""
    place = windows()
    store = KeyringStore(place)
    store.write(DIGEST, Secret("x"))
    place.kept[SERVICE, f"{DIGEST}.2"] = "0123abcd/3/secret"
    store.write(DIGEST, Secret("y"))

    assert list(place.kept) == [(SERVICE, DIGEST)]


@pytest.mark.parametrize("first", ["", "garbage", "0123abcd/0/", "0123abcd/3/x", "0123abcd/99/x"])
def test_a_foreign_entry_is_not_believed(first: str) -> None:
    """Another program's entry under our name is empty for us, and can be removed."""
    place = windows()
    place.kept[SERVICE, DIGEST] = first
    store = KeyringStore(place)
    read = store.read(DIGEST)

    assert read is not None
    assert read.reveal() == ""
    assert store.remove(DIGEST)


def test_a_session_that_is_too_large_is_not_kept() -> None:
    """AWS promises no size of tokens; the keyring is not filled without end."""
    with pytest.raises(OSError, match="too large for the keyring"):
        KeyringStore(windows()).write(DIGEST, Secret("x" * (WINDOWS_ROOM * MAX_PARTS + 1)))


def test_a_failing_keyring_quotes_no_secret() -> None:
    """Backends put into their errors whatever they like; only the kind of the error is told."""
    place = backend(LINUX)
    store = KeyringStore(place)
    store.write(DIGEST, Secret("user-token"))
    place.broken = True

    for use in (
        lambda: store.read(DIGEST),
        lambda: store.write(DIGEST, Secret("user-token")),
        lambda: store.remove(DIGEST),
    ):
        with pytest.raises(OSError, match=r"the keyring failed to (read|write|remove) \(RuntimeError\)") as caught:
            use()
        assert caught.value.__cause__ is None
        assert caught.value.__suppress_context__
