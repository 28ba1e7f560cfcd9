"""One playbook for several accounts and regions: one code, one sealed plan, applied account by account."""

from __future__ import annotations

from runner.audit.verify import Verified, verify_ledger
from tests.conftest import Ended, Lab
from tests.e2e.driving import here
from tests.e2e.fleets import BUCKETS, FIRST, SECOND, fleet_playbook, fleet_world, left
from tests.e2e.test_faults import DENIED
from tests.e2e.watching import of_kind
from tests.e2e.wire import Answer, tapped


def refuse_the_second_bucket(method: str, path: str, _: bytes) -> Answer | None:
    """Refuse the deletion of the first account's bucket in its second region (a `Fault`)."""
    return Answer(403, DENIED) if method == "DELETE" and path == f"/{BUCKETS[1]}" else None


def later(lab: Lab) -> str:
    """Return a code of a minute later."""
    lab.sandbox.advance(60)
    return lab.sandbox.code()


def failed(lab: Lab) -> Ended:
    """Apply the playbook while the deletion of one bucket is refused."""
    fleet_world(lab)
    book = str(fleet_playbook(lab))
    phrase = here(lab, "plan", book, "--output", "json", code=later(lab)).data["confirm"]
    with tapped(lab.sandbox.endpoint) as wire:
        wire.fault = refuse_the_second_bucket
        environment = {"AWS_ENDPOINT_URL": wire.endpoint}
        one_by_one = ("--parallel", "1")
        return here(lab, "apply", book, "--confirm", phrase, *one_by_one, code=later(lab), env=environment)


def states(lab: Lab) -> list[str]:
    """Return how the steps ended, in order."""
    return [record["state"] for record in of_kind(lab, "step.close")]


def test_one_sealed_plan_for_all(lab: Lab) -> None:
    """The plan has a section for each account; what was sealed is what is applied, with one code in all."""
    fleet_world(lab)
    book, plan = str(fleet_playbook(lab)), str(lab.directory / "plan.json")
    planned = here(lab, "plan", book, "-o", plan, "--output", "markdown")
    assert planned.code == 0, planned.err
    assert f"**Account `{FIRST}` (`acme-staging`)**" in planned.out
    assert f"**Account `{SECOND}`**" in planned.out
    shown = here(lab, "show", plan, "--output", "json").data
    assert [section["account"]["id"] for section in shown["sections"]] == [FIRST, SECOND]
    assert shown["sections"][0]["regions"] == ["ap-northeast-1", "ap-northeast-2"]
    assert shown["confirm"].startswith("delete 6 in 2 accounts ")

    lab.sandbox.advance(60)
    ended = here(lab, "apply", plan, "--confirm", shown["confirm"])

    assert ended.code == 0, ended.err
    assert left(lab) == ()
    (opened,) = of_kind(lab, "run.open")
    assert (opened["account"], opened["accounts"]) == ("", [FIRST, SECOND])
    assert len(of_kind(lab, "mfa.session")) == 1
    assert [one["role_session"].split(":")[4] for one in of_kind(lab, "mfa.proof")] == [FIRST, SECOND]
    assert [record["account"] for record in of_kind(lab, "call.intent")] == [FIRST] * 4 + [SECOND] * 2
    assert isinstance(verify_ledger(lab.ledger), Verified)
    again = here(lab, "apply", plan, "--confirm", shown["confirm"])
    assert again.code == 3
    assert here(lab, "audit", "list", "--account", SECOND, "--output", "json").data["runs"]


def test_a_failure_stops_the_line_and_the_rest_is_resumed(lab: Lab) -> None:
    """What fails in one account keeps every later one from being touched; a resumption does what is left, once."""
    ended = failed(lab)

    assert ended.code == 6, ended.err
    assert left(lab) == BUCKETS[1:]
    assert states(lab) == ["gone", "gone", "gone", "still there", "not attempted", "not attempted"]

    asked = here(lab, "resume", code=later(lab))
    assert asked.code == 5, asked.err
    phrase = asked.said.partition('--confirm "')[2].partition('"')[0]
    assert phrase.startswith("delete 3 in 2 accounts ")
    rest = here(lab, "resume", "--confirm", phrase, "--parallel", "1", code=later(lab))

    assert rest.code == 0, rest.err
    assert left(lab) == ()
    assert states(lab)[6:] == ["already gone", "already gone", "already gone", "gone", "gone", "gone"]


def test_every_account_is_held_to_the_floor_before_a_code_is_spent(lab: Lab) -> None:
    """Guardrails that allow one of two accounts refuse the playbook; permissions and explain know both."""
    fleet_world(lab)
    book, floor = str(fleet_playbook(lab)), lab.directory / "guardrails.yaml"
    floor.write_text(f'version: 1\naccounts: ["{FIRST}"]\n', encoding="utf-8")
    planned = here(lab, "plan", book, "--guardrails", str(floor), "--mfa-from", "false")
    explained = here(lab, "guardrails", "explain", book, "--guardrails", str(floor), "--output", "json")
    permitted = here(lab, "permissions", book, "--output", "json").data

    assert planned.code == 3
    assert f"account {SECOND} is not among those that the guardrails allow" in planned.said
    assert [found["check"] for found in explained.data["findings"]] == ["account_is_allowed"]
    assert [one["role_arn"] for one in permitted["roles"]] == [
        f"arn:aws:iam::{account}:role/Teardown" for account in (FIRST, SECOND)
    ]
    assert permitted["operator"]["Statement"][0]["Resource"] == [one["role_arn"] for one in permitted["roles"]]
