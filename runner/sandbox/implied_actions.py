"""What AssumeRole implies: session tags and a source identity each take an action of their own, allowed twice.

The caller's policies must allow it on the role, and so must the role's trust policy. ministack looks at the trust
policy for tags only. Source: IAM user guide, "Pass session tags in AWS STS" and "Monitor and control actions taken with
assumed roles".
"""

from __future__ import annotations

from runner.sandbox.denials import sentence
from runner.sandbox.insides import ROLES, may, trusts
from runner.sandbox.session_rules import Call, Refused

IMPLIED = {"SourceIdentity": "sts:SetSourceIdentity", "Tags.member.1.Key": "sts:TagSession"}
"""The actions, by the parameter that asks for them."""


def check_implied(call: Call, region: str) -> None:
    """Return when everything that an AssumeRole implies is allowed on both sides.

    Raises:
        Refused: with AWS's answer; across accounts it does not say which side refused, and so it never does here.
    """
    if call.service != "sts" or call.action != "AssumeRole":
        return
    arn = call.params["RoleArn"]
    role = ROLES.get_scoped(arn.split(":")[4], None, arn.rsplit("/", 1)[-1])
    for parameter, action in IMPLIED.items():
        if parameter in call.params and not (
            may(call.caller, action, region, arn) and trusts(role, call.caller, action, region)
        ):
            raise Refused(403, "AccessDenied", sentence("sts", action, call.caller.principal_arn, arn, ""))
