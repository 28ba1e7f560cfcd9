"""CloudWatch Logs: log groups, which come back: whatever still writes to one makes it again.

IAM knows a log group by an ARN that ends in ``:*``, but for tags; the API knows both forms.
Source: CloudWatch Logs user guide, "Overview of managing access permissions", "Log group ARN formats".
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime

from runner.catalog.answers import at, flag_is_off, listed, picked
from runner.catalog.size import holds
from runner.model.action import ActionType, Blocker, Param, Pin, ProtectionFlag, Recovery, Usage
from runner.model.call import Args, Call, Effect, Listing, P
from runner.model.canonical import Json

GROUP: Args = {"logGroupName": P("group")}
INSIDE = "{target}:*"
EXACT = "logGroups[?logGroupName=='{group}']"
# The exact name stands first among those that begin with it, so it is on the first page.
NAMED: Args = {"logGroupNamePrefix": P("group")}
DESCRIBED = Call("logs:DescribeLogGroups", NAMED, resource="*", query=f"{{Found: {EXACT}}}")


def _protection(*, on: bool, effect: Effect) -> Call:
    switch: Args = {"logGroupIdentifier": P("group"), "deletionProtectionEnabled": on}
    return Call("logs:PutLogGroupDeletionProtection", switch, effect=effect, resource=INSIDE)


def _last_event(data: Mapping[str, Json]) -> str | None:
    """Return the time of the newest event, which is given in milliseconds."""
    last = at(data, "Last")
    return datetime.fromtimestamp(last / 1000, UTC).isoformat() if isinstance(last, int) else None


LOG_GROUP_FACTS = Call(
    "logs:DescribeLogGroups",
    NAMED,
    resource="*",
    query=f"{EXACT} | [0].{{Retention: retentionInDays, Key: kmsKeyId, Class: logGroupClass, "
    "Protected: deletionProtectionEnabled}",
)
NEWEST = Call(
    "logs:DescribeLogStreams",
    {**GROUP, "orderBy": "LastEventTime", "descending": True, "limit": 1},
    resource=INSIDE,
    query="{Last: logStreams[0].lastEventTimestamp}",
)
PROTECTION = ProtectionFlag(
    "deletionProtectionEnabled",
    flag_is_off("deletion_protection_is_off", "group", "Protected", "deletion protection is on"),
    _protection(on=False, effect=Effect.UNPROTECT),
    _protection(on=True, effect=Effect.REARM),
)
METRIC_FILTERS = Listing(
    "metric filters", Call("logs:DescribeMetricFilters", GROUP, resource=INSIDE), "metricFilters", "filterName"
)
SUBSCRIPTION_FILTERS = Blocker(
    Listing(
        "subscription filters, by which somebody reads it",
        Call("logs:DescribeSubscriptionFilters", GROUP, resource=INSIDE),
        "subscriptionFilters",
        "destinationArn",
    )
)

DELETE_LOG_GROUP = ActionType(
    name="logs.delete_log_group",
    summary="Delete a log group with every event in it.",
    params=(Param("group", r"[\w./#-]{1,512}", "the exact name of a log group"),),
    target="arn:{partition}:logs:{region}:{account}:log-group:{group}",
    pin=Pin(DESCRIBED, picked("Found[0].creationTime")),
    recovery=Recovery.NONE,
    probe=DESCRIBED,
    sight=listed("Found"),
    facts={
        "group": LOG_GROUP_FACTS,
        "tags": Call("logs:ListTagsForResource", {"resourceArn": P("target")}),
        "newest": NEWEST,
        "size": Call("logs:DescribeLogGroups", NAMED, resource="*", query=f"{EXACT} | [0].{{Bytes: storedBytes}}"),
    },
    changing=("size",),
    remarks=(holds("size", bytes="Bytes"),),
    usage=(Usage("something was last logged", "newest", _last_event),),
    flags=(PROTECTION,),
    cascade=(METRIC_FILTERS,),
    blockers=(SUBSCRIPTION_FILTERS,),
    calls=(Call("logs:DeleteLogGroup", GROUP, effect=Effect.DELETE, resource=INSIDE),),
    transient=("OperationAbortedException",),
    # Long enough for what logs every few seconds; what logs once a day is found by its last event.
    stays_gone=30,
    population=Listing("log groups", Call("logs:DescribeLogGroups", resource="*"), "logGroups", "logGroupName"),
)
