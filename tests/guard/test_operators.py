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
        (f"arn:aws:iam::111111111111:user/{'a' * 64}", f"arn:aws:iam::111111111111:user/{'a' * 64}"),
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
        "1111111111111",
        "accountnumbr",
        "\u0661" * 12,
        "111111111111\n",
        "arn:aws:iam::111111111111:user//alice",
        "arn:aws:iam::111111111111:user/a/b c",
        "arn:aws:iam::111111111111:user/alice smith",
        "arn:aws:iam::111111111111:user/alice\n",
        f"arn:aws:iam::111111111111:user/{'a' * 65}",
        "arn:aws:iam:eu-west-1:111111111111:user/alice",
        "arn:aws:s3::111111111111:user/alice",
        "arn:aws:iam::111111111111:a-user/alice",
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
