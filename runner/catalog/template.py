"""CloudFormation templates: which resources they retain. Of a template nothing else is kept; it may hold secrets."""

from __future__ import annotations

from collections.abc import Mapping

import yaml

from runner.model.canonical import Json

RETAINED = ("Retain", "RetainExceptOnCreate")
"""Both leave a resource where it is when its stack is deleted. Source: CloudFormation guide, "DeletionPolicy"."""


class _Reader(yaml.SafeLoader):
    """Read a template; of CloudFormation's own tags (``!Ref``) only that something stands there."""


_Reader.add_multi_constructor("!", lambda _loader, _tag, _node: None)


def retained(body: Json) -> frozenset[str] | None:
    """Return the logical names of what a template retains; None when it cannot be read. botocore reads JSON itself."""
    try:
        template = yaml.load(body, _Reader) if isinstance(body, str) else body  # noqa: S506  # a safe loader's child
    except (yaml.YAMLError, ValueError, RecursionError):
        return None
    resources = template.get("Resources") if isinstance(template, Mapping) else None
    if not isinstance(resources, Mapping):
        return None
    return frozenset(
        str(name)
        for name, one in resources.items()
        if isinstance(one, Mapping) and one.get("DeletionPolicy") in RETAINED
    )
