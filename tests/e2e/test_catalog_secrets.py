"""The actions of Secrets Manager and of Systems Manager's parameters end to end."""

from __future__ import annotations

from tests.conftest import Lab
from tests.e2e.catalogue import Trial, step


def test_secrets_and_parameters_go(lab: Lab) -> None:
    """A secret waits 30 days for its end and is not readable; parameters are gone, with a slash first or without."""
    secrets, ssm = lab.client("secretsmanager"), lab.client("ssm")
    arn = secrets.create_secret(Name="orders/db", SecretString="x")["ARN"]
    ssm.put_parameter(Name="/orders/url", Value="x", Type="SecureString")
    ssm.put_parameter(Name="orders-url", Value="x", Type="String")
    tried = Trial(
        lab,
        (
            step("secret", "secretsmanager.delete_secret", {"secret": arn.rsplit(":", 1)[-1]}),
            step("parameter", "ssm.delete_parameter", {"parameter": "orders/url"}),
            step("plain", "ssm.delete_parameter", {"parameter": "orders-url", "root": ""}),
        ),
    ).run()

    assert tried.states == {"secret": "scheduled", "parameter": "gone", "plain": "gone"}
    assert set(tried.states_again.values()) == {"already gone"}
    assert secrets.describe_secret(SecretId=arn)["DeletedDate"] is not None
    assert ssm.describe_parameters()["Parameters"] == []
