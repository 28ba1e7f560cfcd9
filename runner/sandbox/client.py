"""A running sandbox as its users see it: where it is, what environment leads to it, and what only it can do."""

from __future__ import annotations

import http.client
import json
import os
import shutil
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType
from urllib.parse import urlencode

from runner.errors import UsageError
from runner.sandbox import state_directory, world_file

HOST = "127.0.0.1"
PROXIES = frozenset({"all_proxy", "http_proxy"})
PROXY_EXCEPTIONS = ("NO_PROXY", "no_proxy")
VARIABLES = (
    "AWS_CONFIG_FILE",
    "AWS_DEFAULT_REGION",
    "AWS_EC2_METADATA_DISABLED",
    "AWS_ENDPOINT_URL",
    "AWS_PROFILE",
    "AWS_REGION",
    "AWS_SHARED_CREDENTIALS_FILE",
    "RUNNER_SANDBOX",
)
"""What leads AWS clients, and ``runner`` itself, to a sandbox."""
TIMEOUT = 90
"""Seconds an answer may take; a fresh MFA code can take 30."""


@dataclass(frozen=True)
class Sandbox:
    """Hold a running sandbox; ``environment`` is what leads AWS clients to it."""

    endpoint: str
    directory: Path
    pid: int
    port: int
    environment: Mapping[str, str]

    def exported(self, environ: Mapping[str, str]) -> dict[str, str]:
        """Return what to set beside ``environ``: the way to the sandbox, and no proxy in between."""
        direct = {name: ",".join(filter(None, (environ.get(name), HOST))) for name in PROXY_EXCEPTIONS}
        return {**(direct if any(name.lower() in PROXIES for name in environ) else {}), **self.environment}

    def around(self, environ: Mapping[str, str]) -> dict[str, str]:
        """Return a whole environment that leads to the sandbox and to nothing else.

        Every other ``AWS_*`` variable is dropped, because some lead past the sandbox, and this Python's own scripts are
        found when ``runner`` is not on the path.
        """
        kept = {name: value for name, value in environ.items() if not name.startswith("AWS_")}
        path = environ.get("PATH", os.defpath)
        if shutil.which("runner", path=path) is None:
            path = os.pathsep.join((path, str(Path(sys.executable).parent)))
        return {**kept, "PATH": path, **self.exported(environ)}

    def reset(self, world: Path | None = None) -> None:
        """Empty everything and build the world again, or another one; keys of users in both stay.

        Raises:
            UsageError: when the world is not valid or the sandbox does not answer.
        """
        self.ask("POST", "reset", world_file.text_of(world) if world else "")

    def code(self, serial: str = "") -> str:
        """Return an MFA code that was neither used nor handed out, of the world's first device by default.

        Waits for the next time step when the acceptable codes are exhausted.

        Raises:
            UsageError: when there is no such device or the sandbox does not answer.
        """
        return str(self.ask("GET", "code?" + urlencode({"serial": serial}))["code"])

    def advance(self, seconds: float) -> None:
        """Let time pass in the sandbox.

        Raises:
            UsageError: when the sandbox does not answer.
        """
        self.ask("POST", "clock", json.dumps({"advance": seconds}))

    def ask(self, method: str, path: str, body: str = "") -> Mapping[str, object]:
        """Return the answer of one of the sandbox's own endpoints (``runner.sandbox.admin``).

        Raises:
            UsageError: when it refuses or does not answer.
        """
        connection = http.client.HTTPConnection(HOST, self.port, timeout=TIMEOUT)
        try:
            token = (self.directory / state_directory.TOKEN).read_text(encoding="utf-8")
            connection.request(method, f"/_runner/{path}", body.encode(), {"Authorization": f"Bearer {token}"})
            response = connection.getresponse()
            answer: Mapping[str, object] = json.loads(response.read())
        except (OSError, ValueError, http.client.HTTPException) as error:
            raise UsageError("the sandbox does not answer", on=self.endpoint, hint=f"is it running? {error}") from error
        finally:
            connection.close()
        if response.status != http.client.OK:
            raise UsageError("the sandbox refused", on=f"/_runner/{path}", hint=str(answer["error"]))
        return answer


def attach(path: Path) -> Sandbox:
    """Return the sandbox that runs in a directory, once it has answered.

    Raises:
        UsageError: when none runs there.
    """
    state = state_directory.load_state(path)
    endpoint = f"http://{HOST}:{state.port}"
    values = (
        str(path / state_directory.CONFIG),
        state.region,
        "true",
        endpoint,
        state.profile,
        state.region,
        str(path / state_directory.CREDENTIALS),
        str(path),
    )
    environment = MappingProxyType(dict(zip(VARIABLES, values, strict=True)))
    sandbox = Sandbox(endpoint, path, state.pid, state.port, environment)
    sandbox.ask("GET", "health")
    return sandbox
