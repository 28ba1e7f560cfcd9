"""Where an explanation comes from: a text, the audit log, or a playbook's step that is simulated again."""

from __future__ import annotations

import os
import sys
from dataclasses import replace
from datetime import UTC, datetime

from runner.aws.explanations import Asked, meaning
from runner.cli.log_directory import log_directory
from runner.cli.wiring import Options
from runner.errors import UsageError
from runner.guard.explanation import Explanation, explain, explain_step
from runner.guard.next_code import seconds_to_next_code
from runner.guard.refusal import Refusal, read_refusal

_MOST = 100_000
"""Characters of a text that are read; AWS's longest message has an encoded part of about 10,000."""


def of_text(text: str) -> tuple[Explanation, ...]:
    """Explain AWS's message; ``-`` reads it from stdin.

    Raises:
        UsageError: when the text holds nothing that AWS says of a failed call.
    """
    given = sys.stdin.read(_MOST) if text == "-" else text
    refusal = read_refusal(given[:_MOST])
    if not refusal.is_understood:
        raise UsageError(
            "this is neither an answer of AWS that says what failed, nor a run",
            on=given[:200].strip(),
            hint="give the whole message, `An error occurred (…) when calling …`, or a run that `runner audit list` "
            "shows, or a playbook with --step",
        )
    return (_of_sts(refusal) or explain(refusal),)


def _of_sts(refusal: Refusal) -> Explanation | None:
    """Return what an answer on the way to a session means, where AWS names no policy."""
    asked = Asked(
        user=refusal.principal or "the caller",
        region="this region",
        key="of the request",
        serial="the MFA device",
        next_code=seconds_to_next_code(datetime.now(UTC)),
        role=refusal.resource or "the role",
    )
    known = meaning(refusal.answer, asked) if refusal.layer is None else None
    return None if known is None else replace(explain(refusal), decided=known[0], advice=known[1])


def of_run(run: str | None) -> tuple[Explanation, ...]:
    """Explain what failed in a run, the last one when none is named; empty when nothing did.

    Raises:
        UsageError: when there is no such run, or the log cannot be read.
    """
    from runner.audit.failed import failures  # noqa: PLC0415  # a text needs no log
    from runner.audit.run_summary import chosen_run  # noqa: PLC0415  # same

    directory = log_directory()
    found = failures(directory, chosen_run(directory, run or ""))
    return tuple(failure.explanation for failure in found)


def of_step(playbook: str | None, step: str, options: Options) -> tuple[Explanation, ...]:
    """Plan a playbook again and explain what was found of one step.

    Raises:
        UsageError: when the playbook has no such step.
        RunnerError: as for `runner plan`, when there is no plan.
    """
    from runner.catalog import BY_NAME  # noqa: PLC0415  # a text needs no AWS
    from runner.cli.guardrails_file import read_guardrails  # noqa: PLC0415  # same
    from runner.cli.output import messages  # noqa: PLC0415  # same
    from runner.cli.playbook_file import read_playbook  # noqa: PLC0415  # same
    from runner.cli.progress import Story  # noqa: PLC0415  # same
    from runner.cli.wiring import services  # noqa: PLC0415  # same
    from runner.workflow.prepare import prepare  # noqa: PLC0415  # same

    if playbook is None:
        raise UsageError("--step needs a playbook", on=step, hint="runner explain PLAYBOOK --step ID")
    loaded = read_playbook(playbook, BY_NAME)
    floor = read_guardrails(None, os.environ, playbook, BY_NAME)
    names = [one.id for one in loaded.steps]
    if step not in names:
        raise UsageError("the playbook has no such step", on=step, hint=f"its steps: {', '.join(names)}")
    with Story(messages()) as story:
        plan = prepare(loaded, BY_NAME, services(options, loaded.region, story), floor).plan
    (found,) = (one for one in plan.steps if one.id == step)
    return explain_step(found)


def opened(found: tuple[Explanation, ...], profile: str | None) -> tuple[Explanation, ...]:
    """Return the explanations with every encoded message opened by STS.

    Raises:
        UsageError: when none holds an encoded message.
        CredentialsRefused: when STS does not open one.
    """
    from runner.aws.decoding import Decoder  # noqa: PLC0415  # botocore costs 100 ms; only --decode pays
    from runner.guard.decoded import read_decoded  # noqa: PLC0415  # same

    if not any(one.encoded for one in found):
        raise UsageError(
            "there is no encoded authorization message to decode",
            hint="leave --decode out; EC2 and a few other services send one",
        )
    decoder = Decoder(profile, os.environ)
    return tuple(
        replace(one, encoded="", decoded=read_decoded(decoder.decode(one.encoded))) if one.encoded else one
        for one in found
    )
