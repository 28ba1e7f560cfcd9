"""The published IAM actions that runner carries are those of the published list."""

from __future__ import annotations

from pathlib import Path

import pytest

import runner.policy
from runner.policy.names import EXCEPTIONS
from runner.policy.published import FILE, Published, published
from tests.policy.make_published import lines

SOME = ("apigateway", "elbv2", "glue", "kinesis", "opensearchserverless", "s3", "scheduler", "sqs", "stepfunctions")


def test_the_list_is_up_to_date() -> None:
    """Some services are looked up anew; `make iam-data` makes the whole list."""
    there = (Path(runner.policy.__path__[0]) / FILE).read_text(encoding="utf-8").splitlines()

    assert set(lines(SOME)) <= set(there), "run `make iam-data` and commit what it writes"


def test_what_breaks_the_rule_is_not_in_the_list() -> None:
    """Such an operation is called otherwise in IAM, or needs more than its own action."""
    assert [api for api in EXCEPTIONS if published(*api.split(":")) is not None] == []


@pytest.mark.parametrize(
    ("service", "operation", "found"),
    [
        ("scheduler", "DeleteSchedule", Published(("scheduler:DeleteSchedule",), anywhere=False)),
        ("opensearchserverless", "DeleteAccessPolicy", Published(("aoss:DeleteAccessPolicy",), anywhere=True)),
        ("s3", "HeadBucket", None),
        ("s3", "GetObject", None),
        ("#", "Made", None),
        ("apigateway", "DeleteRestApi", None),
        ("nothing", "DeleteIt", None),
        ("scheduler", "Delete", None),
    ],
)
def test_what_is_published(service: str, operation: str, found: Published | None) -> None:
    """Under the service's IAM prefix; what IAM calls otherwise is not known here."""
    assert published(service, operation) == found
