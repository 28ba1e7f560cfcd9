"""S3 access points: other names of a bucket, each with a policy of its own."""

from __future__ import annotations

from runner.catalog.answers import picked
from runner.model.action import ActionType, Param, Pin, Recovery
from runner.model.call import Args, Call, Effect, P

POINT: Args = {"AccountId": P("account"), "Name": P("access_point")}
# IAM has no resource for the read of an access point (Service Authorization Reference, "Amazon S3").
GET_POINT = Call("s3control:GetAccessPoint", POINT, absent=("NoSuchAccessPoint",), resource="*")

DELETE_ACCESS_POINT = ActionType(
    name="s3control.delete_access_point",
    summary="Delete an access point of a bucket; whoever reads through it reads no more.",
    params=(
        Param(
            "access_point",
            # Source: Amazon S3 user guide, "Access points restrictions and limitations".
            r"(?!xn--)[a-z0-9][a-z0-9-]{1,48}[a-z0-9](?<!-s3alias)",
            "the name of an access point: 3 to 50 lower-case letters, digits and hyphens",
        ),
    ),
    target="arn:{partition}:s3:{region}:{account}:accesspoint/{access_point}",
    pin=Pin(GET_POINT, picked("CreationDate")),
    recovery=Recovery.REVERT,
    probe=GET_POINT,
    facts={
        "point": Call(
            "s3control:GetAccessPoint",
            POINT,
            resource="*",
            query="{Bucket: Bucket, Vpc: VpcConfiguration.VpcId, Public: PublicAccessBlockConfiguration}",
        ),
        "policy": Call("s3control:GetAccessPointPolicy", POINT, absent=("NoSuchAccessPointPolicy",)),
        "tags": Call("s3control:ListTagsForResource", {"AccountId": P("account"), "ResourceArn": P("target")}),
    },
    calls=(Call("s3control:DeleteAccessPoint", POINT, effect=Effect.DELETE),),
    undo="make it again with s3:CreateAccessPoint and s3:PutAccessPointPolicy from the plan; its alias is another one",
)
