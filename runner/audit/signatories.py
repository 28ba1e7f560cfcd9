"""By what people's signatures in the log are judged again: OpenSSH, and the list of whose keys count. Pure."""

from __future__ import annotations

import base64
from dataclasses import dataclass
from datetime import UTC, datetime

from runner.guard.allowed_signers import Signer
from runner.guard.approval_gate import Verify
from runner.guard.listed_key import NotListed, Purpose, lines_for
from runner.guard.ssh_key import PublicKey, Unreadable
from runner.guard.ssh_signature import read_signature
from runner.model.ports import SignatureRefused, Signed


class BadSignature(ValueError):
    """Say why a signature does not hold."""


class NotJudged(ValueError):
    """Say why it cannot be told whether a signature holds."""


@dataclass(frozen=True)
class Signatories:
    """Hold how signatures are verified, and the auditor's own list of whose keys count.

    Without a list (None) a signature has to fit its text and the key it names, and nothing says whose key that is.
    """

    verify: Verify
    listed: tuple[Signer, ...] | None = None


def check_signature(
    message: bytes, signature: bytes, name: str, purpose: Purpose, at: datetime, by: Signatories
) -> str:
    """Return the fingerprint of the key that signed, once the signature is known to hold.

    ``name`` is whose signature it should be; empty when that is not known, and then the list's own name for the key.

    Raises:
        BadSignature: when it does not hold.
        NotJudged: when only a list could tell, and there is none.
    """
    try:
        read = read_signature(signature)
    except Unreadable as error:
        raise BadSignature(f"it cannot be read: {error}") from error
    if read.namespace != purpose.namespace:
        raise BadSignature(f"it is for {read.namespace!r} and not for {purpose.name}")
    if not read.touched:
        raise BadSignature("nobody touched the security key that signed")
    who, lines = _lines(read.key, name, purpose, at, by)
    try:
        by.verify(Signed(message, read.armored, purpose.namespace, who, lines.encode(), at))
    except SignatureRefused as error:
        raise BadSignature(f"OpenSSH does not accept it: {error}") from error
    return read.key.fingerprint


def moment(text: str) -> datetime:
    """Return a time of the log; the beginning of time for what is none."""
    try:
        return datetime.strptime(text, "%Y-%m-%dT%H:%M:%S.%fZ").replace(tzinfo=UTC)
    except ValueError:
        return datetime.min.replace(tzinfo=UTC)


def _lines(key: PublicKey, name: str, purpose: Purpose, at: datetime, by: Signatories) -> tuple[str, str]:
    """Return under which name, and against which lines of ``allowed_signers``, OpenSSH is to verify."""
    if by.listed is None:
        if key.is_certificate:
            raise NotJudged("a certificate vouches for the key, and no list of authorities was given")
        line = f'anybody namespaces="{purpose.namespace}" {key.kind} {base64.b64encode(key.blob).decode()}\n'
        return "anybody", line
    having = (signer for signer in by.listed if signer.key.blob == key.blob)
    names = (name,) if name else tuple(one for signer in having for one in signer.principals)
    why = f"the key {key.fingerprint} is not listed"
    for one in names:
        try:
            lines = lines_for(one, key, by.listed, purpose, at, authorities=True)
        except NotListed as error:
            why = error.why
        else:
            return one, "".join(f"{line.text}\n" for line in lines)
    raise BadSignature(why)
