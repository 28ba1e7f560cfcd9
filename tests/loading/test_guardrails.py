"""Guardrails are read as strictly as playbooks: every mistake at its line and column, all at once."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import UTC, datetime, time, timedelta
from typing import TypeAlias

import pytest

from runner.errors import InvalidGuardrails
from runner.model.action import ActionType
from runner.model.guardrails import (
    AnchorMode,
    AnchorRules,
    ApprovalRules,
    AuditRules,
    Guardrails,
    OwnershipRules,
    Required,
    StampRules,
    TerraformState,
    Weekly,
)
from runner.model.playbook import ProtectedArn, ProtectedTags, Source, StatedLimits, Window
from runner.workflow.loading import load_guardrails

VALID = """\
version: 1
accounts: ["222222222222", "333333333333"]
protect:
  - arn: "arn:aws:s3:::*-tfstate"
  - tag: {Environment: "prod*", DataClass: confidential}
limits:
  steps: 10
  objects: 1000
  bytes: 1GiB
  cascade: 2
  share: 25%
  actions: {s3.delete_bucket: 3}
approvals:
  minimum: 2
  allowed_signers: signers
  break_glass: true
windows:
  - days: [tue, mon]
    from: "09:00"
    until: 17:00
    zone: Asia/Tokyo
  - from: 2026-12-01T08:00:00Z
    until: 2026-12-05T18:00:00Z
freezes:
  - {from: 2026-12-20T00:00:00Z, until: 2027-01-04T00:00:00Z}
calendars: [Freeze, "arn:aws:ssm:ap-northeast-1:111111111111:document/Global"]
forbidden_actions: [s3.empty_bucket, "kms.*"]
require: [valid, ticket]
terraform_states: [states/network.tfstate]
ownership:
  tags: [managed-by, "kubernetes.io/cluster/*"]
  override: false
audit:
  signed: true
  anchor:
    bucket: acme-audit-anchors
    region: eu-central-1
    role_arn: arn:aws:iam::333333333333:role/Anchors
    retain: 400d
    mode: best-effort
  timestamp: {url: "https://tsa.acme.example/tsr?a=b", roots: roots.pem, mode: best-effort}
  log_group: arn:aws:logs:eu-central-1:333333333333:log-group:/acme/runner
"""

Load: TypeAlias = Callable[[str], Guardrails]
SOURCE = Source("g.yaml", "0" * 64)


@pytest.fixture(scope="session")
def load(actions: Mapping[str, ActionType]) -> Load:
    """Return a function that loads a text as ``g.yaml``."""
    return lambda text: load_guardrails(text.encode(), SOURCE, actions)


def test_every_key_is_read(load: Load) -> None:
    """The value holds what the file says, key by key."""
    found = load(VALID)

    assert found == Guardrails(
        source=SOURCE,
        accounts=("222222222222", "333333333333"),
        protect=(
            ProtectedArn("arn:aws:s3:::*-tfstate"),
            ProtectedTags({"Environment": "prod*", "DataClass": "confidential"}),
        ),
        limits=StatedLimits(10, 1000, 1024**3, 2, 25, None, {"s3.delete_bucket": 3}),
        approvals=ApprovalRules(2, "signers", break_glass=True),
        windows=(
            Weekly((0, 1), time(9), time(17), "Asia/Tokyo"),
            Window(datetime(2026, 12, 1, 8, tzinfo=UTC), datetime(2026, 12, 5, 18, tzinfo=UTC)),
        ),
        freezes=(Window(datetime(2026, 12, 20, tzinfo=UTC), datetime(2027, 1, 4, tzinfo=UTC)),),
        calendars=("Freeze", "arn:aws:ssm:ap-northeast-1:111111111111:document/Global"),
        forbidden_actions=("s3.empty_bucket", "kms.*"),
        require=(Required.TICKET, Required.VALID),
        terraform_states=(TerraformState("states/network.tfstate"),),
        ownership=OwnershipRules(("managed-by", "kubernetes.io/cluster/*"), override=False),
        audit=AuditRules(
            signed=True,
            anchor=AnchorRules(
                "acme-audit-anchors",
                "eu-central-1",
                "arn:aws:iam::333333333333:role/Anchors",
                timedelta(days=400),
                AnchorMode.BEST_EFFORT,
            ),
            timestamp=StampRules("https://tsa.acme.example/tsr?a=b", "roots.pem", AnchorMode.BEST_EFFORT),
            log_group="arn:aws:logs:eu-central-1:333333333333:log-group:/acme/runner",
        ),
    )


def test_the_version_is_enough(load: Load) -> None:
    """Guardrails without rules set no floor, and a Terraform state counts as unreadable until it was read."""
    assert load("version: 1\n") == Guardrails(source=SOURCE)
    assert load("version: 1\nterraform_states: [a]\n").terraform_states[0].unreadable


MISTAKES = [
    ("version: 1\n", "", "1:1 `version` is missing in the guardrails"),
    ("    bucket: acme-audit-anchors\n", "", "36:5 `audit.anchor.bucket` is missing in `audit.anchor`"),
    (
        "bucket: acme",
        "bucket: Acme",
        "36:13 `audit.anchor.bucket` must be the name of an S3 bucket, not the text `Acme-audit-anchors`",
    ),
    (
        "mode: best-effort",
        "mode: some",
        "40:11 `audit.anchor.mode` must be one of required, best-effort, not the text `some`",
    ),
    ("roots: roots.pem, ", "", "41:14 `audit.timestamp.roots` is missing in `audit.timestamp`"),
    (
        "https://tsa.acme.example/tsr?a=b",
        "https://me@tsa",
        "41:20 `audit.timestamp.url` must be a URL of http or https, without a user, not the text `https://me@tsa`",
    ),
    ("accounts: ", "acounts: ", "2:1 unknown key `acounts` in the guardrails"),
    ('["222222222222", "333333333333"]', "[]", "2:11 `accounts` must name at least one account, not a list"),
    (
        '"222222222222"',
        "012345670123",
        "2:12 `accounts #1` must be the twelve digits of an account id, in quotes, not the number `012345670123`",
    ),
    (
        "arn:aws:s3:::*-tfstate",
        "arn:aws:s3:*-tfstate",
        (
            "4:10 `protect #1.arn` must be an ARN of six sections, `*` and `?` allowed, not the text "
            "`arn:aws:s3:*-tfstate`"
        ),
    ),
    ("- arn:", "- anr:", "4:5 a rule to protect has either `arn` or `tag`|4:5 unknown key `anr` in this rule"),
    (
        'arn: "arn:aws:s3:::*-tfstate"',
        'arn: "arn:aws:s3:::a"\n    tag: {a: b}',
        "4:5 a rule to protect has either `arn` or `tag`",
    ),
    (
        '{Environment: "prod*", DataClass: confidential}',
        "{}",
        "5:10 `protect #2.tag` must name at least one tag, not a mapping",
    ),
    ("confidential", "yes", "5:44 `protect #2.tag.DataClass` must be a text, not the truth value `yes`"),
    ("25%", "25", "11:10 `limits.share` must be a whole share from 1% to 100%, not the number `25`"),
    ("25%", "0%", "11:10 `limits.share` must be a whole share from 1% to 100%, not the text `0%`"),
    ("s3.delete_bucket: 3", "s3.delete_buckets: 3", "12:13 unknown action `s3.delete_buckets`"),
    ("minimum: 2", "minimum: -1", "14:12 `approvals.minimum` must be a whole number from 0 to 20, not the number `-1`"),
    (
        "break_glass: true",
        "break_glass: on",
        "16:16 `approvals.break_glass` must be `true` or `false`, not the truth value `on`",
    ),
    ("[tue, mon]", "[]", "18:11 `windows #1.days` must name at least one day, not a list"),
    (
        "mon]",
        "monday]",
        "18:17 `windows #1.days #2` must be one of mon, tue, wed, thu, fri, sat, sun, not the text `monday`",
    ),
    ('"09:00"', "9am", "19:11 `windows #1.from` must be a time of the day, not the text `9am`"),
    ("17:00", "25:00", "20:12 `windows #1.until` must be a time of the day, not the number `25:00`"),
    (
        "Asia/Tokyo",
        "Asia/Tokio",
        (
            "21:11 `windows #1.zone` must be a zone of the IANA database, like `Asia/Tokyo`, or `UTC`, not the text "
            "`Asia/Tokio`"
        ),
    ),
    (
        "Asia/Tokyo",
        "localtime",
        (
            "21:11 `windows #1.zone` must be a zone of the IANA database, like `Asia/Tokyo`, or `UTC`, not the text "
            "`localtime`"
        ),
    ),
    ("    zone: Asia/Tokyo\n", "", "18:5 `windows #1.zone` is missing in this window"),
    ("2026-12-05T18:00:00Z", "2026-11-05T18:00:00Z", "23:12 `windows #2.until` is not after `windows #2.from`"),
    (
        "[Freeze,",
        '["a b",',
        (
            "26:13 `calendars #1` must be an SSM Change Calendar: its name, or its ARN "
            "(`arn:aws:ssm:REGION:ACCOUNT:document/NAME`), not the text `a b`"
        ),
    ),
    ("s3.empty_bucket", "s3.empty_buckets", "27:21 unknown action `s3.empty_buckets`"),
    ('"kms.*"', '"ec2.*"', "27:38 unknown action `ec2.*`"),
    (
        "[valid, ticket]",
        "[tickets]",
        (
            "28:11 `require #1` must be one of ticket, owner, account.alias, valid, commit, expect, not the text "
            "`tickets`"
        ),
    ),
    ("states/network.tfstate", '" "', "29:20 `terraform_states #1` must say something, not the text ` `"),
    (
        "managed-by",
        '"a*b"',
        "31:10 `ownership.tags #1` must be a tag key, with `*` at its end for all that begin so, not the text `a*b`",
    ),
]


@pytest.mark.parametrize(("old", "new", "expected"), MISTAKES, ids=[f"{new.strip()}"[:40] for _, new, _ in MISTAKES])
def test_a_mistake_is_refused_where_it_stands(old: str, new: str, expected: str, load: Load) -> None:
    """One mistake gives exactly its own problem, at its line and column."""
    assert old in VALID
    with pytest.raises(InvalidGuardrails) as invalid:
        load(VALID.replace(old, new, 1))

    found = [f"{it.line}:{it.column} {it.message}" for it in invalid.value.problems]
    assert sorted(found) == sorted(expected.split("|"))


def test_all_mistakes_come_at_once(load: Load) -> None:
    """Two mistakes are two problems, each with the nearest known word, and the error says whose file it is."""
    with pytest.raises(InvalidGuardrails, match="the guardrails are not valid: 2 problems") as invalid:
        load(VALID.replace("accounts:", "acounts:").replace("kms.*", "kmss.*"))

    assert [it.hint for it in invalid.value.problems] == ["did you mean `accounts`?", "did you mean `kms.*`?"]


@pytest.mark.parametrize("text", ["", "- a\n", "version: 1\n---\nversion: 1\n"])
def test_what_is_no_mapping_is_refused(text: str, load: Load) -> None:
    """An empty file, a list and a second document are no guardrails; nothing is taken for "no floor"."""
    with pytest.raises(InvalidGuardrails):
        load(text)


def test_a17_an_account_keeps_its_zeros(load: Load) -> None:
    """Accident A17: YAML reads unquoted digits as a number without leading zeros, so that they are refused."""
    assert load('version: 1\naccounts: ["012345670123"]\n').accounts == ("012345670123",)
    with pytest.raises(InvalidGuardrails, match="1 problem"):
        load("version: 1\naccounts: [012345670123]\n")
