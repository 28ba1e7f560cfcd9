"""What ministack's EC2 lacks: dry runs, and the ARNs that AWS evaluates.

A call with ``DryRun`` is judged by the policies as every call is, and answered with an error in both cases:
``UnauthorizedOperation`` when they refuse it, ``DryRunOperation`` when they do not. It is never carried out.

Source: EC2 API reference, "Common query parameters" and "Error codes"; Service Authorization Reference, "Amazon EC2".
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, TypeAlias

from ministack.services import ec2

from runner.sandbox.ec2_operations import added
from runner.sandbox.insides import Answer, ec2_error
from runner.sandbox.patching import Replacement
from runner.sandbox.simulator_request import one

Handler: TypeAlias = Callable[[Mapping[str, Any]], Answer]

ARNS = {
    "InstanceSpecification.InstanceId": "arn:aws:ec2:{region}:{account}:instance/{id}",
    "NatGatewayId": "arn:aws:ec2:{region}:{account}:natgateway/{id}",
    "LaunchTemplateId": "arn:aws:ec2:{region}:{account}:launch-template/{id}",
    "SnapshotId": "arn:aws:ec2:{region}::snapshot/{id}",
    "ImageId": "arn:aws:ec2:{region}::image/{id}",
}
"""By the parameter that names a thing: snapshots and images have no account in their ARN."""

WOULD = "Request would have succeeded, but DryRun flag is set."


def replacements() -> tuple[Replacement, ...]:
    """Return what makes ministack's EC2 answer dry runs."""
    return (
        Replacement(
            ec2,
            "_ACTION_MAP",
            None,
            lambda theirs: {name: _dry_running(handler) for name, handler in {**theirs, **added(theirs)}.items()},
        ),
    )


def resource_arn(params: Mapping[str, Any], region: str, account: str) -> str | None:
    """Return the ARN of what a call names, where ministack knows none or another; None for other calls."""
    for field, template in ARNS.items():
        if named := one(params, field):
            return template.format(region=region, account=account, id=named)
    return None


def _dry_running(handler: Handler) -> Handler:
    def handle(params: Mapping[str, Any]) -> Answer:
        # Policies have been asked by now; whom they refuse does not come here.
        if one(params, "DryRun").lower() == "true":
            return ec2_error("DryRunOperation", WOULD, 412)
        return handler(params)

    return handle
