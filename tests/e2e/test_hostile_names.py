"""Names are text: escape sequences, markup, bidirectional overrides and line breaks never act on a terminal."""

from __future__ import annotations

import json
import re
from typing import Any

import pytest
import yaml

from tests.conftest import BUCKET, Ended, Lab
from tests.e2e.driving import here, phrase
from tests.e2e.watching import of_kind

ESC, BIDI, MARKUP = "\x1b[2J\x1b]0;owned\x07", "\u202egnp.exe\u2066", "[bold]x[/oops][link=http://x]"
HOSTILE = f"{ESC}{BIDI}{MARKUP}\r\u2028\x9b31m:smile:"
"""Text that clears a screen, sets a title, reorders what is read, opens Rich markup and returns the cursor."""

ACTING = re.compile("[\x00-\x09\x0b-\x1f\x7f-\x9f\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff]")
"""What acts on a terminal, or hides: controls but for the newline, separators, formats."""

OVERRIDES = '\u202e[bold]x[/oops]\u2066 <&>" \u2028'
"""The part of it that XML can carry, for tags."""


def assert_harmless(*endings: Ended) -> None:
    """Fail when anything printed could act on a terminal, or when a command crashed."""
    for ended in endings:
        for printed in (ended.out, ended.err):
            assert ACTING.search(printed) is None, ascii(printed)
        assert "Traceback" not in ended.err
        assert "a bug in runner" not in ended.err


def bucket_of(world: dict[str, Any]) -> dict[str, Any]:
    """Return the bucket of a world."""
    found: dict[str, Any] = world["accounts"][1]["buckets"][0]
    return found


def test_a_hostile_world_is_deleted_in_plain_text(lab: Lab) -> None:
    """Tags, Sids, keys and the playbook's own texts are shown escaped by plan, apply and audit, and do no harm."""
    lab.world(poisoned)
    lab.client("s3").put_object(Bucket=BUCKET, Key=f"{OVERRIDES}\n\tkey", Body=b"1")
    playbook = lab.playbook()
    data = yaml.safe_load(playbook.read_text(encoding="utf-8"))
    misleading(data)
    # The loader refuses these characters as they are; written as YAML escapes they are meant.
    playbook.write_text(yaml.safe_dump(data), encoding="ascii")
    planned = here(lab, "plan", str(playbook), code=lab.sandbox.code())
    confirm = phrase(lab, playbook)
    applied = lab.run("apply", str(playbook), "--confirm", confirm, code=lab.sandbox.code())
    shown = [here(lab, "audit", *words) for words in (("show",), ("list",), ("verify",), ("show", "--output", "json"))]

    assert_harmless(planned, applied, *shown)
    assert (planned.code, applied.code, *(ended.code for ended in shown)) == (0, 0, 0, 0, 0, 0), applied.err
    assert r"\x1b[2J" in planned.out
    assert r"\u202e" in planned.out
    assert "[bold]x[/oops]" in planned.out
    assert not lab.bucket_exists()


def poisoned(world: dict[str, Any]) -> None:
    """Put hostile text where a world can hold it."""
    bucket_of(world)["tags"]["Note"] = OVERRIDES
    bucket_of(world)["policy"]["Statement"][0]["Sid"] = HOSTILE
    bucket_of(world).update(objects=[{"key": "plain.csv"}], uploads=["up[/oops]load"])


def misleading(data: dict[str, Any]) -> None:
    """Put hostile text into the playbook's own texts."""
    data["description"] = f"Harmless. {HOSTILE}"
    data["ticket"] = MARKUP
    data["steps"][0]["irreversible"] = f"copies\n{HOSTILE}"


def test_a_hostile_tag_in_a_finding(lab: Lab) -> None:
    """A finding that quotes a tag's value quotes it escaped, as text and as data."""
    lab.world(lambda world: bucket_of(world)["tags"].update(Service=OVERRIDES))
    playbook = str(lab.playbook())
    ended = [here(lab, "plan", playbook, *form, code=lab.sandbox.code()) for form in ((), ("--output", "json"))]

    assert [one.code for one in ended] == [3, 3]
    assert_harmless(*ended)
    assert "[/oops]" in ended[0].out
    (message,) = (it["message"] for it in ended[1].data["steps"][0]["findings"] if it["check"] == "expect_tags")
    assert repr(OVERRIDES) in message


def test_a_hostile_key_that_aws_refuses(lab: Lab) -> None:
    """A key that AWS refuses to delete is named escaped in the story, in the result and in the log's rendering."""
    key = "exports/[/oops]\u202e.csv"
    lab.world(lambda world: bucket_of(world).update(objects=[{"key": key}, {"key": "plain.csv"}], uploads=[]))
    s3 = lab.client("s3")
    denied = {
        "Sid": "KeepThis",
        "Effect": "Deny",
        "Principal": {"AWS": "arn:aws:iam::222222222222:role/Teardown"},
        "Action": "s3:DeleteObjectVersion",
        "Resource": f"arn:aws:s3:::{BUCKET}/{key}",
    }
    document = json.loads(s3.get_bucket_policy(Bucket=BUCKET)["Policy"])
    document["Statement"].append(denied)
    s3.put_bucket_policy(Bucket=BUCKET, Policy=json.dumps(document))
    playbook = lab.playbook()
    confirm = phrase(lab, playbook)
    ended = here(lab, "apply", str(playbook), "--confirm", confirm, code=lab.sandbox.code())
    shown = here(lab, "audit", "show")

    assert_harmless(ended, shown)
    assert ended.code == 6, ended.err
    assert "1 of 2 were refused" in ended.out
    assert r"[/oops]\u202e" in ended.out.replace("\n", "")
    (outcome,) = (record for record in of_kind(lab, "call.outcome") if record["refused"])
    assert outcome["refused"][0]["Key"] == key


@pytest.mark.parametrize("name", ["play\x1b[2Jbook.yaml", "[bold]x[oops].yaml", "\u202elmay.yaml", "two\nlines.yaml"])
def test_a_hostile_file_name(lab: Lab, name: str) -> None:
    """The playbook's own name is shown escaped, whether it can be read or not."""
    ended = [here(lab, "validate", name), here(lab, "plan", name)]
    (lab.directory / name).write_text("version: 3\n", encoding="utf-8")
    ended += [here(lab, "validate", name), here(lab, "plan", name), here(lab, "plan", name, "--output", "json")]

    assert [one.code for one in ended] == [2] * 5
    assert_harmless(*ended)


def test_hostile_arguments(lab: Lab) -> None:
    """What is typed on the command line is shown escaped too."""
    playbook = str(lab.playbook())
    ended = [
        here(lab, "plan", playbook, "--profile", HOSTILE, code="123456"),
        here(lab, "plan", playbook, "--mfa-serial", HOSTILE, code="123456"),
        here(lab, "apply", playbook, "--confirm", HOSTILE, code=lab.sandbox.code()),
        here(lab, "plan", playbook, f"--{HOSTILE}"),
        here(lab, HOSTILE),
        here(lab, "audit", "show", HOSTILE),
    ]

    assert [one.code for one in ended] == [4, 4, 5, 2, 2, 2]
    assert_harmless(*ended)
