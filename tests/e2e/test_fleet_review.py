"""A plan for several accounts is approved, compared with an older one and applied like any other."""

from __future__ import annotations

import json

import pytest

from runner.guard.confirmation import approval_phrase
from runner.model.sealed import SealedPlan, read_sealed
from tests.approvals.people import People, make_people
from tests.conftest import Ended, Lab
from tests.e2e.driving import here
from tests.e2e.fleets import BUCKETS, FIRST, SECOND, fleet_playbook, fleet_world, left
from tests.e2e.test_pages import Reader, assert_harmless
from tests.e2e.watching import of_kind


@pytest.fixture(scope="module")
def people(tmp_path_factory: pytest.TempPathFactory) -> People:
    """Return people with keys."""
    return make_people(tmp_path_factory.mktemp("people"))


def sealed_fleet(lab: Lab) -> SealedPlan:
    """Seal a plan for two accounts that one peer has to approve."""
    fleet_world(lab)
    (lab.directory / ".runner").mkdir()
    (lab.directory / ".runner" / "guardrails.yaml").write_text(
        json.dumps({"version": 1, "approvals": {"minimum": 1}}), encoding="utf-8"
    )
    fleet_playbook(lab)
    planned = here(lab, "plan", "fleet.yaml", "-o", "plan.json", code=lab.sandbox.code())
    assert planned.code == 0, planned.err
    return read_sealed((lab.directory / "plan.json").read_bytes(), "plan.json")


def approve(lab: Lab, people: People, sealed: SealedPlan) -> Ended:
    """Let a peer approve the plan."""
    named = ("--as", "bob@acme.example", "--key", str(people.key("bob")))
    return here(lab, "approve", "plan.json", *named, "--confirm", approval_phrase(sealed), "--output", "json")


def apply(lab: Lab, people: People, confirm: str) -> Ended:
    """Apply the sealed plan, judged by the people's list."""
    signers = ("--allowed-signers", str(people.allowed_signers))
    return here(lab, "apply", "plan.json", *signers, "--confirm", confirm, code=lab.sandbox.code())


def test_one_approval_is_for_all_accounts(lab: Lab, people: People) -> None:
    """The peer is shown every account and signs for all of them; without that word none is touched."""
    sealed = sealed_fleet(lab)
    phrase = json.loads(here(lab, "show", "plan.json", "--output", "json").out)["confirm"]
    refused = apply(lab, people, phrase)
    assert refused.code == 5, refused.err
    assert left(lab) == BUCKETS

    approved = approve(lab, people, sealed)
    assert approved.code == 0, approved.err
    statement = approved.data["statement"]
    assert (statement["accounts"], statement["resource_count"]) == ([FIRST, SECOND], 6)
    assert FIRST in approved.said
    assert SECOND in approved.said
    ended = apply(lab, people, phrase)

    assert ended.code == 0, ended.err
    assert left(lab) == ()
    (accepted,) = of_kind(lab, "approval.accepted")
    assert accepted["approver"] == "bob@acme.example"


def test_what_changed_in_one_account_is_said_of_that_account(lab: Lab) -> None:
    """Only the account whose bucket changed is in the comparison, in every form."""
    sealed_fleet(lab)
    lab.client("s3", "admin-third").put_bucket_versioning(
        Bucket=BUCKETS[2], VersioningConfiguration={"Status": "Enabled"}
    )
    args = ("plan", "fleet.yaml", "--against", "plan.json", "-o", "new.json")
    changed = here(lab, *args, "--output", "json", code=lab.sandbox.code())
    said, comment, page = (
        here(lab, "show", "new.json", "--against", "plan.json", "--output", form).out
        for form in ("text", "markdown", "html")
    )

    assert changed.code == 3, changed.err
    assert {one["step"] for one in changed.data["changes"]} == {f"{SECOND}/empty", f"{SECOND}/bucket"}
    assert "step 6 333333333333/bucket: s3.delete_bucket" in " ".join(said.split())
    assert f"| `5 {SECOND}/empty` | `s3.empty_bucket arn:aws:s3:::{BUCKETS[2]}` |" in comment
    assert f"s3.delete_bucket arn:aws:s3:::{BUCKETS[2]}" in Reader(page).text
    assert not any(FIRST in shown for shown in (said, comment, page))
    assert_harmless(page)
