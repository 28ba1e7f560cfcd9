"""What is in a stack and in those nested in it: what stays when it is deleted, and what would stop that half-way."""

from __future__ import annotations

from collections.abc import Mapping

from runner.catalog.answers import at, unread
from runner.catalog.template import retained
from runner.model.action import Answer, Blocked, Facts, Ok, Present, Unknown
from runner.model.canonical import Json

EMPTY_THEM = "empty them with s3.empty_bucket steps in a playbook of their own, or set DeletionPolicy: Retain"


def its_buckets_are_empty(facts: Facts) -> Answer:
    """Refuse a stack with objects in a bucket that its template does not retain: the deletion would stop half-way."""
    match facts["buckets"]:
        case Present(data):
            held = at(data, "Items[?answer && answer.Empty!=`true`].item")
            unclear = at(data, "Items[?answer && answer.Empty==`true` && answer.More!=`false`].item.Name")
        case other:
            return unread("its buckets are empty", other)
    if not isinstance(held, list | tuple) or unclear:
        return Unknown("the answer does not say whether its buckets are empty")
    kept = _kept_by_stack(facts)
    lost = [
        str(one["Name"])
        for one in held
        if isinstance(one, Mapping) and one["Logical"] not in (kept.get(str(one["Stack"])) or ())
    ]
    if not lost:
        return Ok()
    names = ", ".join(lost)
    if any(kept.get(str(one["Stack"])) is None for one in held if isinstance(one, Mapping)):
        return Unknown(f"it cannot be read whether a template retains buckets that hold objects: {names}", EMPTY_THEM)
    return Blocked(f"buckets of the stack hold objects: {names}", EMPTY_THEM)


def no_stack_is_nested_deeper(facts: Facts) -> Answer:
    """Refuse a stack whose nested stacks have nested ones of their own: what is in those is not looked at."""
    match facts["resources"]:
        case Present(data):
            seen = {str(stack) for stack in _listed(at(data, "Items[].item.Stack"))}
            nested = {str(one) for one in _listed(at(data, "Items[].answer.Found[?Nested].Id | []"))}
            deeper = ", ".join(sorted(nested - seen))
            hint = "look what is in them; if it may die, name this check in accept_unknown"
            return Unknown(f"stacks are nested in its nested stacks: {deeper}", hint) if deeper else Ok()
        case other:
            return unread("stacks are nested in its nested stacks", other)


def what_stays(facts: Facts) -> frozenset[str]:
    """Return the resources that the templates retain, as the cascade calls them."""
    kept, resources = _kept_by_stack(facts), facts["resources"]
    if not isinstance(resources, Present):
        return frozenset()
    return frozenset(
        str(one["Name"])
        for held in _listed(at(resources.data, "Items"))
        if isinstance(held, Mapping)
        for one in _listed(at(held, "answer.Found"))
        if isinstance(one, Mapping) and one["Logical"] in (kept.get(str(at(held, "item.Stack"))) or ())
    )


def _kept_by_stack(facts: Facts) -> Mapping[str, frozenset[str] | None]:
    """Return what each stack's template retains, by the stack's id; None for a template that cannot be read."""
    templates = facts["templates"]
    held = _listed(at(templates.data, "Items")) if isinstance(templates, Present) else ()
    return {str(at(one, "item.Stack")): retained(at(one, "answer.Body")) for one in held if isinstance(one, Mapping)}


def _listed(found: Json) -> tuple[Json, ...]:
    return tuple(found) if isinstance(found, list | tuple) else ()
