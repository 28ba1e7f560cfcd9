"""Cognito: user pools. Nobody but AWS Support restores one, and for 14 days only."""

from __future__ import annotations

from runner.catalog.answers import flag_is_off, picked
from runner.catalog.size import holds
from runner.model.action import ActionType, Param, Pin, Recovery
from runner.model.call import Args, Call, Effect, Listing, P

POOL: Args = {"UserPoolId": P("pool")}
DESCRIBED = Call("cognito-idp:DescribeUserPool", POOL, absent=("ResourceNotFoundException",))

# A check, and no flag that a step could lift: UpdateUserPool sets everything that it does not name to its default.
deletion_protection_is_off = flag_is_off(
    "deletion_protection_is_off",
    "pool",
    "DeletionProtection",
    "DeletionProtection is on",
    "switch it off in the console, which keeps the pool's other settings",
    off="INACTIVE",
)
no_domain_is_left = flag_is_off(
    "no_domain_is_left",
    "pool",
    "Domain",
    "people sign in at its domain",
    "delete that with `cognito-idp:DeleteUserPoolDomain` first",
    off=None,
)

USER_POOL_FACTS = Call(
    "cognito-idp:DescribeUserPool",
    POOL,
    query="UserPool.{DeletionProtection: DeletionProtection, Domain: Domain || CustomDomain || `null`}",
)
APP_CLIENTS = Listing(
    "app clients",
    Call("cognito-idp:ListUserPoolClients", {**POOL, "MaxResults": 60}),
    "UserPoolClients",
    "ClientId",
)
ALL_USER_POOLS = Listing(
    "user pools", Call("cognito-idp:ListUserPools", {"MaxResults": 60}, resource="*"), "UserPools", "Id"
)

USER_POOL_NAME = Param(
    "pool", r"[a-z]{2,4}(?:-[a-z]+){1,2}-\d_[0-9A-Za-z]{1,40}", "the id of a user pool: a region, _ and more"
)

DELETE_USER_POOL = ActionType(
    name="cognito.delete_user_pool",
    summary="Delete a user pool with every user, group and app client in it.",
    params=(USER_POOL_NAME,),
    target="arn:{partition}:cognito-idp:{region}:{account}:userpool/{pool}",
    pin=Pin(DESCRIBED, picked("UserPool.CreationDate")),
    recovery=Recovery.NONE,
    probe=DESCRIBED,
    facts={
        "tags": Call("cognito-idp:DescribeUserPool", POOL, query="{Tags: UserPool.UserPoolTags || `{}`}"),
        "pool": USER_POOL_FACTS,
        "users": Call("cognito-idp:DescribeUserPool", POOL, query="UserPool.{Estimated: EstimatedNumberOfUsers}"),
    },
    changing=("users",),
    remarks=(holds("users", users="Estimated"),),
    checks=(deletion_protection_is_off, no_domain_is_left),
    calls=(Call("cognito-idp:DeleteUserPool", POOL, effect=Effect.DELETE),),
    cascade=(APP_CLIENTS,),
    population=ALL_USER_POOLS,
    undo="AWS Support may restore it within 14 days.",
    undo_days=14,
)
