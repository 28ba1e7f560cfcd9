"""``runner resume``: go on with an interrupted run, from what the log says and what is there.

1. Plan again from the playbook in the run's own plan. 2. Compare: the world has to be what the run left. What is in
doubt is looked at, never repeated: a target that is absent now was the last thing that the run did. 3. What is left is
applied like any plan, with a question and a session of its own, in a run that names the one it continues.

Peers' approvals were given for the plan and hold for the rest of it; they are not asked for again. They were judged for
the operator of that run, so that nobody acts on an approval of his own: only that operator goes on.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from runner.errors import GuardRefused
from runner.guard.continuation import continuation
from runner.model.action import ActionType
from runner.model.guardrails import Guardrails
from runner.model.interrupted import InterruptedRun
from runner.workflow.approvals import Admitted
from runner.workflow.plan_file import playbook_of
from runner.workflow.prepare import Prepared, prepare
from runner.workflow.services import Services


def prepare_rest(
    before: InterruptedRun, actions: Mapping[str, ActionType], services: Services, guardrails: Guardrails
) -> Prepared:
    """Return the plan for what an interrupted run left.

    Raises:
        GuardRefused: when the world is not what the run left, with everything that is different.
        CredentialsRefused: as `prepare`.
    """
    prepared = prepare(playbook_of(before.plan, actions), actions, services, guardrails)  # 1
    changes = continuation(before.plan.plan, before.done, prepared.plan)  # 2
    if changes:
        raise GuardRefused(
            f"the world is not what run {before.run} left: {len(changes)} difference{'' if len(changes) == 1 else 's'}",
            findings=changes,
            on=before.run,
            hint="find out who did it; for what is left, make a new plan and have it reviewed",
        )
    operator = prepared.operator
    if before.approvals and operator != before.operator:
        raise GuardRefused(
            f"the plan was approved for {before.operator} to carry out, not for {operator}",
            on=before.run,
            hint="let the same person resume; or make a new plan, and have it approved",
        )
    return replace(prepared, resumes=before, admitted=Admitted(operator))  # 3
