"""What is pictured besides one run: a team, sixty steps, CI, a changed plan, a resumption, ways back, many accounts."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from pathlib import Path
from types import MappingProxyType

import yaml
from markdown_it import MarkdownIt

from tests.approvals.people import ALICE_ARN, make_people
from tests.conftest import BUCKET
from tests.e2e.fleets import fleet_playbook, fleet_world
from tests.e2e.test_faults import DENIED
from tests.e2e.wire import Answer, tapped
from tests.pictures.studio import ROOT, Studio

TEARDOWN = "teardown.yaml"
_FRAME = """<!doctype html><meta charset="utf-8"><meta name="viewport" content="width=device-width"><style>
body { font: 15px/1.5 system-ui, sans-serif; max-width: 56rem; margin: 1rem auto; padding: 0 1rem }
table { border-collapse: collapse; display: block; overflow-x: auto }
td, th { border: 1px solid #ccc; padding: .3em .6em }
code { background: #eee; padding: .1em .3em; overflow-wrap: anywhere }</style>"""
"""A little of what a pull request makes of Markdown."""


def _approvals(studio: Studio) -> None:
    """Bob approves what Alice planned, and Alice applies it."""
    team = _teardown(studio.room("team"))
    floor = {"version": 1, "approvals": {"minimum": 1, "allowed_signers": "allowed_signers"}}
    people = make_people(team.home / "keys")
    (team.desk / ".runner").mkdir()
    (team.desk / ".runner" / "guardrails.yaml").write_text(json.dumps(floor), encoding="utf-8")
    (team.desk / ".runner" / "allowed_signers").write_text(people.allowed_signers.read_text("utf-8"), encoding="utf-8")
    team.out("plan", TEARDOWN, "-o", "plan.json")
    bob = ("--as", "bob@acme.example", "--key", str(people.key("bob")), "--comment", "checked: orders-v2 has them")
    team.take("approve", "approve", "plan.json", *bob, answers=True, title="runner approve plan.json")
    team.take("approvals", "approvals", "plan.json", "--operator", ALICE_ARN)
    team.take("apply-approved", "apply", "plan.json", "--allowed-signers", ".runner/allowed_signers", answers=True)


def _sixty(studio: Studio) -> None:
    """Plan sixty topics, one of which is not there any more."""
    many = studio.room("sixty")
    sns = many.lab.client("sns")
    for number in range(1, 60):
        sns.create_topic(Name=f"orders-v1-{number:02}")
    steps = (
        {"id": f"t{number:02}", "action": "sns.delete_topic", "target": {"topic": f"orders-v1-{number:02}"}}
        for number in range(1, 61)
    )
    book = {
        **_head("retire-topics", "No subscriber is left since orders-v2 took over."),
        "limits": {"steps": 60, "share": "100%"},
        "steps": [{**step, "irreversible": "nobody listens"} for step in steps],
    }
    (many.desk / "topics.yaml").write_text(yaml.safe_dump(book, sort_keys=False), encoding="utf-8")
    _permit(many, "topics.yaml")
    many.take("plan-60-steps", "plan", "topics.yaml")
    written = many.out("plan", "topics.yaml", "--output", "markdown")
    markdown = MarkdownIt("commonmark", {"html": True}).enable("table")
    many.page("plan-60-steps-markdown", _FRAME + markdown.render(written))


def _ci(studio: Studio) -> None:
    """Apply without a terminal, as a CI job does."""
    job = _teardown(studio.room("ci"))
    job.out("plan", TEARDOWN, "-o", "plan.json")
    phrase = json.loads(job.out("show", "plan.json", "--output", "json"))["confirm"]
    job.take_log("ci-log", "apply", "plan.json", "--confirm", phrase)


def _compared(studio: Studio) -> None:
    """Compare a plan with an earlier one, after somebody has written to the bucket and changed its tags."""
    review = _teardown(studio.room("compared"))
    review.out("plan", TEARDOWN, "-o", "plan.json")
    s3 = review.lab.client("s3")
    s3.put_object(Bucket=BUCKET, Key="exports/new.csv", Body=b"1")
    s3.put_bucket_tagging(Bucket=BUCKET, Tagging={"TagSet": [{"Key": "Team", "Value": "billing"}]})
    review.take("compared", "plan", TEARDOWN, "--against", "plan.json")
    review.page("compared-page", review.out("plan", TEARDOWN, "--against", "plan.json", "--output", "html"))


def _resumed(studio: Studio) -> None:
    """AWS refuses the last step of a run; when that is mended, the rest is done."""
    night = _teardown(studio.room("night"))

    def refuse(method: str, path: str, _: bytes) -> Answer | None:
        return Answer(403, DENIED) if method == "DELETE" and path == f"/{BUCKET}" else None

    with tapped(night.sandbox.endpoint) as wire:
        wire.fault = refuse
        broken = Studio(night.sandbox, night.home, night.into, wire.endpoint)
        broken.take("apply-partial", "apply", TEARDOWN, answers=True)
    night.take("resume", "resume", answers=True)


def _undone(studio: Studio) -> None:
    """Delete a role, hide some objects, and take both back."""
    back = studio.room("back")
    iam, s3 = back.lab.client("iam"), back.lab.client("s3")
    lets = {"Effect": "Allow", "Principal": {"Service": "ec2.amazonaws.com"}, "Action": "sts:AssumeRole"}
    trust = json.dumps({"Version": "2012-10-17", "Statement": [lets]})
    iam.create_role(RoleName="orders-v1", AssumeRolePolicyDocument=trust, Tags=[{"Key": "Team", "Value": "orders"}])
    s3.put_bucket_versioning(Bucket=BUCKET, VersioningConfiguration={"Status": "Enabled"})
    book = {
        **_head("retire-orders", "Set aside for a week, to see who misses it."),
        "steps": [
            {"id": "hide", "action": "s3.hide_objects", "target": {"bucket": BUCKET, "prefix": "exports/2025/"}},
            {"id": "role", "action": "iam.delete_role", "target": {"role": "orders-v1"}, "mfa_protected": False},
        ],
    }
    (back.desk / "retire.yaml").write_text(yaml.safe_dump(book, sort_keys=False), encoding="utf-8")
    _permit(back, "retire.yaml")
    back.run("apply", "retire.yaml", answers=True)
    back.out("undo", "-o", "undo.yaml")
    _permit(back, "undo.yaml")
    back.take("undo-run", "undo", answers=True)


def _fleet(studio: Studio) -> None:
    """Plan the same deletion in two accounts and three regions."""
    fleet = studio.room("fleet")
    fleet_world(fleet.lab)
    fleet_playbook(fleet.lab)
    fleet.take("plan-fleet", "plan", "fleet.yaml")
    fleet.page("plan-fleet-page", fleet.out("plan", "fleet.yaml", "--output", "html"))


def _teardown(studio: Studio) -> Studio:
    """Put the example playbook on the desk."""
    text = (ROOT / "playbooks" / TEARDOWN).read_text(encoding="utf-8")
    (studio.desk / TEARDOWN).write_text(text, encoding="utf-8")
    return studio


def _head(name: str, why: str) -> dict[str, object]:
    """Return what stands at the head of a playbook."""
    return {
        "version": 1,
        "name": name,
        "description": why,
        "owner": "team-orders@acme.example",
        "account": {"id": "222222222222", "alias": "acme-staging"},
        "region": "ap-northeast-1",
        "role_arn": "arn:aws:iam::222222222222:role/Teardown",
    }


def _permit(studio: Studio, playbook: str) -> None:
    """Let the role do what a playbook needs."""
    printed = studio.out("permissions", playbook, "--operator", ALICE_ARN, "--output", "json")
    for number, document in enumerate(json.loads(printed)["roles"][0]["policies"]):
        name = f"{Path(playbook).stem}-{number}"
        studio.lab.client("iam").put_role_policy(
            RoleName="Teardown", PolicyName=name, PolicyDocument=json.dumps(document)
        )


ALL: Mapping[str, Callable[[Studio], None]] = MappingProxyType(
    {
        "approvals": _approvals,
        "sixty": _sixty,
        "ci": _ci,
        "compared": _compared,
        "resumed": _resumed,
        "undone": _undone,
        "fleet": _fleet,
    }
)
"""Every story by its name."""
