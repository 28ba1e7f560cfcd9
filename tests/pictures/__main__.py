"""Take the pictures of the documentation: ``python -m tests.pictures DIRECTORY [STORY…]`` (`make pictures`).

Every terminal in them is a real run of ``runner`` at a terminal of 80 columns, against the sandbox; every page was made
by it and opened in Chromium. Nothing in them tells on which machine they were taken.
"""

from __future__ import annotations

import shutil
import sys
import tempfile
from pathlib import Path

from runner.sandbox.lifecycle import running
from tests.pictures import stories
from tests.pictures.studio import ROOT, Studio

PLAYBOOK = "playbooks/teardown.yaml"


def main(into: Path, *wanted: str) -> None:
    """Take every picture, or those of some stories."""
    with tempfile.TemporaryDirectory() as home, running() as sandbox:
        studio = Studio(sandbox, Path(home), into)
        shutil.copytree(ROOT / "playbooks", studio.desk / "playbooks")
        if not shutil.which("chromium"):
            sys.stderr.write("chromium is not installed: the pictures of pages stay as they are\n")
        for name, story in {"one-run": _one_run, **stories.ALL}.items():
            if not wanted or name in wanted:
                story(studio)


def _one_run(studio: Studio) -> None:
    """Plan, apply, and look at the log afterwards."""
    studio.take("plan", "plan", PLAYBOOK)
    studio.take("plan-light", "plan", PLAYBOOK, light=True)
    _refused(studio)
    studio.out("plan", PLAYBOOK, "-o", "plan.json")
    studio.take("show", "show", "plan.json")
    studio.take("apply", "apply", "plan.json", answers=True)
    studio.take("audit-show", "audit", "show")
    studio.take("audit-verify", "audit", "verify")
    studio.take("undo", "undo", "--show")
    studio.take("doctor", "doctor", PLAYBOOK)
    studio.page("run-page", studio.out("audit", "show", "--output", "html"))
    studio.page("period-page", studio.out("audit", "list", "--output", "html"))
    studio.page("plan-page", studio.out("show", "plan.json", "--output", "html"))


def _refused(studio: Studio) -> None:
    """Plan what a guard refuses: fewer objects are allowed than there are."""
    text = (ROOT / PLAYBOOK).read_text(encoding="utf-8")
    changed = text.replace("objects: 5000", "objects: 50")
    (studio.desk / "playbooks" / "too-many.yaml").write_text(changed, encoding="utf-8")
    studio.take("refused", "apply", "playbooks/too-many.yaml")


if __name__ == "__main__":
    main(Path(sys.argv[1]).resolve(), *sys.argv[2:])
