"""The schema of a playbook, version 1, key by key.

Every key is required unless a default stands here or in `Limits`: reviewers should not have to guess who owns what dies
and why. Keys that the design names and this version does not enforce are in `unenforced`.
"""

from __future__ import annotations

from datetime import timedelta
from functools import partial

from runner.model.playbook import Account, Limits, Playbook, Source, Window
from runner.model.ports import ServiceModels
from runner.model.session import Assume
from runner.workflow.loading.acceptances import NONE as NO_ACCEPTANCES
from runner.workflow.loading.acceptances import acceptances
from runner.workflow.loading.assume import assume
from runner.workflow.loading.fields import Fields, Value
from runner.workflow.loading.limits import limits
from runner.workflow.loading.nodes import Scalar
from runner.workflow.loading.protect import NONE as NO_RULES
from runner.workflow.loading.protect import protect
from runner.workflow.loading.roles import NONE, roles
from runner.workflow.loading.scalars import account_id, integer, matching, text, words
from runner.workflow.loading.step import REGION, Actions
from runner.workflow.loading.steps import steps
from runner.workflow.loading.units import duration
from runner.workflow.loading.windows import NO_CALENDARS, calendars, valid

NAME = matching(
    r"[a-z0-9][a-z0-9-]{0,62}", "a name: 1 to 63 lower-case letters, digits and hyphens, no hyphen at the start"
)

# Source: IAM API reference, CreateAccountAlias.
ALIAS = matching(
    r"(?=.{3,63}\Z)[a-z0-9]+(-[a-z0-9]+)*",
    "an account alias: 3 to 63 lower-case letters, digits and single hyphens inside",
)

MAX_AGE = timedelta(minutes=15)
"""How old the MFA proof may be when the playbook is silent."""
MOST_APPROVALS = 20
"""More people than look at anything."""
max_age = duration(timedelta(minutes=1), timedelta(hours=12), "1m to 12h")


def playbook(value: Value, source: Source, actions: Actions, models: ServiceModels | None = None) -> Playbook:
    """Read the whole playbook; the result may be used only if no problem was noted.

    Raises:
        Wrong: when the document is no mapping.
    """
    fields = Fields(value, "the playbook")
    fields.required("version", version, 1, "write `version: 1`")
    account = fields.required("account", _account, Account(""))
    region = fields.required("region", REGION, "")
    name = fields.required("name", NAME, "")
    read_steps = partial(steps, region=region, account=account.id, actions=actions, models=models)
    *via, role_arn = fields.required("role_arn", partial(roles, account=account), NONE)
    found = Playbook(
        name=name,
        description=fields.required("description", words, "", "tell reviewers why this may go"),
        owner=fields.required("owner", words, "", "tell reviewers whom to ask"),
        ticket=fields.optional("ticket", text, ""),
        account=account,
        region=region,
        role_arn=role_arn,
        max_age=fields.optional("mfa", _mfa, MAX_AGE),
        valid=fields.optional("valid", valid, Window()),
        limits=fields.optional("limits", partial(limits, actions=actions), Limits()),
        steps=fields.required("steps", read_steps, ()),
        source=source,
        via=tuple(via),
        accept_unknown=fields.optional("accept_unknown", partial(acceptances, actions=actions), NO_ACCEPTANCES),
        approvals=fields.optional("approvals", integer(0, MOST_APPROVALS), 0),
        assume=fields.optional("assume", partial(assume, playbook=name), Assume()),
        protect=fields.optional("protect", protect, NO_RULES),
        calendars=fields.optional("calendars", calendars, NO_CALENDARS),
    )
    fields.done()
    return found


def _account(value: Value) -> Account:
    fields = Fields(value, "`account`", "account.")
    found = Account(id=fields.required("id", account_id, ""), alias=fields.optional("alias", ALIAS, None))
    fields.done()
    return found


def version(value: Value) -> int:
    """Read the version of the format, of guardrails too.

    Raises:
        Wrong: for anything but the number 1.
    """
    if not (isinstance(value.node, Scalar) and value.node.text == "1" and not value.node.quoted):
        raise value.must("be the number 1", "this version of runner reads version 1 only")
    return 1


def _mfa(value: Value) -> timedelta:
    fields = Fields(value, "`mfa`", "mfa.")
    found = fields.optional("max_age", max_age, MAX_AGE)
    fields.done()
    return found
