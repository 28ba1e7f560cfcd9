"""What the policies say as runner reads them itself, beside AWS's simulator or in its place.

The evaluator (``runner.policy.evaluate``) is three-valued: what it does not understand, and what it was not given, is a
doubt and never an answer. It is used for three things:

- to contradict: where AWS's simulator and the evaluator are both certain and differ, neither is believed;
- to settle what AWS leaves open: whether a key that the simulation was not told matters, whether all of a bucket's
  objects are treated alike, whether the target's policy would deny even if the role's allowed everything;
- to decide alone, where the role may not simulate and all of its policies could be read. The verdict says so.

Organizations' policies are not read, so a denial that comes from an SCP contradicts nothing.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property

from runner.guard.attribution import BOUNDARY, NO_ALLOW
from runner.guard.context import Scenario, is_truly_absent
from runner.guard.decision import Allowed, CannotTell, Decision, Denied
from runner.guard.question import Ask, Part, Setting
from runner.model.verdict import Level
from runner.policy import policies as local
from runner.policy.convert import Origin
from runner.policy.evaluate import evaluate
from runner.policy.policies import AnyPolicy, Decider, Policies, Policy
from runner.policy.request import Request, RequestContext
from runner.policy.statement import Kind, applies
from runner.policy.truth import Answer, Doubt


@dataclass(frozen=True)
class View:
    """See one pair in one scenario through the policies as they were read."""

    request: Request
    policies: Policies
    complete: bool
    """Whether all of the role's own policies were read and understood."""

    @cached_property
    def decision(self) -> local.Decision:
        """What the evaluator says."""
        return evaluate(self.request, self.policies)

    @property
    def is_certain(self) -> bool:
        """Whether the evaluator has an answer."""
        return not isinstance(self.decision, local.Unknown)

    @cached_property
    def resource_denies(self) -> bool:
        """Whether the target's policy certainly denies, whatever the role's policies are."""
        found = evaluate(self.request, Policies(resource=self.policies.resource))
        return isinstance(found, local.ExplicitlyDenied)

    def applies(self, origin: Origin) -> Answer:
        """Return whether a statement of the target's policy applies."""
        policy = self.policies.resource
        if not isinstance(policy, Policy):
            return Doubt("the resource policy is not understood")
        bounded = self.policies.boundary is not None
        return applies(origin.statement, Kind.RESOURCE, policy.document.version, self.request, bounded=bounded).answer


def view(setting: Setting, part: Part, ask: Ask, scenario: Scenario) -> View:
    """Return the view of one pair in one scenario."""
    own = setting.own
    policies = Policies(own.identity, own.boundary, resource=part.policy)
    known = {name: value for name, (_, value) in setting.keys(scenario, part.region).items()}
    looked_at = _keys((*own.identity, own.boundary, part.policy))
    absent = frozenset(key for key in looked_at if is_truly_absent(key, scenario, part.actions))
    request = Request(setting.facts.role, ask.action, ask.resource, setting.account, RequestContext(known, absent))
    return View(request, policies, complete=not own.unread)


def decide_locally(ask: Ask, seen: View) -> Decision:
    """Return what the evaluator alone decides about a pair."""
    match seen.decision:
        case local.Allowed(by):
            return Allowed((ask,), words(by))
        case local.ExplicitlyDenied(by):
            level = Level.RESOURCE if seen.resource_denies else Level.ROLE
            return Denied((ask,), words((by,)), explicit=True, level=level)
        case local.ImplicitlyDenied(kind):
            by_what = BOUNDARY if kind is Kind.BOUNDARY else NO_ALLOW
            return Denied((ask,), by_what, explicit=False, level=Level.ROLE)
        case local.Unknown(doubts):
            return CannotTell("; ".join(doubts))


def words(deciders: Iterable[Decider]) -> str:
    """Name statements as the rest of the guard does."""
    return " and ".join(dict.fromkeys(_word(decider) for decider in deciders))


def _word(decider: Decider) -> str:
    match decider.kind:
        case Kind.BOUNDARY:
            return BOUNDARY
        case Kind.IDENTITY:
            return f"statement {decider.statement} of the role's policy {decider.policy}"
        case _:
            return f"statement {decider.statement} of the bucket policy"


def _keys(policies: Iterable[AnyPolicy | None]) -> frozenset[str]:
    return frozenset(key for policy in policies if isinstance(policy, Policy) for key in policy.keys)
