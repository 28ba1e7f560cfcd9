"""Deletions made of children: the request bodies. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import Final

from runner.aws.s3_engine.keys import all_in_xml, in_xml, told
from runner.model.bound import BoundSweep, fill
from runner.model.bulk import Batch
from runner.model.children import Child, Children

XMLNS: Final = b'xmlns="http://s3.amazonaws.com/doc/2006-03-01/"'
_BEGIN: Final = b"<Delete " + XMLNS + b">"
_END: Final = b"<Quiet>true</Quiet></Delete>"
_BETWEEN: Final = b"</VersionId></Object><Object><Key>"
_ID: Final = b"</Key><VersionId>"
_SHAPE: Final = re.compile(
    re.escape(_BEGIN)
    + rb"(?:<Object><Key>[^<]++</Key>(?:<VersionId>[^<]++</VersionId>)?+</Object>)++"
    + re.escape(_END)
)


def delete_body(children: Children) -> bytes | None:
    """Return the body of a DeleteObjects, or None when one of the keys cannot be carried by XML."""
    if children.have_ids:
        joined = all_in_xml(children.text)
        if joined is not None:
            listed = joined.replace(b"\t", _ID).replace(b"\n", _BETWEEN)
            return b"".join((_BEGIN, b"<Object><Key>", listed, b"</VersionId></Object>", _END))
    objects = [_object(key, id_) for key, id_ in children]
    return b"".join((_BEGIN, *(one for one in objects if one), _END)) if all(objects) else None


def is_delete_body(body: bytes, most: int) -> bool:
    """Return whether a body is a deletion of at least one object and of at most so many."""
    return _SHAPE.fullmatch(body) is not None and body.count(b"<Object>") <= most


def batches(sweep: BoundSweep, children: Sequence[Child]) -> Iterator[Batch]:
    """Yield the requests that delete children: batches, and one by one what XML cannot carry."""
    if sweep.batch is None:
        yield from (alone(sweep, child) for child in children)
        return
    for start in range(0, len(children), sweep.batch_size):
        some = Children.of(children[start : start + sweep.batch_size])
        body = delete_body(some)
        if body is None:
            yield from (alone(sweep, child) for child in some if in_xml(child[0]) is None)
            some = Children.of(child for child in some if in_xml(child[0]) is not None)
            body = delete_body(some)
        if body is not None and some:
            named = {name: value for name, value in sweep.batch.args.items() if name != "Delete"}
            yield Batch(sweep.batch, fill(named, {}), some, body)


def alone(sweep: BoundSweep, child: Child) -> Batch:
    """Return the request that deletes one child by its URL."""
    key, id_ = told(child[0]), child[1].decode("ascii")
    fields = {"Key": key, **({"VersionId": id_, "UploadId": id_} if id_ else {})}
    return Batch(sweep.each, fill(sweep.each.args, fields), (child,))


def _object(key: bytes, id_: bytes) -> bytes:
    """Return a child in a deletion's body; empty when XML cannot carry its key."""
    carried = in_xml(key)
    version = b"<VersionId>" + id_ + b"</VersionId>" if id_ else b""
    return b"" if carried is None else b"<Object><Key>" + carried + b"</Key>" + version + b"</Object>"
