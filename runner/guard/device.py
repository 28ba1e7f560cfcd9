"""Which MFA device is used: one that makes six-digit codes and belongs to the operator's account.

Passkeys and FIDO keys work in the console only: there is no code that an API call could carry. Source: IAM User Guide,
"MFA methods"; STS API, ``GetSessionToken`` (SerialNumber: 9 to 256 characters).
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import TypeAlias

from runner.errors import CredentialsRefused
from runner.model.arn import Arn
from runner.model.session import Caller

_SERIAL = re.compile(r"[A-Za-z0-9_+=/:,.@-]{9,256}")
Chooser: TypeAlias = Callable[[tuple[str, ...]], str]
"""Ask a person which of several devices is meant; returns one of them."""

NAME_IT = "name the device with `--mfa-serial ARN`, or set `mfa_serial` in the profile"
ADD_TOTP = "register a TOTP device beside the passkey (IAM allows eight devices; a YubiKey can hold one: `ykman oath`)"


def check_serial(serial: str, caller: Caller, origin: str) -> None:
    """Return when the text can be the serial of a TOTP device of the caller's account.

    ``origin`` says where the serial came from. A hardware device's serial says nothing about its account.

    Raises:
        CredentialsRefused: with what the text is instead.
    """
    if _SERIAL.fullmatch(serial) is None:
        raise _refused(
            serial, origin, "is not an MFA serial: 9 to 256 letters, digits or any of _+=/:,.@- are expected", NAME_IT
        )
    if not serial.startswith("arn:"):
        return
    try:
        arn = Arn.parse(serial)
    except ValueError as error:
        raise _refused(serial, origin, "is not an ARN", NAME_IT) from error
    kind = arn.resource.partition("/")[0]
    if arn.service != "iam" or kind != "mfa":
        raise _refused(serial, origin, *_instead(kind))
    mine = Arn.parse(caller.arn)
    if (arn.partition, arn.account) != (mine.partition, caller.account):
        raise _refused(serial, origin, f"is in another account than {caller.arn}", NAME_IT)


def choose_device(serials: tuple[str, ...], caller: Caller, ask: Chooser | None = None) -> str:
    """Return the TOTP device to use, of the serials that ``iam:ListMFADevices`` answered.

    The only one is taken; of several, the one that ``ask`` returns. None says that nobody can be asked.

    Raises:
        CredentialsRefused: when there is none, none that makes codes, or more than one and nobody to ask.
    """
    usable = tuple(serial for serial in serials if is_totp(serial))
    match usable:
        case (serial,):
            return serial
        case () if serials:
            raise CredentialsRefused(
                f"{caller.arn} has only passkeys: {', '.join(serials)}; they make no codes",
                on=caller.arn,
                hint=ADD_TOTP,
            )
        case ():
            raise CredentialsRefused(
                f"{caller.arn} has no MFA device", on=caller.arn, hint="register a TOTP device for this user"
            )
        case _:
            return _one_of(usable, caller, ask)


def _one_of(usable: tuple[str, ...], caller: Caller, ask: Chooser | None) -> str:
    if ask is None:
        raise CredentialsRefused(
            f"{caller.arn} has {len(usable)} MFA devices: {', '.join(usable)}", on=caller.arn, hint=NAME_IT
        )
    chosen = ask(usable)
    if chosen not in usable:
        raise CredentialsRefused(f"{chosen!r} is none of the user's MFA devices", on=caller.arn, hint=NAME_IT)
    return chosen


def is_totp(serial: str) -> bool:
    """Say whether the serial is that of a device that makes codes: virtual (``:mfa/``) or hardware (no ARN)."""
    return ":mfa/" in serial or not serial.startswith("arn:")


def _instead(kind: str) -> tuple[str, str]:
    match kind:
        case "user":
            return "is the ARN of a user, not of a device: the device's has `:mfa/`", NAME_IT
        case "u2f":
            return "is a passkey, which makes no codes", ADD_TOTP
        case _:
            return "is not an MFA device: a device's ARN has `:mfa/`", NAME_IT


def _refused(serial: str, origin: str, why: str, hint: str) -> CredentialsRefused:
    return CredentialsRefused(f"{serial!r} ({origin}) {why}", on=serial, hint=hint)
