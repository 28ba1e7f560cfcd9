"""Read a session policy back before it is used: does it say what the plan says, whoever wrote it and however?

The last line of defence against bugs of ``runner.policy.session``. It looks at the document, and asks the evaluator as
AWS would be asked.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from itertools import chain

from runner.errors import RunnerError
from runner.policy.document import Condition, Statement, parse
from runner.policy.evaluate import evaluate
from runner.policy.grants import Grant
from runner.policy.policies import Allowed, Decision, ExplicitlyDenied, Policies, Policy, read_policy
from runner.policy.principal import Role
from runner.policy.request import Request, RequestContext
from runner.policy.variables import literal

_NEEDS_MFA = Condition("Bool", "aws:MultiFactorAuthPresent", ("true",))
_ANYTHING = read_policy("everything", '{"Statement":{"Effect":"Allow","Action":"*","Resource":"*"}}')
_SOMEBODY = Role("arn:aws:iam::000000000000:role/role", "AROA", "session")
"""A session policy names nobody, so it does not matter who asks."""
_WRONG, _BUG = "the session policy does not say what the plan says", "this is a bug in runner"
_UNPLANNED = "runner:Unplanned"
"""An action that no service has."""
_FRESH = {"aws:MultiFactorAuthPresent": "true", "aws:MultiFactorAuthAge": "0"}
_WITHOUT = {"aws:MultiFactorAuthPresent": "false"}


def check_session_policy(policy: str, grants: frozenset[Grant], until: datetime) -> None:
    """Return when the policy allows the grants, all of them and nothing else, with MFA and until the end.

    Raises:
        RunnerError: when it does not; a bug.
    """
    document = parse(policy)
    asked = _Asked(Policy("session", document), until)
    says = _says(document.statements, grants, until, (_NEEDS_MFA,))
    if not (says and _allows(asked, grants) and _denies(asked, grants)):
        raise RunnerError(_WRONG, hint=_BUG)


def check_trial_policy(policy: str, grants: frozenset[Grant], until: datetime) -> None:
    """Return when the policy allows exactly the grants, without any condition, and has the end.

    Raises:
        RunnerError: when it does not; a bug.
    """
    if not _says(parse(policy).statements, grants, until, ()):
        raise RunnerError(_WRONG, hint=_BUG)


def _says(
    statements: tuple[Statement, ...], grants: frozenset[Grant], until: datetime, conditions: tuple[Condition, ...]
) -> bool:
    allows = tuple(statement for statement in statements if statement.effect == "Allow")
    granted = {pair for statement in allows for pair in _pairs(statement)}
    ends = [line.values[0] for statement in statements for line in statement.conditions if "Date" in line.operator]
    return (
        granted == grants
        and all(statement.conditions == conditions and _is_plain(statement) for statement in allows)
        and [datetime.fromisoformat(end) for end in ends] == [until.replace(microsecond=0)]
    )


def _is_plain(statement: Statement) -> bool:
    """Return whether a statement names what it is about, and not what it leaves out."""
    return not statement.action.negated and statement.resource is not None and not statement.resource.negated


def _pairs(statement: Statement) -> set[Grant]:
    resources = () if statement.resource is None else statement.resource.values
    return {(action, resource) for action in statement.action.values for resource in resources}


class _Asked:
    """Ask the evaluator what a role that may do everything may do under the session policy."""

    def __init__(self, policy: Policy, until: datetime) -> None:
        self._policies = Policies(identity=(_ANYTHING,), session=(policy,))
        self._until = until

    def with_mfa(self, grant: Grant) -> Decision:
        """Return the answer to a call with a fresh code, in time."""
        return self._ask(grant, _FRESH, self._until)

    def without_mfa(self, grant: Grant) -> Decision:
        """Return the answer to a call without MFA."""
        return self._ask(grant, _WITHOUT, self._until)

    def too_late(self, grant: Grant) -> Decision:
        """Return the answer to a call with a fresh code, a second after the end."""
        return self._ask(grant, _FRESH, self._until + timedelta(seconds=1))

    def _ask(self, grant: Grant, keys: dict[str, str], now: datetime) -> Decision:
        time = now.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
        context = RequestContext({**keys, "aws:CurrentTime": time}, absent=frozenset({"*"}))
        action, resource = grant
        return evaluate(Request(_SOMEBODY, action, literal(resource), _SOMEBODY.account, context), self._policies)


def _allows(asked: _Asked, grants: frozenset[Grant]) -> bool:
    return all(isinstance(asked.with_mfa(grant), Allowed) for grant in grants)


def _denies(asked: _Asked, grants: frozenset[Grant]) -> bool:
    """Return whether what must be denied is denied explicitly, so that no grant to the session's ARN matters."""
    pairs = grants or {(_UNPLANNED, "*")}
    unplanned = {(_UNPLANNED, resource) for _, resource in pairs}
    decisions = chain(
        map(asked.without_mfa, pairs),
        map(asked.too_late, pairs),
        map(asked.with_mfa, unplanned),
    )
    return all(isinstance(decision, ExplicitlyDenied) for decision in decisions)
