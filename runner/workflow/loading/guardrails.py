"""The schema of ``guardrails.yaml``, version 1, key by key. A key that is absent sets no floor.

``accounts``, ``windows`` and ``freezes`` have at least one item: an empty list could mean all or nothing.
"""

from __future__ import annotations

from functools import partial

from runner.model.guardrails import ApprovalRules, AuditRules, Guardrails, OwnershipRules, Required, TerraformState
from runner.model.playbook import Source, StatedLimits
from runner.workflow.loading.audit_rules import audit_rules
from runner.workflow.loading.fields import Fields, Value, Wrong, items, some
from runner.workflow.loading.limits import stated_limits
from runner.workflow.loading.notify import notify
from runner.workflow.loading.playbook import MOST_APPROVALS, version
from runner.workflow.loading.protect import NONE as NO_RULES
from runner.workflow.loading.protect import protect
from runner.workflow.loading.quoting import did_you_mean, quoted
from runner.workflow.loading.scalars import account_id, boolean, integer, matching, one_of, text, words
from runner.workflow.loading.step import Actions, known
from runner.workflow.loading.windows import NO_CALENDARS, calendars, windows
from runner.workflow.loading.windows import NONE as NO_WINDOWS

NO_TEXTS: tuple[str, ...] = ()

TAG_KEY = matching(r"[^\s*]{1,128}\*?", "a tag key, with `*` at its end for all that begin so")


def guardrails(value: Value, source: Source, actions: Actions) -> Guardrails:
    """Read the whole file; the result may be used only if no problem was noted.

    Raises:
        Wrong: when the document is no mapping.
    """
    fields = Fields(value, "the guardrails")
    fields.required("version", version, 1, "write `version: 1`")
    found = Guardrails(
        source=source,
        accounts=fields.optional("accounts", _accounts, None),
        protect=fields.optional("protect", protect, NO_RULES),
        limits=fields.optional("limits", partial(stated_limits, actions=actions), StatedLimits()),
        approvals=fields.optional("approvals", _approvals, ApprovalRules()),
        windows=fields.optional("windows", windows, NO_WINDOWS),
        freezes=fields.optional("freezes", windows, NO_WINDOWS),
        calendars=fields.optional("calendars", calendars, NO_CALENDARS),
        forbidden_actions=fields.optional("forbidden_actions", partial(_forbidden, actions=actions), NO_TEXTS),
        require=fields.optional("require", _require, ()),
        terraform_states=fields.optional("terraform_states", _states, ()),
        ownership=fields.optional("ownership", _ownership, OwnershipRules()),
        audit=fields.optional("audit", audit_rules, AuditRules()),
        notify=fields.optional("notify", notify, ()),
    )
    fields.done()
    return found


def _accounts(value: Value) -> tuple[str, ...] | None:
    return some(value, account_id, "name at least one account", "remove the key to let every account be planned for")


def _approvals(value: Value) -> ApprovalRules:
    fields = Fields(value, "`approvals`", "approvals.")
    found = ApprovalRules(
        minimum=fields.optional("minimum", integer(0, MOST_APPROVALS), 0),
        allowed_signers=fields.optional("allowed_signers", words, ""),
        break_glass=fields.optional("break_glass", boolean, default=False),
        certificates=fields.optional("certificates", boolean, default=False),
        revoked_keys=fields.optional("revoked_keys", words, ""),
    )
    fields.done()
    return found


def _forbidden(value: Value, *, actions: Actions) -> tuple[str, ...]:
    return items(value, partial(_action, actions=actions))


def _action(value: Value, *, actions: Actions) -> str:
    """Read an action's name, or ``service.*``; what names nothing would forbid nothing."""
    name = text(value)
    names = known(actions)
    services = {f"{one.split('.', 1)[0]}.*" for one in names}
    if name not in names and name not in services:
        hint = did_you_mean(name, (*names, *sorted(services))) or "name an action, or all of a service: `s3.*`"
        raise Wrong(f"unknown action {quoted(name)}", hint)
    return name


def _require(value: Value) -> tuple[Required, ...]:
    named = items(value, one_of(tuple(one.value for one in Required)))
    return tuple(one for one in Required if one.value in named)


def _states(value: Value) -> tuple[TerraformState, ...]:
    return tuple(TerraformState(path) for path in items(value, words))


def _ownership(value: Value) -> OwnershipRules:
    fields = Fields(value, "`ownership`", "ownership.")
    found = OwnershipRules(
        tags=fields.optional("tags", lambda tags: items(tags, TAG_KEY), NO_TEXTS),
        override=fields.optional("override", boolean, default=True),
    )
    fields.done()
    return found
