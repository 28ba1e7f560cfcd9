"""``runner audit anchors``: is the log still what was anchored outside this host?"""

from __future__ import annotations

from typing import Annotated

import typer

from runner.cli.form import Output
from runner.cli.log_directory import LogDirectory, log_directory
from runner.cli.options import LogKeyOption, MfaCodeStdin, MfaFrom, MfaSerial, OutputForm, Profile
from runner.errors import ExitCode

Bucket = Annotated[str, typer.Option("--bucket", help="The bucket that holds the anchors.")]
RoleArn = Annotated[str, typer.Option("--role", metavar="ROLE_ARN", help="A role that may read it.")]
Region = Annotated[str, typer.Option("--region", help="The bucket's region.")]


def anchors(  # noqa: PLR0913, PLR0917  # Typer takes one parameter for each option
    bucket: Bucket,
    role: RoleArn,
    region: Region,
    log_key: LogKeyOption = None,
    profile: Profile = None,
    mfa_serial: MfaSerial = None,
    mfa_code_stdin: MfaCodeStdin = False,
    mfa_from: MfaFrom = None,
    log: LogDirectory = None,
    output: OutputForm = Output.TEXT,
) -> None:
    """Hold the log against its anchors in a bucket: a log that was cut off with its checkpoints is found.

    Exit code 3 when it does not fit.
    """
    from runner.audit.anchor_check import verify_anchored  # noqa: PLC0415  # `--help` pays for nothing
    from runner.audit.format import read_origin  # noqa: PLC0415  # same
    from runner.audit.verify import Broken  # noqa: PLC0415  # same
    from runner.cli.audit_view import show_anchors  # noqa: PLC0415  # same
    from runner.cli.log_key_option import log_key_of  # noqa: PLC0415  # same
    from runner.cli.output import messages, print_json, results  # noqa: PLC0415  # same
    from runner.cli.progress import Story  # noqa: PLC0415  # same
    from runner.cli.wiring import Options, services  # noqa: PLC0415  # same
    from runner.workflow.fetch_anchors import Archive, fetch_anchors  # noqa: PLC0415  # same

    directory = log_directory(log)
    origin, key = read_origin(directory), log_key_of(log_key)
    options = Options(profile, mfa_serial, mfa_code_stdin, mfa_from)
    with Story(messages()) as story:
        fetched = fetch_anchors(Archive(bucket, region, role), origin, services(options, region, story))
    found = verify_anchored(directory, fetched, key)
    if output is Output.JSON:
        print_json({**found.result.to_data(), "anchors": found.count, "other_logs": dict(found.others)})
    else:
        show_anchors(found, results())
    raise typer.Exit(int(ExitCode.REFUSED if isinstance(found.result, Broken) else ExitCode.OK))
