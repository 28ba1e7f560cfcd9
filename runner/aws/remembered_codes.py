"""A source of codes that never gives a code a second time (port `CodeSource`).

A code is remembered when it is handed over, which is right before it is sent. When the same code comes again, a person
waits for the next one and is asked again; a command or a stream is not asked again by itself, it is refused.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeAlias

from runner.aws.used_codes import UsedCodes
from runner.errors import CredentialsRefused
from runner.guard.next_code import seconds_to_next_code
from runner.model.ports import Clock, CodeSource
from runner.model.session import LongTermIdentity, Secret

Wait: TypeAlias = Callable[[int], None]
"""Let so many seconds pass, and show them to the person who waits."""


class RememberedCodes:
    """Wrap a source; ``wait`` is given for a person at a terminal only."""

    def __init__(self, inner: CodeSource, used: UsedCodes, clock: Clock, wait: Wait | None = None) -> None:
        self._inner = inner
        self._used = used
        self._clock = clock
        self._wait = wait

    @property
    def can_repeat(self) -> bool:
        """Whether the source can be asked again after a refusal."""
        return self._inner.can_repeat

    def code(self, identity: LongTermIdentity, refusal: str = "") -> Secret:
        """Return a code that was not given within the last minutes, by this run or another one.

        Raises:
            CredentialsRefused: as the source does; when a code comes again and there is nobody to wait for the next
                one; when codes cannot be remembered.
        """
        while True:
            code = self._inner.code(identity, refusal)
            if self._used.claim(identity.serial, code):
                return code
            seconds = seconds_to_next_code(self._clock.now())
            if self._wait is None:
                raise CredentialsRefused(
                    f"this code of {identity.serial} was given before; the next one comes in {seconds} s",
                    on=identity.serial,
                    hint=f"start again in {seconds} s; nothing was sent, because AWS takes a code once and counts "
                    "every try",
                )
            self._wait(seconds)
            refusal = ""
