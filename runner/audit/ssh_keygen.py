"""OpenSSH's own signatures: ``ssh-keygen -Y sign`` and ``-Y verify``.

- An argv, never a shell; with a time limit; in a private directory that holds nothing but what the question is about.
- Times without a zone mean UTC (``TZ``), whatever the machine's zone is.
- Whether a signature holds is only ever asked with ``-Y verify`` and one principal: ``find-principals`` names people
  whose key is not allowed in the namespace, and ``check-novalidate`` accepts any key.
- A signing key may be a file, a key in an agent, a FIDO key or a certificate: all of that is OpenSSH's. What it asks
  for (a passphrase, a touch) it asks at the terminal.
"""

from __future__ import annotations

import re
import subprocess
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from runner.errors import NotApproved, UsageError
from runner.model.ports import SignatureRefused, Signed

OLDEST = (8, 8)
"""8.7 is the first version that takes ``verify-time``, and its signatures are broken (git's gpg.ssh documentation)."""
VERIFY_SECONDS = 20.0
SIGN_SECONDS = 180.0
"""Somebody may have to find the security key, or type a passphrase."""

_VERSION = re.compile(r"OpenSSH_\D*(\d+)\.(\d+)")
_INSTALL = f"install OpenSSH {OLDEST[0]}.{OLDEST[1]} or later; its ssh-keygen makes and verifies approvals"


def check_openssh(environ: Mapping[str, str]) -> None:
    """Return when OpenSSH is there and new enough.

    Raises:
        UsageError: when it is missing, too old, or something else.
    """
    try:
        asked = _run(("ssh", "-V"), environ, VERIFY_SECONDS)
    except OSError as error:
        raise UsageError("OpenSSH was not found", on="ssh", hint=_INSTALL) from error
    except subprocess.TimeoutExpired as error:
        raise UsageError("`ssh -V` gave no answer", on="ssh", hint=_INSTALL) from error
    said = asked.stderr.decode("utf-8", "replace").strip() or asked.stdout.decode("utf-8", "replace").strip()
    found = _VERSION.match(said)
    if found is None or (int(found[1]), int(found[2])) < OLDEST:
        raise UsageError(f"this OpenSSH cannot be used: {said}", on="ssh", hint=_INSTALL)


@dataclass(frozen=True)
class SshVerifier:
    """Verify with ``ssh-keygen -Y verify`` (port `Signatures`); ``revoked`` is a KRL or a list of public keys."""

    environ: Mapping[str, str]
    revoked: bytes | None = None

    def verify(self, signed: Signed) -> None:
        """Return when the signature holds."""
        files = {"allowed_signers": signed.signers, "signature": signed.signature}
        if self.revoked is not None:
            files["revoked"] = self.revoked
        argv = (
            *("ssh-keygen", "-Y", "verify", "-n", signed.namespace, "-I", signed.principal),
            *("-f", "allowed_signers", "-s", "signature", "-O", f"verify-time={signed.at:%Y%m%d%H%M%S}"),
            *(() if self.revoked is None else ("-r", "revoked")),
        )
        try:
            with _directory(files) as directory:
                ended = _run(argv, self.environ, VERIFY_SECONDS, directory, signed.message)
        except OSError as error:
            raise SignatureRefused(f"ssh-keygen cannot be started: {error.strerror}") from error
        except subprocess.TimeoutExpired as error:
            raise SignatureRefused(f"ssh-keygen gave no answer within {VERIFY_SECONDS:g} seconds") from error
        if ended.returncode != 0:
            # OpenSSH does not say that a key is revoked.
            other = "the key is revoked, or does not verify" if self.revoked is not None else "it does not verify"
            raise SignatureRefused(_words(ended.stderr) or other)


@dataclass
class CheckedVerifier:
    """Verify, and look once before the first time whether OpenSSH is there and new enough (port `Signatures`)."""

    environ: Mapping[str, str]
    _is_checked: bool = False

    def verify(self, signed: Signed) -> None:
        """Return when the signature holds; raises `UsageError` as `check_openssh` too."""
        if not self._is_checked:
            check_openssh(self.environ)
            self._is_checked = True
        SshVerifier(self.environ).verify(signed)


@dataclass(frozen=True)
class AgentKey:
    """Name a key that an SSH agent has, by the line of its ``.pub`` file."""

    line: str

    def __str__(self) -> str:
        return f"{self.line.split(' ', 2)[-1]} of the SSH agent"


@dataclass(frozen=True)
class SshSigner:
    """Sign with ``ssh-keygen -Y sign`` (port `Signer`).

    A path is a private key's, or a public key's or certificate's whose private key an agent has or lies beside it.
    """

    key: Path | AgentKey
    environ: Mapping[str, str]
    at_terminal: bool
    """Whether OpenSSH may talk to a person; otherwise what it says becomes part of the error."""

    def sign(self, message: bytes, namespace: str) -> bytes:
        """Return the armored signature."""
        files, path = {}, self.key
        if isinstance(path, AgentKey):
            files, path = {"key.pub": f"{path.line}\n".encode()}, Path("key.pub")
        else:
            path = path.resolve()
        argv = ("ssh-keygen", "-q", "-Y", "sign", "-n", namespace, "-f", str(path))
        try:
            with _directory(files) as directory:
                ended = _run(argv, self.environ, SIGN_SECONDS, directory, message, show=self.at_terminal)
        except OSError as error:
            raise self._refused(f"ssh-keygen cannot be started: {error.strerror}") from error
        except subprocess.TimeoutExpired as error:
            raise self._refused(f"nothing was signed within {SIGN_SECONDS:g} seconds") from error
        if ended.returncode != 0 or not ended.stdout:
            raise self._refused(_words(ended.stderr or b"") or "see what ssh-keygen says above")
        return ended.stdout

    def _refused(self, why: str) -> NotApproved:
        return NotApproved(
            f"the key did not sign: {why}",
            on=str(self.key),
            hint="name a private key, or with KEY.pub one that your agent has (`ssh-add -l`)",
        )


def agent_keys(environ: Mapping[str, str]) -> tuple[str, ...]:
    """Return the public keys and certificates that the agent has, each as a line of a ``.pub`` file.

    Raises:
        NotApproved: when there is no agent, or none that answers.
    """
    hint = "start one (`ssh-agent`, `ssh-add`), or name a key file with --key"
    try:
        ended = _run(("ssh-add", "-L"), environ, VERIFY_SECONDS)
    except (OSError, subprocess.TimeoutExpired) as error:
        raise NotApproved("the SSH agent cannot be asked", on="ssh-add", hint=hint) from error
    if ended.returncode != 0:
        why = _words(ended.stderr) or _words(ended.stdout) or "it does not answer"
        raise NotApproved(f"the SSH agent has no key: {why}", on="ssh-add", hint=hint)
    return tuple(line for line in ended.stdout.decode("utf-8", "replace").splitlines() if line.strip())


@contextmanager
def _directory(files: Mapping[str, bytes]) -> Iterator[Path]:
    """Hold a directory of this user's alone with these files in it."""
    with tempfile.TemporaryDirectory(prefix="runner-") as name:
        directory = Path(name)
        for file, content in files.items():
            (directory / file).write_bytes(content)
        yield directory


def _run(
    argv: tuple[str, ...],
    environ: Mapping[str, str],
    seconds: float,
    directory: Path | None = None,
    message: bytes = b"",
    *,
    show: bool = False,
) -> subprocess.CompletedProcess[bytes]:
    return subprocess.run(
        argv,
        input=message,
        stdout=subprocess.PIPE,
        stderr=None if show else subprocess.PIPE,
        cwd=directory,
        env={**environ, "LC_ALL": "C", "TZ": "UTC0"},
        timeout=seconds,
        check=False,
    )


def _words(output: bytes) -> str:
    """Return what OpenSSH said, in one line."""
    return "; ".join(line.strip() for line in output.decode("utf-8", "replace").splitlines() if line.strip())
