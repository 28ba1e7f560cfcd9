"""The write gate on the fast path: what a finished request would do, read back out of its own bytes. Pure.

`runner.guard.gate` judges the arguments of a call before botocore makes a request of them. Here the requests are made
by hand, so the gate does not trust who made them: it reads method, URL, headers and body, and asks the same gate about
what they say. The children of a batch are checked for their shape, their number, and the key range of the plan, all at
once: none of that costs an object per key.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final
from urllib.parse import unquote, urlsplit

from runner.aws.s3_engine.batches import is_delete_body
from runner.aws.s3_engine.keys import encoded, in_xml
from runner.aws.s3_engine.requests import HEADERS, Place, Request
from runner.guard.gate import MAX_CHILDREN, permit
from runner.model.bound import BoundCall

_PAGING: Final = frozenset(
    {"encoding-type", "max-keys", "max-uploads", "key-marker", "version-id-marker", "upload-id-marker"}
)
_ANY_CHILD: Final = ({"Key": "any", "VersionId": "any"},)


def refusal(request: Request, place: Place, allowed: tuple[BoundCall, ...]) -> str | None:
    """Return None when the request is one of the plan's calls, on the plan's bucket and keys, else why not."""
    at = request.url.removeprefix(place.base)
    if at == request.url or not at.startswith(("?", "/")):
        return f"{_host_and_path(request.url)} is not the plan's bucket"
    path, _, query = at.partition("?")
    pairs = [part.partition("=") for part in query.split("&")] if query else []
    asked = {name: unquote(value, errors="surrogateescape") for name, _, value in pairs}
    if len(asked) != len(pairs):
        return "its query says a thing twice"
    api = _operation(request.method, path, asked)
    params: dict[str, object] = {name: request.headers[key] for name, key in HEADERS.items() if key in request.headers}
    call = request.call
    params["Bucket"] = call.args.get("Bucket")
    if api.startswith("s3:List"):
        params |= {"Prefix": asked["prefix"]} if "prefix" in asked else {}
        return permit(api, params, allowed)
    # Of the plan's call, not of the request's own.
    keys = next((key_range(one) for one in allowed if one.api == api), None)
    if keys is None:
        return permit(api, params, allowed)
    if api == "s3:DeleteObjects":
        params["Delete"] = {"Objects": _ANY_CHILD, "Quiet": True}
        return _bad_body(request.body, keys) or permit(api, params, allowed)
    key = unquote(path[1:], errors="surrogateescape")
    if not keys.holds(key):
        return f"a key lies outside of {keys}"
    ids = {"VersionId": asked.get("versionId"), "UploadId": asked.get("uploadId")}
    return permit(api, {**params, "Key": key, **{name: id_ for name, id_ in ids.items() if id_ is not None}}, allowed)


@dataclass(frozen=True)
class KeyRange:
    """Hold what every key has to begin with, or the one key that there is."""

    text: str
    is_one: bool

    def holds(self, key: str) -> bool:
        """Return whether a key is one of them."""
        return key == self.text if self.is_one else key.startswith(self.text)

    def __str__(self) -> str:
        """Return it as it stands in an ARN."""
        return self.text if self.is_one else f"{self.text}*"


def key_range(call: BoundCall) -> KeyRange:
    """Return which keys a call is about, by the ARN that IAM evaluates: ``arn:aws:s3:::bucket/logs/*``."""
    _, _, keys = call.resources[0].partition("/")
    return KeyRange(keys.removesuffix("*"), is_one=not keys.endswith("*"))


def _operation(method: str, path: str, asked: Mapping[str, str]) -> str:
    """Return what S3 takes a request for; whatever is not among these is nothing that a plan declares."""
    named = frozenset(asked)
    listing = named & {"versions", "uploads"}
    if method == "GET" and not path and len(listing) == 1 and named <= {*listing, "prefix", *_PAGING}:
        return "s3:ListObjectVersions" if "versions" in listing else "s3:ListMultipartUploads"
    if method == "POST" and not path and named == {"delete"}:
        return "s3:DeleteObjects"
    if method == "DELETE" and len(path) > 1 and named <= {"versionId"}:
        return "s3:DeleteObject"
    if method == "DELETE" and len(path) > 1 and named == {"uploadId"}:
        return "s3:AbortMultipartUpload"
    return f"s3:{method} {path}?{'&'.join(sorted(named))}"


def _bad_body(body: bytes, keys: KeyRange) -> str | None:
    if not is_delete_body(body, MAX_CHILDREN):
        return "its body is no deletion of 1 to 1,000 objects"
    return None if _all_in(body, keys) else f"a key lies outside of {keys}"


def _all_in(body: bytes, keys: KeyRange) -> bool:
    if not keys.text:
        return not keys.is_one
    carried = in_xml(encoded(keys.text.encode("utf-8")))
    end = b"</Key>" if keys.is_one else b""
    return carried is not None and body.count(b"<Key>") == body.count(b"<Key>" + carried + end)


def _host_and_path(url: str) -> str:
    parts = urlsplit(url)
    return f"{parts.netloc}{parts.path}"
