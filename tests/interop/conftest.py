"""What the interoperability tests share."""

from __future__ import annotations

from runner.audit.record import RunOpened

OPENED = RunOpened(
    plan_sha256="a" * 64,
    playbook="p",
    playbook_path="p.yaml",
    playbook_sha256="b" * 64,
    git_commit="",
    git_remote="",
    git_dirty=False,
    account="222222222222",
    account_alias="",
    role_arn="arn:aws:iam::222222222222:role/Teardown",
    confirmation="",
    targets=("arn",),
)
"""A run begins."""
