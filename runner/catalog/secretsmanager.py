"""Secrets Manager: secrets. A secret can be restored for 30 days, the longest time that AWS lets it wait."""

from __future__ import annotations

from runner.catalog.answers import flag_is_off, last_use, none_listed, picked, scheduled
from runner.model.action import ActionType, GoneWhen, Param, Pin, Recovery, Usage
from runner.model.call import Args, Call, Effect, Listing, P

SECRET: Args = {"SecretId": P("target")}
DESCRIBED = Call("secretsmanager:DescribeSecret", SECRET, absent=("ResourceNotFoundException",))

no_service_owns_it = flag_is_off(
    "no_service_owns_it",
    "secret",
    "Owner",
    "another AWS service manages it",
    "delete what it belongs to; a database's master password goes with the database",
    off=None,
)
no_replica_is_left = none_listed(
    "no_replica_is_left",
    "secret",
    "Replicas",
    "it has replicas in other regions",
    "remove them with `secretsmanager:RemoveRegionsFromReplication` first",
)

SECRET_FACTS = Call(
    "secretsmanager:DescribeSecret",
    SECRET,
    query="{Owner: OwningService, Replicas: ReplicationStatus[].Region || `[]`}",
)

SECRET_NAME = Param(
    "secret",
    r"[A-Za-z0-9/_+=.@-]{1,512}-[A-Za-z0-9]{6}",
    "the name of a secret with the six characters that its ARN ends in",
)

DELETE_SECRET = ActionType(
    name="secretsmanager.delete_secret",
    summary="Schedule the deletion of a secret in 30 days; until then nobody can read it.",
    params=(SECRET_NAME,),
    target="arn:{partition}:secretsmanager:{region}:{account}:secret:{secret}",
    pin=Pin(DESCRIBED, picked("CreatedDate")),
    recovery=Recovery.WINDOW,
    probe=DESCRIBED,
    sight=scheduled("DeletedDate"),
    gone_when=GoneWhen.SCHEDULED,
    facts={
        "tags": Call("secretsmanager:DescribeSecret", SECRET, query="{Tags: Tags || `[]`}"),
        "policy": Call("secretsmanager:GetResourcePolicy", SECRET, query="{Policy: ResourcePolicy}"),
        "secret": SECRET_FACTS,
        "used": Call("secretsmanager:DescribeSecret", SECRET, query="{Last: LastAccessedDate}"),
    },
    checks=(no_service_owns_it, no_replica_is_left),
    calls=(Call("secretsmanager:DeleteSecret", {**SECRET, "RecoveryWindowInDays": 30}, effect=Effect.DELETE),),
    population=Listing("secrets", Call("secretsmanager:ListSecrets", resource="*"), "SecretList", "ARN"),
    usage=(Usage("the secret was read", "used", last_use("Last")),),
    undo="Restore it with `secretsmanager:RestoreSecret`.",
    undo_days=30,
    undone_by="secretsmanager.restore_secret",
)

RESTORE_SECRET = ActionType(
    name="secretsmanager.restore_secret",
    summary="Cancel the deletion of a secret, so that it can be read again.",
    params=DELETE_SECRET.params,
    target=DELETE_SECRET.target,
    pin=DELETE_SECRET.pin,
    recovery=Recovery.REVERT,
    probe=DESCRIBED,
    sight=scheduled("DeletedDate"),
    gone_when=GoneWhen.RESTORED,
    facts={name: call for name, call in DELETE_SECRET.facts.items() if name != "used"},
    calls=(Call("secretsmanager:RestoreSecret", SECRET, effect=Effect.RESTORE),),
    undo="Delete it again with secretsmanager.delete_secret.",
)
