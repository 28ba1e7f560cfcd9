"""Cognito's action end to end."""

from __future__ import annotations

from tests.conftest import Lab
from tests.e2e.catalogue import Trial, step
from tests.e2e.driving import here


def test_a_user_pool_goes_with_its_clients(lab: Lab) -> None:
    """A pool is seen gone; its app clients die with it, which the limits have to allow."""
    cognito = lab.client("cognito-idp")
    pool = cognito.create_user_pool(PoolName="customers", DeletionProtection="INACTIVE")["UserPool"]["Id"]
    cognito.create_user_pool_client(UserPoolId=pool, ClientName="web")
    tried = Trial(lab, (step("pool", "cognito.delete_user_pool", {"pool": pool}),), limits={"cascade": 1}).run()

    assert tried.states == {"pool": "gone"}
    assert tried.states_again == {"pool": "already gone"}


def test_a_protected_user_pool_stays(lab: Lab) -> None:
    """Deletion protection refuses the plan; no step can lift it, because that would reset the pool's settings."""
    cognito = lab.client("cognito-idp")
    pool = cognito.create_user_pool(PoolName="customers", DeletionProtection="ACTIVE")["UserPool"]["Id"]
    path = Trial(lab, (step("pool", "cognito.delete_user_pool", {"pool": pool}),)).write()
    plan = here(lab, "plan", path, "--output", "json", code=lab.sandbox.code())

    assert plan.code != 0
    assert [one["check"] for one in plan.data["steps"][0]["findings"] if one["blocks"]] == [
        "deletion_protection_is_off"
    ]
