"""Read a plan back from its plain form, to show it and to compare it. It is never executed: calls are made anew.

What a plan's calls leave for the run to fill in (`Each`, `Children`) comes back as the text that stands for it, which
has the same plain form.
"""

from __future__ import annotations

from collections.abc import Mapping
from enum import Enum
from types import MappingProxyType
from typing import TypeVar

from runner.model.action import Recovery
from runner.model.bound import BoundCall, BoundSweep, PlannedCall
from runner.model.call import Args, Argument, Effect
from runner.model.canonical import Json
from runner.model.fleet import OnFailure
from runner.model.plan import FORMAT, Cascade, Census, Finding, Plan, PlannedStep
from runner.model.playbook import Account, Limits, Source, Wait
from runner.model.section import Section
from runner.model.shape import Shape, WrongShape
from runner.model.target_state import Exists, Missing, NotSeen, TargetState
from runner.model.verdict import Evidence, Level, Protection, Verdict

Facts = Mapping[str, Mapping[str, Json]]
"""Step id to fact name to what was read."""
E = TypeVar("E", bound=Enum)


def read_plan(shape: Shape, source: Source, evidence: Facts, guardrails: str = "") -> Plan:
    """Return the plan that a plain form describes; the other arguments stand beside it in a file.

    ``guardrails`` is the path of the guardrails whose digest the plan holds.

    Raises:
        WrongShape: when a part is missing or of another kind; and a caller has to see that `Plan.to_data` gives the
            same again, because what the plain form holds besides is not noticed here.
    """
    if shape.text("format") != FORMAT:
        raise shape.wrong("format", FORMAT)
    floor, several = shape.shape_or_none("guardrails"), "sections" in shape.names
    return Plan(
        name=shape.text("name"),
        description=shape.text("description"),
        owner=shape.text("owner"),
        ticket=shape.text("ticket"),
        account=Account("") if several else _account(shape),
        region="" if several else shape.text("region"),
        role_arn="" if several else shape.text("role_arn"),
        via=() if several else shape.texts("via"),
        limits=_limits(shape.shape("limits")),
        source=source,
        steps=tuple(_step(step, evidence) for step in shape.shapes("steps")),
        findings=_findings(shape),
        approvals=shape.number("approvals"),
        guardrails=None if floor is None else Source(guardrails, floor.text("sha256")),
        sections=tuple(_section(section) for section in shape.shapes("sections")) if several else (),
        on_failure=_member(shape, "on_failure", OnFailure) if several else OnFailure.STOP,
    )


def _section(section: Shape) -> Section:
    return Section(
        account=_account(section),
        regions=section.texts("regions"),
        role_arn=section.text("role_arn"),
        via=section.texts("via"),
        limits=_limits(section.shape("limits")),
    )


def _account(within: Shape) -> Account:
    account = within.shape("account")
    return Account(account.text("id"), account.text_or_none("alias"))


def _limits(limits: Shape) -> Limits:
    return Limits(
        steps=limits.number("steps"),
        objects=limits.number("objects"),
        size=limits.number("bytes"),
        cascade=limits.number("cascade"),
        share=limits.number("share"),
        drift=limits.number("drift") if "drift" in limits.names else 0,
        actions=limits.counts("actions"),
    )


def _step(step: Shape, evidence: Facts) -> PlannedStep:
    census, verdict, undo = step.shape_or_none("census"), step.shape_or_none("verdict"), step.shape("undo")
    return PlannedStep(
        id=step.text("id"),
        action=step.text("action"),
        summary=step.text("summary"),
        target=step.text("target"),
        params=step.table("params"),
        region=step.text("region"),
        needs=step.texts("needs"),
        recovery=_member(step, "recovery", Recovery),
        irreversible=step.text_or_none("irreversible"),
        mfa_protected=step.flag("mfa_protected"),
        state=_state(step.shape("state")),
        facts=step.table("facts"),
        census=None if census is None else _census(census),
        calls=tuple(_planned(call) for call in step.shapes("calls")),
        verdict=None if verdict is None else _verdict(verdict),
        findings=_findings(step),
        undo=undo.text("how"),
        undo_days=undo.number_or_none("days"),
        evidence=evidence.get(step.text("id"), MappingProxyType({})),
        cascade=tuple(
            Cascade(one.text("what"), one.texts("members"), complete=one.flag("complete"))
            for one in step.shapes("cascade")
        ),
        override=step.table("override"),
        account=step.text("account") if "account" in step.names else "",
        wait=_wait(step.shape("wait")) if "wait" in step.names else None,
    )


def _wait(wait: Shape) -> Wait:
    return Wait(wait.text("after"), wait.number("seconds"))


def _state(state: Shape) -> TargetState:
    match state.value("exists"):
        case True:
            return Exists(state.text("pin"))
        case False:
            return Missing(state.text("why"))
        case None:
            return NotSeen(state.text("why"))
        case _:
            raise state.wrong("exists", "true, false or null")


def _census(census: Shape) -> Census:
    known = census.names
    return Census(
        census.number("children"),
        census.number("bytes"),
        census.counts("kinds"),
        complete=census.flag("complete"),
        classes=census.counts("classes") if "classes" in known else {},
        newest=census.text("newest") if "newest" in known else "",
    )


def _verdict(verdict: Shape) -> Verdict:
    return Verdict(
        protection=_member(verdict, "protection", Protection),
        evidence=_member(verdict, "evidence", Evidence),
        reason=verdict.text("reason"),
        hint=verdict.text("hint"),
        level=_member(verdict, "level", Level),
    )


def _findings(within: Shape) -> tuple[Finding, ...]:
    return tuple(
        Finding(
            check=finding.text("check"),
            message=finding.text("message"),
            hint=finding.text("hint"),
            blocks=finding.flag("blocks"),
            unknown=finding.flag("unknown"),
            accepted=finding.text("accepted"),
            said=finding.text("said"),
        )
        for finding in within.shapes("findings")
    )


def _planned(call: Shape) -> PlannedCall:
    if "sweep" not in call.names:
        return _call(call)
    calls = tuple(_call(one) for one in call.shapes("calls"))
    if len(calls) not in {1, 2}:
        raise call.wrong("calls", "one call, or two")
    return BoundSweep(
        children=call.text("sweep"),
        list=_call(call.shape("list")),
        items=call.texts("items"),
        each=calls[-1],
        child=_args(call, "child"),
        batch=calls[0] if calls[1:] else None,
        batch_size=call.number("batch_size"),
        size_field=call.text("size_field"),
    )


def _call(call: Shape) -> BoundCall:
    service, _, operation = call.text("api").partition(":")
    return BoundCall(
        service=service,
        operation=operation,
        args=_args(call, "args"),
        region=call.text("region"),
        resources=call.texts("resources"),
        effect=_member(call, "effect", Effect),
    )


def _args(call: Shape, key: str) -> Args:
    found = call.shape(key)
    return MappingProxyType({name: _argument(found.value(name)) for name in found.names})


def _argument(value: Json) -> Argument:
    match value:
        case list() | tuple():
            return tuple(_argument(item) for item in value)
        case Mapping():
            return MappingProxyType({name: _argument(item) for name, item in value.items()})
        case _:
            return value


def _member(shape: Shape, key: str, kind: type[E]) -> E:
    try:
        return kind(shape.text(key))
    except ValueError as error:
        raise WrongShape(str(shape.wrong(key, f"one of {', '.join(str(one.value) for one in kind)}"))) from error
