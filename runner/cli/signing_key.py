"""Which key signs an approval, or the log: a file, or the one that the SSH agent has for this person."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from runner.audit.ssh_keygen import AgentKey, SshSigner, agent_keys
from runner.cli.prompt import at_terminal
from runner.errors import GuardRefused, UsageError
from runner.guard.ssh_key import Unreadable, key_in_base64
from runner.model.guardrails import Guardrails
from runner.workflow.approvals import SignersList

AGENT = "agent"
"""What options call the agent; a file of that name is ``./agent``."""


VARIABLE = "RUNNER_SIGN_LOG"
"""Names the key that signs the log where ``--sign-log`` does not."""


def log_signer(option: str | None, guardrails: Guardrails, environ: Mapping[str, str]) -> SshSigner | None:
    """Return who signs how a run begins and ends; None when nobody is asked to.

    Raises:
        GuardRefused: when the guardrails want every run signed, and no key is named.
        UsageError: as for `signing_key`.
        NotApproved: as for `signing_key`.
    """
    named = option or environ.get(VARIABLE)
    if named:
        return signing_key(named, "", None, environ, "--sign-log")
    if guardrails.audit.signed:
        raise GuardRefused(
            "the guardrails want the log of every run signed by its operator, and no key is named",
            on=guardrails.source.path if guardrails.source else "",
            hint=f"name your SSH key with --sign-log or {VARIABLE}",
        )
    return None


def signing_key(
    named: str, approver: str, signers: SignersList | None, environ: Mapping[str, str], option: str = "--key"
) -> SshSigner:
    """Return the signer that an option names.

    Raises:
        UsageError: when there is no such file, or when the agent has several keys and none is the approver's alone.
        NotApproved: when there is no agent, or none with a key.
    """
    if named != AGENT:
        if not Path(named).is_file():
            raise UsageError("there is no such key", on=f"{option} {named}", hint="name a private key, or FILE.pub")
        return SshSigner(Path(named), environ, at_terminal())
    lines = agent_keys(environ)
    known = tuple(line for line in lines if _is_listed(line, approver, signers)) or lines
    if len(known) > 1:
        raise UsageError(
            f"the SSH agent has {len(known)} keys: {', '.join(str(AgentKey(line)) for line in known)}",
            on=option,
            hint=f"name one by its public key: {option} ~/.ssh/id_ed25519.pub",
        )
    return SshSigner(AgentKey(known[0]), environ, at_terminal())


def _is_listed(line: str, approver: str, signers: SignersList | None) -> bool:
    try:
        key = key_in_base64(*line.split(" ", 2)[:2])
    except (Unreadable, TypeError):
        return False
    listed = () if signers is None else signers.signers
    return any(signer.names(approver) and signer.key.blob == key.blob for signer in listed)
