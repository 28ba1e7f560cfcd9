"""A plan in words, for every form in which it is read. Nothing here is escaped: that is the form's business.

What several steps have in common is said once: `grouped` joins steps of equal words, and `about` takes a step's own
target out of a sentence, so that sixty buckets with the same protection have the same words.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from datetime import timedelta

from runner.cli.census_words import besides
from runner.cli.output import plural, size
from runner.guard.verdict import CHECK as VERDICT_CHECK
from runner.model.action import Recovery
from runner.model.arn import Arn
from runner.model.fleet import OnFailure
from runner.model.plan import Cascade, Census, Finding, Plan, PlannedStep
from runner.model.sealed import SealedPlan
from runner.model.section import Section
from runner.model.target_state import Exists, Missing, NotSeen
from runner.model.verdict import Level

_KINDS = {
    "Versions": "version",
    "DeleteMarkers": "marker",
    "Uploads": "upload",
    "Contents": "object",
}
_LEVELS = {
    Level.RESOURCE: "by its policy",
    Level.ORGANIZATION: "by an SCP",
    Level.ROLE: "by role only",
    Level.TRUST: "trust-gated",
    Level.NONE: "",
}
"""Where the protection lives, in 13 characters."""
NOT_SIMULATED = "A simulation does not cover resource control policies, endpoint policies and ACLs."
_MEMBERS = 5
"""How many of the things that die with a target are named."""
_FEW = 3
"""So many steps are named by their ids; more are counted by their numbers."""


@dataclass(frozen=True)
class Group:
    """Hold what is true of some steps, by their numbers (from 1) and ids; of none for the plan as a whole."""

    numbers: tuple[int, ...]
    ids: tuple[str, ...]
    words: str

    @property
    def label(self) -> str:
        """The steps in short: ``empty, bucket``, or ``steps 1-30, 32``, or ``plan``."""
        # The ids of several accounts are long, and told by their numbers too.
        if len(self.ids) > _FEW or any("/" in name for name in self.ids):
            return f"step{'' if len(self.ids) == 1 else 's'} {ranges(self.numbers)}"
        return ", ".join(self.ids) or "plan"


def grouped(said: Iterable[tuple[int, str, str]]) -> tuple[Group, ...]:
    """Join triples of number, id and words by equal words, in the order in which they come first."""
    found: dict[str, list[tuple[int, str]]] = {}
    for number, name, words in said:
        found.setdefault(words, []).append((number, name))
    return tuple(
        Group(tuple(number for number, _ in steps if number), tuple(name for number, name in steps if number), words)
        for words, steps in found.items()
    )


def ranges(numbers: tuple[int, ...]) -> str:
    """Return numbers in order, those at equal distances joined: ``1-3, 7``, ``2, 4, … 60``."""
    left, parts = sorted(numbers), []
    while left:
        stride = left[1] - left[0] if left[1:] else 0
        run = 1
        while run < len(left) and left[run] - left[run - 1] == stride:
            run += 1
        run = run if run > _FEW or stride == 1 else 1
        parts.append(_run(left[:run], stride))
        left = left[run:]
    return ", ".join(parts)


def _run(numbers: list[int], stride: int) -> str:
    first, last = numbers[0], numbers[-1]
    if first == last:
        return str(first)
    return f"{first}-{last}" if stride == 1 else f"{first}, {first + stride}, … {last}"


def about(words: str, step: PlannedStep) -> str:
    """Return a sentence without the step's own target and needs, so that it reads the same for others."""
    said = words.replace(step.target, "its target") if step.target else words
    for need in step.needs:
        said = re.sub(rf"\bstep {re.escape(need)}(?![\w-])", "a step that it needs", said)
    return said


def target(step: PlannedStep, plan: Plan) -> str:
    """Return what dies in short: service and resource; region and account where they are not the plan's."""
    try:
        arn = Arn.parse(step.target)
    except ValueError:
        return step.target
    elsewhere = [f"account {arn.account}"] if arn.account not in {"", step.account or plan.account.id} else []
    if step.region not in {plan.region, *step.id.split("/")}:
        elsewhere.append(step.region)
    return f"{arn.service} {arn.resource}" + (f" ({', '.join(elsewhere)})" if elsewhere else "")


def by_account(plan: Plan) -> Iterator[tuple[Section | None, tuple[tuple[int, PlannedStep], ...]]]:
    """Yield the numbered steps of each account; all of them without a section in a plan for one account."""
    numbered = tuple(enumerate(plan.steps, start=1))
    if not plan.sections:
        yield None, numbered
    for section in plan.sections:
        yield section, tuple((number, step) for number, step in numbered if step.account == section.account.id)


def name_in_account(step: PlannedStep) -> str:
    """Return a step's id as it reads below its account: without the account."""
    return step.id.removeprefix(f"{step.account}/") if step.account else step.id


def on_failure(plan: Plan) -> str:
    """Return what a failure means for the accounts that come after it; empty in a plan for one account."""
    if not plan.sections:
        return ""
    stops = plan.on_failure is OnFailure.STOP
    return "nothing more is done in any account" if stops else "the other accounts are gone on with"


def holds(step: PlannedStep) -> str:
    """Return what the target holds that dies with it, or why there is nothing to do."""
    match step.state:
        case Missing(why):
            return f"nothing to do: {why}"
        case NotSeen(why):
            return f"not readable: {why}"
        case Exists():
            return "" if step.census is None else counted(step.census)


def counted(census: Census) -> str:
    """Return a census in words: ``90 versions, 4 markers, 1 upload; 5.2 KiB``."""
    named = {kind: census.kinds[kind] for kind in (*_KINDS, *census.kinds) if kind in census.kinds}
    parts = [plural(count, _KINDS.get(kind, kind)) for kind, count in named.items()]
    listed = ", ".join(parts) if parts else "nothing"
    return f"{'' if census.complete else 'at least '}{listed}; {size(census.size)}{besides(census)}"


def cascades(step: PlannedStep) -> tuple[str, ...]:
    """Return what dies with the target although no step names it, one text for each kind."""
    return tuple(_members(cascade) for cascade in step.cascade)


def _members(cascade: Cascade) -> str:
    at_least = "" if cascade.complete else "at least "
    shown = ", ".join(cascade.members[:_MEMBERS])
    rest = f" and {len(cascade.members) - _MEMBERS:,} more" if len(cascade.members) > _MEMBERS else ""
    return f"{at_least}{len(cascade.members):,} {cascade.what}" + (f": {shown}{rest}" if shown else "")


def undo(step: PlannedStep, sealed: SealedPlan | None = None) -> str:
    """Return whether, how and for how long the step can be undone."""
    return f"{able(step, sealed)}: {step.undo}" if step.undo else able(step, sealed)


def able(step: PlannedStep, sealed: SealedPlan | None = None) -> str:
    """Return whether and for how long the step can be undone.

    Nothing is done before its plan is sealed, so of a sealed plan the day is known until which it can be at least.
    """
    match step.recovery:
        case Recovery.NONE:
            return "cannot be undone"
        case Recovery.WINDOW:
            if step.undo_days is None:
                return "can be undone for some time"
            told = f"can be undone for {plural(step.undo_days, 'day')}"
            try:
                day = None if sealed is None else sealed.created + timedelta(days=step.undo_days)
            except OverflowError:  # a plan file may say any number
                return told
            return told if day is None else f"{told}, at least until {day:%Y-%m-%d}"
        case Recovery.BACKUP:
            return "can be restored from a copy"
        case Recovery.REVERT:
            return "can be reverted"


def protection(step: PlannedStep) -> tuple[str, ...]:
    """Return the verdict, where the protection lives, and how it is known; empty when there is nothing to do."""
    if step.verdict is None:
        return ()
    words = (step.verdict.protection.value, _LEVELS[step.verdict.level], step.verdict.evidence.value)
    return tuple(word for word in words if word)


def verdicts(plan: Plan) -> Iterator[tuple[int, str, str]]:
    """Yield why each verdict is what it is, and what would make it better; refusals are told as findings."""
    for number, step in enumerate(plan.steps, start=1):
        told = any(finding.check == VERDICT_CHECK for finding in step.findings)
        if step.verdict is not None and not told:
            yield number, step.id, f"{step.verdict.evidence.value}: {about(step.verdict.reason, step)}"


def irreversible(plan: Plan) -> Iterator[tuple[int, str, str]]:
    """Yield the reviewers' reason for each step that acts and cannot be undone."""
    for number, step in enumerate(plan.steps, start=1):
        if step.acts and step.recovery is Recovery.NONE:
            yield number, step.id, step.irreversible or "no reason is given"


def ways_back(plan: Plan) -> Iterator[tuple[int, str, str]]:
    """Yield how each step that acts is undone, where it can be."""
    for number, step in enumerate(plan.steps, start=1):
        if step.acts and step.recovery is not Recovery.NONE and step.undo:
            yield number, step.id, about(step.undo, step)


def findings(plan: Plan, kind: str) -> Iterator[tuple[int, str, str]]:
    """Yield the findings that refuse, that were accepted, or that are notes, in words; 0 is the plan as a whole."""
    for finding in plan.findings:
        if kind_of(finding) == kind:
            yield 0, "", words_of(finding)
    for number, step in enumerate(plan.steps, start=1):
        for finding in step.findings:
            if kind_of(finding) == kind:
                # A hint is to be copied, so it names its own target.
                yield number, step.id, words_of(replace(finding, message=about(finding.message, step)))


REFUSED, ACCEPTED, NOTE = "refused", "unknown, accepted", "note"


def kind_of(finding: Finding) -> str:
    """Return which of the three kinds a finding is."""
    if finding.blocks:
        return REFUSED
    return ACCEPTED if finding.accepted else NOTE


def words_of(finding: Finding) -> str:
    """Return a finding in words, and on a second line what to do about it; or why it was accepted."""
    if finding.accepted:
        return f"{finding.check}: {finding.told}; accepted because: {finding.accepted}"
    return f"{finding.check}: {finding.told}" + (f"\n{finding.hint}" if finding.hint else "")
