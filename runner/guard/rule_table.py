"""Which rule decides what for one playbook, as rows that a reader can follow: what holds, and who says what."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from runner.guard import protect, window
from runner.guard.floor import Origin, approvals_needed, rules_for
from runner.model.guardrails import Guardrails
from runner.model.playbook import Limits, Playbook, Window

SPELLED = {"size": "bytes"}
"""Fields of `Limits` that files spell otherwise."""

_UNITS = ("B", "KiB", "MiB", "GiB", "TiB", "PiB")


@dataclass(frozen=True)
class Decided:
    """Hold one rule; a text is empty where that side is silent."""

    rule: str
    """As the files spell it: ``limits.steps``."""
    holds: str
    by: Origin
    playbook: str = ""
    guardrails: str = ""


def explain(playbook: Playbook, guardrails: Guardrails) -> tuple[Decided, ...]:
    """Return every rule that is in force, in the order of the files."""
    return (
        _account(playbook, guardrails),
        *_protect(playbook, guardrails),
        *_limits(playbook, guardrails),
        *_approvals(playbook, guardrails),
        *_time(playbook, guardrails),
        *_floor_only(guardrails),
    )


def _account(playbook: Playbook, guardrails: Guardrails) -> Decided:
    pinned = playbook.account.id
    if guardrails.accounts is None:
        return Decided("accounts", pinned, Origin.PLAYBOOK, pinned)
    return Decided("accounts", ", ".join(guardrails.accounts), Origin.GUARDRAILS, pinned, _said(guardrails.accounts))


def _protect(playbook: Playbook, guardrails: Guardrails) -> Iterator[Decided]:
    for one in rules_for(playbook, guardrails).protect:
        told = protect.describe(one.rule)
        own, floor = one.rule in playbook.protect, one.rule in guardrails.protect
        yield Decided("protect", told, one.origin, told if own else "", told if floor else "")


def _limits(playbook: Playbook, guardrails: Guardrails) -> Iterator[Decided]:
    usual, own, floor = Limits(), playbook.limits, guardrails.limits
    for name, bound in rules_for(playbook, guardrails).bounds.items():
        field, _, action = name.partition(".")
        asked = own.actions.get(action) if action else getattr(own, field)
        given = floor.actions.get(action) if action else getattr(floor, field)
        stated = None if not action and asked == getattr(usual, field) else asked
        told = tuple("" if value is None else _spelled(field, value) for value in (bound.most, stated, given))
        yield Decided(f"limits.{SPELLED.get(name, name)}", told[0], bound.origin, told[1], told[2])


def _approvals(playbook: Playbook, guardrails: Guardrails) -> Iterator[Decided]:
    rules = guardrails.approvals
    floor = Origin.GUARDRAILS if guardrails.source else Origin.DEFAULT
    needed = approvals_needed(playbook, guardrails)
    told = tuple(str(count or "") for count in (playbook.approvals, rules.minimum))
    yield Decided("approvals", str(needed.most), needed.origin, *told)
    for name, path in (("allowed_signers", rules.allowed_signers), ("revoked_keys", rules.revoked_keys)):
        if path:
            yield Decided(f"approvals.{name}", path, Origin.GUARDRAILS, guardrails=path)
    yield Decided("approvals.break_glass", _allowed(yes=rules.break_glass), floor)
    yield Decided("approvals.certificates", _allowed(yes=rules.certificates), floor)


def _time(playbook: Playbook, guardrails: Guardrails) -> Iterator[Decided]:
    if playbook.valid != Window():
        told = window.describe(playbook.valid)
        yield Decided("valid", told, Origin.PLAYBOOK, told)
    for rule, windows in (("windows", guardrails.windows), ("freezes", guardrails.freezes)):
        for one in windows:
            told = window.describe(one)
            yield Decided(rule, told, Origin.GUARDRAILS, guardrails=told)
    for calendar in rules_for(playbook, guardrails).calendars:
        own = calendar if calendar in playbook.calendars else ""
        floor = calendar if calendar in guardrails.calendars else ""
        yield Decided("calendars", calendar, Origin.GUARDRAILS if floor else Origin.PLAYBOOK, own, floor)


def _floor_only(guardrails: Guardrails) -> Iterator[Decided]:
    ownership = guardrails.ownership
    listed = (
        ("forbidden_actions", guardrails.forbidden_actions),
        ("require", tuple(one.value for one in guardrails.require)),
        ("terraform_states", tuple(state.path for state in guardrails.terraform_states)),
        ("ownership.tags", ownership.tags),
    )
    for rule, values in listed:
        if values:
            yield Decided(rule, _said(values), Origin.GUARDRAILS, guardrails=_said(values))
    floor = Origin.GUARDRAILS if guardrails.source else Origin.DEFAULT
    yield Decided("ownership.override", _allowed(yes=ownership.override), floor)
    if guardrails.audit.anchor is not None:
        anchor = guardrails.audit.anchor
        told = f"{anchor.mode.value}: s3://{anchor.bucket}, kept for {anchor.retain.days} days"
        yield Decided("audit.anchor", told, Origin.GUARDRAILS, guardrails=told)
    if guardrails.audit.timestamp is not None:
        stamps = guardrails.audit.timestamp
        told = f"{stamps.mode.value}: {stamps.url}, by {stamps.roots}"
        yield Decided("audit.timestamp", told, Origin.GUARDRAILS, guardrails=told)
    copied = guardrails.audit.log_group
    if copied:
        yield Decided("audit.log_group", copied, Origin.GUARDRAILS, guardrails=copied)
    if guardrails.audit.signed:
        yield Decided("audit.signed", "by every operator", Origin.GUARDRAILS, guardrails="by every operator")


def _said(values: tuple[str, ...]) -> str:
    return ", ".join(values)


def _spelled(field: str, value: int) -> str:
    """Return a limit as the files spell it."""
    if field == "share":
        return f"{value}%"
    if field != "size":
        return f"{value:,}"
    power = max(power for power in range(len(_UNITS)) if value % 1024**power == 0)
    return f"{value // 1024**power}{_UNITS[power]}"


def _allowed(*, yes: bool) -> str:
    return "allowed" if yes else "not allowed"
