"""Who is who: names and keys that belong to one person count as one person. Pure.

Two names on one line of ``allowed_signers`` are one person's, and so are two names that share a key: whoever holds it
can sign as either. Counting names and counting keys would each take such a person for two.
"""

from __future__ import annotations

from collections.abc import Iterable

from runner.guard.allowed_signers import Signer


class People:
    """Know which names and fingerprints belong together."""

    def __init__(self, signers: Iterable[Signer]) -> None:
        self._parent: dict[str, str] = {}
        for signer in signers:
            if signer.authority:
                continue  # its key signs certificates, for many people
            # A pattern says nothing about who the people are.
            named = [] if signer.has_patterns else [_name(principal) for principal in signer.principals]
            self.are_one(signer.key.fingerprint, *named)

    def are_one(self, *nodes: str) -> None:
        """Take note that names and fingerprints are one person's."""
        first = self._root(nodes[0])
        for node in nodes[1:]:
            self._parent[self._root(node)] = first

    def same(self, one: str, other: str) -> bool:
        """Return whether two names or fingerprints are one person's."""
        return self._root(one) == self._root(other)

    def count(self, nodes: Iterable[str]) -> int:
        """Return how many people names or fingerprints belong to."""
        return len({self._root(node) for node in nodes})

    def _root(self, node: str) -> str:
        key = _name(node)
        while (parent := self._parent.get(key, key)) != key:
            key = parent
        return key


def people(count: int) -> str:
    """Return how many people, in words."""
    return ("nobody", "one person")[count] if count <= 1 else f"{count} people"


def _name(node: str) -> str:
    # Mail systems treat `Alice@…` and `alice@…` as one; OpenSSH's fingerprints are told apart by their case.
    return node if node.startswith("SHA256:") else node.casefold()
