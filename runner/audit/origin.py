"""Where a record comes from: the machine, the account on it, the process and the tool."""

from __future__ import annotations

import os
import platform
import pwd
from dataclasses import dataclass
from pathlib import Path

from runner.model.canonical import Json

_BOOT_ID = Path("/proc/sys/kernel/random/boot_id")
"""Linux's random id of this boot (random(4)); it gives ``mono_ns`` its meaning."""


@dataclass(frozen=True)
class Origin:
    """Hold what does not change while a process lives."""

    host: str
    os_user: str
    pid: int
    boot_id: str
    """Empty where the system has none."""
    tool: str

    @classmethod
    def here(cls, tool: str) -> Origin:
        """Return this process's origin; the account is the real user id's, not what the environment says."""
        return cls(platform.node(), _account(os.getuid()), os.getpid(), _boot_id(), tool)

    def to_data(self) -> dict[str, Json]:
        """Return the fields that a record holds."""
        return {
            "host": self.host,
            "os_user": self.os_user,
            "pid": self.pid,
            "boot_id": self.boot_id,
            "tool": self.tool,
        }


def _account(uid: int) -> str:
    try:
        return pwd.getpwuid(uid).pw_name
    except KeyError:  # containers run under numbers that have no name
        return str(uid)


def _boot_id() -> str:
    try:
        return _BOOT_ID.read_text("ascii").strip()
    except FileNotFoundError:
        return ""
