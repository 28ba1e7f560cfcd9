"""Send each read once, however many steps of a plan ask for it: two steps on one bucket have most reads in common.

A plan is one look at the world, so an answer is as good for every step of it. Never used in a run: right before a step
everything is read anew.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from concurrent.futures import Future
from threading import Lock
from typing import TypeVar

from runner.model.bound import BoundCall, Params
from runner.model.canonical import digest
from runner.model.ports import Reply, Sender

Answer = TypeVar("Answer")


class SharedReads:
    """Answer reads (port `Sender`) for several threads; who asks while a read is on its way waits for its answer."""

    def __init__(self, sender: Sender) -> None:
        self._sender = sender
        self._lock = Lock()
        self._answers: dict[str, Future[Reply]] = {}
        self._listings: dict[str, Future[tuple[Reply, ...]]] = {}

    def send(self, call: BoundCall, params: Params, tag: str = "") -> Reply:
        """Return the answer to a read; a refusal is kept like an answer.

        Raises:
            AwsCallFailed: with AWS's words, each time it is asked for.
        """
        key = digest((call.to_data(), dict(params)))
        return self._once(self._answers, key, lambda: self._sender.send(call, params, tag))

    def pages(self, call: BoundCall, params: Params | None = None) -> Iterator[Reply]:
        """Send a listing; one of the whole account, which other steps ask for too, is sent once.

        The pages of other listings may be many, and are not kept.

        Raises:
            AwsCallFailed: with AWS's words, each time it is asked for.
        """
        if call.resources != ("*",):
            return self._sender.pages(call, params)
        key = digest((call.to_data(), dict(call.params if params is None else params)))
        pages = self._once(self._listings, key, lambda: tuple(self._sender.pages(call, params)))
        return iter(pages)

    def _once(self, kept: dict[str, Future[Answer]], key: str, ask: Callable[[], Answer]) -> Answer:
        """Return what is asked for; who asks while another one does waits for that answer."""
        with self._lock:
            known = kept.get(key)
            answer = kept.setdefault(key, Future())
        if known is None:
            try:
                answer.set_result(ask())
            except BaseException as error:
                # Also when it is interrupted: who waits would wait for ever.
                answer.set_exception(error)
                raise
        return answer.result()
