"""Which calls a service can try itself, and what its answers are worth."""

from __future__ import annotations

from itertools import product

import pytest
from botocore.session import get_session

from runner.catalog import ACTIONS
from runner.errors import AwsAnswer
from runner.guard.decision import Allowed, CannotTell, Decision, Denied
from runner.guard.dry_run import (
    EC2_WITHOUT,
    KMS_WITH,
    Trials,
    Tried,
    joined,
    outranked,
    read_trial,
    trial,
    trials_of,
)
from runner.guard.gate import READ_VERBS, permit
from runner.guard.question import Ask
from runner.guard.verdict import Scenarios
from runner.model.bound import BoundCall
from runner.model.call import Args, Children, Each, Effect
from runner.model.verdict import Evidence, Level

ASK = Ask("ec2:DeleteSnapshot", "arn:aws:ec2:eu-west-1::snapshot/snap-1")
ALLOWED = Allowed((ASK,), "the statement at line 3 of the role's policy own")
DENIED = Denied((ASK,), "no statement allows it", explicit=False, level=Level.ROLE)
UNSURE = CannotTell("the policies look at aws:resourcetag/x")


def _write(service: str, operation: str, args: Args | None = None, effect: Effect = Effect.DELETE) -> BoundCall:
    return BoundCall(service, operation, args or {}, "eu-west-1", (ASK.resource,), effect)


def _with_dry_run(service: str) -> tuple[set[str], set[str]]:
    """Return the operations of a service that have DryRun and those that have not."""
    model = get_session().get_service_model(service)
    shapes = {name: model.operation_model(name).input_shape for name in model.operation_names}
    has = {name for name, shape in shapes.items() if shape is not None and "DryRun" in shape.members}
    return has, set(shapes) - has


def test_the_table_of_ec2_is_complete() -> None:
    """Every write of EC2 without DryRun stands in the table, and nothing else does."""
    _, without = _with_dry_run("ec2")

    assert {name for name in without if not name.startswith(READ_VERBS)} == EC2_WITHOUT


def test_the_table_of_kms_is_true() -> None:
    """What is listed has DryRun; all other operations that have it delete nothing."""
    has, _ = _with_dry_run("kms")

    assert {name for name in has if name.startswith(("Retire", "Revoke", "Delete", "Disable", "Schedule"))} == KMS_WITH


@pytest.mark.parametrize(
    ("call", "has_one"),
    [
        (_write("ec2", "DeleteSnapshot", {"SnapshotId": "snap-1"}), True),
        (_write("ec2", "ReleaseHosts", {"HostIds": ("h-1",)}), False),
        (_write("kms", "RevokeGrant", {"KeyId": "k", "GrantId": "g"}), True),
        (_write("kms", "ScheduleKeyDeletion", {"KeyId": "k"}), False),
        (_write("ssm", "DeleteInventory", {"TypeName": "x"}), False),
        (_write("s3", "DeleteBucket", {"Bucket": "b"}), False),
        (_write("redshift", "RevokeGrant", {"GrantId": "g"}), False),
        (_write("s3", "DeleteSnapshot", {"SnapshotId": "snap-1"}), False),
        (_write("ec2", "DeleteSnapshot", {"SnapshotId": Each("SnapshotId")}), False),
        (_write("ec2", "DeleteTags", {"Resources": ("snap-1",), "Tags": ({"Key": Each("Key")},)}), False),
        (_write("ec2", "DeleteTags", {"Resources": Children()}), False),
        (_write("ec2", "DeleteTags", {"Resources": ("snap-1", Each("Id"))}), False),
        (_write("ec2", "DeleteTags", {"Filter": {"Name": "x", "Value": Each("Value")}}), False),
        (_write("ec2", "DeleteTags", {"Resources": ("snap-1",), "Tags": ({"Key": "a", "Value": None},)}), True),
        (_write("ec2", "DeleteTags", {"Resources": (), "Count": 1, "All": True}), True),
        (_write("ec2", "DescribeSnapshots", {}, Effect.READ), False),
    ],
)
def test_only_a_check_of_permissions_is_a_dry_run(call: BoundCall, has_one: bool) -> None:
    """A preview is none, nor is a call whose arguments are not known yet."""
    assert (trial(call) is not None) is has_one


def test_the_gate_lets_only_the_dry_run_through() -> None:
    """Declared as a dry run, the same call is stopped without DryRun, and with DryRun false."""
    call = trial(_write("ec2", "DeleteSnapshot", {"SnapshotId": "snap-1"}))
    assert call is not None

    def refused(**params: object) -> str | None:
        return permit("ec2:DeleteSnapshot", params, (call,))

    assert not call.is_write
    assert refused(SnapshotId="snap-1", DryRun=True) is None
    assert refused(SnapshotId="snap-1") == "DryRun is missing"
    assert refused(SnapshotId="snap-1", DryRun=False) == "DryRun is not as planned"
    assert refused(SnapshotId="snap-2", DryRun=True) == "SnapshotId is not as planned"
    assert refused(SnapshotId="snap-1", DryRun=True, Force=True) == "Force is not in the plan"


def test_a_part_of_a_step_proves_nothing() -> None:
    """A step is tried when all of its writes can be."""
    deletes, releases = _write("ec2", "DeleteSnapshot", {"SnapshotId": "snap-1"}), _write("ec2", "ReleaseHosts")

    assert len(trials_of((deletes,))) == 1
    assert trials_of((deletes, releases)) == ()
    assert trials_of(()) == ()


@pytest.mark.parametrize(
    ("code", "tried"),
    [
        ("DryRunOperation", Tried.PASSED),
        ("DryRunOperationException", Tried.PASSED),
        ("UnauthorizedOperation", Tried.REFUSED),
        ("AccessDeniedException", Tried.REFUSED),
        ("AccessDenied", Tried.REFUSED),
        ("InvalidSnapshot.NotFound", Tried.UNDECIDED),
        ("RequestLimitExceeded", Tried.UNDECIDED),
        ("<NoConnection>", Tried.UNDECIDED),
    ],
)
def test_what_an_answer_means(code: str, tried: Tried) -> None:
    """Only AWS's own words about permissions decide."""
    assert read_trial(AwsAnswer("ec2:DeleteSnapshot", code, "")) is tried


@pytest.mark.parametrize("worst", [Tried.PASSED, Tried.REFUSED])
def test_the_worst_of_a_step_counts(worst: Tried) -> None:
    """One refusal fails the step with MFA, one success opens it without; else all must agree."""
    other = Tried.REFUSED if worst is Tried.PASSED else Tried.PASSED

    assert joined((other, worst, Tried.UNDECIDED), worst) is worst
    assert joined((other, other), worst) is other
    assert joined((other, Tried.UNDECIDED), worst) is Tried.UNDECIDED
    assert joined((), worst) is Tried.UNDECIDED


@pytest.mark.parametrize(
    ("with_mfa", "without_mfa", "simulated"), list(product(Tried, Tried, (ALLOWED, DENIED, UNSURE)))
)
def test_a_dry_run_outranks_what_was_simulated(with_mfa: Tried, without_mfa: Tried, simulated: Decision) -> None:
    """What was tried counts, what was not stays simulated, and only both together are verified."""
    before = Scenarios(simulated, simulated, simulated)

    after = outranked(before, Trials(with_mfa, without_mfa), (ASK,))

    kinds = {Tried.PASSED: Allowed, Tried.REFUSED: Denied, Tried.UNDECIDED: type(simulated)}
    assert isinstance(after.with_mfa, kinds[with_mfa])
    assert isinstance(after.without_mfa, kinds[without_mfa])
    assert after.no_key is simulated
    if with_mfa is Tried.REFUSED and simulated is not DENIED:
        assert after.with_mfa == Denied((ASK,), "AWS's own dry run", explicit=False, level=Level.ROLE)
    if without_mfa is Tried.PASSED and simulated is not ALLOWED:
        assert after.without_mfa == Allowed((ASK,), "AWS's own dry run")
    both = Tried.UNDECIDED not in {with_mfa, without_mfa}
    assert after.evidence is (Evidence.VERIFIED if both else Evidence.SIMULATED)


def test_the_simulation_still_names_the_statement() -> None:
    """A dry run says yes or no; which statement decided, the simulation says where it agrees."""
    after = outranked(Scenarios(ALLOWED, DENIED, DENIED), Trials(Tried.PASSED, Tried.REFUSED), (ASK,))

    assert (after.with_mfa, after.without_mfa) == (ALLOWED, DENIED)


def test_the_catalogue_has_an_action_that_is_tried() -> None:
    """The mechanism has a user."""
    assert "ec2.delete_snapshot" in [action.name for action in ACTIONS]
