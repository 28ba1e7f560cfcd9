"""A plan is read by others before it is applied: as a comment, from its file, and against an older one."""

from __future__ import annotations

import json
import re

from tests.conftest import BUCKET, Lab
from tests.e2e.driving import here
from tests.e2e.watching import assert_untouched


def test_a_comment_and_a_file_come_of_one_plan(lab: Lab) -> None:
    """Markdown on stdout names the seal of the file beside it, and the file shows the same without AWS."""
    made = here(lab, "plan", str(lab.playbook()), "-o", "plan.json", "--output", "markdown", code=lab.sandbox.code())
    offline = {"AWS_ENDPOINT_URL": "http://127.0.0.1:9", "AWS_PROFILE": None}
    again = here(lab, "show", "plan.json", "--output", "markdown", env=offline)
    shown = here(lab, "show", "plan.json", env=offline)
    data = here(lab, "show", "plan.json", "--output", "json", env=offline).data
    sealed = json.loads((lab.directory / "plan.json").read_bytes())

    assert (made.code, again.code, shown.code) == (0, 0, 0), made.err
    assert made.out == again.out
    assert f"`{sealed['seal_sha256']}`" in made.out
    counts = f"`arn:aws:s3:::{BUCKET}` | 90 versions, 4 markers, 1 upload; 5.2 KiB; "
    assert re.search(f"{re.escape(counts)}[^|]+ \\| cannot be undone \\|", made.out)
    assert sealed["plan_sha256"] in shown.out
    assert (data["digest"], data["sealed"]["nonce"]) == (sealed["plan_sha256"], sealed["nonce"])
    assert data["confirm"] == f"delete 2 in 222222222222 {sealed['plan_sha256'][:6]}"
    assert_untouched(lab)


def test_against_an_older_plan(lab: Lab) -> None:
    """Exit code 0 and one line while nothing changed; exit code 3 and only what changed after that."""
    playbook = str(lab.playbook())
    here(lab, "plan", playbook, "-o", "old.json", code=lab.sandbox.code())
    same = here(lab, "plan", playbook, "--against", "old.json", code=lab.sandbox.code())
    lab.client("s3").put_object(Bucket=BUCKET, Key="one-more.csv", Body=b"12345")
    args = ("--against", "old.json", "-o", "new.json", "--output", "json")
    changed = here(lab, "plan", playbook, *args, code=lab.sandbox.code())
    offline = here(lab, "show", "new.json", "--against", "old.json")

    assert (same.code, changed.code, offline.code) == (0, 3, 3), changed.err
    assert same.out.startswith("Nothing changed since old.json")
    places = [", ".join(one["where"]) for one in changed.data["changes"]]
    assert places == [
        "census, children",
        "census, bytes",
        "census, kinds, Versions",
        "census, classes, STANDARD",
        "census, newest",
    ]
    assert changed.data["confirm"] is not None
    assert "5 differences from old.json" in offline.out
    assert "protected" not in offline.out


def test_a19_a_script_confirms_only_what_was_read(lab: Lab) -> None:
    """Accident A19, an agent told to wipe an account: no option says yes to a plan that was not read."""
    here(lab, "plan", str(lab.playbook()), "-o", "plan.json", code=lab.sandbox.code())
    unasked = here(lab, "apply", "plan.json", code=lab.sandbox.code())
    forced = [here(lab, "apply", "plan.json", option) for option in ("--yes", "--force", "--no-prompt")]
    scope = " ".join(unasked.err.split())

    assert unasked.code == 5
    assert [ended.code for ended in forced] == [2, 2, 2]
    for words in ("1 s3.empty_bucket: acme-orders-exports", "95 objects, 5.2 KiB", "2 cannot be undone", "2 protected"):
        assert words in scope
    assert_untouched(lab)
