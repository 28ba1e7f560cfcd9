"""Send each read once, however many steps of a plan ask for it: two steps on one bucket have most reads in common.

A plan is one look at the world, so an answer is as good for every step of it. Never used in a run: right before a step
everything is read anew.
"""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import Future
from threading import Lock

from runner.model.bound import BoundCall, Params
from runner.model.canonical import digest
from runner.model.ports import Reply, Sender


class SharedReads:
    """Answer reads (port `Sender`) for several threads; who asks while a read is on its way waits for its answer."""

    def __init__(self, sender: Sender) -> None:
        self._sender = sender
        self._lock = Lock()
        self._answers: dict[str, Future[Reply]] = {}

    def send(self, call: BoundCall, params: Params, tag: str = "") -> Reply:
        """Return the answer to a read; a refusal is kept like an answer.

        Raises:
            AwsCallFailed: with AWS's words, each time it is asked for.
        """
        key = digest((call.to_data(), dict(params)))
        with self._lock:
            known = self._answers.get(key)
            answer = self._answers.setdefault(key, Future())
        if known is None:
            try:
                answer.set_result(self._sender.send(call, params, tag))
            except BaseException as error:
                # Also when it is interrupted: who waits would wait for ever.
                answer.set_exception(error)
                raise
        return answer.result()

    def pages(self, call: BoundCall, params: Params | None = None) -> Iterator[Reply]:
        """Send a listing; its pages may be many, and are not kept."""
        return self._sender.pages(call, params)
