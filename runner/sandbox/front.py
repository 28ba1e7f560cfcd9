"""Stand in front of ministack's dispatcher: what AWS decides before policies, and what ministack leaves out.

1. STS is spoken in its query protocol only, the one whose MFA parameters are checked here.
2. STS and IAM calls pass ``runner.sandbox.session_rules`` once their signature holds; an accepted MFA code is part of
   the request's context until it is answered.
3. IAM calls about a user that name none are about the caller.
4. ``x-amz-expected-bucket-owner`` must name the bucket's owner.
5. DeleteObjects is judged key by key (``runner.sandbox.batch_delete``).
6. Identity policies see the ARNs that AWS evaluates: paths of IAM entities, S3 keys as they are, what EC2's calls name,
   and what ``runner.sandbox.resources`` and ``runner.sandbox.service_arns`` know.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import Any, TypeAlias

from ministack import app
from ministack.core import iam_actions, iam_evaluator
from ministack.core.responses import get_account_id

from runner.sandbox import arns, ec2, iam, resources, service_arns, session_rules
from runner.sandbox.batch_delete import delete_objects, is_batch_delete
from runner.sandbox.clock import SandboxClock
from runner.sandbox.implied_actions import check_implied
from runner.sandbox.insides import (
    Answer,
    bucket_owner,
    credential_failure,
    routing_params,
    s3_error,
)
from runner.sandbox.mfa import Authenticators
from runner.sandbox.mfa_context import proved
from runner.sandbox.patching import Replacement
from runner.sandbox.session_rules import Call, Refused
from runner.sandbox.source_identity import setting

Dispatch: TypeAlias = Callable[..., Awaitable[Answer]]

ABOUT_THE_CALLER = frozenset({"GetUser", "ListAccessKeys", "ListMFADevices"})
"""IAM actions whose ``UserName`` is optional."""

NO_JSON = Refused(400, "InvalidAction", "the sandbox speaks the query protocol of STS and IAM only")
DISPATCH = ("method", "path", "headers", "body", "query_params", "request_id")
OK = 200
RESOURCE = ("service", "method", "path", "headers", "body", "query_params", "region", "account_id")


@dataclass(frozen=True)
class Front:
    """Hold what the front needs of the sandbox."""

    clock: SandboxClock
    authenticators: Authenticators

    def replacements(self) -> tuple[Replacement, ...]:
        """Return what to replace in ministack."""
        return (
            Replacement(app, "_dispatch_service_request", DISPATCH, self._dispatcher),
            Replacement(iam_actions, "extract_resource_arn", RESOURCE, _resource_arns),
        )

    def _dispatcher(self, original: Dispatch) -> Dispatch:
        async def dispatch(
            method: str,
            path: str,
            headers: dict[str, str],
            body: bytes,
            query_params: dict[str, Any],
            request_id: str,
        ) -> Answer:
            params = routing_params(method, path, headers, body, query_params)
            service = app.detect_service(method, path, headers, params)
            ours = service in ("sts", "iam") or (service == "s3" and is_batch_delete(method, path, query_params))
            if service == "s3" and (refused := _foreign_owner(path, headers)):
                return refused
            key = app.extract_access_key_id(headers, query_params)
            if not ours or not key:
                return await original(method, path, headers, body, query_params, request_id)
            failure = iam_evaluator.check_credentials(key, service)
            if failure is not None:
                return credential_failure(service, request_id, failure, headers)
            if service == "s3":
                return await delete_objects(path, headers, body, query_params, key)
            call = session_rules.call_of(service, params, iam_evaluator.resolve_credential(key, get_account_id()))
            if not call.action:
                return session_rules.answer(NO_JSON, service)
            # One set of parameters from here on: what was checked is what is done.
            checked = _about_the_caller(call, params)
            region = app.extract_region(headers, query_params)
            return await self._judged(call, region, lambda: original(method, path, headers, b"", checked, request_id))

        return dispatch

    async def _judged(self, call: Call, region: str, go_on: Callable[[], Awaitable[Answer]]) -> Answer:
        try:
            proof = session_rules.judge(call, self.authenticators)
        except Refused as refused:
            return session_rules.answer(refused, call.service)
        with proved(self.clock.time() if proof else None), setting(call.params.get("SourceIdentity", "")):
            answer = await go_on()
            try:
                # Last, as what is implied matters only where the role itself may be assumed.
                if answer[0] == OK:
                    check_implied(call, region)
            except Refused as refused:
                return session_rules.answer(refused, call.service)
            return answer


def _about_the_caller(call: Call, params: dict[str, Any]) -> dict[str, Any]:
    if call.service != "iam" or call.action not in ABOUT_THE_CALLER or call.params.get("UserName"):
        return params
    return {**params, "UserName": [call.caller.principal_name]} if call.caller.principal_name else params


def _foreign_owner(path: str, headers: Mapping[str, str]) -> Answer | None:
    expected = headers.get("x-amz-expected-bucket-owner")
    owner = bucket_owner(path.lstrip("/").split("/", 1)[0])
    if not expected or owner in (None, expected):
        return None
    return s3_error("AccessDenied", "Access Denied", 403)


def _resource_arns(original: Callable[..., str]) -> Callable[..., str]:
    def extract_resource_arn(*given: Any) -> str:
        named = dict(zip(RESOURCE, given, strict=True))
        if named["service"] == "iam":
            return iam.resource_arn(named["query_params"], named["account_id"]) or original(*given)
        if named["service"] == "ec2":
            return ec2.resource_arn(named["query_params"], named["region"], named["account_id"]) or original(*given)
        request = resources.Request(
            named["service"],
            named["path"],
            named["body"],
            named["query_params"],
            named["region"],
            named["account_id"],
        )
        if known := resources.resource_arn(request) or service_arns.resource_arn(request):
            return known
        bucket, _, key = named["path"].lstrip("/").partition("/")
        if named["service"] == "s3" and bucket and key:
            return f"arn:aws:s3:::{bucket}/{key}"
        return arns.resource_arn(named["service"], named, original(*given))

    return extract_resource_arn
