"""A sealed plan is applied as it was reviewed, once; a world, a file or a clock that differs refuses it."""

from __future__ import annotations

import json
import stat
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.conftest import BUCKET, Ended, Lab
from tests.e2e.driving import here
from tests.e2e.watching import assert_honest, assert_untouched, contents, kinds, of_kind


def seal(lab: Lab, playbook: Path | None = None, *args: str) -> Path:
    """Plan the example playbook into a file."""
    path = lab.directory / "plan.json"
    made = playbook or lab.playbook()
    ended = here(lab, "plan", str(made), "-o", "plan.json", *args, code=lab.sandbox.code())
    assert ended.code == 0, ended.err
    return path


def phrase_of(path: Path) -> str:
    """Return the phrase that confirms a sealed plan: what a reviewer can tell from the file alone."""
    data = json.loads(path.read_bytes())
    acting = [step for step in data["plan"]["steps"] if step["state"]["exists"]]
    return f"delete {len(acting)} in {data['plan']['account']['id']} {data['plan_sha256'][:6]}"


def apply(lab: Lab, path: Path, *args: str) -> Ended:
    """Apply a sealed plan with its phrase."""
    return here(lab, "apply", path.name, "--confirm", phrase_of(path), *args, code=lab.sandbox.code())


def assert_refused(ended: Ended, *words: str) -> None:
    """Fail unless a guard stopped the command with exit code 3, and the words stand on stderr."""
    assert ended.code == 3, ended.err
    for word in (*words, "touched: nothing was touched", "exit: 3 (refused)"):
        assert word in ended.said


def test_a_sealed_plan_is_applied_once(lab: Lab) -> None:
    """Accident A10, a plan replayed: it is good for one run, which the log knows by its nonce; a no is no run."""
    path = seal(lab)
    sealed, names = json.loads(path.read_bytes()), ("nonce", "seal_sha256", "plan_sha256", "created")
    declined = here(lab, "apply", path.name, "--confirm", "yes", code=lab.sandbox.code())
    applied = apply(lab, path)
    # Even with everything back where it was, the plan is used.
    lab.reset()
    again = apply(lab, path)

    assert (declined.code, applied.code) == (5, 0), applied.err
    assert_refused(again, "this plan was used on", of_kind(lab, "run.open")[0]["run"])
    assert "MFA session" not in again.said
    assert contents(lab)["Versions"] == 90
    (used,) = of_kind(lab, "plan.used")
    assert {name: used[name] for name in names} == {name: sealed[name] for name in names}
    assert_honest(lab)


def test_the_file_is_the_operator_s_alone_and_whole(lab: Lab) -> None:
    """It is 0600 whatever the umask, replaces an older one, and leaves nothing else behind."""
    (lab.directory / "plan.json").write_text("an older one")
    (lab.directory / "plan.json").chmod(0o666)
    path = seal(lab, None, "--valid-for", "24h")
    sealed = json.loads(path.read_bytes())

    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert [found.name for found in lab.directory.glob("*plan*")] == ["plan.json"]
    assert sealed["expires"] > sealed["created"]
    assert sealed["playbook"]["text"] == lab.playbook().read_text(encoding="utf-8")


def retagged(lab: Lab) -> None:
    """Let somebody add a tag."""
    tags = [{"Key": "Service", "Value": "orders-v1"}, {"Key": "Keep", "Value": "please"}]
    lab.client("s3").put_bucket_tagging(Bucket=BUCKET, Tagging={"TagSet": tags})


def relaxed(lab: Lab) -> None:
    """Let somebody change the policy's condition to one that long-term keys pass."""
    s3 = lab.client("s3")
    policy = s3.get_bucket_policy(Bucket=BUCKET)["Policy"]
    s3.put_bucket_policy(Bucket=BUCKET, Policy=policy.replace("BoolIfExists", "Bool"))


def grown(lab: Lab) -> None:
    """Let somebody write one more object."""
    lab.client("s3").put_object(Bucket=BUCKET, Key="one-more.csv", Body=b"12345")


def test_a_drift_that_is_agreed_to_does_not_refuse(lab: Lab) -> None:
    """With `limits.drift` a sealed plan is applied to a bucket that others write to, and tells the difference."""
    path = seal(lab, lab.playbook(lambda data: data.update(limits={"drift": 2})))
    for _ in range(2):
        grown(lab)
    applied = apply(lab, path)

    assert applied.code == 0, applied.err
    told = "empty: 95 were counted, and there are 97 now (Versions +2; +10 bytes); that is within limits.drift"
    assert applied.said.count(told) == 2
    assert not lab.bucket_exists()


def recreated(lab: Lab) -> None:
    """Let somebody delete the bucket and make another one of that name, the same in all but its age."""
    s3 = lab.client("s3")
    before = s3.list_buckets()["Buckets"][0]["CreationDate"]
    while s3.list_buckets()["Buckets"][0]["CreationDate"] == before:
        lab.reset()


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (retagged, ("step empty: tags, key Keep: nothing → ", "step bucket: tags, key Keep: nothing → ")),
        (
            relaxed,
            (
                "step bucket: policy, statement DeleteOnlyWithMfa, Condition, BoolIfExists: ",
                "step bucket: policy, statement DeleteOnlyWithMfa, Condition, Bool: nothing → ",
                "step bucket: verdict, protection: protected → unprotected for long-term keys",
            ),
        ),
        (grown, ("step empty: census, children: 95 → 96", "step empty: census, kinds, Versions: 90 → 91")),
        (recreated, ("step empty: target: there (", "it was created again", "step bucket: target: there (")),
    ],
    ids=["tag", "policy", "object", "recreated"],
)
def test_a10_a_stale_plan_is_refused_and_shows_what_drifted(
    lab: Lab, change: Callable[[Lab], None], words: tuple[str, ...]
) -> None:
    """Accident A10, a stale plan applied: each difference is named with its step, planned and found."""
    path = seal(lab)
    change(lab)
    before = contents(lab)
    ended = apply(lab, path)

    assert_refused(ended, "the world is not as it was planned on", "planned → found", *words, "plan again")
    assert contents(lab) == before
    assert "run.open" not in kinds(lab)


def test_a11_the_playbook_beside_the_plan_has_no_say(lab: Lab) -> None:
    """Accident A11, a rule dropped after the review: what is applied is the text in the plan, not the file."""
    playbook = lab.playbook()
    path = seal(lab, playbook)
    lab.playbook(lambda data: data["steps"].pop(0), name=playbook.name)
    playbook.unlink()

    assert apply(lab, path).code == 0
    assert not lab.bucket_exists()


def edited(path: Path, change: Callable[[dict[str, Any]], None]) -> None:
    """Edit a plan's file by hand, as canonical as it was."""
    data = json.loads(path.read_bytes())
    change(data)
    path.write_text(json.dumps(data, sort_keys=True, separators=(",", ":"), ensure_ascii=False) + "\n")


@pytest.mark.parametrize(
    ("change", "word"),
    [
        (lambda data: data["plan"]["limits"].update(objects=10**6), "the plan is not what plan_sha256 says"),
        (lambda data: data.update(nonce="0" * 32), "the file is not what seal_sha256 says"),
        (lambda data: data["playbook"].update(text="version: 1\n"), "the playbook's text is not the one"),
    ],
    ids=["limits", "nonce", "playbook"],
)
def test_an_edited_plan_is_refused(lab: Lab, change: Callable[[dict[str, Any]], None], word: str) -> None:
    """Another limit, a nonce for a second use, another playbook: the refusal names it, before a code is asked for."""
    path = seal(lab)
    edited(path, change)
    ended = apply(lab, path)

    assert_refused(ended, "this plan was changed after it was sealed", word)
    assert "MFA session" not in ended.said
    assert_untouched(lab)


@pytest.mark.parametrize(
    ("name", "content", "word"),
    [
        ("plan.json", "{}\n", "its format is unknown"),
        ("plan.json", '{"format":"runner-plan/1"}\n', "its format is 'runner-plan/1'"),
        ("plan", '{"format": "runner-sealed-plan/1"}\n', "not a sealed plan as runner writes it"),
        ("missing.json", None, "there is no such file"),
    ],
)
def test_what_is_no_sealed_plan_is_wrong_usage(lab: Lab, name: str, content: str | None, word: str) -> None:
    """A file of another kind, as what --output json prints, is refused with what would be one."""
    if content is not None:
        (lab.directory / name).write_text(content)
    ended = here(lab, "apply", name, code=lab.sandbox.code())

    assert ended.code == 2, ended.err
    assert word in ended.said


def test_a_plan_that_is_refused_is_not_sealed(lab: Lab) -> None:
    """What cannot be applied is not written, and a file that was there stays; stderr says so."""
    path = lab.directory / "plan.json"
    path.write_text("an older one")
    playbook = lab.playbook(lambda data: data["limits"].update(objects=3))
    ended = here(lab, "plan", str(playbook), "-o", "plan.json", code=lab.sandbox.code())

    assert ended.code == 3
    assert "plan.json was not written" in ended.said
    assert path.read_text() == "an older one"


@pytest.mark.parametrize(
    ("args", "words"),
    [
        (("-o", "json"), ("-o names the file of the plan, not the form json", "write --output json")),
        (("-o", "missing/plan.json"), ("the plan cannot be written: No such file or directory",)),
        (("-o", "."), ("this names no file",)),
        (("-o", "p.json", "--valid-for", "soon"), ("this is not a duration", "--valid-for soon")),
        (("-o", "p.json", "--valid-for", "721h"), ("this is not a duration", "up to 720h")),
    ],
)
def test_where_a_plan_cannot_be_written_no_code_is_asked_for(
    lab: Lab, args: tuple[str, ...], words: tuple[str, ...]
) -> None:
    """A place that is none, and an option that means nothing, are told before anything else."""
    ended = here(lab, "plan", str(lab.playbook()), *args)

    assert ended.code == 2, ended.err
    for word in words:
        assert word in ended.said
