"""Who a request comes from, as policies name it."""

from __future__ import annotations

import re
from typing import Any

from runner.sandbox.evaluation import statements_of
from runner.sandbox.insides import ROLES, USERS

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


def without_unique_ids(document: object, caller: str) -> dict[str, Any]:
    """Return a resource policy for one caller in which its unique id is its ARN.

    AWS writes ids of deleted users and roles, and takes those of living ones (IAM user guide, "Unique identifiers").
    """
    known = _unique_id(caller)
    statements = [_renamed(statement, known) for statement in statements_of(document)]
    return {"Statement": statements}


def _unique_id(caller: str) -> tuple[str, str]:
    """Return the unique id of the role or user behind a caller, and the ARN that stands for it."""
    arn = role_arn_of(caller) or caller
    account, name = arn.split(":")[4:5], arn.rsplit("/", 1)[-1]
    role = ROLES.get_scoped("".join(account), None, name) if ":role/" in arn else None
    user = USERS.get_scoped("".join(account), None, name) if ":user/" in arn else None
    return (role["RoleId"] if role else user["UserId"] if user else ""), arn


def _renamed(statement: Any, known: tuple[str, str]) -> Any:
    principal = statement.get("Principal") if isinstance(statement, dict) else None
    if not (isinstance(principal, dict) and "AWS" in principal and known[0]):
        return statement
    names = principal["AWS"] if isinstance(principal["AWS"], list) else [principal["AWS"]]
    renamed = [known[1] if name == known[0] else name for name in names]
    return {**statement, "Principal": {**principal, "AWS": renamed}}


def _spares(listed: Any, caller: str) -> bool:
    names = listed.get("AWS", []) if isinstance(listed, dict) else listed
    given = {_as_arn(name) for name in ([names] if isinstance(names, str) else names)}
    account = caller.split(":")[4] if caller.count(":") >= 5 else ""  # noqa: PLR2004  # the fields of an ARN
    needed = {caller, _as_arn(account), role_arn_of(caller) or caller}
    return "*" in given or needed <= given


def _as_arn(name: str) -> str:
    return f"arn:aws:iam::{name}:root" if _ACCOUNT.fullmatch(name) else name
