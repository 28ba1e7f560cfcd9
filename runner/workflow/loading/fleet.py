"""``targets``: one playbook for several accounts and regions, written out to a playbook for each account.

::

    role_arn: arn:aws:iam::{account}:role/Teardown
    targets:
      accounts:
        - {id: "222222222222", alias: acme-staging, regions: [ap-northeast-1, eu-west-1]}
        - {id: "333333333333", regions: [eu-west-1]}
      on_failure: stop
      limits: {steps: 40}

1. For each account and region the document is written out: ``account`` and ``region`` are set, and ``{account}`` and
   ``{region}`` are replaced in ``role_arn`` and in what steps say under ``target``, ``keep``, ``expect`` and ``call``.
   What comes out is read like any playbook, so nothing is taken more lightly here.
2. The regions of an account are joined. A step that says its own ``region`` is done once in each account.
3. No two steps may do the same to one ARN, in whatever account.

What dies is still decided by the text alone: there is no wildcard, and the two names have one value each.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import partial

from runner.catalog.aws import action_of
from runner.model.fleet import Fleet, OnFailure
from runner.model.playbook import Account, Limits, Playbook, Source, Step
from runner.model.ports import ServiceModels
from runner.workflow.loading.fields import Fields, Read, Value, some
from runner.workflow.loading.limits import limits
from runner.workflow.loading.nodes import Mapping, Scalar, Sequence
from runner.workflow.loading.order import in_order
from runner.workflow.loading.playbook import ALIAS, playbook
from runner.workflow.loading.problems import Mark, Problems
from runner.workflow.loading.quoting import quoted
from runner.workflow.loading.scalars import account_id, one_of
from runner.workflow.loading.step import REGION, Actions, known
from runner.workflow.loading.written_out import SET_BY_TARGETS, TARGETS, written_out


@dataclass(frozen=True)
class _Target:
    """Hold one account and its regions, and where it stands."""

    account: Account
    regions: tuple[str, ...]
    at: Mark


_NO_TARGETS: tuple[_Target, ...] = ()
_NO_REGIONS: tuple[str, ...] = ()


def is_fleet(value: Value) -> bool:
    """Return whether a document is a playbook for several accounts."""
    return isinstance(value.node, Mapping) and any(entry.key.text == TARGETS for entry in value.node.entries)


def fleet(value: Value, source: Source, actions: Actions, models: ServiceModels | None = None) -> Fleet:
    """Read a playbook with ``targets``; the result may be used only if no problem was noted.

    Raises:
        Wrong: when the document is no mapping.
    """
    found = Fields(value, "the playbook").required(TARGETS, partial(_targets, actions=actions), None)
    root = value.node
    assert isinstance(root, Mapping)  # noqa: S101  # `Fields` took it
    for entry in root.entries:
        if entry.key.text in SET_BY_TARGETS:
            message = f"{quoted(entry.key.text)} cannot stand beside `targets`"
            value.problems.add(entry.key.at, message, "`targets.accounts` says which accounts and regions")
    accounts, together, on_failure = found or ((), Limits(), OnFailure.STOP)
    read = partial(_section, value, root, read=partial(playbook, source=source, actions=actions, models=models))
    # What is wrong with an account is noted; the others show what is wrong with the rest.
    sections = tuple(read(target) for target in accounts if target.account.id and target.regions)
    _refuse_shared(sections, actions, value.problems)
    return Fleet(sections, together, on_failure)


def _targets(value: Value, *, actions: Actions) -> tuple[tuple[_Target, ...], Limits, OnFailure]:
    fields = Fields(value, "`targets`", "targets.")
    accounts = fields.required("accounts", _accounts, _NO_TARGETS, "name each account with its regions")
    usual = OnFailure.STOP.value
    on_failure = fields.optional("on_failure", one_of(tuple(one.value for one in OnFailure)), usual)
    together = fields.optional("limits", partial(limits, actions=actions), Limits())
    fields.done()
    known: set[str] = set()
    for target in accounts:
        if target.account.id in known:
            value.problems.add(target.at, f"account {target.account.id} is named twice", "name its regions together")
        known.add(target.account.id)
    return accounts, together, OnFailure(on_failure)


def _target(value: Value) -> _Target:
    fields = Fields(value, "this account")
    account = Account(fields.required("id", account_id, ""), fields.optional("alias", ALIAS, None))
    regions = fields.required("regions", _regions, _NO_REGIONS, "name the regions in which the steps are done")
    fields.done()
    if len(set(regions)) < len(regions):
        value.problems.add(fields.at("regions"), "a region is named twice", "name it once")
    return _Target(account, tuple(dict.fromkeys(regions)), value.node.at)


def _accounts(value: Value) -> tuple[_Target, ...]:
    return some(value, _target, "name accounts", "name each account with its regions")


def _regions(value: Value) -> tuple[str, ...]:
    return some(value, REGION, "name regions", "name the regions in which the steps are done")


def _section(value: Value, root: Mapping, target: _Target, *, read: Read[Playbook]) -> Playbook:
    """Return the playbook of one account."""
    by_region = tuple(
        read(replace(value, node=written_out(root, target.account, region, target.at))) for region in target.regions
    )
    return _joined(target, by_region, _done_once(root))


def _done_once(root: Mapping) -> frozenset[str]:
    """Return the ids of the steps that say their own region."""
    steps = next((entry.value for entry in root.entries if entry.key.text == "steps"), None)
    named: set[str] = set()
    for step in steps.items if isinstance(steps, Sequence) else ():
        keys = {entry.key.text: entry.value for entry in step.entries} if isinstance(step, Mapping) else {}
        name = keys.get("id")
        if "region" in keys and isinstance(name, Scalar):
            named.add(name.text)
    return frozenset(named)


def _joined(target: _Target, by_region: tuple[Playbook, ...], once: frozenset[str]) -> Playbook:
    """Return one playbook for an account, its steps renamed and in dependency order."""
    names = _Names(target, once)
    steps = {
        renamed.id: renamed
        for region, found in zip(target.regions, by_region, strict=True)
        for step in found.steps
        if step.id not in once or region == target.regions[0]
        for renamed in (names.renamed(step, region),)
    }
    order = in_order({name: tuple(need for need in step.needs if need in steps) for name, step in steps.items()})
    return replace(by_region[0], steps=tuple(steps[name] for name in order))


@dataclass(frozen=True)
class _Names:
    """Give steps the ids that tell them from those of other accounts and regions."""

    target: _Target
    once: frozenset[str]

    def renamed(self, step: Step, region: str) -> Step:
        """Return a step as it is called in its section, with what it needs and waits for."""
        needs = tuple(other for need in step.needs for other in self._needed(step.id, need, region))
        wait = step.wait
        if wait is not None:
            # Done last of those that are waited for: the pause begins when all are done.
            wait = replace(wait, after=tuple(self._needed(step.id, wait.after, region))[-1])
        return replace(step, id=self._name(step.id, region), needs=needs, wait=wait)

    def _needed(self, name: str, need: str, region: str) -> Iterator[str]:
        """Yield what a need means: of a step that is done once, the step in every region."""
        for one in self.target.regions if name in self.once and need not in self.once else (region,):
            yield self._name(need, one)

    def _name(self, name: str, region: str) -> str:
        alone = name in self.once or len(self.target.regions) == 1
        return f"{self.target.account.id}/{name}" if alone else f"{self.target.account.id}/{region}/{name}"


def _refuse_shared(sections: tuple[Playbook, ...], actions: Actions, problems: Problems) -> None:
    """Note a problem at each step that does to a target what another step does, in whatever account or region."""
    first: dict[tuple[str, str], Step] = {}
    for section in sections:
        for step in section.steps:
            if step.action not in known(actions) or not all(step.target.values()):
                continue
            ambient = {"account": section.account.id, "region": step.region, "partition": "aws"}
            target = action_of(step, actions).target.format_map({**step.target, **ambient})
            other = first.setdefault((step.call.api if step.call else step.action, target), step)
            if other is not step:
                message = f"steps {other.id} and {step.id} both do `{step.action}` to {target}"
                hint = (
                    "write {account} or {region} into the target; or say the step's `region`, so that it is done once"
                )
                problems.add(Mark(step.line, 1), message, hint)
