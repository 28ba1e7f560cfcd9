"""Fetch every anchor that a bucket holds, of this log and of others, under a role session that may only read it.

Every version is fetched: under Object Lock nobody removes one, but who may write can still put another one over it, or
a delete marker. A listing that fails is never a shorter list.
"""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta

from runner.errors import AwsCallFailed, GuardRefused
from runner.model.anchor import Anchor
from runner.model.arn import Arn
from runner.model.bound import BoundCall
from runner.model.call import Args, Effect
from runner.model.canonical import Json
from runner.model.session import Assume
from runner.workflow.anchor import FOLDER
from runner.workflow.authenticate import authenticate
from runner.workflow.route import Route
from runner.workflow.scope import Scope
from runner.workflow.services import Services

MAX_AGE = timedelta(hours=12)
"""How old the MFA proof of whoever looks may be."""
_KEY = re.compile(rf"{FOLDER}/(?P<origin>[^/]+/[^/]+)/checkpoint/(?P<size>[0-9]{{20}})")


@dataclass(frozen=True)
class Archive:
    """Hold where anchors lie, and the role that is assumed to read them."""

    bucket: str
    region: str
    role_arn: str


def fetch_anchors(archive: Archive, origin: str, services: Services) -> tuple[Anchor, ...]:
    """Return every anchor; the content only of those of the log that is called ``origin``.

    Raises:
        CredentialsRefused: when the role cannot be assumed.
        GuardRefused: when the bucket does not answer.
    """
    user = authenticate(services, MAX_AGE)
    route = Route(user, archive.role_arn, (), Assume(), "audit", archive.region)
    partition, owner = Arn.parse(archive.role_arn).partition, Arn.parse(archive.role_arn).account
    bucket = f"arn:{partition}:s3:::{archive.bucket}"
    there: Args = {"Bucket": archive.bucket, "ExpectedBucketOwner": owner}
    listing = BoundCall(
        "s3", "ListObjectVersions", {**there, "Prefix": f"{FOLDER}/"}, archive.region, (bucket,), Effect.READ
    )
    try:
        listed = tuple(_listed(Scope(services, route, ((listing,),), MAX_AGE), listing))
        reads = {
            (key, version): BoundCall(
                "s3",
                "GetObject",
                {**there, "Key": key, "VersionId": version},
                archive.region,
                (f"{bucket}/{key}",),
                Effect.READ,
            )
            for key, version, is_marker in listed
            if not is_marker and key.startswith(f"{FOLDER}/{origin}/")
        }
        return tuple(_anchors(listed, reads, services, route))
    except AwsCallFailed as error:
        raise GuardRefused(
            "the anchors could not be read",
            on=archive.bucket,
            hint="grant the role s3:ListBucketVersions on the bucket, s3:GetObject and s3:GetObjectVersion in it",
            aws=error.answer,
        ) from error


def _listed(scope: Scope, listing: BoundCall) -> Iterator[tuple[str, str, bool]]:
    """Yield key and version of everything under the prefix, and whether it is a delete marker."""
    for page in scope.pages(listing):
        for kind in ("Versions", "DeleteMarkers"):
            found = page.data.get(kind)
            for one in found if isinstance(found, list) else ():
                if isinstance(one, dict):
                    yield str(one.get("Key")), str(one.get("VersionId")), kind == "DeleteMarkers"


def _anchors(
    listed: tuple[tuple[str, str, bool], ...],
    reads: dict[tuple[str, str], BoundCall],
    services: Services,
    route: Route,
) -> Iterator[Anchor]:
    scope = Scope(services, route, tuple((call,) for call in reads.values()), MAX_AGE) if reads else None
    for key, version, is_marker in listed:
        name = _KEY.fullmatch(key)
        if name is None:
            continue
        note = b""
        call = reads.get((key, version))
        if scope is not None and call is not None:
            note = _body(scope.send(call, call.params).data.get("Body"))
        yield Anchor(name["origin"], int(name["size"]), version, note, is_marker)


def _body(value: Json) -> bytes:
    try:
        return base64.b64decode(value if isinstance(value, str) else "", validate=True)
    except binascii.Error:
        return b""
