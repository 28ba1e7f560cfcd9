"""The write gate: the last look at every request in our own process, before it is serialised and signed.

A *write* must be a declared write exactly: the same operation, every argument equal, none more, none less. In a sweep's
calls the children are unknown when they are declared, so there

- ``Each`` stands for any text, number or truth value; a field of ``OPTIONAL_FIELDS`` may be missing, because objects of
  a bucket that never had versions have none, and one of ``STRUCTURED_FIELDS`` may be a list or a mapping;
- ``Children`` stands for a list of at most 1,000 children whose fields are exactly those of ``CHILD_FIELDS``, but for
  those that it says they must not have.

A *read* must be a declared read: its arguments, or some of them, and beside them only what leads through pages. An
operation counts as a read when it is declared as one *and* is called like one.

A *dry run* (``runner.guard.dry_run``) is declared as a read and called like a write: it must be exact, with ``DryRun``.

Whatever is not declared is refused, and the refusal says why.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from types import MappingProxyType

from runner.model.bound import BoundCall
from runner.model.call import Argument, Children, Each, N, P, T
from runner.model.key_span import KeySpan

READ_VERBS = ("Describe", "Get", "Head", "List", "Lookup", "Simulate")
"""How the operations begin that may be declared as reads."""

PAGING = frozenset(
    {
        "ContinuationToken",
        "ExclusiveStartBackupArn",
        "EncodingType",  # botocore asks S3 for encoded keys by itself
        "KeyMarker",
        "Marker",
        "MaxBuckets",
        "MaxItems",
        "MaxKeys",
        "MaxResults",
        "MaxUploads",
        "NextToken",
        "PaginationToken",
        "StartRecordIdentifier",
        "StartRecordName",
        "StartRecordType",
        "UploadIdMarker",
        "VersionIdMarker",
        "limit",
        "nextToken",
    }
)
"""Parameters that only say which page of a listing is meant."""

STRUCTURED_FIELDS = frozenset(
    {"AliasTarget", "CidrRoutingConfig", "GeoLocation", "GeoProximityLocation", "ResourceRecords"}
)
"""Fields of a DNS record that are no scalars: Route 53 deletes a record that is named with all it holds."""

OPTIONAL_FIELDS = STRUCTURED_FIELDS | {
    "Failover",
    "HealthCheckId",
    "MultiValueAnswer",
    "Region",
    "SetIdentifier",
    "TTL",
    "TrafficPolicyInstanceId",
    "VersionId",
    "Weight",
}
"""Fields that a child may lack."""

MAX_CHILDREN = 1000
"""The most that one DeleteObjects takes (Amazon S3 API reference)."""


@dataclass(frozen=True)
class Fields:
    """Name the fields that a child in a batch must and may have."""

    required: frozenset[str]
    optional: frozenset[str]


CHILD_FIELDS: Mapping[str, Fields] = MappingProxyType(
    {
        "ecr:BatchDeleteImage": Fields(required=frozenset({"imageDigest"}), optional=frozenset()),
        "s3:DeleteObjects": Fields(required=frozenset({"Key"}), optional=frozenset({"VersionId"})),
    }
)
"""What the children of a batch call hold, by ``service:Operation``; a batch call that is not here is refused."""


def permit(call_api: str, params: Mapping[str, object], allowed: tuple[BoundCall, ...]) -> str | None:
    """Return None when the request is declared, else why it is not.

    ``call_api`` is ``service:Operation`` in botocore's spelling.
    """
    reasons: list[str] = []
    for call in allowed:
        if call.api == call_api:
            reason = _differs(call, params)
            if reason is None:
                return None
            reasons.append(reason)
    return " and ".join(dict.fromkeys(reasons)) or "the plan holds no such call"


def _differs(call: BoundCall, params: Mapping[str, object]) -> str | None:
    reads = not call.is_write and call.operation.startswith(READ_VERBS)
    if not (call.is_write or reads or call.args.get("DryRun") is True):
        return "it is declared as a read and is none"
    for name in sorted(set(params) - set(call.args)):
        if not (reads and name in PAGING and _is_scalar(params[name])):
            return f"{name} is not in the plan"
    for name, planned in call.args.items():
        if name not in params:
            if not (reads or _may_lack(planned)):
                return f"{name} is missing"
        elif not ((reads and name in PAGING and _is_scalar(params[name])) or _fits(call, planned, params[name])):
            return f"{name} is not as planned"
    return None if call.keys is None or all(_keys_sent(call.keys, params)) else f"a key lies outside of {call.keys}"


def _keys_sent(span: KeySpan, params: Mapping[str, object]) -> Iterator[bool]:
    """Yield of each child in a request whether it is one that the step may touch."""
    batch = params.get("Delete")
    listed = batch.get("Objects") if isinstance(batch, Mapping) else (params,)
    for child in listed if isinstance(listed, list | tuple) else ():
        yield isinstance(child, Mapping) and span.holds(str(child.get("Key")), str(child.get("VersionId") or ""))


def _may_lack(planned: Argument) -> bool:
    return isinstance(planned, Each) and planned.field in OPTIONAL_FIELDS


def _fits(call: BoundCall, planned: Argument, sent: object) -> bool:
    match planned:
        case P() | T() | N():
            return False
        case Each():
            return _is_scalar(sent) or (planned.field in STRUCTURED_FIELDS and isinstance(sent, list | tuple | Mapping))
        case Children(without):
            return _are_children(CHILD_FIELDS.get(call.api), sent, frozenset(without))
        case tuple():
            return _fits_all(call, planned, sent)
        case Mapping():
            return isinstance(sent, Mapping) and _fits_each(call, planned, sent)
        case _:
            # The types count too: 1 and True are equal in Python, and not in a request.
            return type(sent) is type(planned) and sent == planned


def _fits_all(call: BoundCall, planned: tuple[Argument, ...], sent: object) -> bool:
    if not isinstance(sent, list | tuple) or len(sent) != len(planned):
        return False
    return all(_fits(call, wanted, found) for wanted, found in zip(planned, sent, strict=True))


def _fits_each(call: BoundCall, planned: Mapping[str, Argument], sent: Mapping[object, object]) -> bool:
    return set(sent) <= set(planned) and all(
        _fits(call, wanted, sent[name]) if name in sent else _may_lack(wanted) for name, wanted in planned.items()
    )


def _are_children(fields: Fields | None, sent: object, without: frozenset[str]) -> bool:
    if fields is None or not isinstance(sent, list | tuple) or not 0 < len(sent) <= MAX_CHILDREN:
        return False
    return all(isinstance(child, Mapping) and not without & set(child) and _is_child(fields, child) for child in sent)


def _is_child(fields: Fields, child: Mapping[object, object]) -> bool:
    names = set(child)
    return fields.required <= names <= fields.required | fields.optional and all(map(_is_scalar, child.values()))


def _is_scalar(value: object) -> bool:
    return isinstance(value, str | int)
