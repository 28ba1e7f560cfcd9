"""What ministack's Cognito lacks: a pool that is protected, or has a domain, is not deleted.

Source: Cognito developer guide, "User pool deletion protection"; Cognito API reference, DeleteUserPool.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, TypeAlias

from ministack.services import cognito

from runner.sandbox.insides import Answer, json_error
from runner.sandbox.patching import Replacement
from runner.sandbox.store_insides import USER_POOLS

Handler: TypeAlias = Callable[[Mapping[str, Any]], Answer]


def replacements() -> tuple[Replacement, ...]:
    """Return what makes ministack's Cognito keep what is protected."""
    return (Replacement(cognito, "_delete_user_pool", ("data",), _protecting),)


def _protecting(original: Handler) -> Handler:
    def delete_user_pool(data: Mapping[str, Any]) -> Answer:
        pool = USER_POOLS.get(data.get("UserPoolId")) or {}
        if pool.get("DeletionProtection") == "ACTIVE":
            return json_error("InvalidParameterException", "The user pool is protected against deletion.")
        if pool.get("Domain") or pool.get("CustomDomain"):
            return json_error("InvalidParameterException", "User pool cannot be deleted. It has a domain configured.")
        return original(data)

    return delete_user_pool
