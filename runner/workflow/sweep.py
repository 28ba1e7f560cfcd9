"""Delete a target's children in batches, with an intent and an outcome for each."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import partial

import jmespath

from runner.errors import AwsAnswer, AwsCallFailed
from runner.model.bound import BoundCall, BoundSweep, Params, fill
from runner.model.bulk import Bulk, Errand, Pace
from runner.model.canonical import Json
from runner.model.children import Child
from runner.model.event import Deleted, Settled
from runner.model.interrupted import Unsettled
from runner.model.ports import Reply
from runner.workflow.book import SweepBook
from runner.workflow.census import children_of
from runner.workflow.journal import Journal
from runner.workflow.scope import Scope
from runner.workflow.services import Services
from runner.workflow.tally import Tally

PASSES = 3
"""Passes in a row in which no deletion is answered; a doubt is looked at all the same after the first."""
PAUSE = 2.0
"""Seconds before a pass that follows one without any answer."""

_NOT_IN_XML = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
"""What XML 1.0 cannot carry in any form (section 2.2); such keys travel in the URL of a single call."""


@dataclass(frozen=True)
class Ended:
    """Say why a sweep ended early."""

    why: str
    aws: AwsAnswer | None = None


@dataclass(frozen=True)
class Sweeping:
    """Hold what a sweep works with; ``at_most`` is how many children the plan counted."""

    services: Services
    scope: Scope
    journal: Journal
    tally: Tally
    step: str
    at_most: int
    unsettled: tuple[Unsettled, ...] = ()
    """The step's batches of an earlier run whose answers are not on record."""


def sweep(work: Sweeping, call: BoundSweep) -> Ended | None:
    """Delete every child that the sweep lists; return why it ended early, or None when nothing is left to list.

    Where there is an engine for the children, it deletes them in bulk.

    Raises:
        AwsCallFailed: when a page cannot be listed.
        CredentialsRefused: when the role session cannot be renewed.
        LogUnwritable: when the journal cannot be written. The tally says what was deleted before.
    """
    bulk = work.services.bulk
    if bulk is not None and bulk.takes(call):
        return _in_bulk(work, call, bulk)
    return _one_by_one(work, call)


def _in_bulk(work: Sweeping, call: BoundSweep, bulk: Bulk) -> Ended | None:
    """Let the engine pass over the listing; what is in doubt afterwards is looked at in another pass.

    What an earlier run sent and got no answer to is looked at first, exactly that: key by key and version by version.

    A batch without an answer is never just repeated: the next pass lists again, and deletes what is still there. Passes
    without any answer end when there were several in a row.
    """
    clock = work.services.clock
    began = clock.now()
    try:
        return _in_passes(work, call, bulk)
    finally:
        work.tally.swept_for += clock.now() - began


def _in_passes(work: Sweeping, call: BoundSweep, bulk: Bulk) -> Ended | None:
    book = SweepBook(work.journal, work.tally, work.step)
    left = work.at_most - work.tally.children
    unanswered = 0
    # What an earlier run left open comes first; what stays in doubt of it, the listing of everything finds.
    only = _open(work, call)
    while True:
        before, slowed = work.tally.children, work.tally.throttled
        errand = Errand(
            work.scope,
            book,
            left,
            lambda: work.services.stop.requested,
            partial(_tell, work, before, slowed),
            only,
            book.handed_out,
        )
        swept = bulk.delete(call, errand)
        done = work.tally.children - before
        if only:
            work.services.watcher.see(Settled(work.step, sum(map(len, only)), swept.found))
        if swept.error is not None:
            return Ended(swept.why or words_of(swept.error), swept.error.answer)
        if swept.why or not (swept.doubtful or only):
            return Ended(swept.why) if swept.why else None
        if only:
            only, left = (), left - done
            continue
        unanswered = 0 if done else unanswered + 1
        if unanswered == PASSES:
            return Ended(f"no answer came to deletions of {swept.doubtful} {call.children}, in {PASSES} passes")
        if unanswered:
            work.services.clock.sleep(PAUSE)
        left = swept.doubtful


def _open(work: Sweeping, call: BoundSweep) -> tuple[tuple[Child, ...], ...]:
    apis = {write.api for write in call.writes}
    return tuple(one.children for one in work.unsettled if one.api in apis and one.children)


def _tell(work: Sweeping, before: int, slowed: int, pace: Pace) -> None:
    """Say how it stands; what a pass counts is its own."""
    tally = work.tally
    tally.most_in_flight = max(tally.most_in_flight, pace.in_flight)
    tally.throttled = slowed + pace.throttled
    seen = Deleted(work.step, before + pace.children, pace.in_flight, tally.throttled, tally.errors)
    work.services.watcher.see(seen)


def _one_by_one(work: Sweeping, call: BoundSweep) -> Ended | None:
    """Delete page after page.

    1. List a page. 2. Stop when the operator asked to, or when the page holds more than the plan counted.
    3. Delete the page's children in batches. 4. When the session is about to end, list again under a new one; a page
    without children is the last, so that a clock that is ahead of AWS's does not make that go on for ever.
    """
    while True:
        for page in work.scope.pages(call.list):  # 1
            children = tuple(child for _, child in children_of(page, call))
            if work.tally.children + len(children) > work.at_most:  # 2
                return Ended(f"more {call.children} than the plan counted: somebody is still writing there")
            for request, params, count in _requests(call, children):  # 3
                if work.services.stop.requested:
                    return Ended("interrupted")
                ended = _delete(work, request, params, count)
                work.services.watcher.see(Deleted(work.step, work.tally.children))
                if ended is not None:
                    return ended
            # A page that held nothing is no reason to begin again: no session would last longer for it.
            if children and work.scope.is_ending(call.list):  # 4
                break
        else:
            return None


def words_of(error: AwsCallFailed) -> str:
    """Say in a line what AWS answered and, where that is known, what it means."""
    words = f"{error.answer.code}: {error.answer.message}"
    return f"{words}; {error.hint}" if error.hint else words


def _delete(work: Sweeping, request: BoundCall, params: Params, count: int) -> Ended | None:
    try:
        reply = work.journal.call(work.scope, request, params, work.step)
    except AwsCallFailed as error:
        return Ended(words_of(error), error.answer)
    failed = _failures(reply)
    work.tally.took(count - len(failed))
    if not failed:
        return None
    first = failed[0]
    answer = AwsAnswer(request.api, str(first.get("Code")), str(first.get("Message")), reply.request_id, reply.status)
    told = f"{len(failed)} of {count} were refused; the first, {first.get('Key')!r}: {answer.code}: {answer.message}"
    return Ended(told, answer)


_FAILURES = "Errors || failures[].{Code: failureCode, Message: failureReason, Key: imageId.imageDigest}"
"""Where an answer 200 names the children that were not deleted: in S3's batches, else in ECR's."""


def _failures(reply: Reply) -> tuple[Mapping[str, Json], ...]:
    errors = jmespath.search(_FAILURES, reply.data)
    listed = errors if isinstance(errors, list) else ()
    return tuple(error for error in listed if isinstance(error, Mapping))


def _requests(call: BoundSweep, children: tuple[Mapping[str, Json], ...]) -> Iterator[tuple[BoundCall, Params, int]]:
    """Yield the requests that delete a page's children, each with the number of children it deletes."""
    alone = children if call.batch is None else tuple(child for child in children if not _fits_xml(call, child))
    for child in alone:
        yield call.each, fill(call.each.args, child), 1
    if call.batch is None:
        return
    together = tuple(child for child in children if _fits_xml(call, child))
    for batch in _batches(together, call.batch_size):
        yield call.batch, fill(call.batch.args, {}, tuple(fill(call.child, child) for child in batch)), len(batch)


def _batches(children: tuple[Mapping[str, Json], ...], size: int) -> Iterator[tuple[Mapping[str, Json], ...]]:
    for start in range(0, len(children), size):
        yield children[start : start + size]


def _fits_xml(call: BoundSweep, child: Mapping[str, Json]) -> bool:
    return all(_NOT_IN_XML.search(str(value)) is None for value in fill(call.child, child).values())
