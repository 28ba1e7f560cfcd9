"""S3 lists keys that XML cannot carry when it is asked for ``encoding-type=url``; so do all listings here.

ministack does so for ListObjects only, and writes carriage returns as they are, which every XML reader turns into line
feeds. Source: Amazon S3 API reference, ListObjectVersions and ListMultipartUploads; XML 1.0, section 2.11.
"""

from __future__ import annotations

from collections.abc import Callable
from contextvars import ContextVar
from typing import Any, TypeAlias
from xml.etree.ElementTree import Element, SubElement

from ministack.services import s3

from runner.sandbox.insides import Answer, url_encoded
from runner.sandbox.patching import Replacement

Listing: TypeAlias = Callable[[str, dict[str, Any]], Answer]

NAMES = frozenset({"Delimiter", "Key", "KeyMarker", "NextKeyMarker", "Prefix"})
"""Elements that ``encoding-type`` is about."""

_encoding: ContextVar[str] = ContextVar("runner_listing_encoding", default="")


def replacements() -> tuple[Replacement, ...]:
    """Return what to replace in ministack's S3."""
    parameters = ("bucket_name", "query_params")
    return (
        Replacement(s3, "_list_object_versions", parameters, _asked),
        Replacement(s3, "_list_multipart_uploads", parameters, _asked),
        Replacement(s3, "_xml_body", ("root",), _written),
    )


def _asked(original: Listing) -> Listing:
    def list_encoded(bucket_name: str, query_params: dict[str, Any]) -> Answer:
        token = _encoding.set("".join(query_params.get("encoding-type", "")))
        try:
            return original(bucket_name, query_params)
        finally:
            _encoding.reset(token)

    return list_encoded


def _written(original: Callable[[Element], bytes]) -> Callable[[Element], bytes]:
    def xml_body(root: Element) -> bytes:
        if _encoding.get() == "url":
            for element in root.iter():
                if element.tag in NAMES and element.text:
                    element.text = url_encoded(element.text)
            SubElement(root, "EncodingType").text = "url"
        return original(root).replace(b"\r", b"&#13;")

    return xml_body
