"""``assume`` holds what STS takes, and nothing that it would refuse after a code was spent."""

from __future__ import annotations

import json
import re
from collections.abc import Callable

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from runner.errors import InvalidPlaybook
from runner.model.playbook import Playbook
from runner.model.session import Assume

Load = Callable[[str], Playbook]
Seen = Callable[[str], list[str]]

NAME = "`assume.session_name`"
KEY = "is no tag key: 1 to 128 letters, digits, spaces or any of _.:/=+-@"
VALUE = "be at most 256 letters, digits, spaces or any of _.:/=+-@"
EXTERNAL_ID = "be an external id: 2 to 1224 letters, digits or any of _+=,.@:/-"


def with_assume(valid: str, written: str) -> str:
    """Return the valid playbook with a key ``assume`` on line 11."""
    return valid.replace("role/Teardown\n", f"role/Teardown\nassume: {written}\n")


def test_without_it_nothing_is_asked_for(valid: str, load_text: Load) -> None:
    """The defaults send the user's name and nothing else."""
    assert load_text(valid).assume == Assume()
    assert load_text(with_assume(valid, "{}")).assume == Assume()


def test_every_key_arrives(valid: str, load_text: Load) -> None:
    """Template, external id, source identity and tags stand in the value as they are written."""
    written = (
        "{session_name: '{user}@{playbook}', external_id: acme/42, source_identity: true,"
        " tags: {Ticket: OPS-4312, 注文 番号: '', Team: a_b.c:d/e=f+g-h@i}}"
    )

    assume = load_text(with_assume(valid, written)).assume

    assert (assume.session_name, assume.external_id, assume.source_identity) == ("{user}@{playbook}", "acme/42", True)
    assert assume.tags == {"Ticket": "OPS-4312", "注文 番号": "", "Team": "a_b.c:d/e=f+g-h@i"}
    with pytest.raises(TypeError):
        assume.tags["Ticket"] = "another"  # type: ignore[index]  # the point of the test


@pytest.mark.parametrize(
    "written",
    [
        "{session_name: teardown}",
        "{session_name: '{user}'}",
        "{session_name: ab}",
        "{session_name: 'x{user}'}",
        f"{{session_name: {'x' * 64}}}",
        f"{{session_name: '{'x' * 63}{{user}}'}}",
        "{session_name: '{playbook}'}",
        "{external_id: ab}",
        f"{{external_id: {'x' * 1224}}}",
        "{source_identity: false}",
        "{tags: {}}",
        f"{{tags: {{{'k' * 128}: {'v' * 256}}}}}",
        "{tags: {" + ", ".join(f"k{number}: v" for number in range(50)) + "}}",
        "{tags: {Awsome: x}}",
    ],
)
def test_what_sts_takes(valid: str, seen: Seen, written: str) -> None:
    """The longest and the shortest of everything are accepted."""
    assert seen(with_assume(valid, written)) == []


@pytest.mark.parametrize(
    ("written", "problem"),
    [
        ("teardown", "11:9 `assume` must be a mapping (`key: value`), not the text `teardown`"),
        ("{externalid: ab}", "11:10 unknown key `externalid` in `assume`"),
        ("{session_name: '{run}'}", f"11:24 {NAME} has an unknown field `run`"),
        ("{session_name: '{user.arn}x'}", f"11:24 {NAME} has an unknown field `user.arn`"),
        ("{session_name: '{user[0]}x'}", f"11:24 {NAME} has an unknown field `user[0]`"),
        ("{session_name: '{}x'}", f"11:24 {NAME} has an unknown field ``"),
        ("{session_name: '{user!r}x'}", f"11:24 {NAME} has an unknown field `user`"),
        ("{session_name: '{user:>9}x'}", f"11:24 {NAME} has an unknown field `user`"),
        ("{session_name: '{user'}", f"11:24 {NAME} must have each `{{` closed, not the text `{{user`"),
        ("{session_name: 'user}'}", f"11:24 {NAME} must have each `{{` closed, not the text `user}}`"),
        (
            "{session_name: 'a b'}",
            f"11:24 {NAME} must have letters, digits or any of _+=,.@- beside its fields, not the text `a b`",
        ),
        (
            "{session_name: '{{x}}'}",
            f"11:24 {NAME} must have letters, digits or any of _+=,.@- beside its fields, not the text `{{{{x}}}}`",
        ),
        (
            "{session_name: 'ü{user}'}",
            f"11:24 {NAME} must have letters, digits or any of _+=,.@- beside its fields, not the text `ü{{user}}`",
        ),
        ("{session_name: x}", f"11:24 {NAME} must make a name of at least 2 characters, not the text `x`"),
        ("{session_name: ''}", f"11:24 {NAME} must make a name of at least 2 characters, not the text ``"),
        (
            f"{{session_name: {'x' * 65}}}",
            f"11:24 {NAME} must make a name of at most 64 characters, not the text `{'x' * 59}…`",
        ),
        (
            f"{{session_name: '{'x' * 64}{{user}}'}}",
            f"11:24 {NAME} must make a name of at most 64 characters, not the text `{'x' * 59}…`",
        ),
        (
            f"{{session_name: '{'x' * 51}{{playbook}}'}}",
            f"11:24 {NAME} must make a name of at most 64 characters, not the text `{'x' * 51}{{playboo…`",
        ),
        ("{session_name: 7}", f"11:24 {NAME} must be a text, not the number `7`"),
        ("{external_id: a}", f"11:23 `assume.external_id` must {EXTERNAL_ID}, not the text `a`"),
        ("{external_id: 'a b'}", f"11:23 `assume.external_id` must {EXTERNAL_ID}, not the text `a b`"),
        ("{external_id: 42}", "11:23 `assume.external_id` must be a text, not the number `42`"),
        (
            f"{{external_id: {'x' * 1225}}}",
            f"11:23 `assume.external_id` must {EXTERNAL_ID}, not the text `{'x' * 59}…`",
        ),
        ("{source_identity: alice}", "11:27 `assume.source_identity` must be `true` or `false`, not the text `alice`"),
        (
            "{source_identity: yes}",
            "11:27 `assume.source_identity` must be `true` or `false`, not the truth value `yes`",
        ),
        ("{tags: [a]}", "11:16 `assume.tags` must be a mapping (`key: value`), not a list"),
        ("{tags: {aws:x: y}}", "11:17 `assume.tags.aws:x` begins with `aws:`, which AWS keeps for itself"),
        ("{tags: {AWS:x: y}}", "11:17 `assume.tags.AWS:x` begins with `aws:`, which AWS keeps for itself"),
        ("{tags: {'': y}}", f"11:17 `assume.tags.` {KEY}"),
        ("{tags: {'a*': y}}", f"11:17 `assume.tags.a*` {KEY}"),
        (f"{{tags: {{{'k' * 129}: y}}}}", f"11:17 `assume.tags.{'k' * 47}…` {KEY}"),
        ("{tags: {Team: a, TEAM: b}}", "11:26 `assume.tags.TEAM` is the same key as `Team`: AWS ignores the case"),
        ("{tags: {a: 'x;y'}}", f"11:20 `assume.tags.a` must {VALUE}, not the text `x;y`"),
        (f"{{tags: {{a: {'v' * 257}}}}}", f"11:20 `assume.tags.a` must {VALUE}, not the text `{'v' * 59}…`"),
        ("{tags: {a: 7}}", "11:20 `assume.tags.a` must be a text, not the number `7`"),
        (
            "{tags: {" + ", ".join(f"k{number}: v" for number in range(51)) + "}}",
            "11:16 `assume.tags` must have at most 50 tags, not a mapping",
        ),
    ],
)
def test_what_sts_would_refuse(valid: str, seen: Seen, written: str, problem: str) -> None:
    """Lengths, patterns, reserved and repeated keys, and fields that mean nothing are found where they stand."""
    assert seen(with_assume(valid, written)) == [problem]


@settings(deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=200)
@given(st.lists(st.sampled_from(["{user}", "{playbook}", "{", "}", "a", "-", "{x}", "!r", ":>9", " "]), max_size=6))
def test_a_template_makes_a_name_or_is_refused(valid: str, load_text: Load, parts: list[str]) -> None:
    """Whatever was accepted can be filled in, and what comes out has only characters that STS takes."""
    try:
        playbook = load_text(with_assume(valid, f"{{session_name: {json.dumps(''.join(parts))}}}"))
    except InvalidPlaybook:
        return

    name = playbook.assume.session_name.format_map({"user": "alice", "playbook": playbook.name})
    assert re.fullmatch(r"[\w+=,.@-]{2,}", name, re.ASCII)
