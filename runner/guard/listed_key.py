"""Which lines of ``allowed_signers`` let a key speak for somebody, for one purpose, at one time. Pure.

A name is compared letter by letter: a pattern, or a line without ``namespaces=``, gives nothing to anybody. A
certificate counts where authorities do, for whom its authority is listed; whom it names is OpenSSH's to check.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from runner.guard.allowed_signers import Signer
from runner.guard.ssh_key import PublicKey


@dataclass(frozen=True)
class Purpose:
    """Say what signatures are for; ``name`` is the plural that people read."""

    namespace: str
    name: str


class NotListed(Exception):
    """Say why a key does not count, and what would have to be listed."""

    def __init__(self, why: str, hint: str = "") -> None:
        super().__init__(why)
        self.why = why
        self.hint = hint


def lines_for(
    name: str, key: PublicKey, signers: tuple[Signer, ...], purpose: Purpose, at: datetime, *, authorities: bool
) -> tuple[Signer, ...]:
    """Return the lines that let this key sign as ``name``, at least one.

    Raises:
        NotListed: when there is none, with what is missing.
    """
    listing = "have allowed_signers list it, with this name and `namespaces=`"
    having = tuple(signer for signer in signers if _has(signer, key))
    if not having:
        raise NotListed(f"the key {key.fingerprint} is not listed", listing)
    if having[0].authority and not authorities:
        raise NotListed(
            "a certificate vouches for its key, and certificates are not configured", "sign with a listed key"
        )
    named = tuple(signer for signer in having if _speaks_for(signer, name))
    if not named and any(signer.covers(name) for signer in having):
        raise NotListed(
            f"line {having[0].line} of allowed_signers lists the key for a pattern, which could be several people",
            f"have a line name {name}",
        )
    if not named:
        raise NotListed(f"the key {key.fingerprint} is not listed for {name}", listing)
    meant = tuple(signer for signer in named if purpose.namespace in signer.namespaces)
    if not meant:
        raise NotListed(
            f"line {named[0].line} of allowed_signers does not list the key for {purpose.name}",
            f'have it say namespaces="{purpose.namespace}"; a line without namespaces lets every signature through',
        )
    good = tuple(signer for signer in meant if _is_good(signer, at))
    if not good:
        raise NotListed(f"line {meant[0].line} of allowed_signers is not valid at this time", "have it renewed")
    return good


def _has(signer: Signer, key: PublicKey) -> bool:
    """Return whether a line is about a key; OpenSSH takes an authority's certificates, or else the very same key."""
    if key.is_certificate:
        return signer.authority and signer.key.plain == key.authority
    return not signer.authority and signer.key.blob == key.blob


def _speaks_for(signer: Signer, name: str) -> bool:
    # A certificate names its people itself, so an authority may be listed for a whole domain.
    return signer.covers(name) if signer.authority else signer.names(name)


def _is_good(signer: Signer, at: datetime) -> bool:
    after, before = signer.valid_after, signer.valid_before
    return (after is None or at >= after) and (before is None or at <= before)
