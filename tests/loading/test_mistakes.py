"""Each kind of mistake is refused at its line and column, with a message that says what to do."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from runner.errors import InvalidPlaybook

Seen = Callable[[str], list[str]]

UNRECORDED = "has no meaning: AWS keeps no record of use that `kms.schedule_key_deletion` could read"
UNENFORCED = "is not enforced by this version of runner, so it is refused rather than ignored"
DIGITS = "the twelve digits of an account id, in quotes"
ZONE = "a date and time with its zone"
ROLE = "the ARN of an IAM role, like `arn:aws:iam::222222222222:role/Teardown`"
NAME = "a name: 1 to 63 lower-case letters, digits and hyphens, no hyphen at the start"
ALIAS = "an account alias: 3 to 63 lower-case letters, digits and single hyphens inside"
TARGET = "the target of `kms.schedule_key_deletion`"
WHOLE = "a whole number from"
ID = "a step id: a lower-case letter, then at most 31 lower-case letters, digits and hyphens"
REGION = "an AWS region like `ap-northeast-1`"

MISTAKES = [
    # Top level.
    ("version: 1\n", "", "1:1 `version` is missing in the playbook"),
    ("version: 1", "version: 2", "1:10 `version` must be the number 1, not the number `2`"),
    ("version: 1", 'version: "1"', "1:10 `version` must be the number 1, not the text `1`"),
    ("version: 1", "versoin: 1", "1:1 unknown key `versoin` in the playbook|1:1 `version` is missing in the playbook"),
    (
        "name: retire-exports",
        "name: Retire exports",
        f"2:7 `name` must be {NAME}, not the text `Retire exports`",
    ),
    (
        "name: retire-exports",
        'name: "a\\x1b[2J"',
        f"2:7 `name` must be {NAME}, not the text `a\\x1b[2J`",
    ),
    ("name: retire-exports", "name: 2026", "2:7 `name` must be a text, not the number `2026`"),
    ("owner: team-orders@acme.example\n", "", "1:1 `owner` is missing in the playbook"),
    ("owner: team-orders@acme.example", "owner:", "4:7 `owner` must be a text, not nothing"),
    ("owner: team-orders@acme.example", "owner: ~", "4:8 `owner` must be a text, not the empty value `~`"),
    ("owner: team-orders@acme.example", 'owner: "  "', "4:8 `owner` must say something, not the text `  `"),
    ("owner: team-orders@acme.example", "owner: no", "4:8 `owner` must be a text, not the truth value `no`"),
    ("owner: team-orders@acme.example", "owner: [a]", "4:8 `owner` must be a text, not a list"),
    ("owner: team-orders@acme.example", "owner: =", "4:8 `owner` must be a text, not the special word `=`"),
    ("ticket: OPS-4312", "ticket: 4312", "5:9 `ticket` must be a text, not the number `4312`"),
    ("ticket: OPS-4312", "ticket: 1.5", "5:9 `ticket` must be a text, not the number `1.5`"),
    ("ticket: OPS-4312", "ticket: 2026-12-01", "5:9 `ticket` must be a text, not the date `2026-12-01`"),
    ("ticket: OPS-4312", "ticket: 12:30", "5:9 `ticket` must be a text, not the number `12:30`"),
    ("ticket: OPS-4312", "ticket: {a: b}", "5:9 `ticket` must be a text, not a mapping"),
    ("ap-northeast-1", "tokyo", f"9:9 `region` must be {REGION}, not the text `tokyo`"),
    ("ticket:", "tikcet:", "5:1 unknown key `tikcet` in the playbook"),
    # The account: YAML must never get at the digits.
    ('"222222222222"', "222222222222", f"7:7 `account.id` must be {DIGITS}, not the number `222222222222`"),
    ('"222222222222"', "012345670123", f"7:7 `account.id` must be {DIGITS}, not the number `012345670123`"),
    ('"222222222222"', "012345678901", f"7:7 `account.id` must be {DIGITS}, not the text `012345678901`"),
    ('"222222222222"', "2222_2222_2222", f"7:7 `account.id` must be {DIGITS}, not the number `2222_2222_2222`"),
    ('"222222222222"', "190:20:30", f"7:7 `account.id` must be {DIGITS}, not the number `190:20:30`"),
    ('"222222222222"', '"22222222222"', f"7:7 `account.id` must be {DIGITS}, not the text `22222222222`"),
    ('"222222222222"', '"٢٢٢٢٢٢٢٢٢٢٢٢"', f"7:7 `account.id` must be {DIGITS}, not the text `٢٢٢٢٢٢٢٢٢٢٢٢`"),
    ('"222222222222"', "[2]", f"7:7 `account.id` must be {DIGITS}, not a list"),
    ('  id: "222222222222"\n', "", "7:3 `account.id` is missing in `account`"),
    ("  alias:", "  aliass:", "8:3 unknown key `aliass` in `account`"),
    (
        "acme-staging",
        "acme--staging",
        f"8:10 `account.alias` must be {ALIAS}, not the text `acme--staging`",
    ),
    (
        'account:\n  id: "222222222222"\n  alias: acme-staging\n',
        'account: "222222222222"\n',
        "6:10 `account` must be a mapping (`key: value`), not the text `222222222222`",
    ),
    # The role.
    (
        "arn:aws:iam::222222222222:role/Teardown",
        "Teardown",
        f"10:11 `role_arn` must be {ROLE}, not the text `Teardown`",
    ),
    (
        "222222222222:role/Teardown",
        "222222222222:user/Teardown",
        f"10:11 `role_arn` must be {ROLE}, not the text `arn:aws:iam::222222222222:user/Teardown`",
    ),
    (
        "222222222222:role/Teardown",
        '222222222222:role/Tear*"',
        f'10:11 `role_arn` must be {ROLE}, not the text `arn:aws:iam::222222222222:role/Tear*"`',
    ),
    (
        "arn:aws:iam::222222222222:role",
        "arn:aws:sts::222222222222:role",
        f"10:11 `role_arn` must be {ROLE}, not the text `arn:aws:sts::222222222222:role/Teardown`",
    ),
    (
        "arn:aws:iam::222222222222:role",
        "arn:aws:iam::111111111111:role",
        "10:11 `role_arn` is in account 111111111111, but `account.id` is 222222222222",
    ),
    (
        "arn:aws:iam::222222222222:role",
        "arn:aws:iam:us-east-1:222222222222:role",
        f"10:11 `role_arn` must be {ROLE}, not the text `arn:aws:iam:us-east-1:222222222222:role/Teardown`",
    ),
    # Durations, times, sizes and counts.
    ("max_age: 20m", "max_age: 20", "12:12 `mfa.max_age` must be a duration with its unit, not the number `20`"),
    ("max_age: 20m", "max_age: 1:30", "12:12 `mfa.max_age` must be a duration with its unit, not the number `1:30`"),
    ("max_age: 20m", "max_age: 1h30m", "12:12 `mfa.max_age` must be a duration with its unit, not the text `1h30m`"),
    ("max_age: 20m", "max_age: 59s", "12:12 `mfa.max_age` must be a duration from 1m to 12h, not the text `59s`"),
    ("max_age: 20m", "max_age: 13h", "12:12 `mfa.max_age` must be a duration from 1m to 12h, not the text `13h`"),
    ("max_age: 20m", "maxage: 20m", "12:3 unknown key `maxage` in `mfa`"),
    ("mfa:\n  max_age: 20m", "mfa: 20m", "11:6 `mfa` must be a mapping (`key: value`), not the text `20m`"),
    ("08:00:00Z", "08:00:00", f"14:9 `valid.from` must be {ZONE}, not the date `2026-12-01T08:00:00`"),
    ("2026-12-01T08:00:00Z", "2026-12-01", f"14:9 `valid.from` must be {ZONE}, not the date `2026-12-01`"),
    ("2026-12-01T08:00:00Z", "tomorrow", f"14:9 `valid.from` must be {ZONE}, not the text `tomorrow`"),
    ("2026-12-01T08:00:00Z", "[]", f"14:9 `valid.from` must be {ZONE}, not a list"),
    (
        "2026-12-01T08:00:00Z",
        "2026-02-30T08:00:00Z",
        "14:9 `valid.from` must be a date and time that exists, not the date `2026-02-30T08:00:00Z`",
    ),
    (
        "2026-12-01T08:00:00Z",
        "0001-01-01T00:00:00+09:00",
        "14:9 `valid.from` must be a date and time that exists, not the date `0001-01-01T00:00:00+09:00`",
    ),
    ("2026-12-05T18:00:00+", "2026-12-01T17:00:00+", "15:10 `valid.until` is not after `valid.from`"),
    ("2026-12-05T18", "2026-11-05T18", "15:10 `valid.until` is not after `valid.from`"),
    ("steps: 30", "steps: 0", f"17:10 `limits.steps` must be {WHOLE} 1 to 9007199254740991, not the number `0`"),
    ("steps: 30", 'steps: "30"', f"17:10 `limits.steps` must be {WHOLE} 1 to 9007199254740991, not the text `30`"),
    ("200000", "200_000", f"18:12 `limits.objects` must be {WHOLE} 0 to 9007199254740991, not the number `200_000`"),
    ("200000", "0o17", f"18:12 `limits.objects` must be {WHOLE} 0 to 9007199254740991, not the text `0o17`"),
    ("200000", "017", f"18:12 `limits.objects` must be {WHOLE} 0 to 9007199254740991, not the number `017`"),
    ("200000", "-1", f"18:12 `limits.objects` must be {WHOLE} 0 to 9007199254740991, not the number `-1`"),
    ("200000", "2.0", f"18:12 `limits.objects` must be {WHOLE} 0 to 9007199254740991, not the number `2.0`"),
    (
        "200000",
        "9007199254740992",
        f"18:12 `limits.objects` must be {WHOLE} 0 to 9007199254740991, not the number `9007199254740992`",
    ),
    ("500GiB", "500GB", "19:10 `limits.bytes` must be a size with its unit, not the text `500GB`"),
    ("500GiB", "500", "19:10 `limits.bytes` must be a size with its unit, not the number `500`"),
    ("500GiB", "8PiB", "19:10 `limits.bytes` must be a size of less than 8PiB, not the text `8PiB`"),
    # Keys that nothing enforces yet.
    ("cascade: 0", "cascade: -1", f"20:12 `limits.cascade` must be {WHOLE} 0 to 9007199254740991, not the number `-1`"),
    ("cascade: 0", "share: 0.5", "20:10 `limits.share` must be a whole share from 1% to 100%, not the number `0.5`"),
    ("cascade: 0", "actions: {s3.delete: 1}", "20:13 unknown action `s3.delete`"),
    ("approvals: 0", "approvals: 21", "21:12 `approvals` must be a whole number from 0 to 20, not the number `21`"),
    ("approvals: 0", "approvals: -1", "21:12 `approvals` must be a whole number from 0 to 20, not the number `-1`"),
    ("approvals: 0", 'approvals: "0"', "21:12 `approvals` must be a whole number from 0 to 20, not the text `0`"),
    ("approvals: 0", "approvals:", "21:11 `approvals` must be a whole number from 0 to 20, not nothing"),
    ("protect: []", "protect: !x y", "22:10 tags are not accepted: `!x`"),
    (
        "accept_unknown: []",
        "accept_unknown: [x]",
        "23:18 `accept_unknown #1` must be a mapping (`key: value`), not the text `x`",
    ),
    ("accept_unknown: []", "accept_unknown: {}", "23:17 `accept_unknown` must be a list, not a mapping"),
    (
        "accept_unknown: []",
        "accept_unknown: [{check: mfa_protects_the_target}]",
        "23:18 `accept_unknown.reason` is missing in an item of `accept_unknown`",
    ),
    (
        "accept_unknown: []",
        "accept_unknown: [{check: expect_tags, reason: ' '}]",
        "23:47 `accept_unknown.reason` must say something, not the text ` `",
    ),
    (
        "accept_unknown: []",
        "accept_unknown: [{check: expect_tag, reason: x}]",
        "23:26 there is no check `expect_tag` whose unknown can be accepted",
    ),
    (
        "accept_unknown: []",
        "accept_unknown: [{check: target_is_readable, reason: x}]",
        "23:26 there is no check `target_is_readable` whose unknown can be accepted",
    ),
    (
        "accept_unknown: []",
        "accept_unknown: [{check: expect_tags, reason: x}, {check: expect_tags, reason: y}]",
        "23:17 `accept_unknown` names `expect_tags` twice",
    ),
    ("protect: []", "protect: {}", "22:10 `protect` must be a list, not a mapping"),
    ("protect: []", "protect: [{tag: {}}]", "22:17 `protect #1.tag` must name at least one tag, not a mapping"),
    (
        "protect: []",
        "protect: [{tags: {a: b}}]",
        ("22:11 a rule to protect has either `arn` or `tag`|22:12 unknown key `tags` in this rule"),
    ),
    (
        "protect: []",
        "calendars: [a b]",
        (
            "22:13 `calendars #1` must be an SSM Change Calendar: its name, or its ARN "
            "(`arn:aws:ssm:REGION:ACCOUNT:document/NAME`), not the text `a b`"
        ),
    ),
    (
        "region: us-east-1",
        "override: {owner: x}",
        ("40:15 `override.ownership` is missing in `override`|40:16 unknown key `owner` in `override`"),
    ),
    (
        "region: us-east-1",
        "unprotect: [DeletionProtection]",
        "40:17 `DeletionProtection` is no protection flag of `kms.schedule_key_deletion`",
    ),
    (
        "region: us-east-1",
        "keep: {final_snapshot: x}",
        "40:12 unknown key `final_snapshot` in `keep` of `kms.schedule_key_deletion`",
    ),
    ("region: us-east-1", "keep: []", "40:11 `keep` must be a mapping (`key: value`), not a list"),
    ("region: us-east-1", "wait: 7d", "40:11 `wait` must be a mapping (`key: value`), not the text `7d`"),
    ("region: us-east-1", "wait: {after: nobody, for: 7d}", "40:19 no step has the id `nobody`"),
    (
        "region: us-east-1",
        "unless_used_within: 30d",
        f"40:25 `unless_used_within` {UNRECORDED}",
    ),
    ("region: us-east-1", "targets: [{key: x}]", f"40:5 `targets` {UNENFORCED}"),
    # Steps.
    ("id: key", "id: Key", f"36:9 `id` must be {ID}, not the text `Key`"),
    ("id: key", "id: on", "36:9 `id` must be a text, not the truth value `on`"),
    ("id: key", "id: empty", "36:9 the step id `empty` appears twice; first on line 25"),
    ("  - id: key\n    needs", "  - needs", "36:5 `id` is missing in this step"),
    ("needs: [bucket]", "needs: bucket", "37:12 `needs` must be a list, not the text `bucket`"),
    ("needs: [bucket]", "needs: [buckte]", "37:13 no step has the id `buckte`"),
    ("needs: [bucket]", "needs: [bucket, bucket]", "37:21 `bucket` is needed twice"),
    ("needs: [bucket]", "needs: [Bucket]", f"37:13 `needs #1` must be {ID}, not the text `Bucket`"),
    ("needs: [bucket]", "needs: [bucket, 1]", "37:21 `needs #2` must be a text, not the number `1`"),
    ("needs: [bucket]", "needs: [key]", "37:13 no order is possible: key → key"),
    ("needs: [empty]", "needs: [empty, key]", "31:20 no order is possible: bucket → key → bucket"),
    ("    action: kms.schedule_key_deletion\n", "", "36:5 `action` is missing in this step"),
    ("kms.schedule_key_deletion", "kms.schedule_deletion", "38:13 unknown action `kms.schedule_deletion`"),
    ("kms.schedule_key_deletion", "[x]", "38:13 `action` must be a text, not a list"),
    ("    target: {key: 1234abcd-12ab-34cd-56ef-1234567890ab}\n", "", "36:5 `target` is missing in this step"),
    (
        "{key: 1234abcd-12ab-34cd-56ef-1234567890ab}",
        "1234abcd-12ab-34cd-56ef-1234567890ab",
        "39:13 `target` must be a mapping (`key: value`), not the text `1234abcd-12ab-34cd-56ef-1234567890ab`",
    ),
    (
        "{key: 1234abcd",
        "{kee: 1234abcd",
        f"39:13 `target.key` is missing in {TARGET}|39:14 unknown key `kee` in {TARGET}",
    ),
    ("1234abcd-12ab-34cd-56ef-1234567890ab", '"*"', "39:19 `target.key` must be a KMS key id, not the text `*`"),
    (
        "1234abcd-12ab-34cd-56ef-1234567890ab",
        "1234abcd-12ab-34cd-56ef-12345678٩٢ab",
        "39:19 `target.key` must be a KMS key id, not the text `1234abcd-12ab-34cd-56ef-12345678٩٢ab`",
    ),
    ("1234abcd-12ab-34cd-56ef-1234567890ab", "[a, b]", "39:19 `target.key` must be a text, not a list"),
    ("region: us-east-1", "region: US", f"40:13 `region` must be {REGION}, not the text `US`"),
    (
        "mfa_protected: false",
        "mfa_protected: no",
        "41:20 `mfa_protected` must be `true` or `false`, not the truth value `no`",
    ),
    (
        "mfa_protected: false",
        'mfa_protected: "false"',
        "41:20 `mfa_protected` must be `true` or `false`, not the text `false`",
    ),
    ("mfa_protected: false", "mfa_protect: false", "41:5 unknown key `mfa_protect` in this step"),
    ('    irreversible: "empty by then"\n', "", "30:5 `irreversible` is missing in this step"),
    ('"empty by then"', '""', "35:19 `irreversible` must say something, not the text ``"),
    ('"empty by then"', "yes", "35:19 `irreversible` must be a text, not the truth value `yes`"),
    (
        "action: s3.delete_bucket",
        "action: s3.empty_bucket",
        "33:13 the step `empty` on line 25 already does `s3.empty_bucket` to this target",
    ),
    (
        "action: s3.delete_bucket",
        "region: us-east-1\n    action: s3.empty_bucket",
        "34:13 the step `empty` on line 25 already does `s3.empty_bucket` to this target",
    ),
    # Expectations.
    (
        "versioning: Enabled",
        "versioning: off",
        "28:54 `expect.versioning` must be one of Enabled, Suspended, Off, not the truth value `off`",
    ),
    (
        "versioning: Enabled",
        "versioning: [On]",
        "28:54 `expect.versioning` must be one of Enabled, Suspended, Off, not a list",
    ),
    ("{Service: orders-v1}", "[Service]", "28:20 `expect.tags` must be a mapping (`key: value`), not a list"),
    ("{Service: orders-v1}", "{Service: 1}", "28:30 `expect.tags.Service` must be a text, not the number `1`"),
    ("{Service: orders-v1}", "{Service: }", "28:29 `expect.tags.Service` must be a text, not nothing"),
    ("max_objects: 150000", "max_object: 150000", "28:63 unknown key `max_object` in `expect`"),
    (
        "    mfa_protected: true",
        "    expect: {max_objects: 1}",
        "34:14 `expect.max_objects` has no meaning: `s3.delete_bucket` does not delete children",
    ),
]


@pytest.mark.parametrize(("old", "new", "expected"), MISTAKES, ids=[f"{new.strip()}"[:40] for _, new, _ in MISTAKES])
def test_a_mistake_is_refused_where_it_stands(old: str, new: str, expected: str, valid: str, seen: Seen) -> None:
    """One mistake gives exactly its own problem, at its line and column."""
    assert old in valid

    found = seen(valid.replace(old, new))

    assert sorted(found) == sorted(expected.split("|"))


@pytest.mark.parametrize(
    ("old", "new", "hint"),
    [
        ("ticket:", "tikcet:", "did you mean `ticket`?"),
        ("ticket:", "Ticket:", "did you mean `ticket`?"),
        ("ticket:", "zzz:", ""),
        ("kms.schedule_key_deletion", "kms.schedule_deletion", "did you mean `kms.schedule_key_deletion`?"),
        ("kms.schedule_key_deletion", "nuke", "`runner actions` lists them all"),
        ("needs: [bucket]", "needs: [buckte]", "did you mean `bucket`?"),
        ("needs: [bucket]", "needs: [xyz]", "`needs` names the ids of other steps of this playbook"),
        ("ticket: OPS-4312", "ticket: 4312", 'quote it: `"4312"`'),
        ("owner: team-orders@acme.example", "owner: no", 'quote it: `"no"`'),
        ('"222222222222"', "012345678901", 'quote it, because YAML drops leading zeros: `"012345678901"`'),
        ("08:00:00Z", "08:00:00", "add `Z` if it is UTC, else an offset like `+09:00`"),
        ("versioning: Enabled", "versioning: enabled", "did you mean `Enabled`?"),
        ("mfa_protected: false", "targets: [a]", "remove it; only `targets: []` is accepted"),
    ],
)
def test_a_hint_says_what_to_do(old: str, new: str, hint: str, valid: str, load_text: Callable[[str], object]) -> None:
    """A problem comes with the next thing to do, the nearest known word where there is one."""
    with pytest.raises(InvalidPlaybook) as invalid:
        load_text(valid.replace(old, new))

    assert [problem.hint for problem in invalid.value.problems] == [hint]


def test_every_mistake_is_reported_at_once(valid: str, seen: Seen) -> None:
    """Mistakes of every layer in one file are all reported, in the order of the file."""
    text = valid
    for old, new in (
        ("ticket: OPS-4312", "ticket: 4312\nticket: OPS-1"),
        ('"222222222222"', "222222222222"),
        ("max_age: 20m", "max_age: !!str 20m"),
        ("approvals: 0", "approvals: x"),
        ("needs: [empty]", "needs: [emty]"),
        ("s3.delete_bucket", "s3.delete_buckets"),
        ("mfa_protected: false", "mfa_protected: *nobody"),
    ):
        text = text.replace(old, new)

    assert seen(text) == [
        "5:9 `ticket` must be a text, not the number `4312`",
        "6:1 the key `ticket` appears twice; first on line 5",
        f"8:7 `account.id` must be {DIGITS}, not the number `222222222222`",
        "13:12 tags are not accepted: `!!str`",
        "22:12 `approvals` must be a whole number from 0 to 20, not the text `x`",
        "32:13 no step has the id `emty`",
        "33:13 unknown action `s3.delete_buckets`",
        "42:20 no anchor has this name: `*nobody`",
    ]


def test_what_was_refused_is_said_once(valid: str, seen: Seen) -> None:
    """A mistake behind an alias is reported at its anchor, once, however often it is repeated."""
    text = valid.replace("target: {bucket: acme-orders-exports}", "target: &t {bucket: ALL}", 1)
    text = text.replace("target: {bucket: acme-orders-exports}", "target: *t")

    assert seen(text) == ["27:25 `target.bucket` must be the exact name of a bucket, not the text `ALL`"]


def test_the_example_of_the_design_may_be_written(valid: str, seen: Seen) -> None:
    """Everything that a playbook may demand as a whole is enforced, and so accepted."""
    text = valid.replace("approvals: 0", "approvals: 1").replace(
        "protect: []", 'protect:\n  - tag: {Environment: prod}\n  - arn: "arn:aws:s3:::*-tfstate"'
    )

    assert seen(text) == []


@pytest.mark.parametrize("pattern", ["acme-*", "*", "acme-orders-export?", "{acme,other}"])
def test_a6_a_pattern_is_no_target(pattern: str, valid: str, seen: Seen) -> None:
    """Accident A6: a filter that a type ignored included everything. Nothing in a playbook stands for many targets."""
    text = valid.replace("{bucket: acme-orders-exports}", f'{{bucket: "{pattern}"}}', 1)

    assert [problem.split(" must ")[0] for problem in seen(text)] == ["27:22 `target.bucket`"]


def test_a_cycle_is_named_in_full(valid: str, seen: Seen) -> None:
    """A circle of needs is named from the step that is written first, back to it."""
    text = valid.replace('    irreversible: "exports are copies"', '    irreversible: "x"\n    needs: [key]')

    assert seen(text) == ["30:13 no order is possible: empty → key → bucket → empty"]


def test_a_playbook_has_steps(valid: str, seen: Seen) -> None:
    """No steps, an empty list and a list of something else are all refused."""
    head = valid.partition("steps:\n  - id")[0]

    assert seen(head) == ["1:1 `steps` is missing in the playbook"]
    assert seen(head + "steps: []\n") == ["24:8 `steps` is empty"]
    assert seen(head + "steps:\n") == ["24:7 `steps` must be a list, not nothing"]
    assert seen(head + "steps: [empty]\n") == ["24:9 `steps #1` must be a mapping (`key: value`), not the text `empty`"]


def test_a_very_wrong_file_is_cut_short(seen: Seen) -> None:
    """The list of problems has an end, and says that it was cut."""
    found = seen("".join(f"k{number}: x\n" for number in range(5000)))

    assert len(found) == 201
    assert found[-1].endswith("there may be more: only the first 200 problems found are listed")


def test_long_foreign_text_is_cut_in_messages(valid: str, seen: Seen) -> None:
    """A message shows at most 60 characters of what it quotes."""
    (message,) = seen(valid.replace("region: us-east-1", "region: " + "x" * 5000))

    assert message == f"40:13 `region` must be {REGION}, not the text `{'x' * 59}…`"
