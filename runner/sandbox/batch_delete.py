"""DeleteObjects is judged key by key: one that may not be deleted is an ``Error`` in the answer 200, the rest goes.

ministack refuses the whole request instead, which hides the one mistake that matters: taking 200 for done. Source:
Amazon S3 API reference, DeleteObjects ("Permissions" and "Response Elements").
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from xml.etree.ElementTree import Element, SubElement

from ministack import app
from ministack.core import iam_evaluator
from ministack.services import s3

from runner.sandbox.denials import sentence
from runner.sandbox.insides import s3_body

BYPASS = "x-amz-bypass-governance-retention"


def is_batch_delete(method: str, path: str, query_params: Mapping[str, Any]) -> bool:
    """Return whether an S3 request is DeleteObjects."""
    return method == "POST" and "delete" in query_params and "/" not in path.strip("/")


async def delete_objects(
    path: str, headers: dict[str, str], body: bytes, query_params: dict[str, Any], access_key: str
) -> tuple[int, dict[str, str], bytes]:
    """Delete what the caller may delete and name the rest; the signature must have been checked."""
    try:
        wanted = s3.fromstring(body)
    except (s3.ParseError, ValueError):
        wanted = Element("Delete")  # ministack answers what is no XML
    bypass = headers.get(BYPASS, "").lower() == "true"
    errors: list[tuple[Element, str]] = []
    for item in [child for child in wanted if _name(child) == "Object"]:
        why = _refusal(access_key, path.strip("/"), item, app.extract_region(headers, query_params), bypass=bypass)
        if why:
            errors.append((item, why))
            wanted.remove(item)
    kept = s3_body(wanted) if errors else body
    status, answered, answer = await s3.handle_request("POST", path, headers, kept, query_params)
    return status, answered, _with_errors(answer, errors) if status == 200 and errors else answer  # noqa: PLR2004  # OK


def _refusal(access_key: str, bucket: str, item: Element, region: str, *, bypass: bool) -> str:
    version = _text(item, "VersionId")
    arn = f"arn:aws:s3:::{bucket}/{_text(item, 'Key')}"
    actions = ["s3:DeleteObjectVersion" if version else "s3:DeleteObject"]
    actions += ["s3:BypassGovernanceRetention"] if bypass else []
    for action in actions:
        denied = iam_evaluator.enforce(access_key, action, "s3", region, arn)
        if denied is not None:
            return sentence("s3", action, denied.principal_arn, arn, denied.reason)
    return ""


def _with_errors(answer: bytes, errors: list[tuple[Element, str]]) -> bytes:
    result = s3.fromstring(answer)
    for item, why in errors:
        error = SubElement(result, f"{{{s3.S3_NS}}}Error")
        fields = {name: _text(item, name) for name in ("Key", "VersionId")} | {"Code": "AccessDenied", "Message": why}
        for name, value in fields.items():
            if value:
                SubElement(error, f"{{{s3.S3_NS}}}{name}").text = value
    return s3_body(result)


def _text(item: Element, name: str) -> str:
    return next((child.text or "" for child in item if _name(child) == name), "")


def _name(element: Element) -> str:
    return element.tag.rpartition("}")[2]
