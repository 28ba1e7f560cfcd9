"""Which key signs an approval: a file, or the one that the SSH agent has for this person."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from runner.audit.ssh_keygen import AgentKey, SshSigner, agent_keys
from runner.cli.prompt import at_terminal
from runner.errors import UsageError
from runner.guard.ssh_key import Unreadable, key_in_base64
from runner.workflow.approvals import SignersList

AGENT = "agent"
"""What ``--key`` calls the agent; a file of that name is ``./agent``."""


def signing_key(named: str, approver: str, signers: SignersList | None, environ: Mapping[str, str]) -> SshSigner:
    """Return the signer for ``--key``.

    Raises:
        UsageError: when there is no such file, or when the agent has several keys and none is the approver's alone.
        NotApproved: when there is no agent, or none with a key.
    """
    if named != AGENT:
        if not Path(named).is_file():
            raise UsageError("there is no such key", on=f"--key {named}", hint="name a private key, or FILE.pub")
        return SshSigner(Path(named), environ, at_terminal())
    lines = agent_keys(environ)
    known = tuple(line for line in lines if _is_listed(line, approver, signers)) or lines
    if len(known) > 1:
        raise UsageError(
            f"the SSH agent has {len(known)} keys: {', '.join(str(AgentKey(line)) for line in known)}",
            on="--key",
            hint="name one by its public key: --key ~/.ssh/id_ed25519.pub",
        )
    return SshSigner(AgentKey(known[0]), environ, at_terminal())


def _is_listed(line: str, approver: str, signers: SignersList | None) -> bool:
    try:
        key = key_in_base64(*line.split(" ", 2)[:2])
    except (Unreadable, TypeError):
        return False
    listed = () if signers is None else signers.signers
    return any(signer.names(approver) and signer.key.blob == key.blob for signer in listed)
