"""Exports: every call with who, what, when and AWS's answer, in forms that other tools read."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import jsonschema
import pytest
from ocsf_json_schema import OcsfJsonSchemaEmbedded, get_ocsf_schema

from runner.audit.call_events import CallEvent, call_events
from runner.audit.export_forms import OCSF, csv_lines, json_lines, ocsf, ocsf_lines
from runner.audit.log import FileLedger
from runner.audit.record import CallIntent, CallOutcome
from runner.audit.selection import Selection, moment
from runner.errors import UsageError
from runner.model.ports import Ledger

BUCKET = "arn:aws:s3:::acme-orders-exports"
ALICE = "arn:aws:iam::111111111111:user/alice"


@pytest.fixture
def event(ledger: FileLedger, directory: Path, whole_run: Callable[[Ledger], None]) -> CallEvent:
    """Return the one call of a run that went well."""
    whole_run(ledger)
    (found,) = call_events(directory, Selection())
    return found


@pytest.fixture(scope="session")
def schema() -> dict[str, Any]:
    """Return the published schema of the class API Activity with the profile for clouds."""
    made = OcsfJsonSchemaEmbedded(get_ocsf_schema(version=OCSF))
    found: dict[str, Any] = made.get_class_schema(class_name="api_activity", profiles=["cloud"])
    return found


def test_a_call_says_it_all(event: CallEvent, ledger: FileLedger) -> None:
    """Who with which session, what on what, and AWS's answer stand in one event."""
    assert (event.run, event.who, event.mfa_proven) == (ledger.run, ALICE, True)
    assert (event.service, event.operation, event.resources) == ("s3", "DeleteBucket", (BUCKET,))
    assert (event.result, event.status, event.request_id) == ("ok", 204, "delete-1")
    assert (event.access_key, event.target) == ("ASIAEXAMPLEROLE", BUCKET)
    assert event.at < event.ended


def test_a_call_without_an_outcome(ledger: FileLedger, directory: Path, whole_run: Callable[[Ledger], None]) -> None:
    """A call whose outcome is not known is exported as one in doubt, and a refused one with AWS's words."""
    whole_run(ledger)
    intent = CallIntent("bucket", "s3", "DeleteBucket", (), "eu-west-1", "222222222222", (BUCKET,))
    refused = ledger.append(intent)
    ledger.append(CallOutcome(refused.seq, refused.sha256, "error", 403, "r", "", "AccessDenied", "no"))
    ledger.append(intent)

    results = [(one.result, one.error_code) for one in call_events(directory, Selection())]

    assert results == [("ok", ""), ("error", "AccessDenied"), ("in doubt", "")]


def test_the_children_of_a_batch_are_counted(
    ledger: FileLedger, directory: Path, whole_run: Callable[[Ledger], None]
) -> None:
    """A batch says how many it deletes: by its manifest, by its request where that names them, none where it is one."""
    whole_run(ledger)
    batch = CallIntent("bucket", "s3", "DeleteObjects", (), "eu-west-1", "222222222222", (BUCKET,))
    ledger.append(replace(batch, objects_sha256="a" * 64, objects_count=94))
    ledger.append(
        replace(batch, service="ecr", params={"imageIds": [{"imageDigest": f"{n:064x}"} for n in range(100)]})
    )

    assert [one.children for one in call_events(directory, Selection())] == [0, 94, 100]


@pytest.mark.parametrize(
    ("selection", "count"),
    [
        (Selection(), 1),
        (Selection(account="222222222222"), 1),
        (Selection(account="111111111111"), 0),
        (Selection(target="arn:aws:s3:::acme-*"), 1),
        (Selection(target="arn:aws:s3:::other"), 0),
        (Selection(who="ALICE"), 1),
        (Selection(who="bob"), 0),
        (Selection(since=moment("2026-12-01", "--since")), 1),
        (Selection(since=moment("2026-12-02", "--since")), 0),
        (Selection(until=moment("2026-12-01", "--until", end=True)), 1),
        (Selection(until=moment("2026-12-01T08:00:00+00:00", "--until")), 0),
        (Selection(run="zzz"), 0),
    ],
)
def test_selections(event: CallEvent, directory: Path, selection: Selection, count: int) -> None:
    """Each criterion takes what fits and nothing else."""
    del event

    assert len(list(call_events(directory, selection))) == count


@pytest.mark.parametrize("text", ["yesterday", "2026-12-01T08:00:00", "2026-13-01", ""])
def test_times_that_are_none(text: str) -> None:
    """A time without its zone would be another one for each reader."""
    with pytest.raises(UsageError, match="not a date or a time with its zone"):
        moment(text, "--since")


def test_csv_reads_back(event: CallEvent) -> None:
    """The lines are CSV with a head, and hold what the event holds."""
    (row,) = csv.DictReader(io.StringIO("".join(csv_lines([event]))))

    assert (row["operation"], row["resources"], row["mfa_proven"]) == ("DeleteBucket", BUCKET, "true")


@pytest.mark.parametrize("text", ["=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "\r=1", "\uff1d1"])
def test_no_cell_is_a_formula(event: CallEvent, text: str) -> None:
    """A foreign text that a spreadsheet would calculate, or that moves its cursor, is only a text."""
    (row,) = csv.DictReader(io.StringIO("".join(csv_lines([replace(event, error_message=text)]))))

    assert row["error_message"][0] in {"'", "\\"}


def test_csv_keeps_lines_apart(event: CallEvent) -> None:
    """A line break in a foreign text is written as an escape, so that a line is a call."""
    written = "".join(csv_lines([replace(event, error_message='a"\nb,c')]))

    assert written.count("\n") == 2
    assert "\\u000a" in written


def test_json_lines_read_back(event: CallEvent) -> None:
    """Each line is one document."""
    (line,) = json_lines([event])

    assert json.loads(line) == json.loads(json.dumps(event.to_data()))


@pytest.mark.parametrize(
    "change",
    [
        {},
        {"result": "error", "status": 403, "error_code": "AccessDenied", "error_message": "no"},
        {"result": "in doubt", "status": 0, "request_id": "", "ended": ""},
        {"operation": "DescribeSomething"},
        {"operation": "PutBucketPolicy"},
        {"operation": "CreateSnapshot"},
    ],
)
def test_ocsf_is_as_published(event: CallEvent, schema: dict[str, Any], change: dict[str, Any]) -> None:
    """Events fit the published schema, whatever the call and its answer were."""
    made = ocsf(replace(event, **change))

    jsonschema.validate(json.loads(json.dumps(made)), schema)


def test_ocsf_says_what_matters(event: CallEvent) -> None:
    """A deletion with MFA, its request id, and the digest that CloudTrail shows."""
    (line,) = ocsf_lines([event])
    made = json.loads(line)

    assert (made["activity_id"], made["type_uid"], made["actor"]["session"]["is_mfa"]) == (4, 600304, True)
    assert made["api"]["request"]["uid"] == "delete-1"
    assert made["unmapped"]["intent_sha256"] == event.sha256
