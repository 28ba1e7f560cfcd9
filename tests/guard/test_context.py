"""The simulation is told of the runner's own session: its tags and its source identity."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from runner.guard.context import RoleFacts, Scenario, known_keys
from runner.policy.principal import Role

FACTS = RoleFacts(
    Role("arn:aws:iam::222222222222:role/R", "AROAEXAMPLEROLEID0001", "alice"), None, {"Team": "a", "Env": "prod"}
)


def values(facts: RoleFacts) -> dict[str, str]:
    """Return what a session with MFA is known to carry."""
    now = datetime(2026, 12, 1, tzinfo=UTC)
    known = known_keys(
        facts, Scenario.WITH_MFA, region="eu-west-1", account="222222222222", now=now, mfa_age=timedelta()
    )
    return {name: value for name, (_, value) in known.items()}


def test_the_sessions_tags_stand_before_the_roles() -> None:
    """A tag of the session replaces the role's of the same key, whatever its case; the others stay."""
    known = values(FACTS.under({"team": "orders"}, ""))

    assert {name: value for name, value in known.items() if name.startswith("aws:PrincipalTag/")} == {
        "aws:PrincipalTag/Env": "prod",
        "aws:PrincipalTag/team": "orders",
    }


def test_a_source_identity_is_told_when_there_is_one() -> None:
    """Without one the key is absent, as it is in the real request."""
    assert values(FACTS.under({}, "alice"))["aws:SourceIdentity"] == "alice"
    assert "aws:SourceIdentity" not in values(FACTS.under({}, ""))
