r"""``keys`` of a target: the keys of objects that a step deletes, each as it is, some with one version of theirs.

.. code-block:: yaml

    keys:
      - logs/2023/a.gz
      - "line\nbreak"
      - {key: logs/2023/b.gz, version: 3sL4kqtJlcpXroDTDmJ}

A list in JSON is one in YAML. What is read is kept as canonical JSON, sorted, each once.
"""

from __future__ import annotations

from typing import Final

from runner.model.canonical import Json, encode
from runner.workflow.loading.fields import Fields, Value, some
from runner.workflow.loading.nodes import Mapping
from runner.workflow.loading.scalars import text

MOST: Final = 10_000
"""Keys of one step at most: each is listed by a request of its own."""
LONGEST: Final = 1024
"""Bytes of the longest key (Amazon S3 user guide, "Naming Amazon S3 objects")."""


def key_list(value: Value) -> str:
    """Read keys.

    Raises:
        Wrong: when it is no list, an empty one, or one of more than 10,000.
    """
    found = some(value, _key, "name at least one key", "to delete everything, use s3.empty_bucket")
    if len(found) > MOST:
        raise value.must(f"hold at most {MOST:,} keys", "take a prefix, or several steps")
    listed: list[Json] = []
    for key, version in sorted(set(found)):
        listed.append({"key": key, "version": version} if version else key)
    return encode(listed).decode("utf-8")


def _key(value: Value) -> tuple[str, str]:
    if not isinstance(value.node, Mapping):
        return _text(value), ""
    fields = Fields(value, "this key", f"{value.name}.")
    key = fields.required("key", _text, "")
    version = fields.required("version", text, "", "without a version, write the key alone")
    fields.done()
    return key, version


def _text(value: Value) -> str:
    found = text(value)
    if not 0 < len(found.encode("utf-8", "surrogatepass")) <= LONGEST:
        raise value.must(f"be a key, of 1 to {LONGEST:,} bytes")
    return found
