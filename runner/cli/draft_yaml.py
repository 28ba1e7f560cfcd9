"""A draft as YAML: every foreign text in double quotes, what a person has to decide as ``TODO``."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping

from runner.cli.safe_text import safe_text
from runner.model.action import Recovery
from runner.model.playbook import Expectation
from runner.workflow.drafting import Draft, DraftStep, why_unseen

_REASON = "TODO: say why that is acceptable"


def draft_yaml(draft: Draft) -> str:
    """Return the draft; it is no valid playbook before somebody has replaced every ``TODO``."""
    return "\n".join(_lines(draft)) + "\n"


def _lines(draft: Draft) -> Iterator[str]:
    playbook = draft.playbook
    yield "# A draft of `runner new`: read every line, replace every TODO, and have it reviewed."
    yield from (
        "version: 1",
        "name: draft",
        'description: "TODO: say why this may go"',
        'owner: "TODO: say whom to ask"',
    )
    yield from ("account:", f"  id: {_text(playbook.account.id)}")
    yield from (f"region: {_text(playbook.region)}", f"role_arn: {_text(playbook.role_arn)}")
    yield from (f"# left out: {safe_text(name)}: {safe_text(why)}" for name, why in draft.left)
    yield "steps:" if draft.steps else "steps: []"
    for one in draft.steps:
        yield from _step(one, playbook.region)


def _step(one: DraftStep, region: str) -> Iterator[str]:
    step = one.step
    unseen = why_unseen(one.state)
    if unseen:
        yield f"  # {safe_text(unseen)}"
    yield f"  - id: {step.id}"
    if step.needs:
        yield f"    needs: [{', '.join(step.needs)}]"
    yield f"    action: {step.action}"
    yield f"    target: {_mapping(step.target)}"
    if step.region != region:
        yield f"    region: {_text(step.region)}"
    yield from _expect(step.expect)
    if one.owned:
        yield '    override: {ownership: "TODO: a stack owns it; say why it is not deleted with the stack"}'
    if one.action.recovery is Recovery.NONE:
        yield f"    irreversible: {_text(_REASON)}"


def _expect(expect: Expectation) -> Iterator[str]:
    if expect.pin or expect.tags:
        yield "    expect:"
    if expect.pin:
        yield f"      pin: {_text(expect.pin)}"
    if expect.tags:
        yield f"      tags: {_mapping(expect.tags)}"


def _mapping(values: Mapping[str, str]) -> str:
    return "{" + ", ".join(f"{_text(key)}: {_text(value)}" for key, value in values.items()) + "}"


def _text(value: str) -> str:
    """Return a text as YAML and JSON both write it, ASCII, so that nothing hides in it."""
    return json.dumps(value, ensure_ascii=True)
