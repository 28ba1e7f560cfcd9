"""Say in plain words why AWS refused a call: which kind of policy decided, whose it is, and what to look at. Pure.

AWS names one kind of policy at the most, and for some services none. What it does not say is not guessed.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from types import MappingProxyType

from runner.guard.hints import DENIED, Layer, hint_for, hint_for_silence
from runner.guard.refusal import Refusal
from runner.guard.verdict import CHECK as VERDICT_CHECK
from runner.model.canonical import Json
from runner.model.plan import PlannedStep
from runner.model.target_state import Missing

_OWNERS: Mapping[str, str] = MappingProxyType(
    {
        "identity-based policy": "what is attached to the user or role that asked",
        "resource-based policy": "the target's own policy",
        "permissions boundary": "the limit of what the policies of the role or user can grant",
        "session policy": "the limit that was set when the session was made; runner sets one for every session",
        "service control policy": "what the organisation lets the account do",
        "resource control policy": "what the organisation lets anybody do to the resource",
        "role trust policy": "who may assume the role",
        "VPC endpoint policy": "what the network's endpoint lets through",
    }
)
"""Whose policies these are, by the names that AWS gives their kinds."""

_ONE_KIND = "AWS names one kind of policy; others may refuse it too"
_NOT_NAMED = "AWS does not say which policy refused it"
_SIMULATE = "`runner explain PLAYBOOK --step ID` asks IAM's simulator about a step"
_NO_REFUSAL = "no policy: AWS answered otherwise"
_SILENCE = "nobody that is known of: no answer of AWS came"


@dataclass(frozen=True)
class Explanation:
    """Hold our words beside AWS's: what was refused, what decided, and what to do next.

    ``decoded`` are lines of an opened authorization message. ``encoded`` is one that was not opened.
    """

    what: str
    decided: str
    advice: str
    aws: str
    step: str = ""
    encoded: str = ""
    decoded: tuple[str, ...] = ()

    def to_data(self) -> dict[str, Json]:
        """Return the plain form."""
        return {
            "step": self.step,
            "what": self.what,
            "decided": self.decided,
            "advice": self.advice,
            "aws": self.aws,
            "encoded": self.encoded,
            "decoded": self.decoded,
        }


def explain(refusal: Refusal, *, step: str = "") -> Explanation:
    """Return our words for a refusal; a failure that is no refusal is said to be none."""
    denied = refusal.code in DENIED or refusal.layer is not None or bool(refusal.encoded)
    otherwise = _SILENCE if refusal.code.startswith("<") else _NO_REFUSAL
    return Explanation(
        what=_refused(refusal) if denied else f"{refusal.operation or 'the call'} failed with {refusal.code}",
        decided=_decided(refusal) if denied else otherwise,
        advice=_advice(refusal, denied=denied),
        aws=refusal.words,
        step=step,
        encoded=refusal.encoded,
    )


def explain_step(step: PlannedStep) -> tuple[Explanation, ...]:
    """Return what the simulation said of a planned step, and then every finding about it."""
    verdict, found = step.verdict, [finding for finding in step.findings if finding.check != VERDICT_CHECK]
    told: list[Explanation] = []
    if verdict is not None:
        what = f"{step.action} on {step.target}: {verdict.protection.value} ({verdict.evidence.value})"
        told.append(Explanation(what, verdict.reason, verdict.hint, "", step.id))
    elif isinstance(step.state, Missing):
        told.append(Explanation(f"{step.action} on {step.target}: nothing to do", step.state.why, "", "", step.id))
    for finding in found:
        weight = "refused" if finding.blocks else "note"
        told.append(Explanation(f"{weight}: {finding.check}", finding.message, finding.hint, "", step.id))
    return tuple(told)


def _advice(refusal: Refusal, *, denied: bool) -> str:
    if not denied:
        return hint_for(refusal.answer) or hint_for_silence(refusal.code)
    # An unknown code beside words that name a policy is a refusal all the same.
    hint = hint_for(replace(refusal.answer, code="AccessDenied"))
    return hint if refusal.layer is not None or refusal.encoded else f"{hint}; {_SIMULATE}"


def _refused(refusal: Refusal) -> str:
    what = refusal.action or refusal.operation or "the call"
    on = f" on {refusal.resource}" if refusal.resource else ""
    whom = f" to {refusal.principal}" if refusal.principal else ""
    return f"{what}{on} was refused{whom}"


def _decided(refusal: Refusal) -> str:
    layer = refusal.layer
    if layer is None:
        return f"{_NOT_NAMED}; the encoded message does" if refusal.encoded else _NOT_NAMED
    owner = _OWNERS.get(layer.name)
    whose = f" ({owner})" if owner else ""
    policy = f": {refusal.policy}" if refusal.policy else ""
    return f"{_verb(layer)}{whose}{policy}. {_ONE_KIND}."


def _verb(layer: Layer) -> str:
    if not layer.explicit:
        return f"no {layer.name} allows it"
    return f"a Deny in {'an' if layer.name[0] in 'aeiou' else 'a'} {layer.name}"
