"""KMS: keys and aliases. What a deleted key encrypted is lost, so that a key waits for its end as long as AWS lets it.

Source: KMS API reference, ScheduleKeyDeletion and GetKeyLastUsage; KMS developer guide, "Determine past usage".
"""

from __future__ import annotations

from runner.catalog.answers import by_state, flag_is_off, last_use, listed, none_listed, picked, scheduled
from runner.model.action import ActionType, GoneWhen, Param, Pin, Recovery, Usage
from runner.model.call import Args, Call, Effect, Listing, P

KEY_ARN = "arn:{partition}:kms:{region}:{account}:key/{key}"
KEY: Args = {"KeyId": P("key")}

KEY_ID = Param(
    "key",
    r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}|mrk-[0-9a-f]{32}",
    "the id of a key: a UUID, or mrk- and 32 hexadecimal digits; not an alias, which may point elsewhere tomorrow",
)

it_is_a_customers_key = flag_is_off(
    "it_is_a_customers_key",
    "key",
    "Manager",
    "an AWS service manages the key",
    "leave it to the service",
    off="CUSTOMER",
)
no_replica_is_left = none_listed(
    "no_replica_is_left",
    "key",
    "Replicas",
    "it has replicas in other regions, and KMS would wait for their deletion",
    "schedule the deletion of those keys first",
)
no_grant_is_left = none_listed(
    "no_grant_is_left",
    "grants",
    "For",
    "grants let others use the key",
    "find out what they use it for; a grant is ended with `kms:RevokeGrant`",
    more="Truncated",
)

SEEN = Call("kms:DescribeKey", KEY, absent=("NotFoundException",), resource=KEY_ARN)
CREATED = Pin(SEEN, picked("KeyMetadata.CreationDate"))
TAGS = Call("kms:ListResourceTags", KEY, resource=KEY_ARN, query="{Tags: !Truncated && Tags}")
POLICY = Call("kms:GetKeyPolicy", {**KEY, "PolicyName": "default"}, resource=KEY_ARN, query="{Policy: Policy}")
FACTS = {
    "tags": TAGS,
    "policy": POLICY,
    # Without the state, which an earlier step changes.
    "key": Call(
        "kms:DescribeKey",
        KEY,
        query="KeyMetadata.{Manager: KeyManager, Origin: Origin,"
        " Replicas: MultiRegionConfiguration.ReplicaKeys[].Region || `[]`}",
    ),
    # Before its first use that KMS has a record of, a key counts as used when the record began.
    "used": Call(
        "kms:GetKeyLastUsage", KEY, query="{Last: KeyLastUsage.Timestamp || TrackingStartDate || KeyCreationDate}"
    ),
}
USED = (Usage("the key was used, or the record of its use began,", "used", last_use("Last")),)
KEYS = Listing("KMS keys", Call("kms:ListKeys", resource="*"), "Keys", "KeyArn")
ALIASES = Listing("aliases", Call("kms:ListAliases", KEY, resource="*"), "Aliases", "AliasArn")

DISABLE_KEY = ActionType(
    name="kms.disable_key",
    summary="Disable a key; nothing that it encrypted can be read until it is enabled.",
    params=(KEY_ID,),
    target=KEY_ARN,
    pin=CREATED,
    recovery=Recovery.REVERT,
    probe=SEEN,
    # A key that waits for its deletion is out of use too.
    sight=by_state("KeyMetadata.KeyState", aside=("Disabled", "PendingDeletion", "PendingReplicaDeletion")),
    gone_when=GoneWhen.SET_ASIDE,
    facts=FACTS,
    checks=(it_is_a_customers_key,),
    calls=(Call("kms:DisableKey", KEY, effect=Effect.DELETE),),
    population=KEYS,
    usage=USED,
    undo="Enable the key with `kms:EnableKey`.",
    undone_by="kms.enable_key",
)

ENABLE_KEY = ActionType(
    name="kms.enable_key",
    summary="Enable a key that was disabled, so that it encrypts and decrypts again.",
    params=(KEY_ID,),
    target=KEY_ARN,
    pin=CREATED,
    recovery=Recovery.REVERT,
    probe=SEEN,
    sight=by_state("KeyMetadata.KeyState", aside=("Disabled",)),
    gone_when=GoneWhen.RESTORED,
    facts=FACTS,
    changing=("used",),
    checks=(it_is_a_customers_key,),
    calls=(Call("kms:EnableKey", KEY, effect=Effect.RESTORE),),
    undo="Disable it again with kms.disable_key.",
)

SCHEDULE_KEY_DELETION = ActionType(
    name="kms.schedule_key_deletion",
    summary="Schedule the deletion of a key in 30 days; from now on it encrypts and decrypts nothing.",
    params=(KEY_ID,),
    target=KEY_ARN,
    pin=CREATED,
    recovery=Recovery.WINDOW,
    probe=SEEN,
    sight=scheduled("KeyMetadata.DeletionDate"),
    gone_when=GoneWhen.SCHEDULED,
    facts={
        **FACTS,
        "grants": Call("kms:ListGrants", KEY, query="{For: Grants[].GranteePrincipal, Truncated: Truncated}"),
    },
    checks=(it_is_a_customers_key, no_replica_is_left, no_grant_is_left),
    calls=(Call("kms:ScheduleKeyDeletion", {**KEY, "PendingWindowInDays": 30}, effect=Effect.DELETE),),
    cascade=(ALIASES,),
    population=KEYS,
    usage=USED,
    undo="Cancel it with `kms:CancelKeyDeletion`, and enable the key with `kms:EnableKey`.",
    undo_days=30,
    undone_by="kms.cancel_key_deletion",
)

CANCEL_KEY_DELETION = ActionType(
    name="kms.cancel_key_deletion",
    summary="Cancel the deletion of a key; it stays disabled until somebody enables it.",
    params=(KEY_ID,),
    target=KEY_ARN,
    pin=CREATED,
    recovery=Recovery.REVERT,
    probe=SEEN,
    sight=scheduled("KeyMetadata.DeletionDate"),
    gone_when=GoneWhen.RESTORED,
    facts=FACTS,
    changing=("used",),
    checks=(it_is_a_customers_key,),
    calls=(Call("kms:CancelKeyDeletion", KEY, effect=Effect.RESTORE),),
    undo="Schedule it again with kms.schedule_key_deletion.",
)

POINTS = Call(
    "kms:ListAliases",
    {**KEY, "Limit": 100},
    absent=("NotFoundException",),
    resource="*",
    query="{Aliases: Aliases[?AliasName=='{alias}'], Truncated: Truncated}",
)

DELETE_ALIAS = ActionType(
    name="kms.delete_alias",
    summary="Delete an alias; whoever names the key by it finds none.",
    params=(
        Param("alias", r"alias/(?!aws/)[A-Za-z0-9/_-]{1,250}", "the name of an alias: alias/ and what follows"),
        KEY_ID,
    ),
    target="arn:{partition}:kms:{region}:{account}:{alias}",
    pin=Pin(POINTS, picked("Aliases[0].CreationDate")),
    recovery=Recovery.REVERT,
    probe=POINTS,
    sight=listed("Aliases", more="Truncated"),
    facts={"tags": TAGS, "policy": POLICY},
    calls=(Call("kms:DeleteAlias", {"AliasName": P("alias")}, effect=Effect.DELETE, also=(KEY_ARN,)),),
    undo="Make it again with `kms:CreateAlias`; the key itself is untouched.",
)
