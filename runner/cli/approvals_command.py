"""``runner approvals``: who approved a sealed plan, and whether that is enough. AWS is not asked, nothing is signed."""

from __future__ import annotations

import os
from typing import Annotated

import typer

from runner.cli.form import Output
from runner.cli.options import (
    AllowedSigners,
    ApprovalsPlace,
    GuardrailsFile,
    OutputForm,
    RevokedKeys,
    SealedPlanFile,
)
from runner.errors import ExitCode

OperatorArn = Annotated[
    str | None,
    typer.Option("--operator", metavar="ARN", help="The IAM user who will apply the plan, and may not approve it."),
]


def approvals(  # Typer takes one parameter for each option
    plan: SealedPlanFile,
    operator: OperatorArn = None,
    guardrails: GuardrailsFile = None,
    place: ApprovalsPlace = None,
    allowed_signers: AllowedSigners = None,
    revoked_keys: RevokedKeys = None,
    output: OutputForm = Output.TEXT,
) -> None:
    """Show who approved a sealed plan, and what is wrong with the approvals that do not count.

    Exit code 5 when the plan needs more.
    """
    from runner.audit.ssh_keygen import SshVerifier, check_openssh  # noqa: PLC0415  # `--help` pays for nothing
    from runner.catalog import BY_NAME  # noqa: PLC0415  # same
    from runner.cli.approval_files import approvals_place, read_approvals  # noqa: PLC0415  # same
    from runner.cli.approval_view import show_review  # noqa: PLC0415  # same
    from runner.cli.guardrails_file import read_guardrails  # noqa: PLC0415  # same
    from runner.cli.output import print_json, results  # noqa: PLC0415  # same
    from runner.cli.plan_file import read_plan_file  # noqa: PLC0415  # same
    from runner.cli.signers_file import need_signers, read_revoked  # noqa: PLC0415  # same
    from runner.cli.wiring import SystemClock  # noqa: PLC0415  # same
    from runner.workflow.approvals import review  # noqa: PLC0415  # same

    check_openssh(os.environ)
    sealed = read_plan_file(plan)
    floor = read_guardrails(guardrails, os.environ, plan, BY_NAME)
    signers = need_signers(allowed_signers, os.environ, floor)
    offered = read_approvals(approvals_place(plan, place))
    verifier = SshVerifier(os.environ, read_revoked(revoked_keys, floor))
    found = review(sealed, signers, offered, operator, SystemClock().now(), verifier)
    if output is Output.JSON:
        print_json(found.to_data())
    else:
        show_review(found, results())
    if not found.enough:
        raise typer.Exit(int(ExitCode.NOT_APPROVED))
