"""What ``mfa_process`` in a profile, or ``--mfa-from`` on the command line, means: a command that prints a code.

====================  ==============================================================================
``ykman:ACCOUNT``     the code of an OATH account on a YubiKey
``op:ITEM``           the one-time password of a 1Password item, by name or id
``op://VAULT/…``      the same by secret reference; ``?attribute=otp`` is added when nothing is asked for,
                      because the field itself is the seed of all codes
anything else         a command, split into arguments as a POSIX shell would; no shell is used
====================  ==============================================================================

What stands behind the colon is one argument, spaces included: it needs no quotes.
Source: ``ykman oath accounts code --help``; 1Password CLI reference, ``op item get`` and "Secret reference syntax".
"""

from __future__ import annotations

from runner.aws.processes import split_command
from runner.errors import CredentialsRefused

YKMAN = ("ykman", "oath", "accounts", "code", "--single")
"""Followed by the account."""
OP_ITEM = ("op", "item", "get")
"""Followed by the item and `OP_ITEM_OTP`."""
OP_ITEM_OTP = "--otp"
OP_READ = ("op", "read")
"""Followed by the reference."""
_OTP = "?attribute=otp"


def code_command(text: str, setting: str, origin: str) -> tuple[str, ...]:
    """Return the command, split into arguments.

    Raises:
        CredentialsRefused: when nothing is named, a name looks like an option, or a quote is open.
    """
    written = text.strip()
    match written.partition(":"):
        case "op", ":", rest if rest.startswith("//"):
            return (*OP_READ, written if "?" in written else written + _OTP)
        case "op", ":", item:
            return (*OP_ITEM, _name(item, setting, origin), OP_ITEM_OTP)
        case "ykman", ":", account:
            return (*YKMAN, _name(account, setting, origin))
        case _:
            return _argv(written, setting, origin)


def _name(text: str, setting: str, origin: str) -> str:
    name = text.strip()
    if not name or name.startswith("-"):
        raise CredentialsRefused(
            f"{setting} names nothing behind its colon"
            if not name
            else f"{setting} names {name!r}, which is an option",
            on=origin,
            hint="write it like `ykman:ACCOUNT` or `op:ITEM`; anything else is written as a whole command",
        )
    return name


def _argv(text: str, setting: str, origin: str) -> tuple[str, ...]:
    argv = split_command(text, setting, origin)
    if not argv:
        raise CredentialsRefused(f"{setting} names no command", on=origin, hint="see `runner apply --help`")
    return argv
