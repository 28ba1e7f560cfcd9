"""Policies, requests and contexts for property tests: small alphabets, so that statements often meet requests."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from random import Random
from typing import Any

from hypothesis import strategies as st

from runner.policy.operators import OPERATORS
from runner.policy.policies import Policies, read_policy
from runner.policy.principal import Caller, Role, User
from runner.policy.request import Request, RequestContext
from runner.policy.statement import Kind

ACCOUNT, OTHER_ACCOUNT = "111111111111", "444455556666"
ROLE = Role(f"arn:aws:iam::{ACCOUNT}:role/Teardown", "AROAEXAMPLEROLEID0001", "runner-01")
USER = User(f"arn:aws:iam::{ACCOUNT}:user/ada", "AIDAEXAMPLEUSERID0001")
_CALLERS: tuple[Caller, ...] = (ROLE, USER)

VALUES: Mapping[str, tuple[str, ...]] = {
    "String": ("a", "A", "b", "*", "a*", "?"),
    "Numeric": ("1", "2", "2.0"),
    "Date": ("2026-01-01T00:00:00Z", "2027-01-01T00:00:00Z"),
    "Bool": ("true", "false"),
    "Binary": ("YQ==", "Yg=="),
    "IpAddress": ("203.0.113.7", "203.0.113.9"),
    "Arn": ("arn:aws:sns:us-east-1:1:a", "arn:aws:sns:us-east-1:1:b"),
}
"""Values of a request by the beginning of the operators that compare them; there is one key for each."""
LITERALS: Mapping[str, tuple[str, ...]] = {
    **VALUES,
    "IpAddress": ("203.0.113.0/24", "203.0.113.9", "2001:db8::/64"),
    "Arn": ("arn:aws:sns:*:1:a", "arn:aws:sns:us-east-1:1:?"),
}
LISTS = "k:list"
ACTIONS = ("s3:DeleteBucket", "s3:GetObject")
RESOURCES = ("arn:aws:s3:::doomed", "arn:aws:s3:::doomed/a")

_STATEMENT_ACTIONS = ("*", "s3:*", "S3:DELETE*", "s3:GetObject", "sqs:*")
_STATEMENT_RESOURCES = ("*", "arn:aws:s3:::doomed", "arn:aws:s3:::doomed/*", "arn:aws:s3:::D*", "arn:aws:s3:::doome?")
PRINCIPALS: tuple[Any, ...] = (
    "*",
    {"AWS": ACCOUNT},
    {"AWS": f"arn:aws:iam::{ACCOUNT}:root"},
    {"AWS": ROLE.arn},
    {"AWS": ROLE.session_arn},
    {"AWS": USER.arn},
    {"AWS": [f"arn:aws:iam::{OTHER_ACCOUNT}:root", f"arn:aws:iam::{ACCOUNT}:role/Other"]},
)
DOUBTFUL_PRINCIPALS: tuple[Any, ...] = (
    {"CanonicalUser": "79a59df900b949e55d96a1e698fbacedfd6e09d98eacf8f8d5218e7cd47ef2be"},
    {"AWS": ROLE.session_arn + "-2"},
    {"AWS": ROLE.role_id},
)


def family(operator: str) -> str:
    """Return which of `VALUES` an operator compares."""
    return next(name for name in VALUES if name in operator)


def key_of(operator: str) -> str:
    """Return the key with values of the operator's kind."""
    return f"k:{family(operator)}"


def _line(chance: Random, *, certain: bool) -> tuple[str, dict[str, Any]]:
    if chance.random() < 0.15:
        return "Null", {chance.choice([*map(key_of, OPERATORS), LISTS]): chance.choice(["true", "false"])}
    name = chance.choice(sorted(OPERATORS))
    quantifier = chance.choice(["", "", "ForAllValues:", "ForAnyValue:"])
    key = LISTS if quantifier and family(name) == "String" else key_of(name)
    operator = f"{quantifier}{name}{chance.choice(['', 'IfExists'])}"
    literals = LITERALS[family(name)]
    if not certain:
        literals = (*literals, "${k:String}", "no such value")
        operator += chance.choice(["", "", "", "Perhaps"])
    return operator, {key: chance.choices(literals, k=chance.choice([1, 2]))}


def _statement(chance: Random, *, certain: bool, with_principal: bool) -> dict[str, Any]:
    written: dict[str, Any] = {
        "Effect": chance.choice(["Allow", "Allow", "Deny"]),
        _name("Action", chance): chance.choice(_STATEMENT_ACTIONS),
        _name("Resource", chance): chance.choice(_STATEMENT_RESOURCES),
        "Condition": dict(_line(chance, certain=certain) for _ in range(chance.choice([0, 0, 1, 2]))),
    }
    if with_principal:
        whom = PRINCIPALS if certain else (*PRINCIPALS, *DOUBTFUL_PRINCIPALS)
        written["Principal" if certain else _name("Principal", chance)] = chance.choice(whom)
    return written


def _name(element: str, chance: Random) -> str:
    return chance.choice([element, element, element, f"Not{element}"])


@cache
def _pool(*, certain: bool, with_principal: bool) -> tuple[dict[str, Any], ...]:
    """Return many statements; drawing one of them is far cheaper than drawing its parts."""
    chance = Random(f"statements {certain} {with_principal}")  # noqa: S311  # not for secrets
    return tuple(_statement(chance, certain=certain, with_principal=with_principal) for _ in range(2000))


def statements(*, certain: bool, with_principal: bool, effect: str = "") -> st.SearchStrategy[dict[str, Any]]:
    """Draw a statement as it is written; ``certain`` leaves out what is not understood."""

    def drawn() -> st.SearchStrategy[dict[str, Any]]:
        pool = _pool(certain=certain, with_principal=with_principal)
        return st.sampled_from([statement for statement in pool if effect in {"", statement["Effect"]}])

    # Only a process that draws from a pool makes it, not each that reads the tests.
    return st.deferred(drawn)


def written_policies(*, certain: bool, with_principal: bool = False) -> st.SearchStrategy[dict[str, Any]]:
    """Draw a policy document as it is written."""
    drawn = st.lists(statements(certain=certain, with_principal=with_principal), min_size=1, max_size=3)
    return drawn.map(lambda listed: {"Version": "2012-10-17", "Statement": listed})


def _context(chance: Random) -> RequestContext:
    values: dict[str, str | tuple[str, ...]] = {}
    for name, texts in VALUES.items():
        if (text := chance.choice([None, *texts])) is not None:
            values[f"k:{name}"] = text
    if chance.random() < 0.5:
        values[LISTS] = tuple(chance.choices(["a", "b", "A"], k=chance.choice([1, 2, 3])))
    return RequestContext(values, absent=frozenset({"*"}))


@cache
def _requests() -> tuple[Request, ...]:
    chance = Random("requests")  # noqa: S311  # not for secrets
    return tuple(
        Request(
            chance.choice(_CALLERS),
            chance.choice(ACTIONS),
            chance.choice(RESOURCES),
            chance.choice([ACCOUNT, ACCOUNT, OTHER_ACCOUNT]),
            _context(chance),
        )
        for _ in range(2000)
    )


def requests() -> st.SearchStrategy[Request]:
    """Draw a request of which every key either has values or is absent."""
    return st.deferred(lambda: st.sampled_from(_requests()))


Written = Mapping[str, Any]
"""Policies as they are written, by role; None for a role that has none."""


def written_sets(*, certain: bool) -> st.SearchStrategy[Written]:
    """Draw an identity policy, and perhaps a boundary, a session policy and a resource policy."""
    plain = written_policies(certain=certain)
    return st.fixed_dictionaries(
        {
            "identity": plain,
            "boundary": st.none() | plain,
            "session": st.none() | plain,
            "resource": st.none() | written_policies(certain=certain, with_principal=True),
        }
    )


def as_policies(written: Written, kind: Kind = Kind.RESOURCE) -> Policies:
    """Return written policies as the evaluator takes them."""
    read = {role: read_policy(role, policy) for role, policy in written.items() if policy is not None}
    return Policies(
        identity=(read["identity"],),
        boundary=read.get("boundary"),
        session=(read["session"],) if "session" in read else (),
        resource=read.get("resource"),
        kind=kind,
    )
