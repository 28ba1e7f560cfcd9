"""``runner apply`` does what the plan says, to the last key, and nothing else."""

from __future__ import annotations

import json
import subprocess
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from runner.audit.blob import blob_path
from tests.conftest import BUCKET, Lab
from tests.e2e.driving import apply, here, phrase
from tests.e2e.watching import assert_honest, contents, kinds, of_kind

TORTURE = (
    "line\nfeed.csv",
    "<a>&amp;&b.csv",
    "100%.csv",
    "%2e%2e/%2F",
    "/leading/slash",
    "//",
    "..",
    "../up",
    ".",
    "./here",
    "a/../b/./c",
    "🚀/注文",
    "é" * 512,
    "x" * 1024,
    "tab\there",
    "'\"`$(id)",
    "  spaces  ",
    "a+b=c&d?e#f;g",
    "trailing/",
    "directory_$folder$",
    "back\\slash",
    "\x7f",
    "\u202eevil",
    "e\u0301 is not é",
    "?versions",
    "versionId=null",
)
"""Keys that trip up careless clients; all of them can stand in XML."""

BEYOND_XML = ("cr\rcr\r\n", "\x01control", "\x1b[2Jescape", "\ufffe")
"""Keys that XML 1.0 cannot carry, or not without an escape; S3 takes them, and lists them with encoding-type=url."""


def bucket_of(world: dict[str, Any]) -> dict[str, Any]:
    """Return the bucket of a world."""
    found: dict[str, Any] = world["accounts"][1]["buckets"][0]
    return found


def refilled(*objects: dict[str, Any], **changes: str) -> Any:
    """Return the change of a world that puts other objects, and no upload, into the bucket."""
    return lambda world: bucket_of(world).update(objects=list(objects), uploads=[], **changes)


def test_text_on_stdout_holds_the_results_and_nothing_else(lab: Lab) -> None:
    """The steps, what they mean and the run's name stand on stdout; the story and the plan stand on stderr."""
    playbook = lab.playbook()
    confirm = phrase(lab, playbook)
    ended = lab.run("apply", str(playbook), "--confirm", confirm, code=lab.sandbox.code())

    assert ended.code == 0, ended.err
    assert ended.out.split("\n")[0].split() == ["step", "result", "target"]
    assert "95 deletions, seen gone at" in ended.out
    assert "every target was seen gone (exit 0)" in ended.out
    (run,) = {record["run"] for record in lab.records()}
    assert run in ended.out
    for word in ("identity", "MFA session", "looking at", "digest", "protected"):
        assert word in ended.err
        assert word not in ended.out


def test_json_on_stdout_is_one_document(lab: Lab) -> None:
    """``--output json`` prints the result as data; the log says who did it, from which commit, with which proof."""
    playbook = lab.playbook()
    commit = committed(playbook)
    confirm = phrase(lab, playbook)
    ended = lab.run("apply", str(playbook), "--confirm", confirm, "--output", "json", code=lab.sandbox.code())

    assert ended.code == 0, ended.err
    steps = [(step["id"], step["state"], step["children"]) for step in ended.data["steps"]]
    assert steps == [("empty", "gone", 95), ("bucket", "gone", 0)]
    assert ended.data["exit_code"] == 0
    assert_honest(lab)
    (opened,) = of_kind(lab, "run.open")
    assert (opened["git_commit"], opened["git_dirty"]) == (commit, False)
    assert opened["plan_sha256"] == ended.data["plan_sha256"]
    assert opened["confirmation"] == f"delete 2 in 222222222222 {opened['plan_sha256'][:6]}"
    assert [kind for kind in kinds(lab) if kind != "log.reserved"][:4] == [
        "run.open",
        "plan.kept",
        "mfa.session",
        "mfa.proof",
    ]
    assert of_kind(lab, "mfa.session")[0]["caller_arn"] == "arn:aws:iam::111111111111:user/alice"
    outcomes = of_kind(lab, "call.outcome")
    assert all(outcome["request_id"] and outcome["result"] == "ok" for outcome in outcomes)
    (closed,) = of_kind(lab, "run.close")
    assert (closed["exit_code"], closed["counts"], closed["in_doubt"]) == (0, {"gone": 2}, [])


def committed(playbook: Path) -> str:
    """Commit a playbook into a new repository and return the commit."""
    identity = ("-c", "user.name=Ada", "-c", "user.email=ada@acme.example", "-c", "commit.gpgsign=false")
    for words in (("init", "--quiet"), ("add", playbook.name), (*identity, "commit", "--quiet", "-m", "Review")):
        subprocess.run(("git", *words), cwd=playbook.parent, check=True)
    found = subprocess.run(("git", "rev-parse", "HEAD"), cwd=playbook.parent, check=True, capture_output=True)
    return found.stdout.decode().strip()


def test_the_audit_commands_tell_the_run(lab: Lab) -> None:
    """List, show and verify say what was done, as text and as data."""
    apply(lab, lab.playbook())
    listed, shown, verified = (here(lab, "audit", command) for command in ("list", "show", "verify"))
    data = [here(lab, "audit", command, "--output", "json").data for command in ("list", "show", "verify")]

    assert (listed.code, shown.code, verified.code) == (0, 0, 0)
    assert "retire-orders-exports" in listed.out
    assert "s3:DeleteBucket" in shown.out
    assert of_kind(lab, "call.outcome")[-1]["request_id"] in shown.out
    assert f"the log is intact: {len(lab.records())} records of 1 run" in verified.out
    assert data[0]["runs"][0]["run"] == data[1]["run"]["run"] == lab.records()[0]["run"]
    assert data[2]["verified"] is True


def test_a_second_run_finds_nothing_to_do(lab: Lab) -> None:
    """After a finished run the same command ends well, asks for no phrase and sends nothing."""
    playbook = lab.playbook()
    apply(lab, playbook)
    sent = len(of_kind(lab, "call.intent"))
    ended = here(lab, "apply", str(playbook), code=lab.sandbox.code())

    assert ended.code == 0, ended.err
    assert ended.out.count("already gone") == 2
    assert len(of_kind(lab, "call.intent")) == sent
    assert_honest(lab)
    assert of_kind(lab, "run.close")[-1]["counts"] == {"already gone": 2}


def test_a_bucket_without_versions_goes(lab: Lab) -> None:
    """An unversioned bucket lists its objects under the version id "null"; they go like others."""
    lab.world(refilled({"prefix": "plain/", "count": 7}, versioning=""))
    ended = apply(lab, lab.playbook(lambda data: data["steps"][0]["expect"].update(versioning="Off")))

    assert ended.code == 0, ended.err
    assert "7 deletions" in ended.out
    assert not lab.bucket_exists()


def test_awkward_keys_all_go(lab: Lab) -> None:
    """Versions, delete markers and unfinished uploads of every awkward key are counted, logged and deleted."""
    lab.world(refilled({"key": "plain.csv"}))
    s3 = lab.client("s3")
    for key in TORTURE:
        s3.put_object(Bucket=BUCKET, Key=key, Body=b"1")
        s3.put_object(Bucket=BUCKET, Key=key, Body=b"2")
        s3.delete_object(Bucket=BUCKET, Key=key)
        s3.create_multipart_upload(Bucket=BUCKET, Key=key)
    count = len(TORTURE)
    expected = {"Versions": 2 * count + 1, "DeleteMarkers": count, "Uploads": count}
    assert contents(lab) == expected
    ended = apply(lab, lab.playbook(), "--output", "json")

    assert ended.code == 0, ended.err
    assert not lab.bucket_exists()
    assert ended.data["steps"][0]["children"] == sum(expected.values())
    assert_honest(lab)
    (batch,) = (record for record in of_kind(lab, "call.intent") if record["operation"] == "DeleteObjects")
    assert batch["objects_count"] == 3 * count + 1
    assert (lab.ledger / blob_path(batch["objects_sha256"])).is_file()
    aborted = [record for record in of_kind(lab, "call.intent") if record["operation"] == "AbortMultipartUpload"]
    assert {record["params"]["Key"] for record in aborted} == set(TORTURE)
    listed = [json.loads(line) for line in here(lab, "audit", "show", "--objects", "--output", "json").out.splitlines()]
    assert {line["result"] for line in listed} == {"deleted"}
    assert Counter(line["key"] for line in listed) == {"plain.csv": 1, **dict.fromkeys(TORTURE, 4)}
    assert here(lab, "audit", "show", "--grep", r"plain\.csv").out.startswith("plain.csv\t")


@pytest.mark.parametrize("key", BEYOND_XML, ids=ascii)
def test_keys_beyond_xml_go(lab: Lab, key: str) -> None:
    """A key that XML cannot carry travels in an escape or in the URL of a single call, and goes."""
    lab.world(refilled({"key": "plain.csv"}))
    s3 = lab.client("s3")
    s3.put_object(Bucket=BUCKET, Key=key, Body=b"1")
    s3.delete_object(Bucket=BUCKET, Key=key)
    assert key in [found["Key"] for found in s3.list_object_versions(Bucket=BUCKET)["Versions"]], "the sandbox lists it"
    ended = apply(lab, lab.playbook())

    assert ended.code == 0, ended.err
    assert "3 deletions" in ended.out
    assert not lab.bucket_exists()


def test_the_neighbour_is_left_alone(lab: Lab) -> None:
    """A bucket whose name begins with the target's is not looked into and not touched."""
    lab.world(neighbour)
    ended = apply(lab, lab.playbook())

    assert ended.code == 0, ended.err
    assert not lab.bucket_exists()
    assert contents(lab, f"{BUCKET}-archive") == {"Versions": 3, "DeleteMarkers": 0, "Uploads": 0}
    assert not any("archive" in str(record) for record in lab.records())


def neighbour(world: dict[str, Any]) -> None:
    """Add a bucket whose name begins with the target's."""
    world["accounts"][1]["buckets"].append({"name": f"{BUCKET}-archive", "objects": [{"prefix": "kept/", "count": 3}]})


def test_a15_many_objects_go_page_by_page(lab: Lab) -> None:
    """2,500 objects take several listings and batches; each batch stands in the log with its keys."""
    lab.world(refilled({"prefix": "many/", "count": 2500, "size": 1}))
    ended = apply(lab, lab.playbook())

    assert ended.code == 0, ended.err
    assert "2,500 deletions" in ended.out
    batches = [record for record in of_kind(lab, "call.intent") if record["operation"] == "DeleteObjects"]
    assert sum(batch["objects_count"] for batch in batches) == 2500
    assert all(batch["objects_count"] <= 1000 for batch in batches)
    assert_honest(lab)
