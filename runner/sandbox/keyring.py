"""Secrets of the sandbox's people: made when first asked for, kept as long as the server lives, never printed."""

from __future__ import annotations

import base64
import secrets
from dataclasses import dataclass

from runner.model.session import Secret

_LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567"


@dataclass(frozen=True)
class AccessKey:
    """Hold a long-term access key of an IAM user."""

    id: str
    secret: Secret


class Keyring:
    """Make access keys and MFA seeds; a reset of the world does not change them."""

    def __init__(self) -> None:
        self._keys: dict[str, AccessKey] = {}
        self._seeds: dict[str, bytes] = {}

    def access_key(self, user_arn: str) -> AccessKey:
        """Return the user's access key."""
        if user_arn not in self._keys:
            self._keys[user_arn] = AccessKey(
                id="AKIA" + "".join(secrets.choice(_LETTERS) for _ in range(16)),
                secret=Secret(base64.b64encode(secrets.token_bytes(30)).decode()),
            )
        return self._keys[user_arn]

    def seed(self, serial: str) -> bytes:
        """Return the seed of an MFA device (20 bytes, RFC 4226 recommends 160 bits)."""
        if serial not in self._seeds:
            self._seeds[serial] = secrets.token_bytes(20)
        return self._seeds[serial]
