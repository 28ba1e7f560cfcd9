"""The server's state: one clock, one keyring, the devices' memory and the world that is built."""

from __future__ import annotations

import base64
import binascii
from pathlib import Path

from runner.errors import UsageError
from runner.sandbox import (
    aws_files,
    backup,
    cognito,
    deletion_protection,
    denials,
    ec2,
    elasticache,
    evaluator,
    iam,
    insides,
    kms,
    listings,
    logs,
    mfa_context,
    organization,
    rds,
    service_arns,
    simulator_api,
    source_identity,
    sqs,
    stacks,
    state_directory,
    world_file,
)
from runner.sandbox.clock import SandboxClock
from runner.sandbox.front import Front
from runner.sandbox.keyring import Keyring
from runner.sandbox.mfa import Authenticators, Device
from runner.sandbox.patching import install
from runner.sandbox.seed import build
from runner.sandbox.world import World


class Host:
    """Run one world inside ministack."""

    def __init__(self, path: Path, world: World) -> None:
        self.clock = SandboxClock()
        self.world = world
        self._first = world
        self._path = path
        self._keyring = Keyring()
        self._authenticators = Authenticators(self.clock, find_device)

    def install(self) -> None:
        """Put everything in place that ministack lacks.

        Raises:
            UsageError: when the installed ministack is not the one this was written for.
        """
        install(
            (
                *mfa_context.replacements(self.clock),
                *source_identity.replacements(),
                *evaluator.replacements(self.clock),
                *denials.replacements(),
                *listings.replacements(),
                *simulator_api.replacements(),
                *deletion_protection.replacements(),
                *backup.replacements(),
                *cognito.replacements(),
                *ec2.replacements(),
                *elasticache.replacements(),
                *iam.replacements(),
                *kms.replacements(),
                *rds.replacements(),
                *logs.replacements(),
                *sqs.replacements(),
                *service_arns.replacements(),
                *stacks.replacements(),
                *Front(self.clock, self._authenticators).replacements(),
            )
        )

    async def reset(self, text: str = "") -> None:
        """Empty everything and build the world that ``text`` describes, or the one the server started with.

        Users and devices that exist in both keep their keys and seeds.

        Raises:
            UsageError: when the text is no world or cannot be built; the first world is built then.
        """
        world = world_file.parse(text, "the new world") if text else self._first
        try:
            await self._rebuild(world)
        except UsageError:
            await self._rebuild(self._first)
            raise

    async def code(self, serial: str) -> str | None:
        """Return a fresh code of a device, of the world's first one by default; None when there is no such device."""
        return await self._authenticators.hand_out(serial or next(iter(self.world.serials), ""))

    async def _rebuild(self, world: World) -> None:
        async with insides.reset_lock():  # new requests wait until the world stands
            insides.empty_everything()
            self._authenticators.reset()
            self.clock.reset()
            organization.organize(world)
            await build(world, self._keyring)
        self.world = world
        state_directory.write(self._path / state_directory.CONFIG, aws_files.config(world))
        state_directory.write(self._path / state_directory.CREDENTIALS, aws_files.credentials(world, self._keyring))


def find_device(serial: str) -> Device | None:
    """Return an enabled virtual MFA device from ministack's store; one whose seed is no base32 cannot be used."""
    account = serial.split(":")[4] if serial.count(":") == 5 else ""  # noqa: PLR2004  # the fields of an ARN
    record = insides.MFA_DEVICES.get_scoped(account, None, serial)
    user = insides.USERS.get_scoped(account, None, record["User"]) if record else None
    if user is None:
        return None
    try:
        seed = base64.b32decode(record["Base32StringSeed"])
    except binascii.Error:
        return None
    return Device(serial, user["Arn"], seed)
