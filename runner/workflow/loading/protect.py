"""``protect``, of a playbook and of guardrails: what no step may touch, whatever the steps say.

::

    protect:
      - arn: "arn:aws:s3:::*-tfstate"
      - tag: {Environment: prod}
      - tag: {DataClass: confidential, Stage: "prod*"}   # all of them

``*`` stands for any text and ``?`` for one character, in ARNs and in tag values. A rule is either an ARN or tags, never
both: "both" would protect less than each alone, and is easily read as more.
"""

from __future__ import annotations

import re
from collections.abc import Mapping

from runner.model.playbook import ProtectedArn, ProtectedTags, ProtectRule
from runner.workflow.loading.fields import Fields, Value, Wrong, items
from runner.workflow.loading.nodes import Mapping as MappingNode
from runner.workflow.loading.scalars import LONGEST, text
from runner.workflow.loading.step import NOTHING, texts

NONE: tuple[ProtectRule, ...] = ()

# Six sections, so that a forgotten colon does not make a pattern that fits nothing.
_PATTERN = re.compile(r"arn:[^:\s]+:[^:\s]+:[^:\s]*:[^:\s]*:[^\s]+")


def protect(value: Value) -> tuple[ProtectRule, ...]:
    """Read a list of rules.

    Raises:
        Wrong: when the value is no list.
    """
    return items(value, _rule)


def _rule(value: Value) -> ProtectRule:
    if not isinstance(value.node, MappingNode):
        raise value.must('be `arn: "…"` or `tag: {…}`')
    fields = Fields(value, "this rule", value.name + ".")
    pattern = fields.optional("arn", _pattern, "")
    tags = fields.optional("tag", _tags, NOTHING)
    fields.done()
    named = [entry.key.text for entry in value.node.entries if entry.key.text in {"arn", "tag"}]
    if len(named) != 1:
        raise Wrong("a rule to protect has either `arn` or `tag`", "write two rules to protect both")
    return ProtectedArn(pattern) if named == ["arn"] else ProtectedTags(tags)


def _pattern(value: Value) -> str:
    found = text(value)
    if len(found) > LONGEST or "${" in found or not _PATTERN.fullmatch(found):
        raise value.must("be an ARN of six sections, `*` and `?` allowed", 'like "arn:aws:s3:::*-tfstate"')
    return found


def _tags(value: Value) -> Mapping[str, str]:
    found = texts(value)
    if not found or not all(found):
        raise value.must("name at least one tag", "like {Environment: prod}; `*` as a value means any")
    return found
