"""The verdict table of docs/explanation/verdicts.md, case by case, with real policies in the sandbox.

A case is a bucket with a policy of its own, looked at by a role with policies of its own. All buckets of a role are
steps of one plan, so that the cases show too that steps which share simulations do not change each other's verdict.
"""

from __future__ import annotations

import copy
from collections.abc import Callable, Mapping
from dataclasses import replace
from functools import cache
from importlib.resources import files
from typing import Any

import pytest
import yaml

from runner.sandbox.lifecycle import Sandbox
from tests.conftest import Lab
from tests.e2e.driving import here
from tests.e2e.verdict_cases import ACCOUNT, CASES, EMPTY, OWN_READS, READS, ROLES, Case, Statement, Who, allow, deny


@cache
def role_of(name: str) -> str:
    """Return the name of the role that somebody's cases are planned with."""

    def setting(other: str) -> tuple[Who, str]:
        who = ROLES[other]
        return replace(who, statements=()), other if who.alone else ""

    return next(other for other in ROLES if setting(other) == setting(name))


def role_arn(name: str) -> str:
    """Return the ARN of that role."""
    return f"arn:aws:iam::{ACCOUNT}:role{ROLES[name].path}{role_of(name)}"


def world(role: str) -> dict[str, Any]:
    """Return the default world with a role and the buckets of its cases instead of its own."""
    text = files("runner.sandbox").joinpath("worlds/default.yaml").read_text(encoding="utf-8")
    made: dict[str, Any] = yaml.safe_load(text)
    people, target = made["accounts"]
    people["users"][0]["policies"]["operator"]["Statement"][0]["Resource"] = role_arn(role)
    target["scps"] = {"all": _document(ROLES[role].scps)} if ROLES[role].scps else {}
    target["roles"] = [_role(role, ROLES[role])]
    target["policies"] = [{"name": f"Limit{role}", "document": _document(ROLES[role].boundary or (deny("*"),))}]
    target["buckets"] = [_bucket(case) for case in CASES if role_of(case.who) == role]
    made["role_profiles"] = []
    return made


def _role(name: str, who: Who) -> dict[str, Any]:
    simulate = ("iam:SimulatePrincipalPolicy",) if who.simulates else ()
    own = OWN_READS if who.reads_itself else ()
    reads = allow([*READS, "iam:GetRole", *simulate, *own])
    trust = {"Effect": "Allow", "Principal": {"AWS": "arn:aws:iam::111111111111:root"}, "Action": "sts:AssumeRole"}
    deletes = {
        other: _document(tuple(_scoped(other, statement) for statement in ROLES[other].statements))
        for other in ROLES
        if role_of(other) == name and ROLES[other].statements
    }
    made = {
        "name": name,
        "path": who.path,
        "tags": dict(who.tags),
        "trust": _document(({**trust, **({"Condition": who.trust} if who.trust else {})},)),
        "policies": {"reads": _document((reads,)), **deletes},
    }
    return {**made, "boundary": f"arn:aws:iam::{ACCOUNT}:policy/Limit{name}"} if who.boundary else made


def _scoped(who: str, statement: Statement) -> Statement:
    mine = f"case-{who.lower()}-*"
    resource = statement["Resource"]
    return {**statement, "Resource": f"arn:aws:s3:::{mine}" if resource == "*" else resource.replace("{mine}", mine)}


def _bucket(case: Case) -> dict[str, Any]:
    made: dict[str, Any] = {"name": case.bucket, "public_policy": True}
    if case.action == EMPTY:
        made["objects"] = [{"key": "a"}]
    if case.statements:
        session = f"arn:aws:sts::{ACCOUNT}:assumed-role/{role_of(case.who)}/alice"
        names = {"{bucket}": f"arn:aws:s3:::{case.bucket}", "{role}": role_arn(case.who), "{session}": session}
        made["policy"] = _filled(_document(case.statements), names)
    return made


def _document(statements: tuple[Statement, ...]) -> dict[str, Any]:
    return {"Version": "2012-10-17", "Statement": copy.deepcopy(list(statements))}


def _filled(value: Any, names: Mapping[str, str]) -> Any:
    if isinstance(value, dict):
        return {key: _filled(item, names) for key, item in value.items()}
    if isinstance(value, list):
        return [_filled(item, names) for item in value]
    for name, text in names.items():
        value = value.replace(name, text)
    return value


def playbook(role: str) -> dict[str, Any]:
    """Return the playbook of all cases of a role."""
    steps = [
        {"id": case.step, "action": case.action, "target": {"bucket": case.bucket}, "irreversible": "a case"}
        for case in CASES
        if role_of(case.who) == role
    ]
    return {
        "version": 1,
        "name": "cases",
        "description": "Every case of a role.",
        "owner": "team@acme.example",
        "account": {"id": ACCOUNT},
        "region": "ap-northeast-1",
        "role_arn": role_arn(role),
        "limits": {"steps": len(CASES)},
        "steps": steps,
    }


@pytest.fixture(scope="module")
def planned(sandbox: Sandbox, tmp_path_factory: pytest.TempPathFactory) -> Callable[[str], Mapping[str, Any]]:
    """Return a function that plans all cases of a role in a world of their own, once, and returns the steps by id."""

    @cache
    def plan(role: str) -> Mapping[str, Any]:
        lab = Lab(sandbox, tmp_path_factory.mktemp(role))
        (lab.directory / "world.yaml").write_text(yaml.safe_dump(world(role), allow_unicode=True), encoding="utf-8")
        (lab.directory / "cases.yaml").write_text(yaml.safe_dump(playbook(role)), encoding="utf-8")
        sandbox.reset(lab.directory / "world.yaml")
        ended = here(lab, "plan", "cases.yaml", "--output", "json", code=sandbox.code())
        assert ended.code in {0, 3}, ended.err
        return {step["id"]: step for step in ended.data["steps"]}

    return plan


def test_the_table_is_long_enough() -> None:
    """Every verdict and every level has its cases, and no two cases share a bucket."""
    assert len(CASES) >= 60
    assert len({case.bucket for case in CASES}) == len(CASES)
    assert {case.verdict for case in CASES} == {
        "protected",
        "unprotected",
        "unprotected for long-term keys",
        "will fail",
        "inverted",
        "cannot tell",
    }


SORTED = sorted(CASES, key=lambda case: role_of(case.who))
"""The cases, those of a role together, so that each role is planned in one process."""


@pytest.mark.parametrize("case", SORTED, ids=[case.step for case in SORTED])
def test_the_verdict_of_a_case(planned: Callable[[str], Mapping[str, Any]], case: Case) -> None:
    """The verdict, the level where the protection lives, and the words that tell the reader why."""
    step = planned(role_of(case.who))[case.step]
    verdict = step["verdict"]

    assert verdict["protection"] == case.verdict, verdict
    assert verdict["level"] == case.level, verdict
    assert verdict["evidence"] == case.evidence, verdict
    for word in case.words:
        assert word in f"{verdict['reason']} {verdict['hint']}"
    refused = [found["check"] for found in step["findings"] if found["blocks"]]
    assert ("mfa_protects_the_target" in refused) is (case.verdict != "protected")
