"""How codes are judged and handed out, with a clock that stands still unless it is moved."""

from __future__ import annotations

import asyncio
import time

import pytest

from runner.sandbox.clock import SandboxClock
from runner.sandbox.mfa import INVALID_CODE, UNABLE, Authenticators, Device, MfaRefused
from runner.sandbox.totp import code_of, step_at

NOW = 180.0 * 9_000_000
"""The first moment of a step and of a three-minute window."""
ALICE = "arn:aws:iam::111111111111:user/alice"
SERIAL = "arn:aws:iam::111111111111:mfa/alice"
DEVICE = Device(SERIAL, ALICE, b"12345678901234567890")


@pytest.fixture
def clock() -> SandboxClock:
    """Hand over a clock whose real time stands still."""
    return SandboxClock(lambda: NOW)


@pytest.fixture
def desk(clock: SandboxClock) -> Authenticators:
    """Hand over the judge of one device."""
    return Authenticators(clock, {SERIAL: DEVICE}.get)


def _code(steps: int) -> str:
    return code_of(DEVICE.seed, step_at(NOW) + steps)


@pytest.mark.parametrize("steps", [-2, -1, 0, 1, 2])
def test_steps_up_to_two_away_are_accepted(desk: Authenticators, steps: int) -> None:
    """A code of a step at most two away passes."""
    desk.verify(ALICE, SERIAL, _code(steps))


@pytest.mark.parametrize("steps", [-3, 3])
def test_steps_three_away_are_refused(desk: Authenticators, steps: int) -> None:
    """A code of a step three away is as wrong as any."""
    with pytest.raises(MfaRefused) as refused:
        desk.verify(ALICE, SERIAL, _code(steps))

    assert str(refused.value) == INVALID_CODE


def test_code_works_once(desk: Authenticators) -> None:
    """The second use of a code has the text of a wrong code."""
    desk.verify(ALICE, SERIAL, _code(0))

    with pytest.raises(MfaRefused, match="invalid MFA one time pass code"):
        desk.verify(ALICE, SERIAL, _code(0))


def test_two_codes_of_neighbouring_steps_both_work(desk: Authenticators) -> None:
    """Using one step's code spends no other step."""
    desk.verify(ALICE, SERIAL, _code(0))
    desk.verify(ALICE, SERIAL, _code(-1))


@pytest.mark.parametrize(
    ("user", "serial"),
    [
        (ALICE, "arn:aws:iam::111111111111:mfa/bob"),
        (ALICE, ALICE),
        ("arn:aws:iam::111111111111:user/bob", SERIAL),
        ("arn:aws:sts::222222222222:assumed-role/Teardown/alice", SERIAL),
    ],
)
def test_device_must_be_the_users_own(desk: Authenticators, user: str, serial: str) -> None:
    """A wrong serial, a user's ARN, and somebody else's device get the same text."""
    with pytest.raises(MfaRefused) as refused:
        desk.verify(user, serial, _code(0))

    assert str(refused.value) == UNABLE


def test_tenth_try_in_a_window_is_refused_even_with_a_good_code(desk: Authenticators) -> None:
    """Nine verifications are the budget, good ones included; then the text blames the serial."""
    desk.verify(ALICE, SERIAL, _code(0))
    for _ in range(8):
        with pytest.raises(MfaRefused, match="invalid MFA"):
            desk.verify(ALICE, SERIAL, "000000")

    with pytest.raises(MfaRefused) as refused:
        desk.verify(ALICE, SERIAL, _code(1))

    assert str(refused.value) == UNABLE


def test_next_window_has_a_new_budget(desk: Authenticators, clock: SandboxClock) -> None:
    """The budget is counted per three minutes of UTC, not from the first try."""
    clock.advance(179)
    for _ in range(9):
        with pytest.raises(MfaRefused):
            desk.verify(ALICE, SERIAL, "000000")
    clock.advance(1)

    desk.verify(ALICE, SERIAL, _code(6))


def test_wrong_serials_cost_no_budget(desk: Authenticators) -> None:
    """Tries on a device that is not there do not count against another."""
    for _ in range(20):
        with pytest.raises(MfaRefused):
            desk.verify(ALICE, "arn:aws:iam::111111111111:mfa/typo", "000000")

    desk.verify(ALICE, SERIAL, _code(0))


def test_handed_out_codes_are_all_different_and_accepted(desk: Authenticators) -> None:
    """Four or five codes can be had at once, each of them good."""
    codes = [asyncio.run(desk.hand_out(SERIAL)) for _ in range(5)]
    for code in codes:
        desk.verify(ALICE, SERIAL, str(code))

    assert len(set(codes)) == 5
    assert codes[0] == _code(0)


def test_used_code_is_not_handed_out(desk: Authenticators) -> None:
    """A code somebody has used already is skipped."""
    desk.verify(ALICE, SERIAL, _code(0))

    assert asyncio.run(desk.hand_out(SERIAL)) == _code(1)


def test_code_about_to_end_is_not_handed_out(desk: Authenticators, clock: SandboxClock) -> None:
    """Close to the end of a step, the oldest acceptable code is kept back."""
    clock.advance(26)

    codes = {asyncio.run(desk.hand_out(SERIAL)) for _ in range(4)}

    assert codes == {_code(steps) for steps in (-1, 0, 1, 2)}


def test_exhausted_device_waits_for_the_next_step(desk: Authenticators, clock: SandboxClock) -> None:
    """The sixth code comes when time has moved to a step nobody had a code of."""

    async def sixth() -> str | None:
        """Ask for six codes and let a step pass while the sixth is waited for."""
        for _ in range(5):
            await desk.hand_out(SERIAL)
        waiting = asyncio.create_task(desk.hand_out(SERIAL))
        await asyncio.sleep(0)
        assert not waiting.done()
        clock.advance(30)
        return await waiting

    assert asyncio.run(sixth()) == _code(3)


def test_waiting_ends_by_itself_when_the_step_does() -> None:
    """Without anybody moving the clock, the wait is no longer than the rest of the step."""
    started = time.monotonic()
    clock = SandboxClock(lambda: NOW + 29.95 + time.monotonic() - started)
    desk = Authenticators(clock, {SERIAL: DEVICE}.get)

    codes = [asyncio.run(desk.hand_out(SERIAL)) for _ in range(5)]

    assert codes[-1] == _code(3)


def test_unknown_device_has_no_code(desk: Authenticators) -> None:
    """Nothing is made up for a device that does not exist."""
    assert asyncio.run(desk.hand_out("arn:aws:iam::111111111111:mfa/typo")) is None


def test_reset_forgets_codes_and_tries(desk: Authenticators) -> None:
    """After a reset a used code works again and the budget is whole."""
    desk.verify(ALICE, SERIAL, _code(0))
    asyncio.run(desk.hand_out(SERIAL))
    desk.reset()

    for steps in (0, 1):
        desk.verify(ALICE, SERIAL, _code(steps))


def test_device_does_not_show_its_seed() -> None:
    """The repr names the device only."""
    assert repr(DEVICE) == f"Device({SERIAL!r})"
