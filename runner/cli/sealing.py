"""Seal a plan into the file that ``-o`` names, and say so on stderr."""

from __future__ import annotations

import secrets
from datetime import timedelta

from runner import __version__
from runner.cli.output import messages, text
from runner.cli.plan_file import write_plan_file
from runner.model.ports import Clock
from runner.model.sealed import NONCE_BYTES, SealedPlan
from runner.workflow.plan_file import seal
from runner.workflow.prepare import Prepared


def keep_plan(prepared: Prepared, out: str, valid_for: timedelta | None, clock: Clock) -> SealedPlan | None:
    """Write the plan, sealed, to the file ``out``, and return it; a plan that is refused is not written.

    Raises:
        UsageError: when the file cannot be written.
    """
    console = messages()
    if prepared.plan.blocking:
        console.print(text(f"{out} was not written: what is refused is not sealed", "bold"), soft_wrap=True)
        return None
    nonce = secrets.token_hex(NONCE_BYTES)
    sealed = seal(prepared, now=clock.now(), nonce=nonce, runner=__version__, valid_for=valid_for)
    write_plan_file(out, sealed)
    until = "" if sealed.expires is None else f", good until {sealed.expires:%Y-%m-%d %H:%M} UTC"
    console.print(text(f"sealed into {out}{until}: seal {sealed.seal}"), soft_wrap=True)
    return sealed
