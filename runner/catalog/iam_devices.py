"""IAM: virtual MFA devices, when nobody has them any more.

A device that a user has is theirs: it goes out of use with the user (`iam.delete_user`), and can be deleted then. The
device that an operator proves MFA with is assigned to them, so that it is refused twice.
"""

from __future__ import annotations

from collections.abc import Mapping

from runner.catalog.iam import GONE
from runner.model.action import ActionType, Blocker, Param, Pin, Recovery
from runner.model.call import Args, Call, Effect, Listing, P
from runner.model.canonical import Json

DEVICE: Args = {"SerialNumber": P("target")}
# IAM can tell nothing of a single device that nobody has, but its tags.
SEEN = Call("iam:ListMFADeviceTags", DEVICE, absent=GONE)
USERS_THAT_HAVE_IT = Blocker(
    Listing(
        "users who have it",
        Call("iam:ListVirtualMFADevices", {"AssignmentStatus": "Assigned"}, resource="*"),
        "VirtualMFADevices[?SerialNumber=='{target}'].User",
        "Arn",
    )
)


def _name(data: Mapping[str, Json], params: Mapping[str, str]) -> str:
    """Return the device's name: there is no id and no date, so that one that was made again is not told from it."""
    del data
    return params["device"]


DELETE_VIRTUAL_MFA_DEVICE = ActionType(
    name="iam.delete_virtual_mfa_device",
    summary="Delete a virtual MFA device that no user has.",
    params=(
        Param("device", r"[\w+=,.@-]{1,226}", "the name of a virtual MFA device, without its path"),
        Param("path", r"/(?:[\w+=,.@-]+/)*", "the path, which begins and ends with a slash", default="/"),
    ),
    target="arn:{partition}:iam::{account}:mfa{path}{device}",
    pin=Pin(SEEN, _name),
    recovery=Recovery.NONE,
    probe=SEEN,
    facts={"tags": Call("iam:ListMFADeviceTags", DEVICE, query="{Tags: !IsTruncated && Tags}")},
    blockers=(USERS_THAT_HAVE_IT,),
    calls=(Call("iam:DeleteVirtualMFADevice", DEVICE, effect=Effect.DELETE),),
)
