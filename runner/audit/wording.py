"""One record in a few words: what was done, on what, with what result. Pure."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, fields
from types import MappingProxyType

from runner.audit.line import text
from runner.audit.record import (
    Anchored,
    ApprovalAccepted,
    ApprovalsNeeded,
    CallIntent,
    CallOutcome,
    CheckpointSigned,
    CopySeen,
    GlassBroken,
    HandedOut,
    MfaSession,
    PlanKept,
    PlanUsed,
    Proof,
    Recovered,
    Reserved,
    RoleAssumed,
    RunClosed,
    RunOpened,
    SeenGone,
    Stamped,
    StepClosed,
    StepOpened,
    UnknownAccepted,
)
from runner.model.canonical import Json
from runner.model.figures import Figures, per_second

Record = Mapping[str, Json]


@dataclass(frozen=True)
class Wording:
    """Hold a record's words; ``on`` is a resource, an identity or a playbook."""

    what: str
    on: str = ""
    result: str = ""
    step: str = ""


def word(data: Record, calls: Mapping[Json, Wording]) -> Wording:
    """Return a record's words; ``calls`` holds those of the run's intents so far, by their number."""
    kind = text(data, "type")
    if kind == CallOutcome.type:
        return _outcome(data, calls.get(data.get("intent_seq"), Wording("an unknown call")))
    say = _WORDS.get(kind)
    return Wording(kind) if say is None else say(data)


def _run_opened(data: Record) -> Wording:
    uncommitted = "; the playbook has uncommitted changes" if data.get("git_dirty") is True else ""
    return Wording("run opened", text(data, "playbook"), f"plan {text(data, 'plan_sha256')}{uncommitted}")


def _plan_kept(data: Record) -> Wording:
    return Wording("plan kept", "", text(data, "plan_blob") or "in this record")


def _plan_used(data: Record) -> Wording:
    return Wording("sealed plan used", text(data, "nonce"), f"sealed at {text(data, 'created')}")


def _accepted(data: Record) -> Wording:
    result = f"{text(data, 'message')} (because: {text(data, 'reason')})"
    return Wording("unknown, accepted", text(data, "check"), result, text(data, "step"))


def _approvals(data: Record) -> Wording:
    editable = text(data, "editable")
    warning = f"; {editable}" if editable else ""
    return Wording("approvals needed", text(data, "allowed_signers"), f"{data.get('needed')}{warning}")


def _approval(data: Record) -> Wording:
    return Wording("approved", text(data, "approver"), f"{text(data, 'fingerprint')} until {text(data, 'expires')}")


def _glass(data: Record) -> Wording:
    given = f"{data.get('given')} of {data.get('needed')} approvals"
    return Wording("GLASS BROKEN", text(data, "operator"), f"{given}: {text(data, 'reason')}")


def _mfa_session(data: Record) -> Wording:
    who, device = text(data, "caller_arn"), text(data, "mfa_serial")
    if not device:
        return Wording("session made elsewhere", who)
    return Wording("MFA code accepted", who, f"{device} at {text(data, 'issued_at')}")


def _proof(data: Record) -> Wording:
    return Wording("MFA proven", text(data, "role_session"), text(data, "operation"))


def _role(data: Record) -> Wording:
    return Wording("role session", text(data, "session_arn"), text(data, "access_key"), text(data, "step"))


def _step_opened(data: Record) -> Wording:
    return Wording(text(data, "action"), text(data, "target"), "started", text(data, "step"))


def _intent(data: Record) -> Wording:
    resources = data.get("resources")
    on = ", ".join(str(item) for item in resources) if isinstance(resources, list) else ""
    count = data.get("objects_count") or data.get("params_count", 0)
    what = f"{text(data, 'service')}:{text(data, 'operation')}"
    return Wording(what, on, f"sent for {count}" if count else "sent", text(data, "step"))


def _outcome(data: Record, call: Wording) -> Wording:
    result, refused = text(data, "result"), data.get("refused")
    count = len(refused) if isinstance(refused, list) else data.get("refused_count", 0)
    if count:
        result = f"{result}, but {count} refused"
    code, message = text(data, "error_code"), text(data, "error_message")
    return Wording(call.what, call.on, ": ".join(part for part in (result, code, message) if part), call.step)


def _handed(data: Record) -> Wording:
    again = data.get("time") != 1
    return Wording(
        "range handed out", text(data, "to"), text(data, "keys") + ("; again" if again else ""), text(data, "step")
    )


def _seen(data: Record) -> Wording:
    looks = data.get("polls")
    result = f"{text(data, 'verdict')} ({looks} {'look' if looks == 1 else 'looks'})"
    return Wording(text(data, "method") or "looked", text(data, "target"), result, text(data, "step"))


def _copy(data: Record) -> Wording:
    return Wording(f"{text(data, 'key')} looked at", text(data, "name"), text(data, "verdict"), text(data, "step"))


def _step_closed(data: Record) -> Wording:
    parts = (text(data, "state"), text(data, "until"), text(data, "why"), _figures(data.get("figures")))
    result = ": ".join(part for part in parts if part)
    return Wording(text(data, "action"), text(data, "target"), result, text(data, "step"))


def _figures(figures: Json) -> str:
    """Say what a deletion in bulk came to; nothing of what is no such count."""
    if not isinstance(figures, Mapping):
        return ""
    counts = {name: value for name, value in figures.items() if isinstance(value, int)}
    if set(counts) != {field.name for field in fields(Figures)}:
        return ""
    found = Figures(**counts)
    took, speed = found.milliseconds, per_second(found.children, found.milliseconds)
    told = (
        f"{found.children:,} objects in {took / 1000:.1f} s, {speed:,}/s",
        f"about {found.size:,} bytes, {per_second(found.size, took):,}/s",
        f"at most {found.most_in_flight} in flight, slowed down {found.throttled:,} times, {found.errors:,} errors",
    )
    return ", ".join(told)


def _run_closed(data: Record) -> Wording:
    return Wording("run closed", "", f"{text(data, 'status')}, exit code {data.get('exit_code')}")


def _recovered(data: Record) -> Wording:
    torn = data.get("torn")
    count = len(torn) if isinstance(torn, list) else 0
    return Wording("recovered", "", f"{count} unfinished {'line' if count == 1 else 'lines'} named")


def _reserved(data: Record) -> Wording:
    skipped = text(data, "skipped")
    return Wording("disk space reserved", "", f"none: {skipped}" if skipped else f"{data.get('size')} bytes")


def _signed(data: Record) -> Wording:
    return Wording("log signed", text(data, "fingerprint"), f"{data.get('size')} records, by the operator")


def _anchored(data: Record) -> Wording:
    why = text(data, "why")
    where = f"s3://{text(data, 'bucket')}/{text(data, 'key')}"
    return Wording("NOT ANCHORED" if why else "log anchored", where, why or f"{data.get('size')} records")


def _stamped(data: Record) -> Wording:
    why = text(data, "why")
    result = why or f"{data.get('size')} records, at {text(data, 'time')}"
    return Wording("NOT TIME-STAMPED" if why else "log time-stamped", text(data, "url"), result)


_WORDS: Mapping[str, Callable[[Record], Wording]] = MappingProxyType(
    {
        RunOpened.type: _run_opened,
        PlanKept.type: _plan_kept,
        PlanUsed.type: _plan_used,
        ApprovalsNeeded.type: _approvals,
        ApprovalAccepted.type: _approval,
        GlassBroken.type: _glass,
        UnknownAccepted.type: _accepted,
        MfaSession.type: _mfa_session,
        Proof.type: _proof,
        RoleAssumed.type: _role,
        StepOpened.type: _step_opened,
        CallIntent.type: _intent,
        HandedOut.type: _handed,
        SeenGone.type: _seen,
        CopySeen.type: _copy,
        StepClosed.type: _step_closed,
        RunClosed.type: _run_closed,
        Recovered.type: _recovered,
        Reserved.type: _reserved,
        CheckpointSigned.type: _signed,
        Anchored.type: _anchored,
        Stamped.type: _stamped,
    }
)
