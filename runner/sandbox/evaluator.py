"""Bring ministack's policy evaluator in line with AWS, where the two differ.

- Statements are matched by ``runner.sandbox.evaluation`` (policy variables, unknown operators, NotPrincipal).
- ``aws:PrincipalArn`` of a role session is the role's ARN, ``aws:ViaAWSService`` exists, and time is the sandbox's.
- ``aws:SecureTransport``, ``s3:authType`` and ``s3:signatureversion`` are those of a signed request over TLS.
- A resource policy may name a role or user by its unique id (``AROA…``, ``AIDA…``).
- The access keys ``test`` and twelve digits are no longer the root user.
- Service control policies (``runner.sandbox.organization``) must allow too, whatever a resource policy says.
- A refusal says which kind of policy decided, in AWS's words ("Troubleshoot access denied error messages").
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import timedelta
from functools import lru_cache
from types import SimpleNamespace
from typing import Any

from ministack.core import iam_evaluator
from ministack.services import sts

from runner.sandbox import organization
from runner.sandbox.clock import SandboxClock
from runner.sandbox.evaluation import SimulatedRequest, fail_closed, first_match, statements_of, with_variables
from runner.sandbox.insides import bucket_owner
from runner.sandbox.patching import Replacement
from runner.sandbox.principals import role_arn_of, without_not_principal, without_unique_ids

IDENTITY = "identity-based policy"
BOUNDARY = "permissions boundary"
CONTROL = "service control policy"
SESSION = "session policy"
RESOURCE = "resource-based policy"

# The loopback has no TLS, AWS's endpoints have.
_DIRECT = {"aws:viaawsservice": "false", "aws:principalisawsservice": "false", "aws:securetransport": "true"}
_SIGNED_S3 = {"s3:authtype": "REST-HEADER", "s3:signatureversion": "AWS4-HMAC-SHA256"}


class Limit(list[Any]):
    """Hold the policies of one kind that limit a principal, and the name of the kind."""

    def __init__(self, kind: str, policies: Iterable[Any]) -> None:
        super().__init__(policies)
        self.kind = kind


def evaluate(request: Any, policies: Any, *limits: Any) -> Any:
    """Evaluate identity policies and their limits: a Deny anywhere wins, then every kind must allow."""
    kinds = [*_control(request.principal_arn), (IDENTITY, policies)]
    kinds += [(getattr(limit, "kind", IDENTITY), limit) for limit in limits]
    layers = [(kind, [statement for policy in layer for statement in policy]) for kind, layer in kinds]
    for kind, statements in layers:
        if (deny := first_match(request, statements, "Deny")) is not None:
            return _result("Deny", request, denied_by(kind), deny.sid)
    for kind, statements in layers:
        if first_match(request, statements, "Allow") is None:
            # A resource policy may allow what an implicit deny leaves open, but nothing that an SCP does not allow.
            decision = "Deny" if kind == CONTROL else "ImplicitDeny"
            return _result(decision, request, allowed_by_no(kind, request.action))
    return _result("Allow", request, "")


def _control(principal: str) -> list[tuple[str, Any]]:
    """Return the layer of service control policies; none where the principal's account has none."""
    found = organization.policies_of("".join(principal.split(":")[4:5]))
    return [(CONTROL, [iam_evaluator.parse_policy_document(policy.text) for policy in found])] if found else []


def denied_by(kind: str) -> str:
    """Return the end of AWS's sentence for an explicit deny."""
    return f"with an explicit deny in {'an' if kind == IDENTITY else 'a'} {kind}"


def allowed_by_no(kind: str, action: str) -> str:
    """Return the end of AWS's sentence for an implicit deny."""
    return f"because no {kind} allows the {action} action"


def _result(decision: str, request: Any, reason: str, sid: str = "") -> Any:
    return iam_evaluator.EvalResult(decision, request.principal_arn, sid, reason)


def _resource_policy(original: Callable[..., Any]) -> Callable[..., Any]:
    def evaluate_resource_policy(doc: Any, ctx: Any, *positional: Any, **named: Any) -> Any:
        named_by_arn = without_unique_ids(without_not_principal(doc, ctx.principal_arn), ctx.principal_arn)
        result = original(named_by_arn, ctx, *positional, **named)
        explicit = result.decision == "Deny"
        result.reason = denied_by(RESOURCE) if explicit else allowed_by_no(RESOURCE, ctx.action)
        return result

    return evaluate_resource_policy


def _trust_policy(original: Callable[..., bool]) -> Callable[..., bool]:
    def evaluate_trust_policy(trust_doc: Any, caller_arn: str, ctx: Any = None) -> bool:
        kept = [closed for item in statements_of(trust_doc) if (closed := fail_closed(item)) is not None]
        return original({"Statement": kept}, caller_arn, ctx)

    return evaluate_trust_policy


def _parse(original: Callable[[Any], list[Any]]) -> Callable[[Any], list[Any]]:
    def parsed(doc: Any) -> list[Any]:
        statements = [item for item in statements_of(doc) if isinstance(item, dict)]
        return original({"Statement": [closed for item in statements if (closed := fail_closed(item)) is not None]})

    # Every request is judged by the same few texts; nobody changes a parsed statement.
    of_text = lru_cache(maxsize=512)(lambda text: tuple(parsed(text)))

    def parse_policy_document(doc: Any) -> list[Any]:
        return list(of_text(doc)) if isinstance(doc, str) else parsed(doc)

    return parse_policy_document


def _conditions(original: Callable[..., bool]) -> Callable[..., bool]:
    def conditions_met(conditions: Any, ctx: Any) -> bool:
        return original(with_variables(conditions, ctx), ctx)

    return conditions_met


def _keys(clock: SandboxClock) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    def make(original: Callable[..., Any]) -> Callable[..., Any]:
        def resolve_condition_key(key: str, ctx: Any) -> Any:
            name = key.lower()
            if isinstance(ctx, SimulatedRequest):
                return ctx.context.get(name)
            match name:
                case "aws:principalarn":
                    return role_arn_of(ctx.principal_arn) or ctx.principal_arn
                case "aws:currenttime":
                    return clock.now().strftime("%Y-%m-%dT%H:%M:%SZ")
                case "aws:epochtime":
                    return str(int(clock.time()))
                case "aws:resourceaccount" | "s3:resourceaccount":
                    return _owner(ctx.resource_arn) or original(key, ctx)
                case _:
                    signed = _SIGNED_S3 if ctx.action.startswith("s3:") else {}
                    return {**_DIRECT, **signed}.get(name) or original(key, ctx)

        return resolve_condition_key

    return make


def _owner(arn: str) -> str | None:
    bucket = arn.removeprefix("arn:aws:s3:::").split("/", 1)[0] if arn.startswith("arn:aws:s3:::") else ""
    return bucket_owner(bucket)


def _named(kind: str) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    return lambda original: lambda *given: [Limit(kind, limit) for limit in original(*given)]


def _expirations(clock: SandboxClock) -> Callable[[int], str]:
    return lambda seconds: (clock.now() + timedelta(seconds=seconds)).strftime("%Y-%m-%dT%H:%M:%SZ")


def _no_root(_: Callable[..., bool]) -> Callable[[str], bool]:
    return lambda access_key_id: not access_key_id


def replacements(clock: SandboxClock) -> tuple[Replacement, ...]:
    """Return what to replace in ministack's evaluator."""
    ours = iam_evaluator
    return (
        Replacement(ours, "evaluate", ("ctx", "policies", "limits"), lambda _: evaluate),
        Replacement(ours, "_first_match", ("ctx", "stmts", "effect"), lambda _: first_match),
        Replacement(
            ours,
            "evaluate_resource_policy",
            ("doc", "ctx", "service", "named_only", "direct_only"),
            _resource_policy,
        ),
        Replacement(ours, "evaluate_trust_policy", ("trust_doc", "caller_arn", "ctx"), _trust_policy),
        Replacement(ours, "parse_policy_document", ("doc",), _parse),
        Replacement(ours, "_conditions_met", ("conditions", "ctx"), _conditions),
        Replacement(ours, "_resolve_condition_key", ("key", "ctx"), _keys(clock)),
        Replacement(ours, "_permissions_boundary", ("store", "name", "account_id"), _named(BOUNDARY)),
        Replacement(ours, "_session_policy_limits", ("session", "account_id"), _named(SESSION)),
        Replacement(ours, "is_root_access_key", ("access_key_id",), _no_root),
        Replacement(sts, "is_root_access_key", ("access_key_id",), _no_root),
        # Of the module `time` these two use `time.time` only.
        Replacement(ours, "time", None, lambda _: SimpleNamespace(time=clock.time)),
        Replacement(sts, "time", None, lambda _: SimpleNamespace(time=clock.time)),
        Replacement(sts, "_future", ("seconds",), lambda _: _expirations(clock)),
    )
