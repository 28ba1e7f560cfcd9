"""Plans for tests: any plan that there may be, and one that is easy to read."""

from __future__ import annotations

import hashlib
from dataclasses import replace
from datetime import UTC, datetime

from hypothesis import strategies as st

from runner.model.action import Recovery
from runner.model.binding import Binding
from runner.model.bound import BoundCall, BoundSweep
from runner.model.call import Args, Effect
from runner.model.canonical import MAX_INTEGER, Json, digest
from runner.model.plan import Cascade, Census, Finding, Plan, PlannedStep
from runner.model.playbook import Account, Limits, Source
from runner.model.sealed import SealedPlan
from runner.model.target_state import Exists, Missing, NotSeen
from runner.model.verdict import Evidence, Level, Protection, Verdict

TEXT = st.text(st.characters(codec="utf-8"), max_size=12)
NAMES = st.text(st.characters(min_codepoint=97, max_codepoint=122), min_size=1, max_size=6)
COUNTS = st.integers(0, MAX_INTEGER)
SHA = st.binary(max_size=4).map(lambda some: hashlib.sha256(some).hexdigest())
JSON: st.SearchStrategy[Json] = st.recursive(
    st.none() | st.booleans() | COUNTS | TEXT,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(NAMES, inner, max_size=3),
    max_leaves=6,
)
ARGS: st.SearchStrategy[Args] = st.dictionaries(NAMES, JSON, max_size=3)  # type: ignore[arg-type]  # plain JSON is arguments
CALLS = st.builds(BoundCall, NAMES, NAMES, ARGS, TEXT, st.lists(TEXT, max_size=2).map(tuple), st.sampled_from(Effect))
SWEEPS = st.builds(
    BoundSweep, TEXT, CALLS, st.lists(TEXT, max_size=2).map(tuple), CALLS, ARGS, st.none() | CALLS, COUNTS, TEXT
)
FINDINGS = st.lists(st.builds(Finding, NAMES, TEXT, TEXT, st.booleans(), st.booleans(), TEXT, TEXT), max_size=2).map(
    tuple
)
CENSUS = st.builds(Census, COUNTS, COUNTS, st.dictionaries(NAMES, COUNTS, max_size=2), st.booleans())
VERDICTS = st.builds(
    Verdict, st.sampled_from(Protection), st.sampled_from(Evidence), TEXT, TEXT, st.sampled_from(Level)
)
STATES = st.builds(Exists, TEXT) | st.builds(Missing, TEXT) | st.builds(NotSeen, TEXT)


def _with_evidence(step: PlannedStep) -> PlannedStep:
    return replace(step, facts={name: digest(data) for name, data in step.evidence.items()})


STEPS = st.builds(
    PlannedStep,
    id=NAMES,
    action=TEXT,
    summary=TEXT,
    target=TEXT,
    params=st.dictionaries(NAMES, TEXT, max_size=2),
    region=TEXT,
    needs=st.lists(NAMES, max_size=2).map(tuple),
    recovery=st.sampled_from(Recovery),
    irreversible=st.none() | TEXT,
    mfa_protected=st.booleans(),
    state=STATES,
    facts=st.just({}),
    census=st.none() | CENSUS,
    calls=st.lists(CALLS | SWEEPS, max_size=2).map(tuple),
    verdict=st.none() | VERDICTS,
    findings=FINDINGS,
    undo=TEXT,
    undo_days=st.none() | COUNTS,
    evidence=st.dictionaries(NAMES, JSON, max_size=2),
    cascade=st.lists(st.builds(Cascade, TEXT, st.lists(TEXT, max_size=2).map(tuple), st.booleans()), max_size=1).map(
        tuple
    ),
    override=st.dictionaries(NAMES, TEXT, max_size=1),
).map(_with_evidence)


def _sealed(
    plan: Plan, text: str, nonce: bytes, created: datetime, expires: datetime | None, runner: str
) -> SealedPlan:
    source = replace(plan.source, sha256=hashlib.sha256(text.encode()).hexdigest())
    return SealedPlan(replace(plan, source=source), text, nonce.hex(), created, expires, runner)


PLANS = st.builds(
    Plan,
    name=TEXT,
    description=TEXT,
    owner=TEXT,
    ticket=TEXT,
    account=st.builds(Account, TEXT, st.none() | TEXT),
    region=TEXT,
    role_arn=TEXT,
    via=st.lists(TEXT, max_size=2).map(tuple),
    limits=st.builds(Limits, *[COUNTS] * 6, st.dictionaries(NAMES, COUNTS, max_size=1)),
    source=st.builds(Source, TEXT, SHA, TEXT, TEXT, st.booleans()),
    steps=st.lists(STEPS, max_size=3, unique_by=lambda step: step.id).map(tuple),
    findings=FINDINGS,
    guardrails=st.none() | st.builds(Source, TEXT, SHA),
    approvals=COUNTS,
)
MOMENTS = st.datetimes(datetime(2000, 1, 1), datetime(2100, 1, 1)).map(  # noqa: DTZ001  # the zone is set below
    lambda time: time.replace(microsecond=0, tzinfo=UTC)
)
SEALED = st.builds(_sealed, PLANS, TEXT, st.binary(min_size=16, max_size=16), MOMENTS, st.none() | MOMENTS, TEXT)

PLAYBOOK = "version: 1\nname: retire\n"
BINDING = Binding({"bucket": "b"}, "222222222222", "eu-west-1", "aws", "arn:aws:s3:::b")
EVIDENCE: dict[str, Json] = {
    "policy": {"present": {"Policy": '{"Version":"2012-10-17","Statement":[{"Sid":"DeleteOnlyWithMfa"}]}'}},
    "tags": {"present": {"TagSet": [{"Key": "Service", "Value": "orders-v1"}]}},
}


def a_step(identifier: str = "bucket", bucket: str = "b") -> PlannedStep:
    """Return a planned step that deletes a bucket."""
    return PlannedStep(
        id=identifier,
        action="s3.delete_bucket",
        summary="Delete an empty bucket.",
        target=f"arn:aws:s3:::{bucket}",
        params={"bucket": bucket},
        region="eu-west-1",
        needs=(),
        recovery=Recovery.NONE,
        irreversible="empty by then",
        mfa_protected=True,
        state=Exists("2024-01-01T00:00:00+00:00"),
        facts={name: digest(data) for name, data in EVIDENCE.items()},
        census=None,
        calls=(
            BoundCall(
                "s3", "DeleteBucket", {"Bucket": bucket}, "eu-west-1", (f"arn:aws:s3:::{bucket}",), Effect.DELETE
            ),
        ),
        verdict=Verdict(Protection.PROTECTED, Evidence.SIMULATED, "s3:DeleteBucket is denied without MFA."),
        findings=(),
        evidence=EVIDENCE,
    )


def a_plan(*steps: PlannedStep) -> Plan:
    """Return a plan of some steps; of one step that deletes a bucket by default."""
    return Plan(
        name="retire",
        description="why",
        owner="team",
        ticket="",
        account=Account("222222222222", "acme"),
        region="eu-west-1",
        role_arn="arn:aws:iam::222222222222:role/Teardown",
        via=(),
        limits=Limits(),
        source=Source("teardown.yaml", hashlib.sha256(PLAYBOOK.encode()).hexdigest(), "c" * 40),
        steps=steps or (a_step(),),
        findings=(),
    )


def a_sealed_plan(*steps: PlannedStep) -> SealedPlan:
    """Return a sealed plan of some steps."""
    made = datetime(2026, 12, 1, 12, tzinfo=UTC)
    return SealedPlan(a_plan(*steps), PLAYBOOK, "0123456789abcdef" * 2, made, None, "0.1.0")
