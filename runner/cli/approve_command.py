"""``runner approve``: read a sealed plan and sign that it may be executed."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Annotated

import typer

from runner.cli.form import Output
from runner.cli.options import (
    AllowedSigners,
    ApprovalsPlace,
    Confirm,
    GuardrailsFile,
    OutputForm,
    RevokedKeys,
    SealedPlanFile,
)

Key = Annotated[
    str,
    typer.Option(
        "--key", metavar="FILE|agent", help="The SSH key that signs: private, FILE.pub of the agent, or agent."
    ),
]
Approver = Annotated[
    str | None,
    typer.Option("--as", metavar="NAME", help="Your name in allowed_signers; default: git's user.email."),
]
Expires = Annotated[str, typer.Option("--expires", metavar="TIME", help="How long the approval is good: up to 24h.")]
Comment = Annotated[str, typer.Option("--comment", help="What you looked at; it is signed and logged.")]


def approve(  # noqa: PLR0913, PLR0917  # Typer takes one parameter for each option
    plan: SealedPlanFile,
    key: Key = "agent",
    approver: Approver = None,
    expires: Expires = "8h",
    comment: Comment = "",
    guardrails: GuardrailsFile = None,
    approvals: ApprovalsPlace = None,
    allowed_signers: AllowedSigners = None,
    revoked_keys: RevokedKeys = None,
    confirm: Confirm = None,
    output: OutputForm = Output.TEXT,
) -> None:
    """Approve a sealed plan with your SSH key; AWS is not asked and no credentials are needed.

    Exit code 5 when it was declined, the key did not sign, or the approval would not count.
    """
    from runner.audit.ssh_keygen import SshVerifier, check_openssh  # noqa: PLC0415  # `--help` pays for nothing
    from runner.catalog import BY_NAME  # noqa: PLC0415  # same
    from runner.cli.approval_files import approvals_place, write_approval  # noqa: PLC0415  # same
    from runner.cli.approval_view import show_approval, show_sealed  # noqa: PLC0415  # same
    from runner.cli.git import git_line  # noqa: PLC0415  # same
    from runner.cli.guardrails_file import read_guardrails  # noqa: PLC0415  # same
    from runner.cli.output import messages, print_json, results  # noqa: PLC0415  # same
    from runner.cli.plan_file import read_plan_file, validity  # noqa: PLC0415  # same
    from runner.cli.prompt import await_phrase  # noqa: PLC0415  # same
    from runner.cli.signers_file import find_signers, read_revoked  # noqa: PLC0415  # same
    from runner.cli.signing_key import signing_key  # noqa: PLC0415  # same
    from runner.cli.wiring import SystemClock  # noqa: PLC0415  # same
    from runner.guard.approval_statement import LONGEST  # noqa: PLC0415  # same
    from runner.workflow.approve import Wish  # noqa: PLC0415  # same
    from runner.workflow.approve import approve as sign  # noqa: PLC0415  # same

    check_openssh(os.environ)
    sealed = read_plan_file(plan)
    good_for = validity(expires, "--expires", LONGEST) or LONGEST
    floor = read_guardrails(guardrails, os.environ, plan, BY_NAME)
    signers = find_signers(allowed_signers, os.environ, floor)
    wish = Wish(approver or git_line(Path.cwd(), "config", "user.email"), good_for, comment)
    verifier = SshVerifier(os.environ, read_revoked(revoked_keys, floor))
    signer = signing_key(key, wish.approver, signers, os.environ)
    show_sealed(sealed, wish, messages())
    made = sign(
        sealed, wish, lambda phrase: await_phrase(phrase, plan, confirm), signer, SystemClock(), verifier, signers
    )
    files = write_approval(approvals_place(plan, approvals), made.offered)
    if output is Output.JSON:
        print_json(made.to_data(tuple(str(file) for file in files)))
    else:
        show_approval(made, files, results())
