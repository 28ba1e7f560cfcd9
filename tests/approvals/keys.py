"""The keys of the vectors: ordinary ones, certificates, and what stands for a FIDO authenticator."""

from __future__ import annotations

import base64
import hashlib
import os
import shutil
import socket
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from runner.guard.approval_statement import NAMESPACE

OPERATOR = "arn:aws:iam::111111111111:user/alice"
ALICE, BOB, CAROL, DAVE, DAN = (f"{name}@acme.example" for name in ("alice", "bob", "carol", "dave", "dan"))
CERTIFICATES = {
    "dave-cert": ("dave", "authority", DAVE, "20260101:20270101"),
    "dave-cert2": ("dave", "authority", DAN, "20260101:20270101"),
    "dave-old-cert": ("dave", "authority", DAVE, "20250101:20260101"),
    "dave-foreign-cert": ("dave", "stranger", DAVE, "20260101:20270101"),
    "alice-cert": ("alice", "authority", DAVE, "20260101:20270101"),
}
"""For each certificate the key, the authority, whom it names, and when it is valid."""


class Keys:
    """Make keys and certificates when they are first asked for."""

    def __init__(self, directory: Path, agent: Path) -> None:
        self._directory = directory
        self._agent = agent

    def allowed_signers(self) -> str:
        """Return the list that all cases are judged by."""
        ours = f'namespaces="{NAMESPACE}"'
        lines = (
            "# Who may approve. Made by make_vectors.py.",
            f'{ALICE},{OPERATOR},alice.private@home.example namespaces="git,{NAMESPACE}" {self.line("alice")}',
            f"{BOB} {ours} {self.line('bob')} Bob's laptop",
            f"{BOB} {ours} {self.line('bob2')}",
            f'"{CAROL}"\t{ours},valid-after="20260101",valid-before="20270101Z"  {self.line("carol")}\r',
            f"rsa@acme.example {ours} {self.line('rsa')}",
            f'ecdsa@acme.example NAMESPACES="{NAMESPACE}" {self.line("ecdsa")}',
            f"shared@acme.example {ours} {self.line('alice')}",
            f"eve@acme.example {ours} {self.line('eve')}",
            f"eva@acme.example {ours} {self.line('eve')}",
            f"*@acme.example {ours} {self.line('zoe')}",
            f"nina@acme.example {self.line('nina')}",
            f'anna@acme.example namespaces="*" {self.line("anna")}',
            f'gus@acme.example namespaces="git" {self.line("gus")}',
            f'late@acme.example {ours},valid-after="20261201090001Z" {self.line("late")}',
            f'past@acme.example valid-before="202612010859",{ours} {self.line("past")}',
            f"*@acme.example cert-authority,{ours} {self.line('authority')}",
            f"finn@acme.example {ours} {self.fido()} yellow",
            "",
        )
        return "\n".join(lines)

    def public(self, name: str) -> Path:
        """Return a public key's or a certificate's file."""
        self._key(name)
        return self._directory / f"{name}.pub"

    def line(self, name: str) -> str:
        """Return a public key as lists hold it."""
        return " ".join(self.public(name).read_text(encoding="utf-8").split()[:2])

    def fido(self) -> str:
        """Return the public key that an authenticator would have."""
        self._key("fido-inside")
        inside = _Reader(base64.b64decode(self.line("fido-inside").split()[1]))
        inside.string()
        kind = b"sk-ssh-ed25519@openssh.com"
        blob = _string(kind) + _string(inside.string()) + _string(b"ssh:")
        return f"{kind.decode()} {base64.b64encode(blob).decode()}"

    def sign(self, name: str, message: bytes, namespace: str) -> bytes:
        """Return an armored signature."""
        if name.startswith("fido"):
            return self._sign_as_fido(message, namespace, flags=0 if name.endswith("untouched") else 1)
        self._key(name)
        file = self._directory / (f"{name}.pub" if "cert" in name else name)
        return _run("ssh-keygen", "-q", "-Y", "sign", "-n", namespace, "-f", str(file), message=message)

    def _key(self, name: str) -> None:
        path = self._directory / name
        if (self._directory / f"{name}.pub").exists():
            return
        if name in CERTIFICATES:
            self._certificate(name)
            return
        kind = ("rsa", "-b", "2048") if name == "rsa" else ("ecdsa",) if name == "ecdsa" else ("ed25519",)
        _run("ssh-keygen", "-q", "-t", *kind, "-N", "", "-C", "", "-f", str(path))

    def _certificate(self, name: str) -> None:
        """Have an authority certify a key under a name of its own, so that one key can have several certificates."""
        key, authority, principal, valid = CERTIFICATES[name]
        self._key(key)
        self._key(authority)
        base = name.removesuffix("-cert") if name.endswith("-cert") else name
        for suffix in ("", ".pub"):
            if base != key:
                shutil.copy(self._directory / f"{key}{suffix}", self._directory / f"{base}{suffix}")
        subject = self._directory / f"{base}.pub"
        _run(
            "ssh-keygen",
            "-q",
            "-s",
            str(self._directory / authority),
            "-I",
            name,
            "-n",
            principal,
            "-V",
            valid,
            str(subject),
        )
        made = self._directory / f"{base}-cert.pub"
        if made.name != f"{name}.pub":
            made.rename(self._directory / f"{name}.pub")

    def _sign_as_fido(self, message: bytes, namespace: str, flags: int) -> bytes:
        """Return what ``ssh-keygen`` makes of an authenticator's signature (PROTOCOL.sshsig, PROTOCOL.u2f)."""
        head = b"SSHSIG"
        parts = _string(namespace.encode()) + _string(b"") + _string(b"sha512")
        signed = head + parts + _string(hashlib.sha512(message).digest())
        inner = self.touched(signed, flags)
        key = base64.b64decode(self.fido().split()[1])
        text = base64.b64encode(head + (1).to_bytes(4, "big") + _string(key) + parts + _string(inner))
        lines = [text[at : at + 70] for at in range(0, len(text), 70)]
        return b"\n".join((b"-----BEGIN SSH SIGNATURE-----", *lines, b"-----END SSH SIGNATURE-----", b""))

    def touched(self, signed: bytes, flags: int = 1) -> bytes:
        """Return what an authenticator makes of bytes; by default, somebody touched it."""
        extra = bytes([flags]) + (7).to_bytes(4, "big")
        raw = self._ask_agent(hashlib.sha256(b"ssh:").digest() + extra + hashlib.sha256(signed).digest())
        return _string(b"sk-ssh-ed25519@openssh.com") + _string(raw) + extra

    def _ask_agent(self, data: bytes) -> bytes:
        """Return the bare Ed25519 signature of data, which only an agent makes (SSH_AGENTC_SIGN_REQUEST)."""
        environ = {**os.environ, "SSH_AUTH_SOCK": str(self._agent)}
        subprocess.run(("ssh-add", "-q", str(self._directory / "fido-inside")), env=environ, check=True)
        key = base64.b64decode(self.line("fido-inside").split()[1])
        request = bytes([13]) + _string(key) + _string(data) + (0).to_bytes(4, "big")
        with socket.socket(socket.AF_UNIX) as agent:
            agent.connect(str(self._agent))
            agent.sendall(_string(request))
            answer = _Reader(agent.recv(4096)).string()
        signature = _Reader(_Reader(answer[1:]).string())
        signature.string()
        return signature.string()


class _Reader:
    def __init__(self, data: bytes) -> None:
        self._data = data

    def string(self) -> bytes:
        size = int.from_bytes(self._data[:4], "big")
        found, self._data = self._data[4 : 4 + size], self._data[4 + size :]
        return found


def _string(part: bytes) -> bytes:
    return len(part).to_bytes(4, "big") + part


def _run(*argv: str, message: bytes = b"") -> bytes:
    return subprocess.run(argv, input=message, stdout=subprocess.PIPE, check=True).stdout


@contextmanager
def agent() -> Iterator[Path]:
    """Run an agent and give its socket."""
    with tempfile.TemporaryDirectory() as name:
        path = Path(name) / "agent"
        running = subprocess.Popen(("ssh-agent", "-D", "-a", str(path)), stdout=subprocess.DEVNULL)
        try:
            while not path.exists():
                if running.poll() is not None:
                    sys.exit("the agent ended")
            yield path
        finally:
            running.terminate()
            running.wait()
