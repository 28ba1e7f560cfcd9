"""The phrase: typed at a terminal or given with --confirm, it is good for one plan only; anything else is exit 5."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Any

import pytest

from tests.conftest import BUCKET, Ended, Lab
from tests.e2e.driving import here, phrase
from tests.e2e.terminal import Terminal, terminal
from tests.e2e.watching import FULL, assert_honest, assert_untouched, contents, kinds, of_kind
from tests.forking import RUNNER

ASKED = "to go on; anything else declines."


def at_terminal(lab: Lab, playbook: Path) -> AbstractContextManager[Terminal]:
    """Start ``runner apply`` at a terminal, with a profile that has no mfa_process."""
    config = Path(lab.sandbox.environment["AWS_CONFIG_FILE"]).read_text(encoding="utf-8")
    path = lab.directory / "aws-config"
    path.write_text("".join(line for line in config.splitlines(keepends=True) if "mfa_process" not in line))
    environment = lab.environment(AWS_CONFIG_FILE=str(path))
    return terminal((*RUNNER, "apply", str(playbook)), environment, lab.directory)


def asked_for(person: Terminal) -> str:
    """Wait for the question and return the phrase that it asks for."""
    person.await_text(ASKED)
    return person.shown.rpartition("Type  ")[2].partition(f"  {ASKED}")[0]


def test_a_person_types_the_code_and_the_phrase(lab: Lab) -> None:
    """The code does not show, the plan stands above the question, and after its phrase the bucket goes."""
    code = lab.sandbox.code()
    with at_terminal(lab, lab.playbook()) as person:
        person.await_text("MFA code for arn:aws:iam::111111111111:mfa/alice")
        person.type(code)
        confirm = asked_for(person)
        before = contents(lab)
        person.type(confirm)
        ended = person.ended()

    assert ended == 0, person.shown
    assert before == FULL
    assert code not in person.shown
    plan, _, after = person.shown.partition("Type  ")
    for word in ("retire-orders-exports", "acme-staging", "90 versions", "cannot be undone", "protected"):
        assert word in plan
    assert "every target was seen gone" in after
    assert not lab.bucket_exists()
    assert_honest(lab)
    assert [record["confirmation"] for record in of_kind(lab, "run.open")] == [confirm]


@pytest.mark.parametrize("typed", ["yes", "DELETE", ""])
def test_a_person_types_something_else(lab: Lab, typed: str) -> None:
    """Anything but the phrase declines; nothing is touched and no run stands in the log."""
    with at_terminal(lab, lab.playbook()) as person:
        person.await_text("MFA code for")
        person.type(lab.sandbox.code())
        confirm = asked_for(person)
        person.type(confirm.replace("delete", "DELETE") if typed == "DELETE" else typed)
        ended = person.ended()

    assert ended == 5, person.shown
    assert "the phrase was not typed" in person.shown
    assert "exit: 5 (not approved)" in person.shown
    assert_untouched(lab)
    assert "run.open" not in kinds(lab)


def test_ctrl_c_at_the_question(lab: Lab) -> None:
    """Ctrl-C at the question ends the command with exit code 130 and says so, without a traceback."""
    with at_terminal(lab, lab.playbook()) as person:
        person.await_text("MFA code for")
        person.type(lab.sandbox.code())
        asked_for(person)
        person.press(b"\x03")
        ended = person.ended()

    assert ended == 130, person.shown
    assert "Traceback" not in person.shown
    assert_untouched(lab)
    assert "interrupted" in person.shown
    assert "touched: nothing was touched" in person.shown


def assert_not_approved(lab: Lab, ended: Ended, *words: str) -> None:
    """Fail unless the command ended with exit code 5, the words, and nothing touched."""
    assert ended.code == 5, ended.err
    for word in (*words, "touched: nothing was touched", "exit: 5 (not approved)"):
        assert word in ended.said
    assert ended.out == ""
    assert "call.intent" not in kinds(lab)
    assert "run.open" not in kinds(lab)


def test_without_a_terminal(lab: Lab) -> None:
    """Without a terminal nobody is asked: the plan is shown, and the phrase stands in the hint."""
    playbook = lab.playbook()
    ended = lab.run("apply", str(playbook), code=lab.sandbox.code())

    confirm = phrase(lab, playbook)
    assert_not_approved(lab, ended, "there is no terminal to ask at", f'--confirm "{confirm}"')
    assert "90 versions" in ended.said
    assert_untouched(lab)


@pytest.mark.parametrize("given", ["delete 2 in 222222222222 000000", "yes", "", "delete 2 in 222222222222"])
def test_a_wrong_phrase(lab: Lab, given: str) -> None:
    """A phrase that is not the plan's is refused, and the right one is named beside the plan."""
    ended = here(lab, "apply", str(lab.playbook()), "--confirm", given, code=lab.sandbox.code())

    assert_not_approved(lab, ended, "is not the phrase of this plan", "its phrase is: delete 2 in 222222222222")
    assert_untouched(lab)


def recreated(lab: Lab) -> None:
    """Delete the bucket as an administrator and let somebody make another one of that name, same in all else."""
    s3 = lab.client("s3")
    before = s3.list_buckets()["Buckets"][0]["CreationDate"]
    while True:
        lab.reset()
        if s3.list_buckets()["Buckets"][0]["CreationDate"] != before:
            return


def relaxed(lab: Lab) -> None:
    """Change the bucket's policy: its MFA condition has another spelling now, with the same meaning."""
    s3 = lab.client("s3")
    policy = s3.get_bucket_policy(Bucket=BUCKET)["Policy"]
    s3.put_bucket_policy(Bucket=BUCKET, Policy=policy.replace("DeleteOnlyWithMfa", "DeleteOnlyWithMfa2"))


def grown(lab: Lab) -> None:
    """Let somebody write one more object."""
    lab.client("s3").put_object(Bucket=BUCKET, Key="one-more.csv", Body=b"1")


@pytest.mark.parametrize("change", [recreated, relaxed, grown])
def test_a_phrase_of_an_older_plan(lab: Lab, change: Callable[[Lab], None]) -> None:
    """What changed after the plan was read changes the phrase, so that the old one is refused."""
    playbook = lab.playbook()
    confirm = phrase(lab, playbook)
    change(lab)
    before = contents(lab)
    ended = here(lab, "apply", str(playbook), "--confirm", confirm, code=lab.sandbox.code())

    assert_not_approved(lab, ended, "the plan changed, or it is another one")
    assert contents(lab) == before


def test_a_phrase_of_another_playbook(lab: Lab) -> None:
    """The digest covers the playbook's bytes: an edit after the review changes the phrase."""
    confirm = phrase(lab, lab.playbook())
    edited = lab.playbook(lambda data: data.update(description="Something else."))
    ended = here(lab, "apply", str(edited), "--confirm", confirm, code=lab.sandbox.code())

    assert_not_approved(lab, ended, "is not the phrase of this plan")
    assert_untouched(lab)


def shut(lab: Lab) -> None:
    """Take the bucket away: delete everything in it, and itself."""
    s3 = lab.client("s3")
    listed = s3.list_object_versions(Bucket=BUCKET)
    objects = [{"Key": it["Key"], "VersionId": it["VersionId"]} for it in listed["Versions"] + listed["DeleteMarkers"]]
    s3.delete_objects(Bucket=BUCKET, Delete={"Objects": objects})
    for upload in s3.list_multipart_uploads(Bucket=BUCKET)["Uploads"]:
        s3.abort_multipart_upload(Bucket=BUCKET, Key=upload["Key"], UploadId=upload["UploadId"])
    s3.delete_bucket_policy(Bucket=BUCKET)
    s3.delete_bucket(Bucket=BUCKET)


def made_again(lab: Lab) -> None:
    """Take the bucket away and make an empty one of that name."""
    shut(lab)
    lab.client("s3").create_bucket(Bucket=BUCKET, CreateBucketConfiguration={"LocationConstraint": "ap-northeast-1"})


@pytest.mark.parametrize(
    ("change", "word"),
    [(made_again, "created again"), (relaxed, "policy is not what it was"), (shut, "is not readable as planned")],
)
def test_a_change_while_the_question_stands(lab: Lab, change: Callable[[Lab], Any], word: str) -> None:
    """Between the question and the answer the bucket changes: what is read again right before the step stops it."""
    with at_terminal(lab, lab.playbook()) as person:
        person.await_text("MFA code for")
        person.type(lab.sandbox.code())
        confirm = asked_for(person)
        change(lab)
        person.type(confirm)
        ended = person.ended()

    assert ended == 3, person.shown
    assert "not attempted" in person.shown
    assert word in " ".join(person.shown.split())
    assert "call.intent" not in kinds(lab)
    assert_honest(lab)
    assert of_kind(lab, "run.close")[0]["exit_code"] == 3
