"""``notify`` of the guardrails: each place is one webhook or one topic, and no URL is a risk of its own."""

from __future__ import annotations

import pytest

from runner.catalog import BY_NAME
from runner.errors import InvalidGuardrails
from runner.model.guardrails import Guardrails
from runner.model.notice import Moment, NotifyRule
from runner.model.playbook import Source
from runner.workflow.loading import load_guardrails

TOPIC = "arn:aws:sns:eu-west-1:111111111111:runner"


def loaded(rule: str) -> Guardrails:
    """Load guardrails with one place to tell."""
    return load_guardrails(f"version: 1\nnotify:\n  - {rule}\n".encode(), Source("g.yaml", ""), BY_NAME)


def test_places_and_moments_are_read() -> None:
    """Without `moments` everything is told; the order of moments is always the same."""
    assert loaded(f"sns: {TOPIC}").notify == (NotifyRule(topic=TOPIC),)
    assert loaded("{webhook: env:HOOK, moments: [failed, waiting]}").notify == (
        NotifyRule(webhook="env:HOOK", moments=(Moment.WAITING, Moment.FAILED)),
    )


@pytest.mark.parametrize(
    "rule",
    [
        "{moments: [done]}",
        f"{{webhook: 'https://a.example/', sns: '{TOPIC}'}}",
        "webhook: http://a.example/x",
        "webhook: https://user:secret@a.example/x",
        "webhook: ftp://a.example/x",
        "webhook: https:///x",
        "webhook: env:lower",
        "sns: arn:aws:sqs:eu-west-1:111111111111:runner",
        "{webhook: 'https://a.example/', moments: []}",
        "{webhook: 'https://a.example/', moments: [now]}",
        "{webhook: 'https://a.example/', to: me}",
    ],
)
def test_what_could_be_misread_is_refused(rule: str) -> None:
    """Plain http, a user in the URL, two places in one, no place, and unknown moments are refused."""
    with pytest.raises(InvalidGuardrails):
        loaded(rule)


def test_a_place_is_shown_without_what_may_be_secret() -> None:
    """Of a URL only the host is shown."""
    assert NotifyRule(webhook="https://hooks.example/T0KEN").place == "hooks.example"
    assert NotifyRule(webhook="env:HOOK").place == "env:HOOK"
    assert NotifyRule(topic=TOPIC).place == TOPIC
