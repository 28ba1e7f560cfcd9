"""botocore's signer for S3, without the containers of headers that take most of its time.

What is signed, and how, is botocore's: the canonical request, the text to sign and the payload's digest. It is handed
requests whose headers are a plain mapping, and a day's signing key is derived once.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Final

from botocore.auth import S3SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials as Keys

from runner.aws.s3_engine.requests import Place, Request
from runner.model.session import Credentials

_DAY: Final = 8
"""Characters of a timestamp that name its day."""


class Headers(dict[str, str]):
    """Hold the headers of a request, each name once; botocore's signer asks for all of a name's values."""

    def get_all(self, name: str) -> tuple[str, ...]:
        """Return the one value that a name has."""
        return (self[name],)


@dataclass
class Signed:
    """Hold a request as it is sent; a `Signer` adds its headers."""

    method: str
    url: str
    headers: Headers
    body: bytes = b""
    context: dict[str, Any] = field(default_factory=dict)
    params: None = None
    """A request's query stands in its URL."""


class Signer(S3SigV4Auth):  # type: ignore[misc]  # botocore ships no types
    """Sign requests for one place with one session's credentials; used by several threads."""

    def __init__(self, credentials: Credentials, place: Place) -> None:
        token = None if credentials.token is None else credentials.token.reveal()
        keys = Keys(credentials.access_key, credentials.secret.reveal(), token)
        super().__init__(keys, place.service, place.region)
        self._host: str = super().headers_to_sign(AWSRequest("GET", place.base))["host"]
        self._derived: tuple[str, bytes] = ("", b"")

    def signed(self, request: Request) -> Signed:
        """Return a request with its signature, and with the host that is signed."""
        made = Signed(request.method, request.url, Headers({"Host": self._host, **request.headers}), request.body)
        self.add_auth(made)
        return made

    def headers_to_sign(self, request: Signed) -> Headers:
        """Return what is signed of the headers: all that there are by then."""
        return Headers({name.lower(): value for name, value in request.headers.items() if name != "Authorization"})

    def signature(self, string_to_sign: str, request: Signed) -> str:
        """Return the signature of a text, under the key of the request's day."""
        day = request.context["timestamp"][:_DAY]
        derived_for, key = self._derived
        if derived_for != day:
            key = self._key_of(day)
            self._derived = (day, key)
        signed: str = self._sign(key, string_to_sign, hex=True)
        return signed

    def _key_of(self, day: str) -> bytes:
        """Derive a day's key (AWS General Reference, "Create a signed AWS API request")."""
        key: bytes = f"AWS4{self.credentials.secret_key}".encode()
        for part in (day, self._region_name, self._service_name, "aws4_request"):
            key = self._sign(key, part)
        return key
