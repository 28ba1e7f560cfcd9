"""Everything goes wrong at once, by a seed: the bucket is empty in the end, or what is left is told honestly.

``make chaos`` tries hundreds of seeds; the test-suite takes a few.
"""

from __future__ import annotations

import os
from random import Random

import pytest

from runner.errors import AwsCallFailed
from runner.model.children import Child
from tests.aws.s3_engine.bucket import Bucket, Pass, Trouble, error, refusing
from tests.aws.s3_engine.sweeps import child
from tests.e2e.wire import LOST, Answer

SEEDS = range(int(os.environ.get("CHAOS_SEEDS", "4")))
PASSES = 30


class Chaos:
    """Let one request in three fail, each time in another way."""

    def __init__(self, seed: int) -> None:
        self._random = Random(seed)  # noqa: S311  # repeatable, not secret

    def deletion(self, number: int, children: tuple[Child, ...]) -> Trouble | None:
        """Return what goes wrong with a deletion."""
        del number
        if self._random.random() > 1 / 3:
            return None
        half = set(self._random.sample(children, len(children) // 2))
        slow = error("SlowDown")
        return self._random.choice(
            (
                Trouble(Answer(503, slow)),
                Trouble(Answer(200, slow)),
                Trouble(Answer(500, error("InternalError"))),
                Trouble(LOST),
                Trouble(LOST, lambda _: True),
                Trouble(LOST, lambda one: one in half),
                Trouble(Answer(200, b"<DeleteResu"), lambda one: one in half),
                Trouble(refusing("InternalError", tuple(half)), lambda one: one not in half) if half else Trouble(LOST),
            )
        )

    def listing(self, number: int) -> Answer | None:
        """Return what is answered in a page's place."""
        del number
        if self._random.random() > 1 / 3:
            return None
        return self._random.choice((LOST, Answer(503, error("SlowDown")), Answer(200, b"<ListVersionsResult><Ver")))


@pytest.mark.parametrize("seed", SEEDS)
def test_whatever_happens_the_end_is_told(seed: int) -> None:
    """Passes go on until nothing is in doubt; then the bucket is empty, and nothing but the plan's was ever named."""
    keys = Random(seed).randint(1, 3000)  # noqa: S311  # repeatable, not secret
    chaos = Chaos(seed)
    work = Pass(Bucket({child(f"logs/{at:05}", f"v{at % 3}") for at in range(keys)}, chaos.deletion, chaos.listing))
    raised: list[str] = []
    for _ in range(PASSES):
        try:
            swept = work.run()
        except AwsCallFailed as failed:
            raised.append(failed.answer.operation)
            continue
        told = swept.doubtful + (0 if swept.error is None else keys)
        assert len(work.bucket.left) <= told
        if not (swept.doubtful or swept.error or swept.why):
            break
    assert set(raised) <= {"s3:ListObjectVersions"}
    assert work.bucket.left == set()
    assert len(work.memory.outcomes) == len(work.memory.intents)
