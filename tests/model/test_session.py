"""Secrets do not leak themselves."""

from __future__ import annotations

import copy
import pickle

import pytest

from runner.model.session import Credentials, Secret

HIDDEN = "wJalrXUtnFEMIK7MDENGbPxRfiCY"


def test_no_text_form_shows_a_secret() -> None:
    """Neither repr, str, format nor the repr of a holder shows it."""
    secret = Secret(HIDDEN)
    holder = Credentials("AKIAEXAMPLE", secret, Secret(HIDDEN))

    assert HIDDEN not in f"{secret} {secret!r} {secret!s} {holder} {holder!r} {[secret]}"
    assert secret.reveal() == HIDDEN


def test_a_secret_is_not_stored() -> None:
    """Pickling, which caches and process pools use, is refused."""
    with pytest.raises(TypeError):
        pickle.dumps(Secret(HIDDEN))
    with pytest.raises(TypeError):
        copy.copy(Secret(HIDDEN))
