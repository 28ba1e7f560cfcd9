"""What refuses a playbook before AWS is asked, as problems with a place in its file: for ``runner validate``."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace

from runner.errors import Problem
from runner.guard.floor import placed_findings, rules_for
from runner.guard.protect import Touched, protect_findings
from runner.model.action import ActionType
from runner.model.fleet import Reviewed, sections_of
from runner.model.guardrails import Guardrails, Required
from runner.model.plan import Finding
from runner.model.playbook import Playbook, ProtectedArn, Step
from runner.workflow.binding import bind_steps


def floor_problems(
    reviewed: Reviewed, catalog: Mapping[str, ActionType], guardrails: Guardrails
) -> tuple[Problem, ...]:
    """Return what the guardrails, and what is protected by its ARN, refuse; at the step, or where the file begins.

    Whether the file is committed is not judged: it is validated before it is.
    """
    later = replace(guardrails, require=tuple(one for one in guardrails.require if one is not Required.COMMIT))
    found = (
        _problem(playbook, step, finding)
        for playbook in sections_of(reviewed)
        for step, finding in (*placed_findings(playbook, later), *protected_by_arn(playbook, catalog, later))
    )
    # What several accounts have in common is said once.
    return tuple(sorted(dict.fromkeys(found), key=lambda problem: (problem.line, problem.message)))


def protected_by_arn(
    playbook: Playbook, catalog: Mapping[str, ActionType], guardrails: Guardrails
) -> Iterator[tuple[Step, Finding]]:
    """Yield what a rule protects by its ARN, with the step that would delete it; tags are known to AWS alone."""
    by_arn = tuple(one for one in rules_for(playbook, guardrails).protect if isinstance(one.rule, ProtectedArn))
    for bound in bind_steps(playbook, catalog):
        resources = tuple(resource for write in bound.writes for resource in write.resources)
        for finding in protect_findings(by_arn, Touched(bound.target, resources, {})):
            yield bound.step, finding


def _problem(playbook: Playbook, step: Step | None, finding: Finding) -> Problem:
    line = 1 if step is None else step.line
    return Problem(playbook.source.path, line, 1, f"{finding.check}: {finding.message}", finding.hint)
