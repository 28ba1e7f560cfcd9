"""What AWS's answers on the way to the role mean: the proof of MFA, the simulator, the reads that steps need. Pure."""

from __future__ import annotations

from runner.errors import AwsAnswer, AwsCallFailed
from runner.guard.diagnosis import ASK_AGAIN, Seen, cannot_tell, is_undecided, ok, problem
from runner.guard.hints import DENIED
from runner.guard.proof import NotCarried, Proof, Proven, Unproven
from runner.model.bound import BoundCall
from runner.model.ports import Reply
from runner.model.session import Identity, LongTermIdentity, ReadySession
from runner.policy.grants import in_words


def judge_identity(identity: Identity) -> Seen:
    """Say which MFA device is used, or that a session is there already."""
    match identity:
        case LongTermIdentity(serial=serial):
            return ok(f"{serial} makes codes")
        case ReadySession(origin=origin):
            return ok(f"none is needed: {origin} is a session already", "whether it carries MFA, the live proof tells")


def judge_registered(serial: str, registered: tuple[str, ...]) -> Seen:
    """Say whether the device is among those that ``iam:ListMFADevices`` answered."""
    if serial in registered:
        return ok(f"{serial} makes codes, and is one of the user's devices")
    listed = ", ".join(registered) or "none"
    return problem(f"{serial} is not one of the user's devices: {listed}", "correct mfa_serial, or give --mfa-serial")


def judge_proof(proof: Proof, answer: Reply | AwsAnswer) -> Seen:
    """Say whether the role session was proven to carry MFA."""
    refused = answer if isinstance(answer, AwsAnswer) else None
    match proof:
        case Proven():
            request = f" (request {answer.request_id})"
            return ok(f"AWS let iam:GetRole through, which this session may do with MFA only{request}")
        case NotCarried(why):
            return problem(
                f"the role session does not carry MFA: {why}",
                "use the long-term key of an IAM user with a TOTP device; `runner doctor --live` compares the ways",
                refused,
            )
        case Unproven(why, hint):
            denied = refused is not None and refused.code in DENIED
            return problem(why, hint, refused) if denied else cannot_tell(why, hint, refused)


def judge_denial(call: BoundCall, error: AwsCallFailed) -> Seen:
    """Say what it means that a read which runner needs was not answered."""
    if error.answer.code in DENIED:
        hint = f" ({error.hint})" if error.hint else ""
        return problem(f"{call.api} is refused", f"grant the role {in_words(call)}{hint}", error.answer)
    again = ASK_AGAIN if is_undecided(error.answer) else "look at AWS's own words"
    return cannot_tell(f"{call.api} failed", error.hint or again, error.answer)
