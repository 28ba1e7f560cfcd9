"""A trust policy lets in an account or an IAM user, and nobody else."""

from __future__ import annotations

import pytest

from runner.errors import UsageError
from runner.guard.operators import operator_arn


@pytest.mark.parametrize(
    ("text", "arn"),
    [
        ("111111111111", "arn:aws:iam::111111111111:root"),
        ("arn:aws:iam::111111111111:root", "arn:aws:iam::111111111111:root"),
        ("arn:aws:iam::111111111111:user/alice", "arn:aws:iam::111111111111:user/alice"),
        ("arn:aws:iam::111111111111:user/ops/a.b+c", "arn:aws:iam::111111111111:user/ops/a.b+c"),
    ],
)
def test_accounts_and_users_are_operators(text: str, arn: str) -> None:
    """An account id stands for everybody whom that account allows."""
    assert operator_arn(text, "aws") == arn


@pytest.mark.parametrize(
    "text",
    [
        "",
        "*",
        "alice",
        "11111111111",
        "arn:aws:iam::111111111111:user/*",
        "arn:aws:iam::111111111111:user/o*s/alice",
        "arn:aws:iam::111111111111:user/",
        "arn:aws:iam::*:user/alice",
        "arn:aws:iam:::user/alice",
        "arn:aws:iam::111111111111:role/Hub",
        "arn:aws:iam::111111111111:group/ops",
        "arn:aws:sts::111111111111:assumed-role/Hub/alice",
        "arn:aws-cn:iam::111111111111:user/alice",
    ],
)
def test_everybody_else_is_refused(text: str) -> None:
    """Roles, groups, wildcards, other partitions and what is no ARN make no trust policy."""
    with pytest.raises(UsageError) as refused:
        operator_arn(text, "aws")

    assert "111111111111:user/alice" in refused.value.hint


def test_another_partition_has_its_own_root() -> None:
    """An account id is completed in the partition of the playbook's role."""
    assert operator_arn("111111111111", "aws-cn") == "arn:aws-cn:iam::111111111111:root"
