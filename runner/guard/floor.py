"""The floor: what holds for one playbook, and who decided it.

One rule for every key: **the stricter of the playbook and the guardrails holds.**

- A limit is the smaller of both; what the playbook does not state is its default, which guardrails can only lower.
- Of the approvals that are needed, the larger number holds.
- What is protected, and which change calendars have to be open, is everything that either names.
- The playbook's time and the guardrails' windows have to be open both.
- Where there is no "stricter" (the account, a forbidden action, something that is required), a playbook that does not
  comply is refused.

A playbook that asks for more than the floor gives is not refused for asking: it gets what the floor gives.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, fields, replace
from enum import Enum
from types import MappingProxyType

from runner.model.guardrails import Guardrails, Required
from runner.model.plan import Finding
from runner.model.playbook import Expectation, Limits, Playbook, ProtectRule, Step


class Origin(Enum):
    """Say who decided a rule."""

    DEFAULT = "default"
    PLAYBOOK = "playbook"
    GUARDRAILS = "guardrails"


@dataclass(frozen=True)
class Bound:
    """Hold a limit that is in force."""

    most: int
    origin: Origin


@dataclass(frozen=True)
class Protection:
    """Hold a rule to protect that is in force."""

    rule: ProtectRule
    origin: Origin


@dataclass(frozen=True)
class Rules:
    """Hold what is in force for one playbook."""

    bounds: Mapping[str, Bound]
    """By the name of the limit: a field of `Limits`, or ``actions.`` and an action's name."""
    protect: tuple[Protection, ...]
    calendars: tuple[str, ...]
    guardrails: Guardrails

    @property
    def limits(self) -> Limits:
        """The limits in force."""
        usual = {name: self.bounds[name].most for name in _NAMES}
        counts = {name.removeprefix(_ACTION): it.most for name, it in self.bounds.items() if name.startswith(_ACTION)}
        return Limits(**usual, actions=MappingProxyType(counts))

    def over(self, playbook: Playbook) -> Playbook:
        """Return a playbook with the limits and calendars that are in force for it."""
        return replace(playbook, limits=self.limits, calendars=self.calendars)


_ACTION = "actions."
_NAMES = tuple(one.name for one in fields(Limits) if one.name != "actions")


def rules_for(playbook: Playbook, guardrails: Guardrails) -> Rules:
    """Return what is in force for a playbook under guardrails."""
    own = tuple(rule for rule in playbook.protect if rule not in guardrails.protect)
    return Rules(
        bounds=MappingProxyType(dict(_bounds(playbook.limits, guardrails))),
        protect=(
            *(Protection(rule, Origin.GUARDRAILS) for rule in guardrails.protect),
            *(Protection(rule, Origin.PLAYBOOK) for rule in own),
        ),
        calendars=tuple(dict.fromkeys((*guardrails.calendars, *playbook.calendars))),
        guardrails=guardrails,
    )


def approvals_needed(playbook: Playbook, guardrails: Guardrails) -> Bound:
    """Return how many people besides the operator have to approve a plan: the larger number of both."""
    asked, given = playbook.approvals, guardrails.approvals.minimum
    if given > asked:
        return Bound(given, Origin.GUARDRAILS)
    return Bound(asked, Origin.PLAYBOOK if asked else Origin.DEFAULT)


def _bounds(stated: Limits, guardrails: Guardrails) -> Iterator[tuple[str, Bound]]:
    usual, floor = Limits(), guardrails.limits
    for name in _NAMES:
        asked: int = getattr(stated, name)
        given: int | None = getattr(floor, name)
        origin = Origin.DEFAULT if asked == getattr(usual, name) else Origin.PLAYBOOK
        yield name, Bound(asked, origin) if given is None or asked < given else Bound(given, Origin.GUARDRAILS)
    for action in dict.fromkeys((*floor.actions, *stated.actions)):
        bounds = [Bound(counts[action], origin) for counts, origin in _counts(stated, guardrails) if action in counts]
        yield _ACTION + action, min(bounds, key=lambda bound: bound.most)


def _counts(stated: Limits, guardrails: Guardrails) -> tuple[tuple[Mapping[str, int], Origin], ...]:
    return (guardrails.limits.actions, Origin.GUARDRAILS), (stated.actions, Origin.PLAYBOOK)


def floor_findings(playbook: Playbook, guardrails: Guardrails) -> tuple[Finding, ...]:
    """Return a finding for everything in which a playbook does not comply; nothing of AWS is needed for it."""
    return tuple(finding for _, finding in placed_findings(playbook, guardrails))


def placed_findings(playbook: Playbook, guardrails: Guardrails) -> tuple[tuple[Step | None, Finding], ...]:
    """Return the same findings, each with the step that it is about; None for the playbook as a whole."""
    return (
        *((None, finding) for finding in _account(playbook, guardrails)),
        *_actions(playbook, guardrails),
        *((None, finding) for finding in _required(playbook, guardrails)),
        *_overrides(playbook, guardrails),
        *((None, finding) for finding in _states(guardrails)),
    )


def _account(playbook: Playbook, guardrails: Guardrails) -> Iterator[Finding]:
    if guardrails.accounts is not None and playbook.account.id not in guardrails.accounts:
        message = f"account {playbook.account.id} is not among those that the guardrails allow"
        yield Finding("account_is_allowed", message, _ask(guardrails))


def _actions(playbook: Playbook, guardrails: Guardrails) -> Iterator[tuple[Step, Finding]]:
    for step in playbook.steps:
        service = step.action.partition(".")[0]
        for forbidden in guardrails.forbidden_actions:
            if forbidden in {step.action, f"{service}.*"}:
                message = f"step {step.id}: the guardrails forbid {forbidden}"
                yield step, Finding("action_is_allowed", message, _ask(guardrails))


def _required(playbook: Playbook, guardrails: Guardrails) -> Iterator[Finding]:
    for required in guardrails.require:
        missing = _missing(playbook, required)
        if missing:
            yield Finding(*missing)


def _missing(playbook: Playbook, required: Required) -> tuple[str, str, str] | None:
    """Return check, message and hint when a playbook lacks something that is required."""
    match required:
        case Required.TICKET if not playbook.ticket.strip():
            return "ticket_is_given", "the guardrails require a ticket", "add `ticket`"
        case Required.OWNER if not playbook.owner.strip():
            return "owner_is_given", "the guardrails require an owner", "add `owner`"
        case Required.ALIAS if playbook.account.alias is None:
            return "account_alias_is_given", "the guardrails require the account's alias", "add `account.alias`"
        case Required.VALID if None in (playbook.valid.start, playbook.valid.end):
            message = "the guardrails require a time in which the playbook is valid, with both ends"
            return "valid_is_given", message, "add `valid.from` and `valid.until`"
        case Required.COMMIT if not playbook.source.commit or playbook.source.dirty:
            state = "differs from its commit" if playbook.source.commit else "is in no git commit"
            message = f"the guardrails require a committed playbook, and this file {state}"
            return "playbook_is_committed", message, "commit it, and have the commit reviewed"
        case Required.EXPECT:
            without = ", ".join(step.id for step in playbook.steps if step.expect == Expectation({}))
            message = f"the guardrails require `expect` in every step, and these have none: {without}"
            return ("expectations_are_given", message, "say what reviewers believe it is") if without else None
        case _:
            return None


def _overrides(playbook: Playbook, guardrails: Guardrails) -> Iterator[tuple[Step, Finding]]:
    if guardrails.ownership.override:
        return
    for step in playbook.steps:
        if "ownership" in step.override:
            message = f"step {step.id}: the guardrails do not let a step override ownership"
            yield step, Finding("override_is_allowed", message, "delete it through its owner")


def _states(guardrails: Guardrails) -> Iterator[Finding]:
    for state in guardrails.terraform_states:
        if state.unreadable:
            message = f"it cannot be told what Terraform manages: {state.path}: {state.unreadable}"
            yield Finding("terraform_states_are_readable", message, "write it with `terraform state pull`")


def _ask(guardrails: Guardrails) -> str:
    where = guardrails.source.path if guardrails.source else "the guardrails"
    return f"ask who owns {where}"
