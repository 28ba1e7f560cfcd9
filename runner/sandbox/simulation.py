"""IAM's policy simulator: which of the given policies decide about an action on a resource, in a given context.

- Condition keys that are not supplied are absent; nothing is taken from a live session.
- A Deny in any policy or in the boundary wins; otherwise an Allow is needed, and one in the boundary if there is one.
- A resource policy counts for users only; an Allow in it or in an identity policy is enough in one account.
- What an SCP stops is an implicit deny without any statement (seen in IAM's answers); its keys are never missing.
- ``missing`` over-reports as AWS does: the keys of all statements that were not supplied, whether they matter or not.

Source: IAM API reference, SimulatePrincipalPolicy and SimulateCustomPolicy; boto3 issue 3111 for ``missing``.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property, lru_cache
from typing import Any, TypeAlias

from ministack.core import iam_evaluator

from runner.sandbox.evaluation import SimulatedRequest, applies
from runner.sandbox.insides import principal_matches
from runner.sandbox.policy_text import Placed, Position, placed_statements
from runner.sandbox.principals import without_not_principal

Context: TypeAlias = Mapping[str, Any]

ALLOWED, EXPLICIT, IMPLICIT = "allowed", "explicitDeny", "implicitDeny"
RESTRICTIVE = (ALLOWED, IMPLICIT, EXPLICIT)
"""The decisions, the most restrictive last."""


class InvalidInput(Exception):
    """Carry IAM's words for a request it does not take."""


@dataclass(frozen=True)
class SourcePolicy:
    """Hold a policy's text and what the simulator calls it."""

    id: str
    text: str
    kind: str = "IAM Policy"

    @cached_property
    def statements(self) -> tuple[Placed, ...]:
        """The statements with their positions.

        Raises:
            InvalidInput: when the text is no policy.
        """
        return tuple(placed for placed, _ in self.about(""))

    def about(self, caller: str) -> tuple[tuple[Placed, tuple[Any, ...]], ...]:
        """Return the statements with ministack's form of each; of a resource policy those about ``caller`` only.

        Raises:
            InvalidInput: when the text is no policy.
        """
        try:
            return _statements(self.text, caller)
        except (ValueError, IndexError) as error:
            raise InvalidInput(f"{self.id}: {error}") from error


@dataclass(frozen=True)
class Match:
    """Point to a statement that decided."""

    policy: str
    kind: str
    start: Position
    end: Position


@dataclass(frozen=True)
class Verdict:
    """Hold what the simulator says about one action on one resource.

    ``within`` is None without a boundary, ``organization`` without an SCP.
    """

    resource: str
    decision: str
    matches: tuple[Match, ...]
    missing: tuple[str, ...]
    within: bool | None
    organization: bool | None = None


@dataclass(frozen=True)
class Simulation:
    """Hold everything that is fixed while actions and resources vary."""

    policies: tuple[SourcePolicy, ...]
    boundary: SourcePolicy | None
    resource_policy: SourcePolicy | None
    caller: str
    context: Context
    scps: tuple[SourcePolicy, ...] = ()

    def verdict(self, action: str, resource: str) -> Verdict:
        """Judge one action on one resource.

        Raises:
            InvalidInput: when a policy cannot be read.
        """
        request = SimulatedRequest(action, resource, self.caller, self.context)
        allows, denies = self._matches(request, "Allow"), self._matches(request, "Deny")
        within = None if self.boundary is None else _allows(self.boundary, request)
        missing = tuple(key for key in self.keys if key.lower() not in self.context)
        let = self._organization_allows(request)
        if denies:
            return Verdict(resource, EXPLICIT, denies, missing, within, let)
        if allows and within is not False and let is not False:
            return Verdict(resource, ALLOWED, allows, missing, within, let)
        return Verdict(resource, IMPLICIT, (), missing, within, let)

    def _organization_allows(self, request: SimulatedRequest) -> bool | None:
        if not self.scps:
            return None
        denied = any(_matching(policy, request, "Deny") for policy in self.scps)
        return not denied and any(_matching(policy, request, "Allow") for policy in self.scps)

    @cached_property
    def keys(self) -> tuple[str, ...]:
        """The condition keys that the policies use, each once, as they are spelled."""
        documents = [item for item in (*self.policies, self.boundary, self.resource_policy) if item is not None]
        found: dict[str, str] = {}
        for key in (key for policy in documents for placed in policy.statements for key in _keys_of(placed.statement)):
            found.setdefault(key.lower(), key)
        return tuple(found.values())

    def _matches(self, request: SimulatedRequest, effect: str) -> tuple[Match, ...]:
        found = [match for policy in self.policies for match in _matching(policy, request, effect)]
        if self.resource_policy is not None:
            found += _matching(self.resource_policy, request, effect, of=self.caller)
        if self.boundary is not None and effect == "Deny":
            found += _matching(self.boundary, request, effect)
        return tuple(found)


def _allows(policy: SourcePolicy, request: SimulatedRequest) -> bool:
    return bool(_matching(policy, request, "Allow")) and not _matching(policy, request, "Deny")


def _matching(policy: SourcePolicy, request: SimulatedRequest, effect: str, of: str = "") -> list[Match]:
    return [
        Match(policy.id, policy.kind, placed.start, placed.end)
        for placed, parsed in policy.about(of)
        if any(item.effect == effect and applies(item, request) for item in parsed)
    ]


@lru_cache(maxsize=512)
def _statements(text: str, caller: str) -> tuple[tuple[Placed, tuple[Any, ...]], ...]:
    """Return a policy's statements as `SourcePolicy.about` does: the same few texts are simulated again and again."""
    return tuple((placed, tuple(_parsed(placed.statement, caller))) for placed in placed_statements(text))


def _parsed(statement: Any, caller: str) -> Iterable[Any]:
    """Return ministack's form of a statement: none when it is not about the caller of a resource policy."""
    document: Any = {"Statement": [statement]}
    if caller:
        document = without_not_principal(document, caller)
        if not all(principal_matches(item.get("Principal"), caller) for item in document["Statement"]):
            return ()
    parsed: list[Any] = iam_evaluator.parse_policy_document(document)
    return parsed


def _keys_of(statement: Any) -> Iterable[str]:
    conditions = statement.get("Condition", {}) if isinstance(statement, dict) else {}
    blocks = conditions.values() if isinstance(conditions, dict) else ()
    return [key for block in blocks if isinstance(block, dict) for key in block]
