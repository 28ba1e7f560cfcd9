"""``notify`` of the guardrails: who is told that a plan waits for approval, and that a run started and ended."""

from __future__ import annotations

from urllib.parse import urlsplit

from runner.model.notice import Moment, NotifyRule
from runner.workflow.loading.fields import Fields, Value, Wrong, items, some
from runner.workflow.loading.scalars import matching, one_of, words

_TOPIC = matching(r"arn:aws[a-z-]*:sns:[a-z0-9-]+:[0-9]{12}:[\w-]{1,256}(\.fifo)?", "the ARN of an SNS topic")
_VARIABLE = matching(r"env:[A-Z][A-Z0-9_]{0,99}", "`env:` and the name of an environment variable")
_LOCAL = frozenset({"127.0.0.1", "localhost", "::1"})


def notify(value: Value) -> tuple[NotifyRule, ...]:
    """Read the list of places; each is a webhook or a topic."""
    return items(value, _rule)


def _rule(value: Value) -> NotifyRule:
    fields = Fields(value, "this item of `notify`", "notify.")
    webhook = fields.optional("webhook", _webhook, "")
    topic = fields.optional("sns", _TOPIC, "")
    moments = fields.optional("moments", _moments, tuple(Moment))
    fields.done()
    if bool(webhook) == bool(topic):
        raise Wrong("each item of `notify` names a `webhook` or an `sns` topic, one of the two")
    return NotifyRule(webhook, topic, moments)


def _moments(value: Value) -> tuple[Moment, ...]:
    named = some(
        value,
        one_of(tuple(one.value for one in Moment)),
        "name at least one moment",
        "remove the key to be told of all",
    )
    return tuple(one for one in Moment if one.value in named)


def _webhook(value: Value) -> str:
    """Read an https URL, or the variable that holds one; what it holds is looked at when something is told."""
    written = words(value)
    if written.startswith("env:"):
        return _VARIABLE(value)
    if not is_safe(written):
        raise Wrong("a webhook is an https URL, without a user or a password in it", "put a secret URL into `env:NAME`")
    return written


def is_safe(url: str) -> bool:
    """Return whether a URL is https to a host, or http to this machine, and holds no user."""
    try:
        parts = urlsplit(url)
        host = parts.hostname
    except ValueError:
        return False
    is_local = parts.scheme == "http" and host in _LOCAL
    return bool(host) and (parts.scheme == "https" or is_local) and "@" not in parts.netloc
