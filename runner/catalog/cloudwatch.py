"""CloudWatch: alarms. One alarm a step, because an alarm that is gone is missed when it would have rung."""

from __future__ import annotations

from runner.catalog.answers import listed, none_listed, picked
from runner.model.action import ActionType, Blocker, Param, Pin, Recovery
from runner.model.call import Args, Call, Effect, Listing, P

EVERY = "[MetricAlarms, CompositeAlarms, LogAlarms][]"
KINDS = ("MetricAlarm", "CompositeAlarm", "LogAlarm")
ALARM: Args = {"AlarmNames": (P("alarm"),), "AlarmTypes": KINDS}
# IAM judges a listing of alarms on all of them.
DESCRIBED = Call("cloudwatch:DescribeAlarms", ALARM, resource="*")

ALARM_FACTS = Call(
    "cloudwatch:DescribeAlarms",
    ALARM,
    resource="*",
    query=f"{EVERY} | [0].{{Actions: AlarmActions, OK: OKActions, Rule: AlarmRule, "
    "Metric: MetricName, Namespace: Namespace, Dimensions: Dimensions, Statistic: Statistic, Period: Period, "
    "Threshold: Threshold, Comparison: ComparisonOperator, Evaluated: EvaluationPeriods, Metrics: Metrics}",
)
SCALING = Call(
    "cloudwatch:DescribeAlarms",
    ALARM,
    resource="*",
    query=f"{{Policies: {EVERY}.[AlarmActions, OKActions][][] | [?contains(@, ':scalingPolicy:')]}}",
)
no_scaling_policy_is_driven_by_it = none_listed(
    "no_scaling_policy_is_driven_by_it",
    "scaling",
    "Policies",
    "it drives scaling policies",
    hint="delete the policies, which delete their alarms",
)
COMPOSITE_ALARMS = Blocker(
    Listing(
        "composite alarms that look at it",
        Call("cloudwatch:DescribeAlarms", {"ParentsOfAlarmName": P("alarm")}, resource="*"),
        "CompositeAlarms",
        "AlarmArn",
    )
)
ALL_ALARMS = Listing(
    "alarms",
    Call("cloudwatch:DescribeAlarms", {"AlarmTypes": KINDS}, resource="*"),
    EVERY,
    "AlarmArn",
)

DELETE_ALARM = ActionType(
    name="cloudwatch.delete_alarm",
    summary="Delete an alarm that no composite alarm looks at and no scaling policy is driven by.",
    params=(Param("alarm", r"[\w ./:#()+@-]{1,255}", "the name of an alarm"),),
    target="arn:{partition}:cloudwatch:{region}:{account}:alarm:{alarm}",
    # An alarm has no id; one that was changed or made again after the review is another one.
    pin=Pin(DESCRIBED, picked(f"{EVERY} | [0].AlarmConfigurationUpdatedTimestamp")),
    recovery=Recovery.REVERT,
    probe=DESCRIBED,
    sight=listed(EVERY),
    facts={
        "alarm": ALARM_FACTS,
        "scaling": SCALING,
        "tags": Call("cloudwatch:ListTagsForResource", {"ResourceARN": P("target")}),
    },
    checks=(no_scaling_policy_is_driven_by_it,),
    blockers=(COMPOSITE_ALARMS,),
    calls=(Call("cloudwatch:DeleteAlarms", {"AlarmNames": (P("alarm"),)}, effect=Effect.DELETE),),
    undo="make it again with cloudwatch:PutMetricAlarm or PutCompositeAlarm from the plan",
    population=ALL_ALARMS,
)
