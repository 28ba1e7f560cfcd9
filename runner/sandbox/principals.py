"""Who a request comes from, as policies name it."""

from __future__ import annotations

import re
from typing import Any

from runner.sandbox.evaluation import statements_of
from runner.sandbox.insides import ROLES

_SESSION = re.compile(r"arn:(?P<partition>aws[a-z-]*):sts::(?P<account>\d{12}):assumed-role/(?P<role>[^/]+)/.+")
_ACCOUNT = re.compile(r"\d{12}")


def role_arn_of(session_arn: str) -> str | None:
    """Return the ARN of the role behind an assumed-role session, path included; None for other principals."""
    found = _SESSION.fullmatch(session_arn)
    if found is None:
        return None
    role = ROLES.get_scoped(found["account"], None, found["role"])
    return role["Arn"] if role else f"arn:{found['partition']}:iam::{found['account']}:role/{found['role']}"


def without_not_principal(document: object, caller: str) -> dict[str, Any]:
    """Return a resource policy for one caller in which no ``NotPrincipal`` is left.

    A statement that spares the caller is dropped, any other is turned into one for everybody. A role session is spared
    only when session, role and account are all listed (IAM user guide, "NotPrincipal").
    """
    kept: list[Any] = []
    for statement in statements_of(document):
        if not (isinstance(statement, dict) and "NotPrincipal" in statement):
            kept.append(statement)
        elif not _spares(statement["NotPrincipal"], caller):
            rest = {name: value for name, value in statement.items() if name != "NotPrincipal"}
            kept.append({**rest, "Principal": "*"})
    return {"Statement": kept}


def _spares(listed: Any, caller: str) -> bool:
    names = listed.get("AWS", []) if isinstance(listed, dict) else listed
    given = {_as_arn(name) for name in ([names] if isinstance(names, str) else names)}
    account = caller.split(":")[4] if caller.count(":") >= 5 else ""  # noqa: PLR2004  # the fields of an ARN
    needed = {caller, _as_arn(account), role_arn_of(caller) or caller}
    return "*" in given or needed <= given


def _as_arn(name: str) -> str:
    return f"arn:aws:iam::{name}:root" if _ACCOUNT.fullmatch(name) else name
