"""SQS: queues and the messages in them. SQS counts messages approximately, and a deleted queue may answer for 60 s."""

from __future__ import annotations

from collections.abc import Mapping

from runner.catalog.answers import at, picked, unread
from runner.model.action import (
    ActionType,
    Answer,
    Blocked,
    Blocker,
    Facts,
    Ok,
    Param,
    Pin,
    Present,
    Recovery,
    Unknown,
)
from runner.model.call import Args, Call, Effect, Listing, P, T
from runner.model.canonical import Json
from runner.model.sighting import InPlace, NotThere, Sighting, Unclear

QUEUE_NAME = Param("queue", r"[\w-]{1,80}(?:\.fifo)?", "the name of a queue")
QUEUE: Args = {"QueueUrl": T("https://sqs.{region}.{dns_suffix}/{account}/{queue}")}
ABSENT = ("AWS.SimpleQueueService.NonExistentQueue", "QueueDoesNotExist")
TARGET = "arn:{partition}:sqs:{region}:{account}:{queue}"
KINDS = ("ApproximateNumberOfMessages", "ApproximateNumberOfMessagesNotVisible", "ApproximateNumberOfMessagesDelayed")
SUM = f"sum([{', '.join(f'to_number(Attributes.{kind})' for kind in KINDS)}])"


def the_queue_is_empty(facts: Facts) -> Answer:
    """Refuse a queue that holds messages, visible, in flight or delayed: nobody gets them back."""
    match facts["depth"]:
        case Present(data):
            depth = at(data, "Messages")
            if not isinstance(depth, int | float | str):
                return Unknown("the answer does not say how many messages are in it")
            if float(depth) == 0:
                return Ok()
            return Blocked(f"about {depth} messages are in it", hint="drain it, or add an sqs.purge_queue step before")
        case other:
            return unread("messages are in it", other)


def messages(data: Mapping[str, Json], params: Mapping[str, str]) -> Sighting:
    """Look for messages, the target of a purge."""
    del params
    counts = [at(data, f"Attributes.{kind}") for kind in KINDS]
    if not all(isinstance(count, str) and count.isdigit() for count in counts):
        return Unclear("the answer does not say how many messages are in it")
    depth = sum(int(str(count)) for count in counts)
    return InPlace(f"about {depth} messages") if depth else NotThere("no message is in it")


GET_QUEUE = Call("sqs:GetQueueAttributes", {**QUEUE, "AttributeNames": ("CreatedTimestamp",)}, absent=ABSENT)
GET_DEPTH = Call("sqs:GetQueueAttributes", {**QUEUE, "AttributeNames": KINDS}, absent=ABSENT)
DEPTH = Call("sqs:GetQueueAttributes", {**QUEUE, "AttributeNames": KINDS}, query=f"{{Messages: {SUM}}}")
FACTS = {
    "queue": Call(
        "sqs:GetQueueAttributes",
        {**QUEUE, "AttributeNames": ("All",)},
        query="Attributes.{Policy: Policy, RedrivePolicy: RedrivePolicy, KmsMasterKeyId: KmsMasterKeyId, "
        "VisibilityTimeout: VisibilityTimeout, MessageRetentionPeriod: MessageRetentionPeriod}",
    ),
    "tags": Call("sqs:ListQueueTags", QUEUE, query="{Tags: Tags || `{}`}"),
    "depth": DEPTH,
}

PURGE_QUEUE = ActionType(
    name="sqs.purge_queue",
    summary="Delete every message of a queue; the queue stays.",
    params=(QUEUE_NAME,),
    target=TARGET,
    pin=Pin(GET_QUEUE, picked("Attributes.CreatedTimestamp")),
    recovery=Recovery.NONE,
    probe=GET_DEPTH,
    sight=messages,
    # The depth is compared with the plan: whoever agreed to lose ten messages did not agree to lose a thousand.
    facts=FACTS,
    calls=(Call("sqs:PurgeQueue", QUEUE, effect=Effect.DELETE),),
    # Source: SQS API, PurgeQueue: one purge in 60 seconds, and it takes up to 60 seconds.
    transient=("AWS.SimpleQueueService.PurgeQueueInProgress", "PurgeQueueInProgress"),
    settles_within=120,
    gone_within=120,
    establishes=("the_queue_is_empty",),
    resource_policy="queue",
)

QUEUES = Blocker(
    Listing(
        "queues that send their failed messages to it",
        Call("sqs:ListDeadLetterSourceQueues", QUEUE),
        "queueUrls[].{Url: @}",
        "Url",
    ),
    arn="arn:{partition}:sqs:{region}:{account}:{last}",
)
EVENT_SOURCE_MAPPINGS = Blocker(
    Listing(
        "event source mappings that read from it",
        Call("lambda:ListEventSourceMappings", {"EventSourceArn": P("target")}, resource="*"),
        "EventSourceMappings",
        "UUID",
    ),
    arn="arn:{partition}:lambda:{region}:{account}:event-source-mapping:{item}",
)

DELETE_QUEUE = ActionType(
    name="sqs.delete_queue",
    summary="Delete an empty queue that nothing reads from and no queue sends its failed messages to.",
    params=(QUEUE_NAME,),
    target=TARGET,
    pin=Pin(GET_QUEUE, picked("Attributes.CreatedTimestamp")),
    recovery=Recovery.REVERT,
    probe=GET_QUEUE,
    facts=FACTS,
    changing=("depth",),
    checks=(the_queue_is_empty,),
    blockers=(QUEUES, EVENT_SOURCE_MAPPINGS),
    calls=(Call("sqs:DeleteQueue", QUEUE, effect=Effect.DELETE),),
    # Source: SQS API, DeleteQueue takes up to 60 seconds, in which the queue may answer.
    gone_within=120,
    undo="make it again with sqs:CreateQueue, with the attributes from the plan, after 60 seconds",
    resource_policy="queue",
    population=Listing("queues", Call("sqs:ListQueues", resource="*"), "QueueUrls[].{Url: @}", "Url"),
)
