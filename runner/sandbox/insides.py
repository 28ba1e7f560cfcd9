"""The insides of ministack that the sandbox reads and calls, each named here and nowhere else.

ministack offers no interface for them. It is pinned to one version (`patching.MINISTACK`), and a name that went missing
stops the server while it starts. Functions that `patching` replaces are looked up at each call, so that everybody
meets the replacement.
"""
# ruff: noqa: SLF001  # naming them is what this module is for

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from typing import Any, TypeAlias
from xml.etree.ElementTree import Element

from ministack import app
from ministack.core import iam_evaluator, responses
from ministack.services import (
    alb,
    autoscaling,
    cloudformation,
    cloudwatch_logs,
    ec2,
    eks,
    iam,
    lambda_svc,
    s3,
    sqs,
    sts,
)

Answer: TypeAlias = tuple[int, dict[str, str], Any]
"""Status, headers and body of an HTTP answer."""
Store: TypeAlias = Any
"""A dictionary that shows one account's entries; ``get_scoped(account, None, key)`` reads any account's."""

ACCESS_KEYS: Store = iam._access_keys
AUTOSCALING_GROUPS: Store = autoscaling._asgs
EC2_IMAGES: Store = ec2._images
EC2_INSTANCES: Store = ec2._instances
EC2_TEMPLATES: Store = ec2._launch_templates
EC2_VOLUMES: Store = ec2._volumes
EKS_CLUSTERS: Store = eks._clusters
EKS_NODEGROUPS: Store = eks._nodegroups
GROUPS: Store = iam._groups
GROUP_POLICIES: Store = iam._group_inline_policies
INSTANCE_PROFILES: Store = iam._instance_profiles
LOG_GROUPS: Store = cloudwatch_logs._log_groups
LOAD_BALANCER_ATTRIBUTES: Store = alb._lb_attrs
MFA_DEVICES: Store = iam._mfa_devices
QUEUES: Store = sqs._queues
ROLES: Store = iam._roles
USERS: Store = iam._users
USER_POLICIES: Store = iam._user_inline_policies
STACKS: Store = cloudformation._stacks
SESSIONS: dict[str, dict[str, Any]] = sts._sessions
OPERATORS: Mapping[str, Any] = iam_evaluator._CONDITION_OPS


def action_matches(statement: Any, action: str) -> bool:
    """Return whether a parsed statement is about an action."""
    return bool(iam_evaluator._action_matches(action, statement.actions, statement.not_actions))


def conditions_met(conditions: Mapping[str, Any], request: Any) -> bool:
    """Return whether a request meets every condition."""
    return bool(iam_evaluator._conditions_met(conditions, request))


def condition_value(key: str, request: Any) -> Any:
    """Return the value of a condition key in a request, None when it is absent."""
    return iam_evaluator._resolve_condition_key(key, request)


def principal_matches(principal: Any, caller: str) -> bool:
    """Return whether a policy's Principal element names a caller."""
    return bool(iam_evaluator._principal_matches(principal, caller))


def may(caller: Any, action: str, region: str, resource: str) -> bool:
    """Return whether a caller's own policies let it do an STS action on a role."""
    return iam_evaluator.enforce(caller.access_key_id, action, "sts", region, resource) is None


def trusts(role: Mapping[str, Any], caller: Any, action: str, region: str) -> bool:
    """Return whether a role's trust policy lets a caller do an STS action."""
    request = iam_evaluator.EvalContext(
        caller.principal_arn, caller.principal_type, caller.account_id, action, role["Arn"], region
    )
    request.principal_keys = iam_evaluator._principal_keys(caller)
    return bool(iam_evaluator.evaluate_trust_policy(role["AssumeRolePolicyDocument"], caller.principal_arn, request))


def managed_policy(arn: str, account: str) -> Any:
    """Return the document of a managed policy's default version."""
    return iam_evaluator._resolve_managed_policy_document(arn, account)


def query_answer(operation: str, result: str) -> Answer:
    """Return IAM's answer to an operation; ``result`` is XML."""
    answer: Answer = iam._xml(200, f"{operation}Response", result)
    return answer


def query_error(status: int, code: str, message: str, service: str = "iam") -> Answer:
    """Return IAM's or STS's error answer; ``message`` is XML text."""
    answer: Answer = iam._error(status, code, message, ns=service)
    return answer


def now() -> str:
    """Return the time as IAM writes it."""
    return str(iam._now())


def bucket_owner(bucket: str) -> str | None:
    """Return the account that owns a bucket, None when there is no such bucket."""
    owner: str | None = s3._bucket_owner_account(bucket)
    return owner


def s3_error(code: str, message: str, status: int) -> Answer:
    """Return S3's error answer."""
    answer: Answer = s3._error(code, message, status)
    return answer


def autoscaling_error(code: str, message: str) -> Answer:
    """Return Auto Scaling's error answer."""
    answer: Answer = autoscaling._error(code, message)
    return answer


def elb_error(code: str, message: str) -> Answer:
    """Return Elastic Load Balancing's error answer."""
    answer: Answer = alb._error(code, message, 400)
    return answer


def lambda_error(code: str, message: str) -> Answer:
    """Return Lambda's answer about what is not there."""
    answer: Answer = lambda_svc.error_response_json(code, message, 404)
    return answer


def eks_answer(status: int, data: Mapping[str, Any]) -> Answer:
    """Return EKS's answer."""
    answer: Answer = eks._json_resp(status, data)
    return answer


def ec2_answer(operation: str, result: str) -> Answer:
    """Return EC2's answer to an operation; ``result`` is XML."""
    answer: Answer = ec2._xml(200, f"{operation}Response", result)
    return answer


def ec2_error(code: str, message: str, status: int) -> Answer:
    """Return EC2's error answer."""
    answer: Answer = ec2._error(code, message, status)
    return answer


def json_answer(data: Mapping[str, Any]) -> Answer:
    """Return the answer of a service that speaks JSON."""
    answer: Answer = responses.json_response(dict(data))
    return answer


def json_error(code: str, message: str) -> Answer:
    """Return the error answer of a service that speaks JSON."""
    answer: Answer = responses.error_response_json(code, message, 400)
    return answer


def s3_body(root: Element) -> bytes:
    """Return an XML document as S3 sends it."""
    return bytes(s3._xml_body(root))


def url_encoded(name: str) -> str:
    """Return a key as S3 lists it with ``encoding-type=url``."""
    return str(s3._url_encode(name))


def routing_params(
    method: str, path: str, headers: Mapping[str, str], body: bytes, query_params: Mapping[str, Any]
) -> dict[str, Any]:
    """Return the parameters of a request: those of its URL, and of its body when that is a form."""
    return dict(app._routing_params(method, path, headers, body, query_params))


def credential_failure(service: str, request_id: str, failure: Any, headers: Mapping[str, str]) -> Answer:
    """Return a service's answer to credentials that do not hold."""
    answer: Answer = app._credential_failure(service, "", request_id, failure, headers)
    return answer


def reset_lock() -> asyncio.Lock:
    """Return the lock that new requests wait for."""
    lock: asyncio.Lock = app._get_reset_lock()
    return lock


def empty_everything() -> None:
    """Empty every service's stores."""
    app._reset_all_state()


def serve_on(loop: asyncio.AbstractEventLoop) -> None:
    """Name the loop that serves requests, as ministack's own start would."""
    app._MAIN_LOOP = loop
