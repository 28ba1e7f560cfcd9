"""What the guards refuse, against a real policy engine: exit 3, the reason, the remedy, and nothing touched."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Any, TypeAlias

import pytest

from tests.conftest import BUCKET, Ended, Lab, role
from tests.e2e.driving import apply, here
from tests.e2e.watching import FULL, assert_honest, assert_untouched, contents, kinds
from tests.e2e.wire import Answer, tapped

ROLE = "arn:aws:iam::222222222222:role/Teardown"
RESOURCE = f"arn:aws:s3:::{BUCKET}"
Change: TypeAlias = Callable[[dict[str, Any]], None]


def bucket_of(world: dict[str, Any]) -> dict[str, Any]:
    """Return the bucket of a world."""
    found: dict[str, Any] = world["accounts"][1]["buckets"][0]
    return found


def without(action: str) -> Change:
    """Return the change that takes an action away from the role."""

    def change(world: dict[str, Any]) -> None:
        for statement in role(world)["policies"]["teardown"]["Statement"]:
            named = statement["Action"]
            if isinstance(named, list) and action in named:
                named.remove(action)
        kept = [one for one in role(world)["policies"]["teardown"]["Statement"] if one["Action"] not in ([], action)]
        role(world)["policies"]["teardown"]["Statement"] = kept

    return change


def statement(**changes: Any) -> Change:
    """Return the change that edits the one statement of the bucket policy."""
    return lambda world: bucket_of(world)["policy"]["Statement"][0].update(changes)


def added(principal: Mapping[str, Any] = MappingProxyType({"Principal": "*"}), **extra: Any) -> Change:
    """Return the change that adds a Deny to the bucket policy."""
    base = {"Effect": "Deny", "Action": "s3:DeleteBucket", "Resource": RESOURCE}
    return lambda world: bucket_of(world)["policy"]["Statement"].append({**base, **principal, **extra})


def plan(lab: Lab, change: Change = lambda _: None) -> Ended:
    """Plan the example playbook with a change; the plan is data."""
    return here(lab, "plan", str(lab.playbook(change)), "--output", "json", code=lab.sandbox.code())


def verdicts(ended: Ended) -> dict[str, str]:
    """Return the verdict of each step."""
    return {step["id"]: step["verdict"]["protection"] for step in ended.data["steps"] if step["verdict"] is not None}


def findings(ended: Ended) -> dict[str, str]:
    """Return every finding that blocks: its check, and its text with the hint."""
    found = [finding for step in ended.data["steps"] for finding in step["findings"]] + ended.data["findings"]
    return {it["check"]: f"{it['message']} {it['hint']}" for it in found if it["blocks"]}


def assert_refused(lab: Lab, ended: Ended, *words: str) -> None:
    """Fail unless a guard stopped the command with exit code 3, the words, and what is next."""
    assert ended.code == 3, ended.err
    for word in (*words, "touched: nothing was touched", "next: ", "exit: 3 (refused)"):
        assert word in ended.said
    assert "Traceback" not in ended.err
    assert_untouched(lab)


BOOL_ONLY = {"Bool": {"aws:MultiFactorAuthPresent": "false"}}
INVERTED = {"BoolIfExists": {"aws:MultiFactorAuthPresent": "true"}}


@pytest.mark.parametrize(
    ("change", "verdict", "words"),
    [
        pytest.param(
            without("iam:SimulatePrincipalPolicy"),
            "cannot tell",
            ("iam:SimulatePrincipalPolicy", "AccessDenied"),
            id="may not simulate",
        ),
        pytest.param(
            lambda world: bucket_of(world).pop("policy"),
            "unprotected",
            ('"Sid":"DenyWithoutMfa"', '"BoolIfExists":{"aws:MultiFactorAuthPresent":"false"}', RESOURCE),
            id="no bucket policy",
        ),
        pytest.param(
            statement(Condition=BOOL_ONLY),
            "unprotected for long-term keys",
            ("use BoolIfExists instead of Bool", "access key"),
            id="Bool",
        ),
        pytest.param(statement(Condition=INVERTED), "inverted", ("condition is inverted",), id="inverted"),
        pytest.param(
            added(Sid="NobodyEver"), "will fail", ("statement NobodyEver of the bucket policy",), id="denied to all"
        ),
        pytest.param(
            added(
                Sid="OnlyBreakGlass", principal={"NotPrincipal": {"AWS": "arn:aws:iam::222222222222:role/BreakGlass"}}
            ),
            "cannot tell",
            ("statement OnlyBreakGlass of the bucket policy", "NotPrincipal"),
            id="NotPrincipal",
        ),
        pytest.param(
            without("s3:DeleteBucket"), "will fail", ("no statement allows it", "grant the role"), id="not allowed"
        ),
        pytest.param(
            added(Sid="OldCode", Condition={"NumericGreaterThanEquals": {"aws:MultiFactorAuthAge": "0"}}),
            "will fail",
            ("statement OldCode",),
            id="age of the code",
        ),
    ],
)
def test_verdicts_that_refuse(lab: Lab, change: Change, verdict: str, words: tuple[str, ...]) -> None:
    """Whatever is not plainly protected refuses the step and says which statement, and what would help."""
    lab.world(change)
    ended = plan(lab)

    assert ended.code == 3, ended.err
    assert verdicts(ended)["bucket"] == verdict
    found = findings(ended)["mfa_protects_the_target"]
    for word in words:
        assert word in found
    assert ended.data["confirm"] is None
    assert_untouched(lab)


def test_apply_refuses_what_plan_refuses(lab: Lab) -> None:
    """``apply`` shows the refused plan, which ends with its findings, asks nothing, and leaves an empty log."""
    lab.world(lambda world: bucket_of(world).pop("policy"))
    ended = lab.run("apply", str(lab.playbook()), code=lab.sandbox.code())

    assert_refused(lab, ended, "refused bucket mfa_protects_the_target", "error: the plan is refused: 1 finding")
    assert "unprotected" in ended.err
    assert ended.said.count("mfa_protects_the_target") == ended.said.count('"DenyWithoutMfa"') == 1
    assert "run.open" not in kinds(lab)
    assert ended.out == ""


def test_apply_hands_a_program_the_findings(lab: Lab) -> None:
    """With ``--output json`` no plan is shown, and the error carries what refuses it."""
    lab.world(lambda world: bucket_of(world).pop("policy"))
    ended = here(lab, "apply", str(lab.playbook()), "--output", "json", code=lab.sandbox.code())

    assert_refused(lab, ended, "bucket: mfa_protects_the_target")
    (finding,) = ended.data["error"]["findings"]
    assert finding.startswith("bucket: mfa_protects_the_target: ")


def test_reviewers_can_let_an_unprotected_bucket_through(lab: Lab) -> None:
    """``mfa_protected: false`` states openly that MFA does not protect the target; everything else still holds."""
    lab.world(lambda world: bucket_of(world).pop("policy"))

    def stated(data: dict[str, Any]) -> None:
        data["steps"][1]["mfa_protected"] = False

    planned = plan(lab, stated)
    ended = apply(lab, lab.playbook(stated))

    assert ended.code == 0, ended.err
    assert verdicts(planned)["bucket"] == "unprotected"
    assert "mfa_protects_the_target" in [note["check"] for note in planned.data["steps"][1]["findings"]]
    assert not lab.bucket_exists()
    assert_honest(lab)


def test_a_role_that_may_not_read_itself(lab: Lab) -> None:
    """Without iam:GetRole nobody can tell whether the session carries MFA, which is refused."""
    lab.world(without("iam:GetRole"))
    ended = here(lab, "plan", str(lab.playbook()), code=lab.sandbox.code())

    assert_refused(lab, ended, "cannot be told whether the role session carries MFA", "grant the role iam:GetRole")


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"id": "222222222222", "alias": "acme-production"}, ("has acme-staging", "says acme-production")),
        ({"id": "333333333333"}, ("222222222222", "333333333333")),
    ],
    ids=["alias", "id"],
)
def test_the_account_pin(lab: Lab, change: Mapping[str, str], words: tuple[str, ...]) -> None:
    """Another account than the reviewed one is refused, by id and by alias."""
    playbook = lab.playbook(lambda data: data.update(account=dict(change)))
    ended = here(lab, "plan", str(playbook), code=lab.sandbox.code())

    assert ended.code in {2, 3}, ended.err
    for word in words:
        assert word in ended.said
    assert_untouched(lab)


def test_an_alias_that_may_not_be_read(lab: Lab) -> None:
    """A pin that cannot be checked does not hold."""
    lab.world(without("iam:ListAccountAliases"))
    ended = here(lab, "plan", str(lab.playbook()), code=lab.sandbox.code())

    assert_refused(lab, ended, "alias could not be read", "iam:ListAccountAliases")


def test_a_bucket_that_is_not_there(lab: Lab) -> None:
    """A bucket that was absent before the run is reported as what it is, with exit code 0 and no question."""
    lab.world(lambda world: world["accounts"][1].update(buckets=[]))
    ended = lab.run("apply", str(lab.playbook()), "--output", "json", code=lab.sandbox.code())

    assert ended.code == 0, ended.err
    assert [step["state"] for step in ended.data["steps"]] == ["already gone", "already gone"]
    assert "call.intent" not in kinds(lab)
    assert_honest(lab)


def test_a_bucket_of_another_account(lab: Lab) -> None:
    """A bucket name that belongs to somebody else now is refused, although its owner allows everything."""
    lab.world(moved)
    ended = plan(lab)

    assert ended.code == 3, ended.err
    assert set(findings(ended)) == {"target_is_readable"}
    assert contents(lab, profile="admin-auth") == FULL


def test_a_bucket_of_another_region(lab: Lab) -> None:
    """AWS redirects to the bucket's region; no request follows it, and the reviewers learn which region to write."""
    ended = here(lab, "plan", str(lab.playbook(lambda data: data.update(region="eu-west-1"))), code=lab.sandbox.code())

    assert ended.code == 3, ended.err
    assert "s3:HeadBucket: 301" in " ".join(ended.out.split())
    assert "set `region: ap-northeast-1`" in " ".join(ended.out.split())


def moved(world: dict[str, Any]) -> None:
    """Give the bucket to the other account, which lets the role do everything in it."""
    bucket = world["accounts"][1]["buckets"].pop()
    permission = {
        "Effect": "Allow",
        "Principal": {"AWS": ROLE},
        "Action": "s3:*",
        "Resource": [RESOURCE, f"{RESOURCE}/*"],
    }
    bucket["policy"]["Statement"].append(permission)
    world["accounts"][0]["buckets"] = [bucket]


@pytest.mark.parametrize(
    ("action", "check"),
    [
        ("s3:GetBucketPolicy", "policy_is_readable"),
        ("s3:GetBucketTagging", "tags_is_readable"),
        ("s3:GetBucketVersioning", "versioning_is_readable"),
        ("s3:GetBucketObjectLockConfiguration", "lock_is_readable"),
        ("s3:ListBucketVersions", "contents_are_counted"),
        ("s3:ListBucketMultipartUploads", "contents_are_counted"),
        ("s3:ListAllMyBuckets", "target_is_readable"),
    ],
)
def test_what_cannot_be_read_refuses(lab: Lab, action: str, check: str) -> None:
    """A read that is denied is unknown, never empty; the finding names it."""
    lab.world(without(action))
    ended = plan(lab)

    assert ended.code == 3, ended.err
    assert check in findings(ended)
    assert "AccessDenied" in findings(ended)[check]
    assert_untouched(lab)


@pytest.mark.parametrize(
    ("change", "check", "word"),
    [
        pytest.param(
            lambda data: data["steps"][0]["expect"].update(tags={"Service": "orders-v2"}),
            "expect_tags",
            "tag Service is 'orders-v1'; the playbook expects 'orders-v2'",
            id="tag value",
        ),
        pytest.param(
            lambda data: data["steps"][0]["expect"].update(tags={"Team": "orders"}),
            "expect_tags",
            "tag Team is missing",
            id="tag missing",
        ),
        pytest.param(
            lambda data: data["steps"][0]["expect"].update(versioning="Suspended"),
            "expect_versioning",
            "versioning is Enabled",
            id="versioning",
        ),
        pytest.param(
            lambda data: data["steps"][0]["expect"].update(max_objects=94),
            "expect_max_objects",
            "95 would be deleted",
            id="objects expected",
        ),
        pytest.param(
            lambda data: data["limits"].update(objects=50),
            "objects_are_within_the_limit",
            "the limit is 50",
            id="objects limit",
        ),
        pytest.param(
            lambda data: data["limits"].update(bytes="1KiB"),
            "bytes_are_within_the_limit",
            "the limit is 1,024",
            id="bytes limit",
        ),
        pytest.param(
            lambda data: data["limits"].update(steps=1),
            "steps_are_within_the_limit",
            "the limit is 1",
            id="steps limit",
        ),
        pytest.param(
            lambda data: (data["steps"].pop(0), data["steps"][0].pop("needs")),
            "bucket_is_empty",
            "add an s3.empty_bucket step",
            id="not empty",
        ),
        pytest.param(
            lambda data: data["steps"][1].pop("needs"), "bucket_is_empty", "the bucket is not empty", id="no needs"
        ),
    ],
)
def test_a_world_that_is_not_as_reviewed(lab: Lab, change: Change, check: str, word: str) -> None:
    """What differs from the reviewers' belief, or exceeds their limits, refuses the plan."""
    ended = plan(lab, change)

    assert ended.code == 3, ended.err
    assert word in findings(ended)[check]
    assert_untouched(lab)


def test_object_lock(lab: Lab) -> None:
    """A bucket with a version on legal hold is not emptied."""
    lab.world(lambda world: bucket_of(world).update(object_lock=True))
    s3 = lab.client("s3")
    first = s3.list_object_versions(Bucket=BUCKET, MaxKeys=1)["Versions"][0]
    named = {"Bucket": BUCKET, "Key": first["Key"], "VersionId": first["VersionId"]}
    s3.put_object_legal_hold(**named, LegalHold={"Status": "ON"})
    ended = plan(lab)

    assert ended.code == 3, ended.err
    assert "are on legal hold" in findings(ended)["no_version_is_held"]
    assert_untouched(lab)


def test_steps_of_one_kind_share_simulations(lab: Lab) -> None:
    """Buckets that each have a policy of their own take one simulation in each of the three situations."""
    names = [f"orders-{number}" for number in range(6)]

    def buckets(world: dict[str, Any]) -> None:
        model = bucket_of(world)["policy"]["Statement"][0]
        made = [{**model, "Resource": f"arn:aws:s3:::{name}"} for name in names]
        world["accounts"][1]["buckets"] = [
            {"name": name, "policy": {"Version": "2012-10-17", "Statement": [its]}}
            for name, its in zip(names, made, strict=True)
        ]

    def steps(data: dict[str, Any]) -> None:
        data["limits"].update(steps=len(names), share="100%")
        data["steps"] = [
            {"id": name, "action": "s3.delete_bucket", "target": {"bucket": name}, "irreversible": "empty"}
            for name in names
        ]

    lab.world(buckets)
    with tapped(lab.sandbox.endpoint) as wire:
        playbook, env = str(lab.playbook(steps)), {"AWS_ENDPOINT_URL": wire.endpoint}
        ended = here(lab, "plan", playbook, "--output", "json", code=lab.sandbox.code(), env=env)

    assert ended.code == 0, ended.err
    assert set(verdicts(ended).values()) == {"protected"}
    assert len(wire.calls("SimulatePrincipalPolicy")) == 3


VERSIONING = (
    b'<VersioningConfiguration xmlns="http://s3.amazonaws.com/doc/2006-03-01/">'
    b"<Status>Enabled</Status><MfaDelete>Enabled</MfaDelete></VersioningConfiguration>"
)
"""What S3 answers for a bucket with MFA Delete; the sandbox does not know it."""


def test_mfa_delete(lab: Lab) -> None:
    """A bucket with S3 MFA Delete is out of reach, and the refusal says that it is not the MFA of a policy."""
    with tapped(lab.sandbox.endpoint) as wire:
        wire.fault = lambda _method, path, _body: Answer(200, VERSIONING) if path.endswith("?versioning") else None
        playbook, env = str(lab.playbook()), {"AWS_ENDPOINT_URL": wire.endpoint}
        ended = here(lab, "plan", playbook, "--output", "json", code=lab.sandbox.code(), env=env)

    assert ended.code == 3, ended.err
    assert "only the root user can delete" in findings(ended)["mfa_delete_is_off"]
    assert_untouched(lab)


def test_a_closed_window_costs_no_code(lab: Lab) -> None:
    """Outside the change window nobody is asked for a code."""
    window = {"from": "2020-01-01T00:00:00Z", "until": "2020-01-02T00:00:00Z"}
    ended = here(lab, "plan", str(lab.playbook(lambda data: data.update(valid=window))), code="000000")

    assert_refused(lab, ended, "2020-01-02")
    assert "identity" not in ended.err


def test_all_findings_come_at_once(lab: Lab) -> None:
    """A plan with several reasons against it names them all."""
    lab.world(lambda world: bucket_of(world).pop("policy"))

    def change(data: dict[str, Any]) -> None:
        data["limits"].update(objects=50)
        data["steps"][0]["expect"].update(tags={"Service": "orders-v2"}, versioning="Suspended")

    ended = plan(lab, change)

    assert ended.code == 3
    assert {"objects_are_within_the_limit", "expect_tags", "expect_versioning", "mfa_protects_the_target"} <= set(
        findings(ended)
    )


def accepting(*checks: str) -> Change:
    """Return the change of a playbook that accepts unknowns."""
    listed = [{"check": check, "reason": "seen by hand on Monday"} for check in checks]
    return lambda data: data.update(accept_unknown=listed)


def test_a1_an_unknown_that_the_reviewers_accepted(lab: Lab) -> None:
    """Accident A1: tags that cannot be read refuse, unless the playbook names the check; then it is told and logged."""
    lab.world(without("s3:GetBucketTagging"))
    unknown = ("tags_is_readable", "expect_tags", "nobody_else_owns_the_target")
    every = accepting(*unknown)
    refused = plan(lab, accepting("tags_is_readable"))
    planned = here(lab, "plan", str(lab.playbook(every)), code=lab.sandbox.code())
    applied = apply(lab, lab.playbook(every))

    assert (refused.code, planned.code, applied.code) == (3, 0, 0), applied.err
    assert set(findings(refused)) == {"expect_tags", "nobody_else_owns_the_target"}
    shown = " ".join(planned.out.split())
    assert "unknown, accepted" in shown
    assert "seen by hand on Monday" in shown
    accepted = [record for record in lab.records() if record["type"] == "unknown.accepted"]
    assert {(record["check"], record["reason"]) for record in accepted} == {
        (check, "seen by hand on Monday") for check in unknown
    }
    assert_honest(lab)


def test_a2_a_check_that_does_not_exist_cannot_be_accepted(lab: Lab) -> None:
    """Accident A2, a key with a typo that is ignored: the mistake is named with its line, and the nearest name."""
    ended = plan(lab, accepting("tag_is_readable"))

    assert ended.code == 2
    assert "there is no check `tag_is_readable` whose unknown can be accepted" in ended.said
    assert "did you mean `tags_is_readable`?" in ended.said
