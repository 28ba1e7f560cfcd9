"""Find the organisation's guardrails and read them with everything they name.

The first that is found holds: ``--guardrails``, then ``RUNNER_GUARDRAILS``, then ``.runner/guardrails.yaml`` in the
playbook's directory or the nearest one above it. What is named and cannot be read is an error, never "no guardrails".
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

from runner.cli.plain_file import read_file
from runner.cli.playbook_file import source_of
from runner.errors import UsageError
from runner.guard.terraform import read_state
from runner.model.action import ActionType
from runner.model.guardrails import NO_GUARDRAILS, Guardrails, TerraformState
from runner.workflow.loading import MAX_BYTES, load_guardrails

VARIABLE = "RUNNER_GUARDRAILS"
LARGEST_STATE = 64 * 1024 * 1024
"""Bytes of a Terraform state at most."""
PLACE = Path(".runner") / "guardrails.yaml"


def read_guardrails(
    option: str | None, environ: Mapping[str, str], playbook: str, actions: Mapping[str, ActionType]
) -> Guardrails:
    """Return the guardrails that hold for a playbook's file; `NO_GUARDRAILS` when there are none.

    Raises:
        UsageError: when a file that is named, or found, cannot be read.
        InvalidGuardrails: with every problem in it.
    """
    path = option or environ.get(VARIABLE) or _above(playbook)
    if not path:
        return NO_GUARDRAILS
    data = read_file(path, MAX_BYTES)
    found = load_guardrails(data, source_of(path, data), actions)
    return _beside(found, Path(path).parent)


def _above(playbook: str) -> str:
    """Return the nearest guardrails above a playbook, as links resolve; empty when there are none."""
    directory = Path(playbook).resolve().parent
    for above in (directory, *directory.parents):
        place = above / PLACE
        try:
            place.lstat()
        except (FileNotFoundError, NotADirectoryError):
            continue
        except OSError as error:
            reason = error.strerror or type(error).__name__
            hint = "let it be read, or name the guardrails with --guardrails"
            raise UsageError(
                f"it cannot be told whether guardrails are here: {reason}", on=str(place), hint=hint
            ) from (error)
        return str(place)
    return ""


def _beside(found: Guardrails, directory: Path) -> Guardrails:
    """Return the guardrails with what they name: paths are taken from their own directory, states are read."""
    rules = found.approvals
    approvals = replace(
        rules,
        allowed_signers=_path(rules.allowed_signers, directory),
        revoked_keys=_path(rules.revoked_keys, directory),
    )
    audit = found.audit
    if audit.timestamp is not None:
        audit = replace(audit, timestamp=replace(audit.timestamp, roots=str(directory / audit.timestamp.roots)))
    states = tuple(_state(replace(state, path=str(directory / state.path))) for state in found.terraform_states)
    return replace(found, approvals=approvals, audit=audit, terraform_states=states)


def _path(named: str, directory: Path) -> str:
    """Return a path as seen from here; what is no file and may be git's (``origin/main:PATH``) stays as it is."""
    if not named or (":" in named and not (directory / named).exists()):
        return named
    return str(directory / named)


def _state(state: TerraformState) -> TerraformState:
    try:
        data = read_file(state.path, LARGEST_STATE)
    except UsageError as error:
        return replace(state, unreadable=error.what)
    if len(data) > LARGEST_STATE:
        return replace(state, unreadable=f"it is larger than {LARGEST_STATE} bytes")
    return read_state(state, data)
