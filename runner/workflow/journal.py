"""The run's own record, written as it goes: intent on disk, call, outcome on disk, for every attempt of every write."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import replace
from itertools import accumulate
from threading import Lock

from runner import __version__
from runner.audit.record import (
    ApprovalAccepted,
    ApprovalsNeeded,
    CallIntent,
    CallOutcome,
    CopySeen,
    GlassBroken,
    HandedOut,
    MfaSession,
    PlanKept,
    PlanUsed,
    Proof,
    RoleAssumed,
    RunClosed,
    RunOpened,
    SeenGone,
    StepClosed,
    StepOpened,
    UnknownAccepted,
    intent_tag,
)
from runner.audit.record.fields import shortened
from runner.audit.record.markers import markers_written
from runner.errors import AwsCallFailed, ExitCode
from runner.model.bound import BoundCall, Params
from runner.model.bulk import Batch, Part, Ticket
from runner.model.canonical import Json
from runner.model.children import Children, manifest
from runner.model.figures import Figures
from runner.model.outcome import StepResult
from runner.model.plan import PlannedStep
from runner.model.ports import Clock, Ledger, Receipt, Record, Reply, Sender
from runner.model.sealed import NONCE_BYTES, SealedPlan
from runner.model.session import RoleSession
from runner.policy.names import iam_actions
from runner.workflow import guarded_session
from runner.workflow.approvals import Admitted
from runner.workflow.plan_file import seal
from runner.workflow.prepare import Prepared
from runner.workflow.route import Route

ATTEMPTS = 6
"""How often a write is sent when AWS asks to try again later (throttling, 5xx)."""
BACKOFF = 0.5
"""Seconds before the second attempt; doubled for each further one."""
_LOOKED = "no outcome was recorded; the run that goes on from there looks at the target instead of repeating the call"


class Journal:
    """Write one run into the ledger; every method raises `LogUnwritable` when that fails."""

    def __init__(self, ledger: Ledger, clock: Clock) -> None:
        self._ledger = ledger
        self._clock = clock
        self._account = ""
        self._in_doubt: list[int] = []
        self._sent: dict[int, str] = {}
        """The calls whose outcome is not on disk yet, by their intents; several threads send batches."""
        self._posted: list[int] = []
        """Those of them whose outcome goes to disk with the next record."""
        self._posting = Lock()

    @property
    def unrecorded(self) -> str:
        """The calls whose outcome is not on disk yet, several batches of one sweep as one; empty most of the time."""
        return " and ".join(dict.fromkeys(tuple(self._sent.values())))

    def opened(self, prepared: Prepared) -> None:
        """Record which plan is executed and so used up, what was accepted, who does it, and the proof of MFA.

        A run that goes on from another one says so, and what was in doubt there is on record as looked at here.
        """
        plan, before = prepared.plan, prepared.resumes
        self._ledger.append(RunOpened.of(plan, prepared.phrase if plan.acting else "", before.run if before else ""))
        self._ledger.append(PlanKept.of(prepared.sealed or self._sealed(prepared)))
        if before is not None and before.approvals:
            self._ledger.append(ApprovalsNeeded(before.approvals))
        for intent in before.in_doubt if before else ():
            self._ledger.append(CallOutcome(intent.seq, intent.sha256, "unknown", error_message=_LOOKED))
        if prepared.sealed is not None:
            self._ledger.append(PlanUsed.of(prepared.sealed))
        self._admitted(prepared.admitted)
        for accepted in UnknownAccepted.all_of(plan):
            self._ledger.append(accepted)
        first, *others = prepared.parts
        self.authenticated(first.route, first.proof)
        for part in others:
            self._proven(part.proof)

    def enters(self, account: str) -> None:
        """Take note of the account that the next calls go to."""
        self._account = account

    def authenticated(self, route: Route, proof: guarded_session.Proof) -> None:
        """Record whose MFA session the next calls rest on, and the proof of it."""
        self._ledger.append(MfaSession.of(route.user, route.session_name))
        self._proven(proof)

    def _proven(self, proof: guarded_session.Proof) -> None:
        self._ledger.append(Proof(proof.role_session, proof.request_id, proof.operation))

    def _admitted(self, admitted: Admitted) -> None:
        """Record by whose approval the run goes on, or why it goes on without."""
        if not admitted.needed:
            return
        listed = admitted.signers
        self._ledger.append(
            ApprovalsNeeded(admitted.needed)
            if listed is None
            else ApprovalsNeeded(admitted.needed, listed.origin, listed.sha256, listed.editable)
        )
        for accepted in admitted.accepted:
            self._ledger.append(ApprovalAccepted.of(accepted))
        if admitted.broken_glass:
            reason = shortened(admitted.broken_glass)
            self._ledger.append(GlassBroken(reason, admitted.needed, admitted.people, admitted.operator))

    def step_opened(self, planned: PlannedStep) -> None:
        """Record that a step begins."""
        self._ledger.append(StepOpened(planned.id, planned.action, planned.target))

    def assumed(self, step: str, session: RoleSession) -> None:
        """Record the role session that a step's next calls are signed with."""
        self._ledger.append(RoleAssumed.of(step, session))

    def call(self, sender: Sender, call: BoundCall, params: Params, step: str) -> Reply:
        """Send a write, again while AWS asks for it, with an intent and an outcome for each attempt.

        A call without an answer is not repeated: it may have happened.

        Raises:
            AwsCallFailed: when the last attempt failed.
        """
        for attempt in range(1, ATTEMPTS):
            try:
                return self._attempt(sender, call, params, step, attempt)
            except AwsCallFailed as error:
                if not error.retriable or error.in_doubt:
                    raise
                self._clock.sleep(BACKOFF * 2 ** (attempt - 1))
        return self._attempt(sender, call, params, step, ATTEMPTS)

    def intend(self, batch: Batch, step: str, attempt: int) -> Ticket:
        """Record a batch that is about to be sent, its manifest first; called from several threads."""
        if batch.body and batch.part is None:
            (batch,) = self.name((batch,))
        return self._intend(batch.call, batch.params, step, attempt, batch.part, len(batch.children))

    def name(self, batches: Sequence[Batch]) -> tuple[Batch, ...]:
        """Name the children of a bucket's batches in one manifest; those without a body are named by their request."""
        named = [batch for batch in batches if batch.body]
        if not named:
            return tuple(batches)
        texts = [Children.of(batch.children) for batch in named]
        together = Children(b"\n".join(children.text for children in texts))
        digest = self._ledger.store(manifest(str(named[0].params["Bucket"]), together))
        starts = accumulate(map(len, texts), initial=0)
        return tuple(replace(batch, part=Part(digest, next(starts))) if batch.body else batch for batch in batches)

    def answered(self, ticket: Ticket, reply: Reply, refused: tuple[Mapping[str, Json], ...]) -> None:
        """Record the answer to a batch with whatever is recorded next, so that nobody waits for the disk."""
        self._ledger.post(CallOutcome.of_reply(ticket.receipt, reply, refused, ticket.manifest))
        with self._posting:
            self._posted.append(ticket.receipt.seq)

    def settle(self) -> None:
        """Return when the answers to all batches are on disk."""
        posted = self._take_posted()
        self._ledger.settle()
        self._forget(posted)

    def unanswered(self, ticket: Ticket, error: AwsCallFailed) -> None:
        """Record a refusal, or that no answer came."""
        self._recorded(ticket, CallOutcome.of_failure(ticket.receipt, error, manifest=ticket.manifest))
        if error.in_doubt:
            self._in_doubt.append(ticket.receipt.seq)

    def handed_out(self, step: str, keys: str, to: str, time: int) -> None:
        """Record that other machines are about to get a part of a step's keys, for the first time or again."""
        self._ledger.append(HandedOut(step, keys, to, time))

    def seen(self, seen: SeenGone) -> None:
        """Record the last look at a target."""
        self._ledger.append(seen)

    def kept(self, seen: CopySeen) -> None:
        """Record the last look at a copy that is kept of a target."""
        self._ledger.append(seen)

    def step_closed(self, result: StepResult, figures: Figures | None = None) -> None:
        """Record how a step ended, and what its deletions in bulk came to."""
        self._ledger.append(StepClosed.of(result, figures))

    def closed(self, results: tuple[StepResult, ...], code: ExitCode) -> None:
        """Record how the run ended."""
        self._ledger.append(RunClosed.of(results, code, tuple(self._in_doubt)))

    def _sealed(self, prepared: Prepared) -> SealedPlan:
        """Return the plan as a file of it would be; the run's id makes it one of its kind."""
        nonce = hashlib.sha256(self._ledger.run.encode()).hexdigest()[: 2 * NONCE_BYTES]
        return seal(prepared, now=self._clock.now(), nonce=nonce, runner=__version__, valid_for=None)

    def _attempt(self, sender: Sender, call: BoundCall, params: Params, step: str, attempt: int) -> Reply:
        ticket = self._intend(call, params, step, attempt)
        try:
            reply = sender.send(call, params, ticket.tag)
        except AwsCallFailed as error:
            self.unanswered(ticket, error)
            raise
        written = CallOutcome.of_reply(ticket.receipt, reply, markers=markers_written(params, reply.data))
        self._recorded(ticket, written)
        return reply

    def _recorded(self, ticket: Ticket, outcome: CallOutcome) -> None:
        self._append(outcome)
        self._forget([ticket.receipt.seq])

    def _append(self, record: Record) -> Receipt:
        """Append a record; by then, whatever was posted before is on disk as well."""
        posted = self._take_posted()
        receipt = self._ledger.append(record)
        self._forget(posted)
        return receipt

    def _take_posted(self) -> list[int]:
        with self._posting:
            posted, self._posted = self._posted, []
        return posted

    def _forget(self, seqs: list[int]) -> None:
        for seq in seqs:
            self._sent.pop(seq, None)

    def _intend(  # the last two belong together
        self, call: BoundCall, params: Params, step: str, attempt: int, part: Part | None = None, count: int = 0
    ) -> Ticket:
        receipt = self._append(
            CallIntent(
                step=step,
                service=call.service,
                operation=call.operation,
                actions=iam_actions(call),
                region=call.region,
                account=self._account,
                resources=call.resources,
                params=params,
                attempt=attempt,
                objects_sha256="" if part is None else part.digest,
                objects_count=0 if part is None else count,
                objects_first=0 if part is None else part.first,
            )
        )
        self._sent[receipt.seq] = f"{call.api} on {call.resources[0]}"
        return Ticket(receipt, "" if part is None else part.digest, intent_tag(self._ledger.run, receipt))
