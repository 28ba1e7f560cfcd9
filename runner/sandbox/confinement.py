"""Keep the server to itself: after `seal`, this process opens no port, starts no process and calls nobody.

ministack would open ports for MQTT, SFTP or databases, start containers and workers, and deliver messages to URLs. An
audit hook (PEP 578) refuses all of that with PermissionError, which the code that tried it can handle.
"""

from __future__ import annotations

import sys

FORBIDDEN = frozenset(
    {
        "os.exec",
        "os.fork",
        "os.forkpty",
        "os.posix_spawn",
        "os.spawn",
        "os.system",
        "socket.bind",
        "socket.connect",
        "socket.sendto",
        "subprocess.Popen",
    }
)
"""Audit events that the sandbox refuses (Python library reference, "Audit events table")."""


def seal() -> None:
    """Refuse ports, processes and connections from now on; there is no way back."""
    sys.addaudithook(_refuse)


def _refuse(event: str, _: object) -> None:
    if event in FORBIDDEN:
        raise PermissionError(f"the sandbox keeps to itself: {event} is refused")
