"""One playbook with a step of each kind, planned and applied: ``make bench-kinds``.

Things and steps are those of the tests of single services, gathered in one world: each test makes its things and is
stopped where it would run its playbook. Printed is how long ``runner plan`` takes in this process. It is not among the
tests that always run, because each of these services is tried there already.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Mapping
from typing import Any
from unittest import mock

import pytest

from runner.catalog import ACTIONS
from runner.cli.wiring import SystemClock
from tests.conftest import Lab
from tests.e2e import (
    test_catalog_backup,
    test_catalog_cloudformation,
    test_catalog_cognito,
    test_catalog_compute,
    test_catalog_containers,
    test_catalog_dynamodb,
    test_catalog_ec2,
    test_catalog_efs,
    test_catalog_elasticache,
    test_catalog_iam,
    test_catalog_kms,
    test_catalog_messaging,
    test_catalog_names,
    test_catalog_rds,
    test_catalog_s3,
    test_catalog_secrets,
)
from tests.e2e.catalogue import REGION, Trial, step
from tests.e2e.driving import here

BUCKET = "acme-of-every-kind"
LIMIT = 5.0
"""Seconds that planning may take."""
MAKERS: tuple[Callable[..., None], ...] = (
    test_catalog_backup.test_a_vault_goes_after_its_recovery_points,
    test_catalog_cloudformation.test_a_stack_dies_with_what_is_in_it,
    test_catalog_cognito.test_a_user_pool_goes_with_its_clients,
    test_catalog_compute.test_what_runs_code_is_deleted_with_mfa_only,
    test_catalog_containers.test_containers_are_deleted_with_mfa_only,
    test_catalog_dynamodb.test_a_table_goes_and_a_backup_stays,
    test_catalog_ec2.test_what_computes_and_stores_is_deleted_with_mfa_only,
    test_catalog_ec2.test_a_network_is_deleted_from_its_leaves_up,
    test_catalog_efs.test_a_file_system_goes_after_its_mount_targets,
    test_catalog_elasticache.test_caches_go_and_their_snapshots_stay,
    test_catalog_iam.test_everything_of_iam_is_deleted_in_order,
    test_catalog_kms.test_keys_are_set_aside_and_scheduled,
    test_catalog_messaging.test_all_of_them_are_deleted_in_order,
    test_catalog_names.test_records_zones_and_access_points_are_deleted_in_order,
    test_catalog_rds.test_databases_go_and_their_last_copies_stay,
    test_catalog_s3.test_a_key_and_a_prefix_go_and_their_neighbours_stay,
    test_catalog_secrets.test_secrets_and_parameters_go,
)


class Gathered(Exception):
    """Stop a test where it would run its playbook."""


def gathered(lab: Lab) -> tuple[list[Mapping[str, Any]], list[Mapping[str, str]]]:
    """Make everything, and return the steps and what of them may be unknown; ids carry their test's number."""
    steps: list[Mapping[str, Any]] = []
    unknown: list[Mapping[str, str]] = []
    for number, make in enumerate(MAKERS):

        def gather(trial: Trial, number: int = number) -> None:
            names = {one["id"]: f"{one['id']}-{number}" for one in trial.steps}
            for one in trial.steps:
                needs = {"needs": [names[need] for need in one["needs"]]} if "needs" in one else {}
                steps.append({**one, "id": names[one["id"]], **needs})
            unknown.extend(one for one in trial.accept_unknown if one not in unknown)
            raise Gathered

        given = {"asleep": lambda _: None} if "asleep" in make.__code__.co_varnames else {}
        with mock.patch.object(Trial, "run", gather), pytest.raises(Gathered):
            make(lab, **given)
    # The sandbox does not filter instances by their profile, so that any instance is in a profile's way.
    instances = [one["id"] for one in steps if one["action"] == "ec2.terminate_instance"]
    after = ({**one, "needs": [*one.get("needs", ()), *instances]} for one in steps)
    profiles = "iam.delete_instance_profile"
    return [later if one["action"] == profiles else one for one, later in zip(steps, after, strict=True)], unknown


def test_one_step_of_each_kind(lab: Lab) -> None:
    """Every kind that these tests know is planned at once, within the limit, and applied."""
    steps, unknown = gathered(lab)
    lab.client("s3").create_bucket(Bucket=BUCKET, CreateBucketConfiguration={"LocationConstraint": REGION})
    lab.client("s3").put_object(Bucket=BUCKET, Key="a", Body=b"1")
    steps.append(step("empty", "s3.empty_bucket", {"bucket": BUCKET}))
    steps.append(step("bucket", "s3.delete_bucket", {"bucket": BUCKET}, needs=["empty"]))
    limits = {"steps": len(steps), "share": "100%", "cascade": 100}
    path = Trial(lab, tuple(steps), limits, tuple(unknown)).write()
    started = time.perf_counter()
    planned = here(lab, "plan", path, "--output", "json", code=lab.sandbox.code())
    taken = time.perf_counter() - started
    blocked = [
        (one["id"], said["message"]) for one in planned.data["steps"] for said in one["findings"] if said["blocks"]
    ]
    assert planned.code == 0, (blocked, planned.data["findings"])
    kinds = {one["action"] for one in planned.data["steps"]}
    left = sorted({action.name for action in ACTIONS} - kinds)
    sys.stdout.write(f"\n{len(steps)} steps of {len(kinds)} kinds planned in {taken:.2f} s (limit {LIMIT:.0f} s)\n")
    sys.stdout.write(f"kinds without a step: {', '.join(left)}\n")
    lab.sandbox.advance(60)
    started = time.perf_counter()
    with mock.patch.object(SystemClock, "sleep", lambda _, seconds: time.sleep(min(seconds, 0.05))):
        confirm = str(planned.data["confirm"])
        ended = here(lab, "apply", path, "--confirm", confirm, "--output", "json", code=lab.sandbox.code())
    sys.stdout.write(f"applied in {time.perf_counter() - started:.1f} s, waits shortened\n")
    told = [(one["id"], one["state"], one.get("why", "")) for one in ended.data["steps"]]
    assert ended.code == 0, [
        one for one in told if one[1] in {"still there", "not attempted"} and "earlier" not in one[2]
    ]
    assert taken <= LIMIT
