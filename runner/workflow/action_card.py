"""What there is to know about an action before it is used, derived from its definition. Pure, offline.

An action is bound as a step's would be, to a target whose values are their own names (``{bucket}``): what stands on a
card is what would be sent, with the ARNs as templates.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import timedelta
from inspect import cleandoc

from runner.model.action import ActionType, Check, Param, Recovery
from runner.model.bound import BoundCall, BoundSweep, calls_of
from runner.model.call import Effect
from runner.model.playbook import Account, Expectation, Limits, Playbook, Source, Step, Window
from runner.policy.names import iam_actions
from runner.workflow.binding import NOTHING_BLOCKS_IT, BoundStep, bind_step
from runner.workflow.card import Card, CardCall, Named

FORMAT = "runner-actions/1"

_PURPOSES = {
    Effect.READ: "lists what is deleted one by one",
    Effect.PREPARE: "prepares the deletion",
    Effect.KEEP: "keeps a copy",
    Effect.UNPROTECT: "switches protection off, when `unprotect` names it",
    Effect.DELETE: "deletes, or puts out of use",
    Effect.REARM: "switches protection on again, when the deletion failed",
    Effect.RESTORE: "brings it back",
}
_RECOVERY = {
    Recovery.NONE: "It cannot be undone; a step says in `irreversible` why that is acceptable.",
    Recovery.WINDOW: "It can be undone for some time.",
    Recovery.BACKUP: "What it held can be restored from the copy that is kept; without a copy it cannot be undone.",
    Recovery.REVERT: "It can be undone: what it was can be set or made again.",
}


def card_of(action: ActionType) -> Card:
    """Return an action's card."""
    bound = _bound(action)
    return Card(
        name=action.name,
        summary=action.summary,
        target=action.target,
        params=tuple(Named(param.name, _param(param)) for param in action.params),
        recovery=action.recovery,
        undo=tuple(_undo(action)),
        copies=tuple(
            Named(copy.name, f"{copy.says}; `{copy.default}` when the step does not say") for copy in action.copies
        ),
        dies_too=tuple(listing.what for listing in action.cascade),
        done=tuple(_done(action)),
        calls=tuple(_calls(bound)),
        reads=tuple(_reads(bound)),
        refused=tuple(_refused(action)),
        example=_example(action),
    )


def _bound(action: ActionType) -> BoundStep:
    """Bind an action to a target whose values are their names."""
    account = Account("{account}")
    playbook = Playbook(
        name="",
        description="",
        owner="",
        ticket="",
        account=account,
        region="{region}",
        role_arn="arn:{partition}:iam::{account}:role/{role}",
        max_age=timedelta(),
        valid=Window(),
        limits=Limits(),
        steps=(),
        source=Source("", ""),
    )
    step = Step(
        id="",
        action=action.name,
        target={param.name: f"{{{param.name}}}" for param in action.params},
        needs=(),
        region="{region}",
        expect=Expectation({}),
        irreversible=None,
        mfa_protected=True,
        line=1,
        unprotect=tuple(flag.name for flag in action.flags),
    )
    return bind_step(playbook, step, action)


def _param(param: Param) -> str:
    return param.says if not param.default else f"{param.says}; `{param.default}` when it is left out"


def _undo(action: ActionType) -> Iterator[str]:
    yield _RECOVERY[action.recovery]
    if action.undo:
        yield _sentence(action.undo)
    if action.undone_by:
        yield f"`runner undo` does that with {action.undone_by}."
    for way in action.ways_out:
        yield f"`runner undo` does that with {way.action} where there is `{way.given}` in the plan."
        if way.lost:
            yield f"What does not come back: {way.lost}."
    if action.undo_days is not None:
        yield f"That is possible for {action.undo_days} days."


def _done(action: ActionType) -> Iterator[str]:
    usual = f"usually takes about {_time(action.usually)}, and " if action.usually else ""
    yield f"A step is done when {action.gone_when.value}; that {usual}is waited for up to {_time(action.gone_within)}."
    if action.stays_gone:
        yield f"It is looked at once more after {_time(action.stays_gone)}: something may make it again."
    if action.transient:
        codes = ", ".join(f"`{code}`" for code in action.transient)
        yield f"For up to {_time(action.settles_within)}, {codes} means *not yet*, and the call is sent again."
    if action.copies:
        yield "A copy that is kept has to be seen there, whole."


def _calls(bound: BoundStep) -> Iterator[CardCall]:
    for call in bound.calls:
        match call:
            case BoundCall():
                yield _card_call(call, _PURPOSES[call.effect])
            case BoundSweep():
                yield _card_call(call.list, f"lists {call.children}")
                if call.batch is not None:
                    yield _card_call(call.batch, f"deletes up to {call.batch_size:,} {call.children} at once")
                verb = "deletes" if call.each.effect is Effect.DELETE else "takes away"
                yield _card_call(call.each, f"{verb} one of the {call.children}")


def _reads(bound: BoundStep) -> Iterator[CardCall]:
    yield _card_call(bound.probe, "is it there")
    yield _card_call(bound.pin, "is it the one that was planned")
    for name, fact in bound.facts.items():
        for call in calls_of(fact):
            yield _card_call(call, name.replace("_", " "))
    listed = (
        *((listing, "which die with it") for listing in bound.cascade),
        *((blocker.listing, "which have to be gone first") for blocker in bound.blockers),
    )
    for listing, why in listed:
        yield from (_card_call(call, f"{listing.what}, {why}") for call in listing.calls)
    for copy in bound.copies:
        yield _card_call(copy.probe, f"the copy `{copy.key}`")
    if bound.population is not None:
        yield _card_call(bound.population.call, f"all {bound.population.what}, to tell a share of them")


def _card_call(call: BoundCall, purpose: str) -> CardCall:
    return CardCall(call.api, purpose, iam_actions(call), call.resources)


def _refused(action: ActionType) -> Iterator[Named]:
    for check in action.checks:
        yield Named(check.__name__, _says(check))
    for check in action.without_copy:
        yield Named(check.__name__, f"Without the copy: {_says(check)}")
    for flag in action.flags:
        yield Named(flag.is_off.__name__, f"{_says(flag.is_off)} `unprotect: [{flag.name}]` switches it off.")
    for blocker in action.blockers:
        yield Named(
            blocker.check or NOTHING_BLOCKS_IT,
            f"Refuse the target while it has {blocker.listing.what} that no step deletes.",
        )
    for copy in action.copies:
        yield Named(f"{copy.name}_name_is_free", "Refuse a name of the copy that something else has already.")
    for usage in action.usage:
        yield Named("unused_for_long_enough", f"With `unless_used_within`: refuse it when {usage.what} since then.")


def _says(check: Check) -> str:
    """Return the first sentence of a check, which begins with *Refuse*."""
    return cleandoc(check.__doc__ or check.__name__).partition("\n\n")[0].replace("\n", " ")


def _example(action: ActionType) -> str:
    lines = [f"- id: {_identifier(action)}", f"  action: {action.name}"]
    given = [param for param in action.params if param.default is None or param.name in action.one_of[:1]]
    lines += ["  target:", *(f"    {param.name}: {_value(param)}" for param in given)] if given else ["  target: {}"]
    if action.recovery is Recovery.NONE:
        lines.append("  irreversible: say here why that is acceptable")
    return "\n".join(lines)


def _identifier(action: ActionType) -> str:
    return action.name.partition(".")[2].replace("_", "-")[:32].rstrip("-")


def _value(param: Param) -> str:
    """Return a value that the pattern takes, or in brackets what is wanted."""
    name = param.name.replace("_", "-")
    fitting = (one for one in (f"my-{name}", f"my_{param.name}") if re.fullmatch(param.pattern, one, re.ASCII))
    return next(fitting, f'"<{param.says}>"'.replace("\\", "\\\\"))


def _sentence(written: str) -> str:
    return written if written.endswith(".") else f"{written[:1].upper()}{written[1:]}."


def _time(seconds: int) -> str:
    return f"{seconds} s" if seconds < 120 or seconds % 60 else f"{seconds // 60} minutes"  # noqa: PLR2004  # two minutes
