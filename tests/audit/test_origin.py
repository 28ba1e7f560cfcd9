"""Where a record comes from."""

from __future__ import annotations

import os
import pwd
from pathlib import Path

import pytest

from runner.audit import origin
from runner.audit.origin import Origin


def test_the_account_is_that_of_the_process(monkeypatch: pytest.MonkeyPatch) -> None:
    """What the environment says about the user does not count."""
    monkeypatch.setenv("USER", "somebody-else")
    monkeypatch.setenv("LOGNAME", "somebody-else")
    here = Origin.here("runner 1")

    assert (here.pid, here.tool) == (os.getpid(), "runner 1")
    assert here.os_user in {pwd.getpwuid(os.getuid()).pw_name, str(os.getuid())}


def test_a_user_without_a_name_has_a_number(monkeypatch: pytest.MonkeyPatch) -> None:
    """Containers run under numbers that no account has."""

    def unknown(uid: int) -> None:
        raise KeyError(uid)

    monkeypatch.setattr(pwd, "getpwuid", unknown)

    assert Origin.here("runner 1").os_user == str(os.getuid())


def test_a_system_without_boot_ids(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Where the kernel gives no boot id, there is none in the record."""
    monkeypatch.setattr(origin, "_BOOT_ID", tmp_path / "missing")

    assert Origin.here("runner 1").boot_id == ""
