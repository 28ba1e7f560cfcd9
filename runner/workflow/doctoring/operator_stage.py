"""Who the operator is: files, region, keys, STS, clock, the key's owner, the MFA device and the command for codes.

The parts are looked at one by one, and at last the operator's identity is asked for as every run does: what that
refuses once the parts are good is the device.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

from runner.errors import AwsCallFailed, CredentialsRefused, UsageError
from runner.guard.diagnosis import Seen, State, not_examined, ok, seen_error, words_of
from runner.guard.diagnosis_machine import judge_command
from runner.guard.diagnosis_network import Knock, judge_clock, judge_knock, judge_silence
from runner.guard.diagnosis_role import judge_identity, judge_registered
from runner.guard.diagnosis_setup import (
    FilesSeen,
    KeysSeen,
    Owner,
    RegionSeen,
    judge_files,
    judge_keys,
    judge_owner,
    judge_refused_owner,
    judge_user,
)
from runner.guard.identity import can_carry_mfa
from runner.model.playbook import Playbook
from runner.model.session import Identity, LongTermIdentity
from runner.workflow.doctoring.chart import START, Chart, Found, Known, both
from runner.workflow.doctoring.ports import Instruments, Machine, Setup
from runner.workflow.services import Services


@dataclass(frozen=True)
class _Recognised:
    """Be the operator whose identity is known already, so that it is not asked for again (port `Operator`)."""

    known: Identity

    def identity(self) -> Identity:
        """Return the identity."""
        return self.known


@dataclass(frozen=True)
class Recognised:
    """Hold the operator's identity, the region, and the services, whose operator is this one."""

    identity: Identity
    region: str
    services: Services


@dataclass(frozen=True)
class Operator:
    """Hold what was found out about the operator; each part may be unknown by itself.

    ``names`` are the texts that name them: profiles, user, device.

    ``command`` is known when the profile's command for codes is there, or when it has none.
    """

    keys: Found[KeysSeen]
    recognised: Found[Recognised]
    command: Found[bool]
    names: tuple[str, ...]


def examine_operator(chart: Chart, instruments: Instruments, playbook: Playbook | None) -> Operator:
    """Look at everything that comes before the first code."""
    setup = instruments.setup
    files = chart.look("AWS files", START, lambda _: _files(setup))
    before: Found[object] = files if playbook is None else START
    region = chart.look("region", before, lambda _: _region(setup, playbook))
    keys = chart.look("keys", files, lambda _: _keys(setup))
    sts = chart.look("STS", region, lambda found: _knock(setup, found, keys))
    chart.look("clock", sts, lambda knock: (_clock(knock, keys), True))
    owner = chart.look("access key", both(both(keys, sts), region), lambda found: _owner(setup, found[1]))
    who = chart.look("identity", owner, _identity)
    recognised = chart.look("MFA device", both(who, region), lambda found: _device(instruments, found[1]))
    command = chart.look("mfa_process", keys, lambda found: _command(instruments.machine, found))
    return Operator(keys, recognised, command, _names(files, owner, recognised))


def _names(files: Found[FilesSeen], owner: Found[Owner], recognised: Found[Recognised]) -> tuple[str, ...]:
    profiles = files.value.profiles if isinstance(files, Known) else ()
    user = (owner.value.caller.arn,) if isinstance(owner, Known) else ()
    identity = recognised.value.identity if isinstance(recognised, Known) else None
    return (*profiles, *user, *((identity.serial,) if isinstance(identity, LongTermIdentity) else ()))


def _files(setup: Setup) -> tuple[Seen, FilesSeen]:
    found = setup.files()
    return judge_files(found), found


def _region(setup: Setup, playbook: Playbook | None) -> tuple[Seen, RegionSeen]:
    found = setup.region() if playbook is None else RegionSeen(playbook.region, "the playbook")
    return ok(f"{found.name} ({found.origin})"), found


def _keys(setup: Setup) -> tuple[Seen, KeysSeen]:
    found = setup.keys()
    return judge_keys(found), found


def _knock(setup: Setup, region: RegionSeen, keys: Found[KeysSeen]) -> tuple[Seen, Knock | None]:
    try:
        found = setup.knock(region.name)
    except AwsCallFailed as error:
        return judge_silence(error), None
    except UsageError:
        if isinstance(keys, Known):
            raise
        # AWS_PROFILE names a profile that is not there: no client can be made, and the line of the keys says it.
        return not_examined(keys.because), None
    return judge_knock(found), found


def _clock(knock: Knock, keys: Found[KeysSeen]) -> Seen:
    return judge_clock(knock, makes_codes=isinstance(keys, Known) and bool(keys.value.mfa_process))


def _owner(setup: Setup, region: RegionSeen) -> tuple[Seen, Owner]:
    found = setup.owner(region.name)
    return judge_owner(found), found


def _identity(owner: Owner) -> tuple[Seen, bool | None]:
    try:
        can_carry_mfa(owner.caller)
    except CredentialsRefused as refused:
        return judge_refused_owner(seen_error(refused), owner), None
    return judge_user(owner), True


def _device(instruments: Instruments, region: RegionSeen) -> tuple[Seen, Recognised | None]:
    services = instruments.services(region.name)
    identity = services.operator.identity()
    recognised = Recognised(identity, region.name, replace(services, operator=_Recognised(identity)))
    if not isinstance(identity, LongTermIdentity):
        return judge_identity(identity), recognised
    try:
        registered = instruments.setup.devices(identity.credentials, region.name)
    except AwsCallFailed as error:
        note = f"whether it is one of the user's devices cannot be seen: {words_of(error.answer)}"
        return ok(judge_identity(identity).what, note), recognised
    seen = judge_registered(identity.serial, registered)
    return seen, recognised if seen.state is State.OK else None


def _command(machine: Machine, keys: KeysSeen) -> tuple[Seen, bool | None]:
    found = machine.command(keys.mfa_process[0]) if keys.mfa_process else ""
    seen = judge_command(keys.mfa_process, found)
    return seen, True if seen.state is State.OK else None
