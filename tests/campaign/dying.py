"""How a process dies in the campaign: at a chosen moment, as ``kill -9`` or a power cut would have it."""

from __future__ import annotations

import os
import signal
import threading
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any, NoReturn


@dataclass
class Death:
    """Die at one moment of a run; moments are every write to a file, every flush and every call, in order.

    ``part`` says how much of that moment still happens: of a write, that share of its bytes; of a flush or a call, all
    of it from a half on. A moment that never comes lets the run end by itself.
    """

    moment: int
    part: float
    seen: int = 0
    _counting: threading.Lock = field(default_factory=threading.Lock)

    def arm(self) -> None:
        """Begin to count, in this process and for good."""
        write: Callable[[int, Any], int] = os.write

        def dying_write(descriptor: int, content: Any) -> int:
            if self._is_now():
                write(descriptor, bytes(content)[: int(len(content) * self.part)])
                _die()
            return write(descriptor, content)

        os.write = dying_write
        for name in ("fsync", "rename", "mkdir"):
            setattr(os, name, self.around(getattr(os, name)))

    def around(self, act: Callable[..., Any]) -> Callable[..., Any]:
        """Return a function that does the same, and is a moment to die at."""

        def dying(*args: Any, **options: Any) -> Any:
            if not self._is_now():
                return act(*args, **options)
            if self.part >= 0.5:  # a half, as the class says
                with suppress(OSError):
                    act(*args, **options)
            _die()

        return dying

    def _is_now(self) -> bool:
        with self._counting:
            self.seen += 1
            return self.seen - 1 == self.moment


def _die() -> NoReturn:
    os.kill(os.getpid(), signal.SIGKILL)
    raise AssertionError("a killed process goes on")  # pragma: no cover
