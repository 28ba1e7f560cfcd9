"""What IAM's simulator takes and answers: questions 8 to 10 of ``runner doctor --live``. Nothing named here exists."""

from __future__ import annotations

import json

from runner.errors import AwsAnswer, AwsCallFailed
from runner.guard.batch import batches
from runner.guard.context import RoleFacts, Scenario, role_facts
from runner.guard.diagnosis import Seen, cannot_tell
from runner.guard.diagnosis_live import read_converted, read_noted, read_unconverted
from runner.guard.question import Question, Setting, asked_actions
from runner.guard.role_policies import RolePolicies
from runner.guard.simulation import Answer, answer, read_decision
from runner.model.arn import Arn
from runner.model.bound import BoundCall
from runner.model.call import Args, Effect
from runner.model.canonical import Json
from runner.model.ports import Reply
from runner.policy.convert import convert
from runner.policy.document import Undecidable
from runner.policy.policies import read_policy
from runner.workflow.doctoring.role_stage import Opened, Proved

_BUCKET = "runner-doctor-example"
_DELETE = "s3:DeleteBucket"


def ask_converted(proved: Proved) -> Seen:
    """Ask question 8: simulate as every plan does, with a made-up bucket policy that demands MFA."""
    opened = proved.opened
    try:
        facts = role_facts(proved.role, opened.route.session_name)
    except Undecidable as error:
        return cannot_tell(f"the role is not understood: {error}", "read its description by hand")
    setting, question = _question(opened, facts)
    (batch,) = batches((question,), limited=False)
    answers: list[Answer] = []
    for scenario in Scenario:
        call = batch.call(setting, scenario)
        try:
            pages = tuple(opened.scope.sender((call,)).pages(call))
        except AwsCallFailed as error:
            return read_unconverted(error.answer)
        answers.append(answer(batch, scenario, pages))
    return read_converted(read_decision(setting, question, Scenario.WITHOUT_MFA, answers))


def ask_invented_caller(opened: Opened) -> Seen:
    """Ask question 9: the other way to simulate a bucket policy for a role."""
    role = Arn.parse(opened.route.role_arn)
    caller = f"arn:{role.partition}:iam::{role.account}:user/runner-doctor-nobody"
    more: Args = {"CallerArn": caller, "ResourcePolicy": json.dumps(_policy(role, {"AWS": caller}))}
    return read_noted(_simulated(opened, _DELETE, _bucket(role), more))


def ask_unknown_action(opened: Opened) -> Seen:
    """Ask question 10: the simulator's words for an action that no service has."""
    return read_noted(_simulated(opened, "s3:RunnerDoctorNoSuchAction", _bucket(Arn.parse(opened.route.role_arn)), {}))


def _question(opened: Opened, facts: RoleFacts) -> tuple[Setting, Question]:
    role, now = Arn.parse(opened.route.role_arn), opened.services.clock.now()
    arn = _bucket(role)
    # Data for the simulator; nothing sends it, and the scope's write gate would not let it through.
    write = BoundCall("s3", "DeleteBucket", {"Bucket": _BUCKET}, opened.route.region, (arn,), Effect.DELETE)
    converted = convert(_policy(role, "*"), facts.role, owner=role.account, actions=asked_actions((write,)))
    own = RolePolicies.unknown(facts, "not read")
    setting = Setting(facts, own, role.account, now, opened.route.user.age(now) or now - now)
    policy = read_policy("of the target", _policy(role, "*"))
    return setting, Question("doctor", (write,), converted, opened.route.region, policy)


def _simulated(opened: Opened, action: str, resource: str, more: Args) -> Reply | AwsAnswer:
    arn = opened.route.role_arn
    args: Args = {"PolicySourceArn": arn, "ActionNames": (action,), "ResourceArns": (resource,), **more}
    call = BoundCall("iam", "SimulatePrincipalPolicy", args, opened.route.region, (arn,), Effect.READ)
    try:
        return opened.scope.sender((call,)).send(call, call.params)
    except AwsCallFailed as error:
        return error.answer


def _bucket(role: Arn) -> str:
    return f"arn:{role.partition}:s3:::{_BUCKET}"


def _policy(role: Arn, principal: Json) -> dict[str, Json]:
    statement: dict[str, Json] = {
        "Sid": "DeleteOnlyWithMfa",
        "Effect": "Deny",
        "Principal": principal,
        "Action": _DELETE,
        "Resource": _bucket(role),
        "Condition": {"BoolIfExists": {"aws:MultiFactorAuthPresent": "false"}},
    }
    return {"Version": "2012-10-17", "Statement": [statement]}
