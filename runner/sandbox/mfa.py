"""What AWS remembers of every virtual MFA device, and how it judges a code.

1. The serial number must be one of this user's devices.
2. A device has 9 verifications per 3-minute window of UTC, good ones included.
3. The code must belong to a step at most 2 away from now, and each step's code works once.

A refusal of 1 and of 2 has the same text, and so do a wrong, an old and a used code: AWS does not tell them apart.
Source: recorded answers of AWS; none of these numbers is an AWS promise.
"""

from __future__ import annotations

import hmac
from collections import Counter, defaultdict
from collections.abc import Callable
from dataclasses import dataclass

from runner.sandbox.clock import SandboxClock
from runner.sandbox.totp import STEP, code_of, step_at

WINDOW = 180
"""Seconds that a device's verifications are counted over."""
BUDGET = 9
"""Verifications per device and window."""
SKEW = 2
"""Steps that a code may be away from now."""
MARGIN = 5
"""Seconds that a handed out code is still accepted, at least."""

INVALID_CODE = "MultiFactorAuthentication failed with invalid MFA one time pass code."
UNABLE = (
    "MultiFactorAuthentication failed, unable to validate MFA code.  "
    "Please verify your MFA serial number is valid and associated with this user."
)
INCOMPLETE = "MultiFactorAuthentication failed, must provide both MFA serial number and one time pass code."


class MfaRefused(Exception):
    """Carry AWS's words for a code that was not accepted."""


@dataclass(frozen=True)
class Device:
    """Hold a virtual MFA device and the user it is enabled for."""

    serial: str
    user_arn: str
    seed: bytes

    def __repr__(self) -> str:
        return f"Device({self.serial!r})"


class Authenticators:
    """Verify codes, and hand out codes as the authenticator app of the sandbox's people."""

    def __init__(self, clock: SandboxClock, find: Callable[[str], Device | None]) -> None:
        self._clock = clock
        self._find = find
        self._used: defaultdict[str, set[int]] = defaultdict(set)
        self._handed_out: defaultdict[str, set[int]] = defaultdict(set)
        self._tries: Counter[tuple[str, int]] = Counter()

    def reset(self) -> None:
        """Forget every code and every try."""
        self._used.clear()
        self._handed_out.clear()
        self._tries.clear()

    def verify(self, user_arn: str, serial: str, code: str) -> None:
        """Return when the code is accepted; the numbers are those of the module's list.

        Raises:
            MfaRefused: with AWS's words.
        """
        # 1.
        device = self._find(serial)
        if device is None or device.user_arn != user_arn:
            raise MfaRefused(UNABLE)
        # 2.
        now = self._clock.time()
        window = (serial, int(now // WINDOW))
        if self._tries[window] >= BUDGET:
            raise MfaRefused(UNABLE)
        self._tries[window] += 1
        # 3.
        for step in range(step_at(now) - SKEW, step_at(now) + SKEW + 1):
            if step not in self._used[serial] and hmac.compare_digest(code_of(device.seed, step), code):
                self._used[serial].add(step)
                return
        raise MfaRefused(INVALID_CODE)

    async def hand_out(self, serial: str) -> str | None:
        """Return a code that was neither used nor handed out before, or None when there is no such device.

        When the five acceptable ones are exhausted, wait for the next step.
        """
        device = self._find(serial)
        if device is None:
            return None
        while (step := self._fresh_step(serial)) is None:
            now = self._clock.time()
            await self._clock.sleep((step_at(now) + 1) * STEP - now)
        self._handed_out[serial].add(step)
        return code_of(device.seed, step)

    def _fresh_step(self, serial: str) -> int | None:
        now = self._clock.time()
        current = step_at(now)
        oldest = (current - SKEW,) if (current + 1) * STEP - now > MARGIN else ()
        spent = self._used[serial] | self._handed_out[serial]
        return next(
            (step for step in (current, current + 1, current + 2, current - 1, *oldest) if step not in spent), None
        )
