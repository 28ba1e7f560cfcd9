"""Step Functions: state machines. Executions that run are ended by the deletion, so that there may be none.

Source: Step Functions API reference, DeleteStateMachine.
"""

from __future__ import annotations

from runner.catalog.answers import by_state, last_use, none_listed, picked
from runner.model.action import ActionType, Blocker, Param, Pin, Recovery, Usage
from runner.model.call import Args, Call, Effect, Listing, P

MACHINE: Args = {"stateMachineArn": P("target")}
DESCRIBED = Call("stepfunctions:DescribeStateMachine", MACHINE, absent=("StateMachineDoesNotExist",))
# Executions of an express state machine are not listed: they end within five minutes.
EXPRESS = ("StateMachineTypeNotSupported",)

# For whoever has to make it again.
DEFINITION = Call(
    "stepfunctions:DescribeStateMachine", MACHINE, query="{Type: type, Role: roleArn, Definition: definition}"
)
RUNNING = Call(
    "stepfunctions:ListExecutions",
    {**MACHINE, "statusFilter": "RUNNING"},
    nothing=EXPRESS,
    query="{Names: executions[].name}",
)
NEWEST = Call(
    "stepfunctions:ListExecutions",
    {**MACHINE, "maxResults": 1},
    nothing=EXPRESS,
    query="{Last: executions[0].startDate}",
)
no_execution_is_running = none_listed(
    "no_execution_is_running",
    "running",
    "Names || `[]`",
    "executions are running, which the deletion would end",
    "wait for them, or stop them with `states:StopExecution`",
)
RULES_THAT_START_IT = Blocker(
    Listing(
        "EventBridge rules that start it",
        Call("events:ListRuleNamesByTarget", {"TargetArn": P("target")}, resource="*"),
        "RuleNames[].{Name: @}",
        "Name",
    ),
    "arn:{partition}:events:{region}:{account}:rule/{item}",
)
STATE_MACHINES = Listing(
    "state machines", Call("stepfunctions:ListStateMachines", resource="*"), "stateMachines", "stateMachineArn"
)

DELETE_STATE_MACHINE = ActionType(
    name="stepfunctions.delete_state_machine",
    summary="Delete a state machine with its versions, aliases and the history of its executions.",
    params=(Param("state_machine", r"[A-Za-z0-9_-]{1,80}", "the name of a state machine: letters, digits, - and _"),),
    target="arn:{partition}:states:{region}:{account}:stateMachine:{state_machine}",
    pin=Pin(DESCRIBED, picked("creationDate")),
    recovery=Recovery.REVERT,
    probe=DESCRIBED,
    sight=by_state("status || 'ACTIVE'", leaving=("DELETING",)),
    facts={
        "tags": Call("stepfunctions:ListTagsForResource", {"resourceArn": P("target")}, query="{Tags: tags}"),
        "definition": DEFINITION,
        "running": RUNNING,
        "newest": NEWEST,
    },
    changing=("running",),
    checks=(no_execution_is_running,),
    usage=(Usage("an execution last began", "newest", last_use("Last")),),
    blockers=(RULES_THAT_START_IT,),
    population=STATE_MACHINES,
    calls=(Call("stepfunctions:DeleteStateMachine", MACHINE, effect=Effect.DELETE),),
    gone_within=600,
    undo="make it again with states:CreateStateMachine from the plan; the history of its executions is lost",
)
