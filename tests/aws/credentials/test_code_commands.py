"""Short names for password managers become the commands that their manuals document; everything else is a command."""

from __future__ import annotations

import pytest

from runner.aws.code_commands import code_command
from runner.errors import CredentialsRefused


@pytest.mark.parametrize(
    ("text", "argv"),
    [
        ("ykman:alice", ("ykman", "oath", "accounts", "code", "--single", "alice")),
        ("ykman:AWS:alice smith", ("ykman", "oath", "accounts", "code", "--single", "AWS:alice smith")),
        ("  ykman: O'Brien  ", ("ykman", "oath", "accounts", "code", "--single", "O'Brien")),
        ("op:AWS production", ("op", "item", "get", "AWS production", "--otp")),
        ("op://Work/AWS/one-time password", ("op", "read", "op://Work/AWS/one-time password?attribute=otp")),
        ("op://Work/AWS/code?attribute=otp", ("op", "read", "op://Work/AWS/code?attribute=otp")),
        ("ykman oath accounts code -s 'My Key'", ("ykman", "oath", "accounts", "code", "-s", "My Key")),
        ("op read op://Work/AWS/otp", ("op", "read", "op://Work/AWS/otp")),
        ("/usr/local/bin/code $HOME; rm x", ("/usr/local/bin/code", "$HOME;", "rm", "x")),
        ("op", ("op",)),
    ],
)
def test_what_a_setting_means(text: str, argv: tuple[str, ...]) -> None:
    """What stands behind the colon is one argument; a command is split without a shell."""
    assert code_command(text, "mfa_process", "here") == argv


@pytest.mark.parametrize(
    ("text", "what"),
    [
        ("ykman:", "--mfa-from names nothing behind its colon"),
        ("op: ", "--mfa-from names nothing behind its colon"),
        ("ykman:--password", "--mfa-from names '--password', which is an option"),
        ("op:-x", "--mfa-from names '-x', which is an option"),
        ("", "--mfa-from names no command"),
        ("   ", "--mfa-from names no command"),
        ("op 'read", "--mfa-from cannot be split into arguments"),
    ],
)
def test_a_setting_that_means_nothing_is_refused(text: str, what: str) -> None:
    """An account that looks like an option would be one."""
    with pytest.raises(CredentialsRefused) as caught:
        code_command(text, "--mfa-from", "the command line")

    assert what in caught.value.what
    assert (caught.value.on, bool(caught.value.hint)) == ("the command line", True)
