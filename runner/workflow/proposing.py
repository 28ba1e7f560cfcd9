"""Which actions of the catalogue would delete a thing, by its ARN or by what CloudFormation calls it. Pure.

Proposing is automatic, deciding is not: what comes out is for a person to finish. A proposal is the action that deletes
the thing, and before it those that make its checks true: a bucket is emptied before it is deleted, a key is put out of
use.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from string import Formatter

from runner.model.action import ActionType, GoneWhen

_AMBIENT = {"partition": r"aws[a-z-]*", "region": r"[a-z0-9-]+", "account": r"\d{12}"}
_DELETES = (GoneWhen.TARGET_ABSENT, GoneWhen.SCHEDULED)


@dataclass(frozen=True)
class Proposal:
    """Hold an action and the target that an ARN means for it; ``region`` is empty where its ARN has none."""

    action: ActionType
    target: Mapping[str, str]
    region: str
    account: str
    """Empty where the ARN has none."""


def proposals_for(arn: str, catalog: Mapping[str, ActionType]) -> tuple[Proposal, ...]:
    """Return what deletes the thing with this ARN, in the order in which it is done; empty when nothing does."""
    fitting = [found for action in catalog.values() if (found := read_target(arn, action)) is not None]
    deleting = [one for one in fitting if one.action.gone_when in _DELETES]
    if not deleting:
        return ()
    last = min(deleting, key=lambda one: (_noun(one.action) != _kind(arn), one.action.name))
    return (*_before(last, fitting), last)


def read_target(arn: str, action: ActionType) -> Proposal | None:
    """Return the target that an ARN means for an action, None when it is of another kind.

    Keys that the ARN does not hold are left to their defaults; without one, nobody could say what is meant.
    """
    names = {name for _, name, _, _ in Formatter().parse(action.target) if name}
    if any(param.name not in names and param.default is None for param in action.params):
        return None
    found = re.fullmatch(_pattern(action), arn, re.ASCII)
    if found is None:
        return None
    values = found.groupdict()
    target = {param.name: values[param.name] for param in action.params if param.name in names}
    return Proposal(action, target, values.get("region") or "", values.get("account") or "")


def action_for_type(kind: str, catalog: Mapping[str, ActionType]) -> ActionType | None:
    """Return the action for a CloudFormation type, by its name: ``AWS::EC2::Volume`` is ``ec2.delete_volume``."""
    parts = kind.split("::")
    if len(parts) != 3:  # noqa: PLR2004  # AWS, service, thing
        return None
    noun = _folded(parts[2])
    ours = (one for one in catalog.values() if _folded(one.service) == _folded(parts[1]) and one.gone_when in _DELETES)
    return next((one for one in ours if _noun(one) == noun), None)


def from_physical_id(physical: str, action: ActionType) -> Mapping[str, str] | None:
    """Return the target that a CloudFormation physical id means: a name, or what stands last in an ARN or URL."""
    needed = [param for param in action.params if param.default is None]
    if len(needed) != 1:
        return None
    for value in (physical, re.split(r"[/:]", physical)[-1]):
        if re.fullmatch(needed[0].pattern, value, re.ASCII):
            return {needed[0].name: value}
    return None


def prepares(action: ActionType, target: Mapping[str, str], catalog: Mapping[str, ActionType]) -> tuple[Proposal, ...]:
    """Return what has to be done to a target before the action, then the action itself."""
    last = Proposal(action, target, "", "")
    same = [Proposal(one, target, "", "") for one in catalog.values() if one.target == action.target]
    return (*_before(last, same), last)


def _before(last: Proposal, others: list[Proposal]) -> tuple[Proposal, ...]:
    """Return what makes checks of the last one true; where several could, the one that does it at once."""
    chosen: set[str] = set()
    for check in last.action.checks:
        able = [one.action for one in others if check.__name__ in one.action.establishes]
        quickest = min(able, key=lambda one: (one.gone_when is GoneWhen.SET_ASIDE, one.name), default=last.action)
        chosen.add(quickest.name)
    return tuple(one for one in others if one.action.name in chosen - {last.action.name})


def _pattern(action: ActionType) -> str:
    """Return the action's ARN template as a regular expression."""
    patterns = {**_AMBIENT, **{param.name: param.pattern for param in action.params}}
    parts: list[str] = []
    seen: set[str] = set()
    for literal, name, _, _ in Formatter().parse(action.target):
        parts.append(re.escape(literal))
        if name:
            parts.append(f"(?P={name})" if name in seen else f"(?P<{name}>{_inner(patterns[name])})")
            seen.add(name)
    return "".join(parts)


def _inner(pattern: str) -> str:
    r"""Return a pattern as it may stand inside another one: its end is not the end of the text."""
    return pattern.replace(r"\Z", "").replace("$)", ")")


def _kind(arn: str) -> str:
    """Return what kind of thing an ARN names, folded: ``user`` of ``…:user/alice``."""
    return _folded(re.split(r"[/:]", arn.split(":", 5)[-1])[0])


def _noun(action: ActionType) -> str:
    """Return what an action deletes, folded: ``networkinterface`` of ``ec2.delete_network_interface``."""
    return _folded(action.name.partition(".")[2].partition("_")[2])


def _folded(name: str) -> str:
    return re.sub(r"[^a-z0-9]", "", name.lower())
