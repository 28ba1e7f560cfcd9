"""Options that several commands share, so that they read the same everywhere."""

from __future__ import annotations

from typing import Annotated

import typer

from runner.cli.completions import plan_files, playbook_files, reviewed_files, run_ids
from runner.cli.form import Output, Page, Report, Review
from runner.cli.session_keeping import Keep

PlaybookFile = Annotated[
    str, typer.Argument(metavar="PLAYBOOK", help="The reviewed playbook, a YAML file.", autocompletion=playbook_files)
]
GuardrailsFile = Annotated[
    str | None,
    typer.Option(
        "--guardrails",
        metavar="FILE",
        help="The organisation's guardrails; default: RUNNER_GUARDRAILS, else .runner/guardrails.yaml above PLAYBOOK.",
    ),
]
PlaybookOrPlan = Annotated[
    str,
    typer.Argument(
        metavar="PLAYBOOK|PLAN",
        help="The reviewed playbook, or a plan that `runner plan -o` sealed.",
        autocompletion=reviewed_files,
    ),
]
RunId = Annotated[
    str,
    typer.Argument(
        metavar="[RUN]", help="The run, or the beginning of its id; default: the last.", autocompletion=run_ids
    ),
]
OutputForm = Annotated[Output, typer.Option("--output", help="The form of the result on stdout.")]
ReportForm = Annotated[Report, typer.Option("--output", help="The form of the result on stdout.")]
ReviewForm = Annotated[Review, typer.Option("--output", help="The form of the result on stdout.")]
PageForm = Annotated[Page, typer.Option("--output", help="The form of the result on stdout.")]
PlanOut = Annotated[
    str | None,
    typer.Option("--out", "-o", metavar="FILE", help="Seal the plan into a file that `runner apply` takes."),
]
Against = Annotated[
    str | None, typer.Option("--against", metavar="OLD", help="Show only what is different from an older sealed plan.")
]
ValidFor = Annotated[
    str | None, typer.Option("--valid-for", metavar="TIME", help="How long the sealed plan may be applied: 24h.")
]
Profile = Annotated[
    str | None, typer.Option("--profile", help="The AWS profile of the operator; default: AWS_PROFILE.")
]
MfaSerial = Annotated[
    str | None, typer.Option("--mfa-serial", help="The MFA device, when the profile names none or another.")
]
MfaCodeStdin = Annotated[
    bool, typer.Option("--mfa-code-stdin", help="Read the MFA code from stdin: one line, six digits.")
]
MfaFrom = Annotated[
    str | None,
    typer.Option(
        "--mfa-from",
        metavar="COMMAND",
        help="Take the MFA code from a command, ykman:ACCOUNT or op:ITEM; default: mfa_process of the profile.",
    ),
]
Parallel = Annotated[
    int,
    typer.Option("--parallel", metavar="N", min=1, max=16, help="How many independent steps are done at a time."),
]
Engine = Annotated[
    str | None,
    typer.Option(
        "--engine",
        metavar="dask=ADDRESS",
        help="Where large buckets are emptied: dask=tls://scheduler:8786 for a Dask cluster; default: on this machine.",
    ),
]
Confirm = Annotated[
    str | None,
    typer.Option("--confirm", help="The confirmation phrase of the plan that was read, for use without a terminal."),
]
KeepSession = Annotated[
    Keep | None,
    typer.Option(
        "--keep-session", help="Keep the MFA session for later runs; default: RUNNER_KEEP_SESSION, else none."
    ),
]
FreshMfa = Annotated[
    bool, typer.Option("--fresh-mfa", help="Ask for a code even when an MFA session is kept, and replace it.")
]
SealedPlanFile = Annotated[
    str, typer.Argument(metavar="PLAN", help="The sealed plan, from `runner plan -o`.", autocompletion=plan_files)
]
ApprovalsPlace = Annotated[
    str | None,
    typer.Option(
        "--approvals", metavar="DIR", help="Where the approvals are; default: PLAN.approvals beside the plan."
    ),
]
AllowedSigners = Annotated[
    str | None,
    typer.Option(
        "--allowed-signers",
        metavar="FILE",
        help="Whose keys count: a file or origin/main:PATH; default: RUNNER_ALLOWED_SIGNERS, else that in /etc/runner.",
    ),
]
BreakGlass = Annotated[
    str | None,
    typer.Option(
        "--break-glass",
        metavar="REASON",
        help="Go on without the approvals that are needed, where the guardrails allow that; the log keeps the reason.",
    ),
]
RevokedKeys = Annotated[
    str | None, typer.Option("--revoked-keys", metavar="FILE", help="Keys that count no more: a KRL, or public keys.")
]
SignLog = Annotated[
    str | None,
    typer.Option(
        "--sign-log",
        metavar="FILE|agent",
        help="Your SSH key, to sign how the run begins and ends in the log; default: RUNNER_SIGN_LOG, else none.",
    ),
]
LogKeyOption = Annotated[
    str | None,
    typer.Option("--log-key", metavar="KEY", help="The log's public key that you keep; default: the one in the log."),
]
LookRole = Annotated[
    str, typer.Option("--role-arn", metavar="ARN", help="The role to look through; its session may only read.")
]
LookRegion = Annotated[
    str | None, typer.Option("--region", help="Where to look; default: that of the ARN, else AWS_REGION.")
]
