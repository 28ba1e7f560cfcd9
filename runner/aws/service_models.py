"""What AWS's services take, from botocore's own models; offline, and only loaded when somebody asks."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import cached_property
from typing import Any

from runner.model.generic_call import ModelProblem

_Path = tuple[str | int, ...]


class BotocoreModels:
    """Hold requests against the models of the botocore that would send them (port `ServiceModels`)."""

    def problems(self, service: str, operation: str, params: Mapping[str, object]) -> tuple[ModelProblem, ...]:
        """Return what is wrong with a request, nothing when the service would understand it."""
        services = tuple(self._session.get_available_services())
        if service not in services:
            alike = tuple(one for one in services if one[0] == service[0])
            return (ModelProblem(("service",), f"botocore knows no service `{service}`", service, alike),)
        model = self._session.get_service_model(service)
        operations = tuple(model.operation_names)
        if operation not in operations:
            message = f"{service} has no operation `{operation}`"
            return (ModelProblem(("operation",), message, operation, operations),)
        shape = model.operation_model(operation).input_shape
        if shape is None:
            return tuple(ModelProblem(("params", name), f"{operation} takes no parameters") for name in params)
        return tuple(_problems(shape, params, ("params",)))

    @cached_property
    def _session(self) -> Any:
        import botocore.session  # noqa: PLC0415  # most playbooks ask nothing

        return botocore.session.Session()


def _problems(shape: Any, value: object, path: _Path) -> Iterator[ModelProblem]:
    """Yield what is wrong with a value."""
    if getattr(shape, "is_document_type", False):
        return
    match shape.type_name:
        case "structure":
            yield from _structure(shape, value, path)
        case "list":
            yield from _list(shape, value, path)
        case "map":
            yield from _map(shape, value, path)
        case "blob":
            yield ModelProblem(path, f"{_name(path)} is binary, which a playbook cannot hold")
        case _:
            yield from _scalar(shape, value, path)


def _structure(shape: Any, value: object, path: _Path) -> Iterator[ModelProblem]:
    if not isinstance(value, Mapping):
        yield _wrong(path, "a mapping", value)
        return
    known = tuple(shape.members)
    for name in shape.required_members:
        if name not in value and name not in _made_by_itself(shape):
            yield ModelProblem((*path, name), f"{_name((*path, name))} is missing")
    for name, inner in value.items():
        if name not in shape.members:
            yield ModelProblem((*path, name), f"{_name(path)} has no member `{name}`", name, known)
        else:
            yield from _problems(shape.members[name], inner, (*path, name))


def _made_by_itself(shape: Any) -> frozenset[str]:
    """Return the members that botocore fills in: idempotency tokens."""
    return frozenset(name for name, member in shape.members.items() if member.metadata.get("idempotencyToken"))


def _list(shape: Any, value: object, path: _Path) -> Iterator[ModelProblem]:
    if not isinstance(value, list | tuple):
        yield _wrong(path, "a list", value)
        return
    for number, item in enumerate(value):
        yield from _problems(shape.member, item, (*path, number))


def _map(shape: Any, value: object, path: _Path) -> Iterator[ModelProblem]:
    if not isinstance(value, Mapping):
        yield _wrong(path, "a mapping", value)
        return
    for name, item in value.items():
        yield from _problems(shape.value, item, (*path, name))


def _scalar(shape: Any, value: object, path: _Path) -> Iterator[ModelProblem]:
    match shape.type_name:
        case "boolean":
            if not isinstance(value, bool):
                yield _wrong(path, "true or false", value)
        case "integer" | "long" | "float" | "double":
            yield from _number(shape, value, path)
        case _:
            yield from _text(shape, value, path)


def _number(shape: Any, value: object, path: _Path) -> Iterator[ModelProblem]:
    if not isinstance(value, int) or isinstance(value, bool):
        yield _wrong(path, "a whole number", value)
    elif not _is_within(shape, value):
        yield ModelProblem(path, f"{_name(path)} is out of range: {_bounds(shape)}")


def _text(shape: Any, value: object, path: _Path) -> Iterator[ModelProblem]:
    known = tuple(getattr(shape, "enum", ()))
    if not isinstance(value, str):
        yield _wrong(path, "a text", value)
    elif known and value not in known:
        yield ModelProblem(path, f"{_name(path)} is none of {', '.join(known[:8])}")
    elif shape.type_name == "string" and not _is_within(shape, len(value)):
        yield ModelProblem(path, f"{_name(path)} has {len(value)} characters: {_bounds(shape)}")


def _is_within(shape: Any, count: int) -> bool:
    least, most = shape.metadata.get("min"), shape.metadata.get("max")
    return (least is None or count >= least) and (most is None or count <= most)


def _bounds(shape: Any) -> str:
    told = {"at least": shape.metadata.get("min"), "at most": shape.metadata.get("max")}
    return ", ".join(f"{word} {bound}" for word, bound in told.items() if bound is not None)


def _wrong(path: _Path, expected: str, value: object) -> ModelProblem:
    kinds = {bool: "a truth value", int: "a number", str: "a text", tuple: "a list", list: "a list"}
    found = kinds.get(type(value), "a mapping" if isinstance(value, Mapping) else "nothing")
    return ModelProblem(path, f"{_name(path)} must be {expected}, not {found}")


def _name(path: _Path) -> str:
    """Return how messages call a place: ``params.Tags.0.Key``."""
    return f"`{'.'.join(str(part) for part in path)}`"
