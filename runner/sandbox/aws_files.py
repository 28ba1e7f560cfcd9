"""The AWS config and credentials files of a sandbox, as texts.

Each user has a profile with a long-term key; users with an MFA device get ``mfa_serial`` and an ``mfa_process`` that
prints a code. Role profiles are written as people write them by hand, mistakes included.
"""

from __future__ import annotations

from collections.abc import Iterable

from runner.sandbox.keyring import Keyring
from runner.sandbox.world import User, World, profile_of

MFA_PROCESS = "runner sandbox mfa-code"
"""Prints a code of the world's first device; another device is named after it."""


def config(world: World) -> str:
    """Return the text of the config file."""
    sections = [_section(profile_of(user), _user_lines(world, account, user)) for account, user in world.people]
    for item in world.role_profiles:
        lines = [f"role_arn = {item.role_arn}", f"source_profile = {item.source_profile}", f"region = {world.region}"]
        lines += [f"mfa_serial = {item.mfa_serial}"] if item.mfa_serial else []
        sections.append(_section(item.name, lines))
    return "\n".join(sections)


def credentials(world: World, keyring: Keyring) -> str:
    """Return the text of the credentials file, which holds secrets."""
    sections = []
    for account, user in world.people:
        key = keyring.access_key(user.arn(account))
        lines = (f"aws_access_key_id = {key.id}", f"aws_secret_access_key = {key.secret.reveal()}")
        sections.append("\n".join((f"[{profile_of(user)}]", *lines, "")))
    return "\n".join(sections)


def _user_lines(world: World, account: str, user: User) -> list[str]:
    lines = [f"region = {world.region}"]
    for serial in user.serials(account)[:1]:
        named = "" if serial == world.serials[0] else f" {serial}"
        lines += [f"mfa_serial = {serial}", f"mfa_process = {MFA_PROCESS}{named}"]
    return lines


def _section(profile: str, lines: Iterable[str]) -> str:
    return "\n".join((f"[profile {profile}]", *lines, ""))
