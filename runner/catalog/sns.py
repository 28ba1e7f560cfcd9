"""SNS: topics. DeleteTopic answers 200 for a name that never was, so a topic is looked for before and after."""

from __future__ import annotations

from runner.catalog.answers import picked
from runner.catalog.cloudwatch import KINDS as ALARM_KINDS
from runner.model.action import ActionType, Blocker, Param, Pin, Recovery
from runner.model.call import Args, Call, Effect, Listing, P

TOPIC: Args = {"TopicArn": P("target")}
# Source: SNS API, GetTopicAttributes answers NotFound; the service model calls the error NotFoundException.
GET_TOPIC = Call("sns:GetTopicAttributes", TOPIC, absent=("NotFound", "NotFoundException"))

SUBSCRIPTIONS = Listing(
    "subscriptions",
    Call("sns:ListSubscriptionsByTopic", TOPIC),
    # One that nobody confirmed yet has no ARN.
    "Subscriptions[].{Name: join(' ', [Protocol, Endpoint])}",
    "Name",
)
ALARMS_THAT_NOTIFY_IT = Blocker(
    Listing(
        "alarms that notify it",
        Call("cloudwatch:DescribeAlarms", {"AlarmTypes": ALARM_KINDS}, resource="*"),
        "[MetricAlarms, CompositeAlarms, LogAlarms][] | "
        "[?contains([AlarmActions, OKActions, InsufficientDataActions][], '{target}')]",
        "AlarmArn",
    )
)

DELETE_TOPIC = ActionType(
    name="sns.delete_topic",
    summary="Delete a topic with its subscriptions; messages on their way may be lost.",
    params=(Param("topic", r"[\w-]{1,256}(?:\.fifo)?", "the name of a topic"),),
    target="arn:{partition}:sns:{region}:{account}:{topic}",
    # SNS tells no date and no id: a topic that was made again under this name cannot be told from the first.
    pin=Pin(GET_TOPIC, picked("Attributes.TopicArn")),
    recovery=Recovery.REVERT,
    probe=GET_TOPIC,
    facts={
        "topic": Call("sns:GetTopicAttributes", TOPIC, query="Attributes.{Owner: Owner, Policy: Policy}"),
        "tags": Call("sns:ListTagsForResource", {"ResourceArn": P("target")}),
    },
    resource_policy="topic",
    cascade=(SUBSCRIPTIONS,),
    blockers=(ALARMS_THAT_NOTIFY_IT,),
    calls=(Call("sns:DeleteTopic", TOPIC, effect=Effect.DELETE),),
    undo="make it again with sns:CreateTopic, with the policy from the plan; who subscribed has to subscribe again",
    population=Listing("topics", Call("sns:ListTopics", resource="*"), "Topics", "TopicArn"),
)
