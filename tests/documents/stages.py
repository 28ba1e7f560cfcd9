"""What the reader of a page has before its first command, and what stands for values that are the reader's own."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from runner.guard.confirmation import approval_phrase
from runner.model.sealed import read_sealed
from tests.approvals.people import People, make_people
from tests.conftest import Lab
from tests.documents.pages import ROOT
from tests.e2e.driving import here
from tests.e2e.fleets import fleet_playbook, fleet_world

ROLE = "arn:aws:iam::222222222222:role/Teardown"
Options = Callable[[Lab], tuple[str, ...]]
"""What a reader adds to a command: options that a page explains elsewhere, answers to questions."""


def _nothing(lab: Lab) -> None:
    del lab


@dataclass(frozen=True)
class Stage:
    """Say what is done before a page is followed, which words are the reader's own, and how commands may end."""

    before: tuple[str, ...] = ()
    build: Callable[[Lab], None] = _nothing
    own: Mapping[str, str] = field(default_factory=dict)
    adds: Mapping[str, Options] = field(default_factory=dict)
    """By the beginning of a command."""
    ends: Mapping[str, int] = field(default_factory=dict)
    """By the beginning of a command, the exit code that the page says where it is not 0."""


def _people(lab: Lab) -> People:
    """Return people with keys, and guardrails that ask for an approval."""
    people = make_people(lab.directory / "keys")
    floor = {"version": 1, "approvals": {"minimum": 1}}
    (lab.directory / ".runner").mkdir()
    (lab.directory / ".runner" / "guardrails.yaml").write_text(json.dumps(floor), encoding="utf-8")
    return people


def _team(lab: Lab) -> None:
    _people(lab)
    shutil.copy(ROOT / "playbooks" / "teardown.yaml", lab.directory / "playbooks" / "retire-orders.yaml")


def _bobs_answer(lab: Lab) -> tuple[str, ...]:
    sealed = read_sealed((lab.directory / "playbooks" / "retire-orders.plan.json").read_bytes(), "the plan")
    key = lab.directory / "keys" / "bob"
    return ("--as", "bob@acme.example", "--key", str(key), "--confirm", approval_phrase(sealed))


def _list_of_keys(lab: Lab) -> tuple[str, ...]:
    return ("--allowed-signers", str(lab.directory / "keys" / "allowed_signers"))


def _fleet(lab: Lab) -> None:
    fleet_world(lab)
    fleet_playbook(lab).rename(lab.directory / "playbooks" / "exports.yaml")


def _old_bucket(lab: Lab) -> None:
    where = {"LocationConstraint": "ap-northeast-1"}
    lab.client("s3").create_bucket(Bucket="old-bucket", CreateBucketConfiguration=where)


def _phrase(lab: Lab) -> tuple[str, ...]:
    """Return the phrase of the plan as it is now, in the place of the page's."""
    told: str = here(lab, "plan", "teardown.yaml", "--output", "json", code=lab.sandbox.code()).data["confirm"]
    lab.sandbox.advance(60)
    return ("--confirm", told)


STAGES: Mapping[str, Stage] = {
    "docs/tutorial/first-deletion-in-the-sandbox.md": Stage(),
    "docs/how-to/first-deletion.md": Stage(),
    "docs/how-to/review-and-apply-a-sealed-plan.md": Stage(before=("plan playbooks/teardown.yaml -o old.json",)),
    "docs/how-to/pages.md": Stage(before=("plan teardown.yaml -o plan.json", "apply teardown.yaml")),
    "docs/how-to/undo-a-run.md": Stage(before=("apply teardown.yaml",)),
    "docs/how-to/find-out-what-is-wrong.md": Stage(),
    "docs/how-to/guardrails.md": Stage(),
    "docs/how-to/editors-and-shells.md": Stage(),
    "docs/how-to/approvals-in-a-team.md": Stage(
        build=_team, adds={"approve": _bobs_answer, "approvals": _list_of_keys, "apply": _list_of_keys}
    ),
    "docs/how-to/many-accounts.md": Stage(build=_fleet),
    "docs/how-to/credentials-for-other-tools.md": Stage(build=_old_bucket),
    "docs/how-to/draft-a-playbook.md": Stage(ends={"validate": 2}),
    "docs/how-to/explain-a-refusal.md": Stage(before=("apply teardown.yaml",), own={"01K7QX": ""}),
    "docs/how-to/mfa-codes.md": Stage(own={"delete 2 in 222222222222 3f2a9c": ""}, adds={"apply": _phrase}),
}
"""The pages that are played."""
