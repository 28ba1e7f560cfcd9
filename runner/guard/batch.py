"""Put the questions of many steps into few simulations, so that none of them changes another's answer.

AWS crosses all actions of a simulation with all its resources, and evaluates for each pair every policy that went
along. So parts of questions share a simulation only when

- they are about the same actions in the same region,
- their policies are the same, or no statement of the one reaches the resource of the other,
- their policies look at the same condition keys, because AWS reports missing keys for all policies together,
- there are not too many of them: public tools found that AWS answers for about twenty resources at once.

A statement that allows what a permissions boundary does not limit (`Origin.escapes`) needs a second simulation, in
which a boundary that allows everything stands for the role's own. ``runner.guard.decision`` joins the two answers.

Source: IAM API reference, ``SimulatePrincipalPolicy``.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import TypeAlias

from runner.guard.context import Scenario, context_entries
from runner.guard.question import Part, Question, Setting
from runner.model.bound import BoundCall
from runner.model.call import Argument, Effect
from runner.policy.convert import Origin
from runner.policy.coverage import Coverage, coverage
from runner.policy.variables import keys_of

MAX_RESOURCES = 20
"""Resources in one simulation. Source: PMapper issue 6; AWS documents no limit."""
MAX_TEXT = 131_072
"""Characters of all policies together: what AWS takes for each (IAM API reference, ``PolicyInputList``)."""
NO_LIMIT = json.dumps(
    {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "*", "Resource": "*"}]},
    separators=(",", ":"),
)
"""The boundary that limits nothing."""

_Kind: TypeAlias = tuple[str, tuple[str, ...], frozenset[str], bool]


@dataclass(frozen=True)
class Batch:
    """Hold parts of questions that one simulation answers; ``unlimited`` leaves out the role's permissions boundary."""

    parts: tuple[Part, ...]
    unlimited: bool = False

    @property
    def actions(self) -> tuple[str, ...]:
        """The actions, which are the same in every part."""
        return self.parts[0].actions

    @property
    def resources(self) -> tuple[str, ...]:
        """The resources, each once."""
        return tuple(dict.fromkeys(part.resource for part in self.parts))

    @property
    def policies(self) -> tuple[str, ...]:
        """The policies that go along, each once."""
        return tuple(dict.fromkeys(origin.policy for part in self.parts for origin in part.origins))

    def origins(self, part: Part) -> Mapping[str, Origin]:
        """Return which statement of the part's resource policy AWS means by ``PolicyInputList.N``.

        Statements that differ in whom they name only are one policy there: the one that names the caller most strongly
        stands for it, so that a grant which no boundary limits is not taken for one that it limits.
        """
        names = {policy: f"PolicyInputList.{place}" for place, policy in enumerate(self.policies, start=1)}
        found: dict[str, Origin] = {}
        for origin in sorted(part.origins, key=lambda origin: origin.way, reverse=True):
            found.setdefault(names[origin.policy], origin)
        return found

    def call(self, setting: Setting, scenario: Scenario) -> BoundCall:
        """Return the call that asks AWS; it is a listing whose pages must all be read."""
        arn, region = setting.facts.role.arn, self.parts[0].region
        args: dict[str, Argument] = {
            "PolicySourceArn": arn,
            "ActionNames": self.actions,
            "ResourceArns": self.resources,
            "ContextEntries": context_entries(setting.keys(scenario, region)),
        }
        if self.policies:
            args["PolicyInputList"] = self.policies
        if self.unlimited:
            args["PermissionsBoundaryPolicyInputList"] = (NO_LIMIT,)
        return BoundCall("iam", "SimulatePrincipalPolicy", args, region, (arn,), Effect.READ)

    def alone(self) -> tuple[Batch, ...]:
        """Return a batch for each part."""
        return tuple(Batch((part,), self.unlimited) for part in self.parts)


def batches(questions: Iterable[Question], *, limited: bool) -> tuple[Batch, ...]:
    """Return few batches that answer all questions; ``limited`` says that the role has a permissions boundary."""
    kinds: dict[_Kind, list[Part]] = {}
    for part in dict.fromkeys(part for question in questions for part in question.parts):
        escapes = limited and any(origin.escapes for origin in part.origins)
        kinds.setdefault((part.region, part.actions, _keys(part), escapes), []).append(part)
    made: list[Batch] = []
    for (*_, escapes), parts in kinds.items():
        packed = _packed(parts)
        made += packed
        made += [Batch(batch.parts, unlimited=True) for batch in packed if escapes]
    return tuple(made)


def _packed(parts: list[Part]) -> list[Batch]:
    made: list[Batch] = []
    for part in parts:
        for place, batch in enumerate(made):
            if _fits(batch, part):
                made[place] = Batch((*batch.parts, part))
                break
        else:
            made.append(Batch((part,)))
    return made


def _fits(batch: Batch, part: Part) -> bool:
    joined = Batch((*batch.parts, part))
    small = len(joined.resources) <= MAX_RESOURCES and sum(map(len, joined.policies)) <= MAX_TEXT
    return small and not any(_touch(part, other) for other in batch.parts)


def _touch(one: Part, other: Part) -> bool:
    """Return whether one part's policies could change the answer about the other."""
    if {origin.policy for origin in one.origins} == {origin.policy for origin in other.origins}:
        return False
    return _reaches(one, other.resource) or _reaches(other, one.resource)


def _reaches(part: Part, resource: str) -> bool:
    elements = (origin.statement.resource for origin in part.origins)
    return any(element is None or coverage(element, resource) is not Coverage.NONE for element in elements)


def _keys(part: Part) -> frozenset[str]:
    return frozenset(key for origin in part.origins for key in keys_of(origin.statement))
