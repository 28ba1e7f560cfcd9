"""The write gate on the fast path: what a finished request would do, read back out of its own bytes. Pure.

`runner.guard.gate` judges the arguments of a call before botocore makes a request of them. Here the requests are made
by hand, so the gate does not trust who made them: it reads method, URL, headers and body, and asks the same gate about
what they say. The children of a batch are checked for their shape, their number, and the key range of the plan, all at
once: none of that costs an object per key.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import replace
from functools import lru_cache
from typing import Final
from urllib.parse import unquote, urlsplit

from runner.aws.s3_engine.batches import is_delete_body
from runner.aws.s3_engine.keys import encoded, in_xml
from runner.aws.s3_engine.requests import HEADERS, Place, Request
from runner.guard.gate import MAX_CHILDREN, permit
from runner.model.bound import BoundCall
from runner.model.key_span import KeySpan

_PAGING: Final = frozenset(
    {"encoding-type", "max-keys", "max-uploads", "key-marker", "version-id-marker", "upload-id-marker"}
)
_OBJECT: Final = re.compile(rb"<Object><Key>([^<]++)</Key>(?:<VersionId>([^<]++)</VersionId>)?+</Object>")
_NONE: Final = frozenset[bytes]()
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
        planned = next((one.args.get("Prefix") for one in allowed if one.api == api), None)
        params |= {"Prefix": _as_planned(asked["prefix"], planned)} if "prefix" in asked else {}
        return permit(api, params, allowed)
    if api == "s3:DeleteObjects":
        # Of the plan's call, not of the request's own.
        span = next((one.keys for one in allowed if one.api == api), None)
        params["Delete"] = {"Objects": _ANY_CHILD, "Quiet": True}
        return _bad_body(request.body, span) or permit(api, params, tuple(replace(one, keys=None) for one in allowed))
    key = unquote(path[1:], errors="surrogateescape")
    ids = {"VersionId": asked.get("versionId"), "UploadId": asked.get("uploadId")}
    return permit(api, {**params, "Key": key, **{name: id_ for name, id_ in ids.items() if id_ is not None}}, allowed)


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


def _as_planned(prefix: str, planned: object) -> str:
    """Return the prefix of a listing; one of less than the plan's, in it, is the plan's."""
    return planned if isinstance(planned, str) and prefix.startswith(planned) else prefix


def _bad_body(body: bytes, span: KeySpan | None) -> str | None:
    if not is_delete_body(body, MAX_CHILDREN):
        return "its body is no deletion of 1 to 1,000 objects"
    return None if span is None or _all_in(body, span) else f"a key lies outside of {span}"


def _all_in(body: bytes, span: KeySpan) -> bool:
    if span.named:
        carried = _carried(span)
        return all(carried.get(key, _NONE) & {b"", id_} for key, id_ in _OBJECT.findall(body))
    begin = in_xml(encoded(span.begins.encode("utf-8")))
    return begin is not None and body.count(b"<Key>") == body.count(b"<Key>" + begin)


@lru_cache(maxsize=4)
def _carried(span: KeySpan) -> Mapping[bytes, frozenset[bytes]]:
    """Return the keys that are named as a body carries them, each with its versions; empty stands for all."""
    found: dict[bytes, set[bytes]] = {}
    for key, version in span.named:
        carried = in_xml(encoded(key.encode("utf-8")))
        if carried is not None:
            found.setdefault(carried, set()).add(version.encode("utf-8"))
    return {key: frozenset(versions) for key, versions in found.items()}


def _host_and_path(url: str) -> str:
    parts = urlsplit(url)
    return f"{parts.netloc}{parts.path}"
