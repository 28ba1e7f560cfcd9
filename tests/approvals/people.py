"""People with keys for tests: made once for all tests of a process, never checked in."""

from __future__ import annotations

import subprocess
from dataclasses import dataclass
from pathlib import Path

from runner.guard.approval_statement import NAMESPACE

ALICE_ARN = "arn:aws:iam::111111111111:user/alice"
"""The operator of the sandbox's default world."""


@dataclass(frozen=True)
class People:
    """Hold a directory with a key for each name, and the list of whose keys count."""

    directory: Path

    @property
    def allowed_signers(self) -> Path:
        """The list: Alice is the operator, Bob has two keys, Carol has one, and Mallory is not on it."""
        return self.directory / "allowed_signers"

    def key(self, name: str) -> Path:
        """Return the private key of somebody."""
        return self.directory / name

    def line(self, principals: str, key: str, options: str = f'namespaces="{NAMESPACE}"') -> str:
        """Return a line for a list."""
        return f"{principals} {options} {self.key(key).with_suffix('.pub').read_text(encoding='utf-8')}"


def make_people(directory: Path) -> People:
    """Make the keys and the list."""
    people = People(directory)
    directory.mkdir(exist_ok=True)
    for name in ("alice", "bob", "bob2", "carol", "mallory"):
        argv = ("ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-C", f"{name}@laptop", "-f", str(people.key(name)))
        subprocess.run(argv, check=True)
    listed = (
        people.line(f"alice@acme.example,{ALICE_ARN}", "alice", f'namespaces="git,{NAMESPACE}"'),
        people.line("bob@acme.example", "bob"),
        people.line("bob@acme.example", "bob2"),
        people.line("carol@acme.example", "carol"),
    )
    people.allowed_signers.write_text("".join(listed), encoding="utf-8")
    return people
