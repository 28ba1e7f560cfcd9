"""Protection flags: while one is on, its step is refused, unless the reviewers named it in ``unprotect``. Pure."""

from __future__ import annotations

from collections.abc import Iterator

from runner.model.action import ActionType, Blocked, Facts, Ok, Unknown
from runner.model.plan import Finding
from runner.model.playbook import Step


def flag_findings(action: ActionType, step: Step, facts: Facts) -> Iterator[Finding]:
    """Yield why a flag refuses the step, or a note that it is switched off for the deletion.

    A flag that cannot be read refuses the step even when it is named: nobody could say whether to switch it on again.
    """
    for flag in action.flags:
        named = flag.name in step.unprotect
        check = flag.is_off.__name__
        match flag.is_off(facts):
            case Ok():
                if named:
                    yield Finding(check, f"`unprotect` names {flag.name}, which is off", blocks=False)
            case Blocked(why, _) if named:
                told = f"{why}; it is switched off for the deletion, and on again if that fails"
                yield Finding(check, told, blocks=False)
            case Blocked(why, _):
                hint = (
                    f"ask whose wish that is; `unprotect: [{flag.name}]` in the step switches it off for the deletion"
                )
                yield Finding(check, why, hint)
            case Unknown(why, hint):
                yield Finding(check, why, hint, unknown=True)
