"""Policies with the answers that AWS documents: every case of the corpus names the page it is taken from."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest
import yaml

from runner.policy.evaluate import evaluate
from runner.policy.policies import Allowed, AnyPolicy, Decision, ExplicitlyDenied, ImplicitlyDenied, Policies, Unknown
from runner.policy.policies import read_policy as read
from runner.policy.principal import Caller, Role, User
from runner.policy.request import Request, RequestContext
from runner.policy.statement import Kind

CORPUS = Path(__file__).parent / "corpus"
CALLERS: Mapping[str, Caller] = {
    "user": User("arn:aws:iam::111111111111:user/ada", "AIDAEXAMPLEUSERID0001"),
    "role": Role("arn:aws:iam::111111111111:role/ops/Teardown", "AROAEXAMPLEROLEID0001", "runner-01"),
}
KINDS = {"resource": Kind.RESOURCE, "trust": Kind.TRUST, "key": Kind.KEY}

Case = tuple[Mapping[str, Any], Mapping[str, Any], str]
"""A case, the context to ask with, and the answer that is documented."""


def _cases() -> Iterator[Any]:
    for path in sorted(CORPUS.glob("*.yaml")):
        whole: dict[str, Any] = yaml.load(path.read_text("utf-8"), yaml.CSafeLoader)
        for case in whole.pop("cases"):
            for name, context, answer in _questions({**whole, **case}):
                yield pytest.param({**whole, **case}, context, answer, id=f"{path.stem}: {case['name']}{name}")


def _questions(case: Mapping[str, Any]) -> Iterator[tuple[str, Mapping[str, Any], str]]:
    if "answers" in case:
        for name, answer in case["answers"].items():
            yield f" ({name})", case["contexts"][name], answer
    else:
        yield "", case.get("context", case), case["answer"]


def _policy(case: Mapping[str, Any], role: str) -> AnyPolicy | None:
    if case.get("template") and role == "identity":
        statement = {"Effect": "Allow", "Action": "*", "Resource": "*", "Condition": case["condition"]}
        return read(role, {"Version": "2012-10-17", "Statement": [statement]})
    written = case.get(role)
    if isinstance(written, str):
        written = case["policies"][written]
    return None if written is None else read(role, written)


def _request(case: Mapping[str, Any], context: Mapping[str, Any]) -> Request:
    values = {
        key: tuple(value) if isinstance(value, list) else value for key, value in context.get("values", {}).items()
    }
    caller = CALLERS[case.get("caller", "role")]
    return Request(
        caller=caller,
        action=case.get("action", case["request"]["action"]),
        resource=_asked(case),
        owner=case.get("owner", caller.account),
        context=RequestContext(values, frozenset(context.get("absent", ())), frozenset(context.get("present", ()))),
    )


def _asked(case: Mapping[str, Any]) -> str:
    named = case.get("resource")
    return named if isinstance(named, str) and named.startswith("arn:") else case["request"]["resource"]


def _policies(case: Mapping[str, Any]) -> Policies:
    found = {role: _policy(case, role) for role in ("identity", "boundary", "session")}
    on_resource = _policy(case, "resource") if "policies" in case else None
    return Policies(
        identity=tuple(policy for policy in (found["identity"],) if policy),
        boundary=found["boundary"],
        session=tuple(policy for policy in (found["session"],) if policy),
        resource=on_resource,
        kind=KINDS[case.get("kind", "resource")],
    )


def _said(decision: Decision) -> tuple[str, tuple[str, ...]]:
    match decision:
        case Allowed(by):
            return "allowed", tuple(item.statement for item in by)
        case ExplicitlyDenied(by):
            return "explicit deny", (by.statement,)
        case ImplicitlyDenied():
            return "implicit deny", ()
        case Unknown():
            return "unknown", ()


@pytest.mark.parametrize(("case", "context", "answer"), tuple(_cases()))
def test_a_documented_answer_is_given(case: Mapping[str, Any], context: Mapping[str, Any], answer: str) -> None:
    """The evaluator says what the page says, and where the case names a statement, that this one decided."""
    said, by = _said(evaluate(_request(case, context), _policies(case)))

    assert answer.startswith(said), answer
    assert answer in {said, *(f"{said} {name}" for name in by)}
    assert case["page"].startswith("https://docs.aws.amazon.com/")
