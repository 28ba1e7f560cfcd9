"""Gather what is judged about approvals before a plan is executed: how many, whose keys count, what lies there."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from rich.text import Text

from runner.audit.ssh_keygen import SshVerifier, check_openssh
from runner.audit.used_approvals import used_approvals
from runner.cli.applied import Applied
from runner.cli.approval_files import approvals_place, read_approvals
from runner.cli.output import messages, text
from runner.cli.signers_file import find_signers, read_revoked, refuse_editable
from runner.errors import GuardRefused, UsageError
from runner.guard.floor import approvals_needed
from runner.model.fleet import in_common
from runner.model.guardrails import Guardrails
from runner.workflow.approvals import AdmittedOperator, Approvals
from runner.workflow.services import Services


@dataclass(frozen=True)
class Chosen:
    """Hold what the operator chose on the command line about approvals."""

    place: str | None = None
    allowed_signers: str | None = None
    revoked_keys: str | None = None
    break_glass: str | None = None


def admitted_operator(
    what: str, given: Applied, chosen: Chosen, services: Services, ledger: Path, environ: Mapping[str, str]
) -> AdmittedOperator:
    """Return the operator port that lets nobody through whose plan is not approved; ``what`` is the plan's file.

    Raises:
        UsageError: when something that is named cannot be read or understood, or OpenSSH is missing.
        GuardRefused: when glass may not be broken, or the operator can write the list of whose keys count.
    """
    needed = approvals_needed(in_common(given.playbook), given.guardrails).most
    _check_break_glass(chosen.break_glass, needed, given.guardrails)
    place = approvals_place(what, chosen.place)
    asked = needed > 0 and given.sealed is not None
    if asked:
        check_openssh(environ)
    signers = find_signers(chosen.allowed_signers, environ, given.guardrails) if asked else None
    if signers is not None and signers.editable:
        refuse_editable(signers, chosen.allowed_signers)
        where = "" if signers.origin in signers.editable else f"{signers.origin}: "
        loud = text(f"{where}{signers.editable}; the log says so")
        messages().print(Text.assemble(("note: ", "bold yellow"), loud))
    approvals = Approvals(
        needed=needed,
        sealed=given.sealed,
        signers=signers,
        offered=read_approvals(place) if asked else (),
        place=str(place) if given.sealed is not None else what,
        used=used_approvals(ledger) if asked else frozenset(),
        broken_glass=chosen.break_glass or "",
    )
    verifier = SshVerifier(environ, read_revoked(chosen.revoked_keys, given.guardrails) if asked else None)
    return AdmittedOperator(services.operator, approvals, verifier, services.clock, services.watcher)


def _check_break_glass(reason: str | None, needed: int, guardrails: Guardrails) -> None:
    if reason is None:
        return
    if not reason.strip():
        raise UsageError("breaking glass needs a reason", on="--break-glass", hint="say why nobody could be waited for")
    if not needed:
        raise UsageError("no approvals are needed here", on="--break-glass", hint="leave the option out")
    if not guardrails.approvals.break_glass:
        where = guardrails.source.path if guardrails.source else "there are none"
        raise GuardRefused(
            f"the guardrails do not let anybody break glass ({where})",
            on="--break-glass",
            hint="wait for the approvals, or have `approvals: {break_glass: true}` added to the guardrails",
        )
