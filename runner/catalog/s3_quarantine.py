"""S3: a bucket that is closed to everybody, to find out who misses it, and opened again as it was.

A policy takes the place of the bucket's own: it denies everything to everybody but the role that does this and one
that the playbook names, and lets nobody delete, nor change the policy, without MFA. The policy that was there is in the
plan, which the log keeps; undoing puts it back, letter by letter.

Source: Amazon S3 user guide, "Bucket policies"; IAM user guide, ``aws:PrincipalArn``: the role's ARN for a session.
"""

from __future__ import annotations

import json
from collections.abc import Mapping

from runner.catalog.s3 import BUCKET, CONFIGURATION, CREATED, NAME
from runner.model.action import ActionType, Answer, Blocked, Facts, GoneWhen, Ok, Param, Present, Recovery, Unknown
from runner.model.call import Call, Effect, P, T
from runner.model.canonical import Json
from runner.model.sighting import InPlace, SetAside, Sighting, Unclear
from runner.model.way_back import WayOut

_SID = "RunnerDeniesAll"
_CLOSED = (
    '{{"Version":"2012-10-17","Statement":[{{"Sid":"' + _SID + '","Effect":"Deny","Principal":"*","Action":"s3:*",'
    '"Resource":["{target}","{target}/*"],'
    '"Condition":{{"ArnNotEquals":{{"aws:PrincipalArn":["{acting_role}","{keeps_access}"]}}}}}},'
    '{{"Sid":"RunnerWantsMfa","Effect":"Deny","Principal":"*","Action":["s3:Delete*","s3:PutBucketPolicy"],'
    '"Resource":["{target}","{target}/*"],'
    '"Condition":{{"BoolIfExists":{{"aws:MultiFactorAuthPresent":"false"}}}}}}]}}'
)

KEEPS_ACCESS = Param(
    "keeps_access",
    r"arn:aws(?:-[a-z]+)*:iam::\d{12}:role/[\w+=,.@/-]{1,200}",
    "the ARN of the role that keeps its access besides the playbook's own: the one for emergencies",
)
POLICY = Param("policy", r"\{[\s\S]{1,20480}\}", "the bucket policy that is put in place, as JSON")

SEEN = Call("s3:GetBucketPolicy", BUCKET, absent=("NoSuchBucket",), nothing=("NoSuchBucketPolicy",))
UNDONE = "Put the bucket's policy of before back, which the run's plan in the log holds, or delete the policy."


def _read(data: Mapping[str, Json]) -> Json:
    """Return a policy as data; None when there is none.

    Raises:
        ValueError: when it is no JSON.
    """
    return json.loads(str(data["Policy"])) if data.get("Policy") else None


def _is_closed(policy: Json) -> bool:
    """Return whether a policy is one of ours: what S3 makes of a policy's white space is its own affair."""
    stated = policy.get("Statement") if isinstance(policy, Mapping) else None
    first = stated[0] if isinstance(stated, list) and stated else None
    if not isinstance(first, Mapping) or first.get("Sid") != _SID:
        return False
    action = first.get("Action")
    return first.get("Effect") == "Deny" and action in ("s3:*", ["s3:*"])


def closed(data: Mapping[str, Json], params: Mapping[str, str]) -> Sighting:
    """Say whether the bucket is closed."""
    del params
    try:
        return SetAside("its policy denies everything") if _is_closed(_read(data)) else InPlace()
    except ValueError:
        return Unclear("its policy is no JSON")


def as_before(data: Mapping[str, Json], params: Mapping[str, str]) -> Sighting:
    """Say whether the bucket has the policy that is to be put back."""
    try:
        is_back = _read(data) == json.loads(params["policy"])
    except ValueError:
        return Unclear("its policy, or the one of before, is no JSON")
    return InPlace() if is_back else SetAside("it has another policy")


def without_policy(data: Mapping[str, Json], params: Mapping[str, str]) -> Sighting:
    """Say whether the bucket has no policy."""
    del params
    return SetAside("it has a policy") if data.get("Policy") else InPlace()


def nobody_changed_the_policy_since(facts: Facts) -> Answer:
    """Refuse to put a policy back where somebody has changed the one that denies everything."""
    match facts["policy"]:
        case Present(data):
            try:
                if _is_closed(_read(data)):
                    return Ok()
            except ValueError:
                return Unknown("the policy is no JSON")
            return Blocked("its policy is another one than that which denies everything", hint=_HINT)
        case other:
            del other
            return Blocked("it has no policy any more, or none that can be read", hint=_HINT)


_HINT = "somebody has opened the bucket since; compare its policy with the one in the log by hand"

DENY_ALL = ActionType(
    name="s3.deny_all",
    summary="Close a bucket to everybody but two roles, by a policy that takes the place of its own.",
    params=(NAME, KEEPS_ACCESS),
    target="arn:{partition}:s3:::{bucket}",
    pin=CREATED,
    recovery=Recovery.REVERT,
    probe=SEEN,
    sight=closed,
    gone_when=GoneWhen.SET_ASIDE,
    facts=CONFIGURATION,
    calls=(Call("s3:PutBucketPolicy", {**BUCKET, "Policy": T(_CLOSED)}, effect=Effect.DELETE),),
    undo=UNDONE,
    ways_out=(
        WayOut(
            "read.policy.present.Policy",
            "s3.restore_policy",
            {"bucket": "target.bucket", "policy": "read.policy.present.Policy"},
        ),
        WayOut("read.policy.absent", "s3.open_bucket", {"bucket": "target.bucket"}),
    ),
)

OPEN_BUCKET = ActionType(
    name="s3.open_bucket",
    summary="Open a bucket that was closed and had no policy before: the policy that denies everything is deleted.",
    params=(NAME,),
    target="arn:{partition}:s3:::{bucket}",
    pin=CREATED,
    recovery=Recovery.REVERT,
    probe=SEEN,
    sight=without_policy,
    gone_when=GoneWhen.RESTORED,
    facts=CONFIGURATION,
    checks=(nobody_changed_the_policy_since,),
    calls=(Call("s3:DeleteBucketPolicy", BUCKET, effect=Effect.RESTORE),),
    undo="Close it again with s3.deny_all.",
)

RESTORE_POLICY = ActionType(
    name="s3.restore_policy",
    summary="Open a bucket that was closed: put the policy back that it had before.",
    params=(NAME, POLICY),
    target="arn:{partition}:s3:::{bucket}",
    pin=CREATED,
    recovery=Recovery.REVERT,
    probe=SEEN,
    sight=as_before,
    gone_when=GoneWhen.RESTORED,
    facts=CONFIGURATION,
    checks=(nobody_changed_the_policy_since,),
    calls=(Call("s3:PutBucketPolicy", {**BUCKET, "Policy": P("policy")}, effect=Effect.RESTORE),),
    undo="Close it again with s3.deny_all.",
)
