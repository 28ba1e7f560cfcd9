"""``audit`` of the guardrails: who signs the log, where it is anchored, who says when, and where a copy of it goes."""

from __future__ import annotations

from datetime import timedelta

from runner.model.guardrails import AnchorMode, AnchorRules, AuditRules, StampRules
from runner.workflow.loading.fields import Fields, Value
from runner.workflow.loading.roles import role_arn
from runner.workflow.loading.scalars import boolean, matching, one_of, words
from runner.workflow.loading.step import REGION
from runner.workflow.loading.units import duration

# Source: S3 user guide, "General purpose bucket naming rules"; Object Lock retains for at most 100 years.
_BUCKET = matching(r"[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]", "the name of an S3 bucket")
_RETAIN = duration(timedelta(days=1), timedelta(days=36500), "1d to 36500d")
_YEAR = timedelta(days=365)
# What it is sent to is on record and on screen, so it holds no password.
_URL = matching(r"https?://[^\s/@?#]+(?:/[^\s@#]*)?", "a URL of http or https, without a user")
# Source: CloudWatch Logs API reference, CreateLogGroup.
_LOG_GROUP = matching(
    r"arn:aws[a-z-]*:logs:[a-z0-9-]+:[0-9]{12}:log-group:[\w./#-]{1,512}",
    "the ARN of a CloudWatch log group, without `:*` at its end",
)


def audit_rules(value: Value) -> AuditRules:
    """Read the whole section."""
    fields = Fields(value, "`audit`", "audit.")
    found = AuditRules(
        signed=fields.optional("signed", boolean, default=False),
        anchor=fields.optional("anchor", _anchor, None),
        timestamp=fields.optional("timestamp", _timestamp, None),
        log_group=fields.optional("log_group", _LOG_GROUP, ""),
    )
    fields.done()
    return found


def _anchor(value: Value) -> AnchorRules | None:
    fields = Fields(value, "`audit.anchor`", "audit.anchor.")
    found = AnchorRules(
        bucket=fields.required("bucket", _BUCKET, "", "name a bucket with Object Lock, in another account"),
        region=fields.required("region", REGION, "", "name the bucket's region"),
        role_arn=fields.required("role_arn", role_arn, "", "name the role that writes there"),
        retain=fields.optional("retain", _RETAIN, _YEAR),
        mode=_mode(fields),
    )
    fields.done()
    return found


def _timestamp(value: Value) -> StampRules | None:
    fields = Fields(value, "`audit.timestamp`", "audit.timestamp.")
    found = StampRules(
        url=fields.required("url", _URL, "", "name the authority that time stamps are asked of"),
        roots=fields.required("roots", words, "", "name the file of PEM certificates that its chain ends in"),
        mode=_mode(fields),
    )
    fields.done()
    return found


def _mode(fields: Fields) -> AnchorMode:
    return AnchorMode(
        fields.optional("mode", one_of(tuple(one.value for one in AnchorMode)), AnchorMode.REQUIRED.value)
    )
