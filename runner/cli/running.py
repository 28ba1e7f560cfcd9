"""Do what is to be done, from the log's opening to the last line on the screen: ``apply`` and ``resume``."""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

from runner import __version__
from runner.audit.log import open_ledger
from runner.cli.applied import Applied, Rest
from runner.cli.form import Output
from runner.cli.log_copy import LogCopy
from runner.cli.notifying import Notifying
from runner.cli.output import messages, print_json, results
from runner.cli.plan_view import show_plan
from runner.cli.progress import Story
from runner.cli.result_view import show_result
from runner.cli.time_stamps import time_stamper
from runner.cli.wiring import Options, services
from runner.errors import ExitCode, GuardRefused, RunnerError
from runner.model.ports import Signer
from runner.workflow.apply import apply
from runner.workflow.approvals import AdmittedOperator
from runner.workflow.prepare import Prepared
from runner.workflow.services import Services


def run(
    given: Applied | Rest,
    directory: Path,
    options: Options,
    output: Output,
    operator: Signer | None = None,
    admit: Callable[[Services], AdmittedOperator] | None = None,
) -> ExitCode:
    """Prepare, confirm and apply; print how it ended, and return the exit code.

    ``directory`` is the audit log's, ``operator`` signs in it how the run begins and ends. ``admit`` judges approvals,
    as soon as it is known who acts.

    Raises:
        RunnerError: whatever ends it before its first step.
    """
    with Story(messages()) as story:
        telling = Notifying(story, given.guardrails.notify, os.environ)
        copy = LogCopy(telling, given.guardrails.audit.log_group)
        ports = given.services(services(options, given.playbook.region, copy), options.confirm)
        stamps = given.guardrails.audit.timestamp
        ports = replace(ports, stamper=None if stamps is None else time_stamper(stamps, directory, ports.clock))
        # The log is opened before a code is asked for: a disk that is full is found while nothing is spent.
        with (
            open_ledger(directory, tool=f"runner {__version__}", clock=ports.clock, operator=operator) as ledger,
            given.held(directory),
        ):
            ledger.follow(copy.take)
            prepared = _prepared(given, ports, admit)
            story.settle()
            shown = bool(prepared.plan.blocking) and output is Output.TEXT
            if shown:
                show_plan(prepared.plan, messages())
            try:
                result = apply(prepared, ports, ledger, options.parallel)
            except RunnerError as error:
                telling.failed(error)
                if shown and isinstance(error, GuardRefused):
                    # The plan above ends with them, each reason once for all the steps that share it.
                    error.findings = ()
                raise
            finally:
                copy.end()
    if output is Output.JSON:
        print_json(result.to_data())
    else:
        show_result(result, prepared.plan.steps, results())
    return result.exit_code


def _prepared(given: Applied | Rest, ports: Services, admit: Callable[[Services], AdmittedOperator] | None) -> Prepared:
    if admit is None:
        return given.prepare(ports)
    # No code is spent on a plan that is not approved.
    operator = admit(ports)
    return replace(given.prepare(replace(ports, operator=operator)), admitted=operator.admitted)
