"""Read a world file strictly: unknown keys, wrong types, missing keys and duplicate keys are errors.

Every error names the file and the place in it, as in ``accounts[0].users[1].nmae``.
"""

from __future__ import annotations

import dataclasses
import difflib
import re
import types
from collections.abc import Hashable, Mapping
from importlib import resources
from pathlib import Path
from types import MappingProxyType
from typing import Any, TypeVar, get_args, get_origin, get_type_hints

import yaml

from runner.errors import UsageError
from runner.sandbox.world import Account, Bucket, Document, Documents, Objects, Texts, User, World

T = TypeVar("T")

DEFAULT = "default.yaml"
"""The packaged world that is used when none is named."""

_ACCOUNT = re.compile(r"\d{12}")


class _Misfit(Exception):
    """Say which place of a world file is wrong, and why."""

    def __init__(self, where: str, why: str) -> None:
        super().__init__(f"{where or 'the file'}: {why}")


class _StrictLoader(yaml.SafeLoader):
    """Refuse duplicate keys, which YAML itself would take silently."""

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Hashable, Any]:
        """Return the mapping of a node."""
        seen: set[str] = set()
        for key, _ in node.value:
            problem = "a key must be a text" if not isinstance(key, yaml.ScalarNode) else ""
            problem = problem or (f"the key {key.value!r} stands twice" if key.value in seen else "")
            if problem:
                raise yaml.constructor.ConstructorError(problem=problem, problem_mark=key.start_mark)
            seen.add(key.value)
        return super().construct_mapping(node, deep=deep)


def default_text() -> str:
    """Return the text of the packaged default world."""
    return resources.files("runner.sandbox").joinpath("worlds", DEFAULT).read_text(encoding="utf-8")


def text_of(path: Path | None) -> str:
    """Return the text of a world file, or of the default world.

    Raises:
        UsageError: when the file cannot be read.
    """
    if path is None:
        return default_text()
    try:
        return path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise UsageError("the world file cannot be read", on=str(path), hint=str(error)) from error


def parse(text: str, name: str = DEFAULT) -> World:
    """Return the world that a text describes; ``name`` is the file's name for errors.

    Raises:
        UsageError: when the text is no YAML or does not describe a world.
    """
    try:
        data = yaml.load(text, Loader=_StrictLoader)  # noqa: S506  # a SafeLoader with one more rule
    except yaml.YAMLError as error:
        raise UsageError("the world file is not valid YAML", on=name, hint=str(error)) from error
    try:
        world = _record(World, data, "")
        _check(world)
    except _Misfit as error:
        raise UsageError("the world file is not valid", on=name, hint=str(error)) from error
    return world


def _value(hint: Any, data: object, where: str) -> Any:
    if dataclasses.is_dataclass(hint) and isinstance(hint, type):
        return _record(hint, data, where)
    if hint in (Document, Documents, Texts):
        return _mapping(hint, data, where)
    if get_origin(hint) is tuple:
        if not isinstance(data, list):
            raise _Misfit(where, "a list is needed here")
        return tuple(_value(get_args(hint)[0], item, f"{where}[{index}]") for index, item in enumerate(data))
    if get_origin(hint) is types.UnionType:
        return _value(get_args(hint)[0], data, where)
    if type(data) is not hint:
        raise _Misfit(where, f"{_called(hint)} is needed here, not {data!r}; quote what YAML would convert")
    return data


def _record(kind: type[T], data: object, where: str) -> T:
    if not isinstance(data, Mapping):
        raise _Misfit(where, "keys and values are needed here")
    hints = get_type_hints(kind)
    for key in data:
        if key not in hints:
            close = difflib.get_close_matches(str(key), hints, n=1)
            raise _Misfit(_under(where, key), "unknown key" + (f"; did you mean {close[0]!r}?" if close else ""))
    for item in dataclasses.fields(kind):  # type: ignore[arg-type]  # kind is a dataclass, see _value
        optional = item.default is not dataclasses.MISSING or item.default_factory is not dataclasses.MISSING
        if not optional and item.name not in data:
            raise _Misfit(_under(where, item.name), "this key is missing")
    return kind(**{key: _value(hints[key], data[key], _under(where, key)) for key in data})


def _mapping(hint: Any, data: object, where: str) -> Mapping[str, Any]:
    if not isinstance(data, Mapping) or not all(isinstance(key, str) for key in data):
        raise _Misfit(where, "names and values are needed here")
    if hint == Texts:
        return MappingProxyType({key: _value(str, item, _under(where, key)) for key, item in data.items()})
    if hint == Documents:
        return MappingProxyType({key: _mapping(Document, item, _under(where, key)) for key, item in data.items()})
    if not isinstance(data.get("Statement"), list) or data.get("Version") != "2012-10-17":
        raise _Misfit(where, 'a policy document has Version: "2012-10-17" and a list called Statement')
    return MappingProxyType(dict(data))


def _under(where: str, key: object) -> str:
    return f"{where}.{key}" if where else str(key)


def _called(hint: type) -> str:
    return {str: "a text", int: "a whole number", bool: "true or false"}[hint]


def _check(world: World) -> None:
    for index, account in enumerate(world.accounts):
        where = f"accounts[{index}]"
        if not _ACCOUNT.fullmatch(account.id):
            raise _Misfit(f"{where}.id", f"an account id has twelve digits, not {account.id!r}")
        _check_paths(account, where)
        for number, bucket in enumerate(account.buckets):
            _check_bucket(bucket, f"{where}.buckets[{number}]")
    _refuse_twins("account", [account.id for account in world.accounts])
    _refuse_twins("bucket", [bucket.name for account in world.accounts for bucket in account.buckets])
    profiles = [user.profile or user.name for _, user in world.people] + [item.name for item in world.role_profiles]
    _refuse_twins("profile", profiles)
    _refuse_twins("MFA device", list(world.serials))
    if world.profile and world.profile not in profiles:
        raise _Misfit("profile", f"there is no profile called {world.profile!r}")


def _check_paths(account: Account, where: str) -> None:
    entities: tuple[User | Any, ...] = (*account.users, *account.roles, *account.policies)
    for entity in entities:
        if not re.fullmatch(r"/|/[\w+=,.@/-]+/", entity.path):
            raise _Misfit(f"{where}: {entity.name}", f"a path begins and ends with a slash, not {entity.path!r}")


def _check_bucket(bucket: Bucket, where: str) -> None:
    if bucket.versioning not in ("", "Enabled", "Suspended"):
        raise _Misfit(f"{where}.versioning", f"Enabled or Suspended, not {bucket.versioning!r}")
    for index, objects in enumerate(bucket.objects):
        _check_objects(objects, f"{where}.objects[{index}]")
        if (objects.versions > 1 or objects.deleted) and not bucket.versioning:
            raise _Misfit(f"{where}.objects[{index}]", "versions and delete markers need a versioned bucket")


def _check_objects(objects: Objects, where: str) -> None:
    if bool(objects.key) == bool(objects.prefix):
        raise _Misfit(where, "either one key, or a prefix and a count")
    if objects.count < 1 or objects.versions < 1 or objects.size < 0:
        raise _Misfit(where, "count and versions are at least 1, size at least 0")


def _refuse_twins(what: str, names: list[str]) -> None:
    twins = {name for name in names if names.count(name) > 1}
    if twins:
        raise _Misfit("", f"the {what} {min(twins)!r} stands twice")
