"""Calls that a service itself can try: with ``DryRun`` it checks permissions and changes nothing.

Its answer comes from the real policies with the real session, SCPs, RCPs and endpoint policies included, so it outranks
every simulation. Only where ``DryRun`` is a check of permissions is it used: in EC2, and for two operations of KMS. In
other services the parameter means a preview.

Source: EC2 API reference, "Common query parameters"; KMS developer guide, "Testing your permissions". Both name the
error that means yes; tests compare the tables with botocore's service models.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from enum import Enum
from types import MappingProxyType

from runner.errors import AwsAnswer
from runner.guard.decision import Allowed, Decision, Denied
from runner.guard.question import Ask
from runner.guard.verdict import Scenarios
from runner.model.bound import BoundCall
from runner.model.call import Argument, Children, Each, Effect
from runner.model.verdict import Evidence, Level

EC2_WITHOUT = frozenset(
    {
        "AllocateHosts",
        "AssignIpv6Addresses",
        "AssignPrivateIpAddresses",
        "AssociateIamInstanceProfile",
        "AssociateSubnetCidrBlock",
        "AssociateVpcCidrBlock",
        "CancelExportTask",
        "CancelReservedInstancesListing",
        "CreateInstanceExportTask",
        "CreateReservedInstancesListing",
        "CreateVpnConnectionRoute",
        "DeleteVpnConnectionRoute",
        "DisableVpcClassicLinkDnsSupport",
        "DisassociateIamInstanceProfile",
        "DisassociateSubnetCidrBlock",
        "DisassociateVpcCidrBlock",
        "EnableVpcClassicLinkDnsSupport",
        "ModifyHosts",
        "ModifyIdFormat",
        "ModifyIdentityIdFormat",
        "ModifyInstancePlacement",
        "ModifyReservedInstances",
        "ModifySpotFleetRequest",
        "ModifySubnetAttribute",
        "ModifyVpcAttribute",
        "PurchaseHostReservation",
        "ReleaseHosts",
        "ReplaceIamInstanceProfileAssociation",
        "UnassignIpv6Addresses",
        "UnassignPrivateIpAddresses",
    }
)
"""Writes of EC2 that have no ``DryRun``."""
KMS_WITH = frozenset({"RetireGrant", "RevokeGrant"})
"""Deletions of KMS that have one; scheduling a key's deletion and disabling it have none."""

PASSED = frozenset({"DryRunOperation", "DryRunOperationException"})
"""The errors that mean: it would have been done."""
REFUSED = frozenset({"UnauthorizedOperation", "AccessDenied", "AccessDeniedException"})

_BY = "AWS's own dry run"


class Tried(Enum):
    """Say how a dry run ended."""

    PASSED = "passed"
    REFUSED = "refused"
    UNDECIDED = "undecided"


@dataclass(frozen=True)
class Trials:
    """Hold how a step's dry runs ended, with the MFA session and with one that carries no MFA."""

    with_mfa: Tried
    without_mfa: Tried


def trial(call: BoundCall) -> BoundCall | None:
    """Return the call as a dry run; None when its service has none that checks permissions.

    The gate lets such a call through only with ``DryRun`` (``runner.guard.gate``).
    """
    has_one = (call.service == "ec2" and call.operation not in EC2_WITHOUT) or (
        call.service == "kms" and call.operation in KMS_WITH
    )
    if not (call.is_write and has_one) or any(map(_is_open, call.args.values())):
        return None
    return replace(call, args=MappingProxyType({**call.args, "DryRun": True}), effect=Effect.READ)


def trials_of(writes: Iterable[BoundCall]) -> tuple[BoundCall, ...]:
    """Return the dry runs of a step's writes; none when any of them has none, because a part proves nothing."""
    found = tuple(trial(write) for write in writes)
    known = tuple(call for call in found if call is not None)
    return known if len(known) == len(found) else ()


def read_trial(answer: AwsAnswer) -> Tried:
    """Return what a service's refusal of a dry run means; an error about the target says nothing of permissions."""
    if answer.code in PASSED:
        return Tried.PASSED
    return Tried.REFUSED if answer.code in REFUSED else Tried.UNDECIDED


def joined(tried: Iterable[Tried], worst: Tried) -> Tried:
    """Join the dry runs of one step: the worst one counts, and without it all must agree."""
    found = set(tried)
    if worst in found:
        return worst
    return found.pop() if len(found) == 1 else Tried.UNDECIDED


def outranked(scenarios: Scenarios, trials: Trials, asks: tuple[Ask, ...]) -> Scenarios:
    """Return the scenarios with what the dry runs proved in the place of what was simulated.

    A long-term key cannot be tried, so that stays simulated. The evidence is `VERIFIED` when both sessions were tried.
    """
    with_mfa = _proved(trials.with_mfa, scenarios.with_mfa, asks)
    without_mfa = _proved(trials.without_mfa, scenarios.without_mfa, asks)
    both = Tried.UNDECIDED not in {trials.with_mfa, trials.without_mfa}
    evidence = Evidence.VERIFIED if both else scenarios.evidence
    return replace(scenarios, with_mfa=with_mfa, without_mfa=without_mfa, evidence=evidence)


def _proved(tried: Tried, simulated: Decision, asks: tuple[Ask, ...]) -> Decision:
    match tried:
        case Tried.UNDECIDED:
            return simulated
        case Tried.PASSED:
            return simulated if isinstance(simulated, Allowed) else Allowed(asks, _BY)
        case Tried.REFUSED:
            return simulated if isinstance(simulated, Denied) else Denied(asks, _BY, explicit=False, level=Level.ROLE)


def _is_open(argument: Argument) -> bool:
    """Return whether an argument is not known before the call is sent."""
    match argument:
        case Each() | Children():
            return True
        case tuple():
            return any(map(_is_open, argument))
        case Mapping():
            return any(map(_is_open, argument.values()))
        case _:
            return False
