"""Sweeps and pages that the engine's tests share."""

from __future__ import annotations

from collections.abc import Iterable
from xml.sax.saxutils import escape

from runner.aws.s3_engine.keys import encoded
from runner.catalog.s3_objects import EMPTY_BUCKET
from runner.model.binding import Binding
from runner.model.bound import BoundSweep
from runner.model.children import Child

BUCKET = "acme-orders-exports"
KEY_TEXTS = "aé \x01\x7f%+&<>\"'\\/.\r\n\t\U0001f600￾"
"""Characters of which each has tripped somebody."""


def versions_of(bucket: str = BUCKET, region: str = "eu-west-1") -> BoundSweep:
    """Return the sweep of a bucket's versions as the catalogue has it."""
    arn = f"arn:aws:s3:::{bucket}"
    binding = Binding({"bucket": bucket}, "222222222222", region, "aws", arn)
    return binding.sweep(EMPTY_BUCKET.sweeps[0])


def child(key: str, version: str = "null") -> Child:
    """Return a child of a key."""
    return encoded(key.encode("utf-8", "surrogatepass")), version.encode()


def page_of(children: Iterable[Child], more: str = "", *, marker: bool = False) -> bytes:
    """Return a page as S3 writes it; ``more`` is the key that the next one begins after."""
    kind = "DeleteMarker" if marker else "Version"
    items = "".join(
        f"<{kind}><Key>{escape(key.decode())}</Key><VersionId>{id_.decode()}</VersionId><IsLatest>true</IsLatest>"
        f"<LastModified>2024-01-0{1 + at % 9}T00:00:00.000Z</LastModified><Size>{at}</Size>"
        f"<StorageClass>STANDARD</StorageClass></{kind}>"
        for at, (key, id_) in enumerate(children)
    )
    after = f"<NextKeyMarker>{more}</NextKeyMarker><NextVersionIdMarker>null</NextVersionIdMarker>" if more else ""
    return (
        '<?xml version="1.0" encoding="UTF-8"?>\n'
        '<ListVersionsResult xmlns="http://s3.amazonaws.com/doc/2006-03-01/"><Name>b</Name><Prefix></Prefix>'
        f"<KeyMarker></KeyMarker><EncodingType>url</EncodingType>{after}"
        f"<IsTruncated>{'true' if more else 'false'}</IsTruncated>{items}</ListVersionsResult>"
    ).encode()
