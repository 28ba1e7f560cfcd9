"""The adapters that a command works with, put together by ``runner.cli.wiring``."""

from __future__ import annotations

from dataclasses import dataclass

from runner.model.bulk import Bulk
from runner.model.ports import (
    Aws,
    Clock,
    CodeSource,
    Confirmer,
    Crew,
    Operator,
    SessionCache,
    Stop,
    Sts,
    TimeStamper,
    Watcher,
    WeakSts,
)


@dataclass(frozen=True)
class Services:
    """Hold one adapter for each port; without ``weak`` nothing is tried without MFA.

    Without ``bulk`` children are deleted batch after batch, without ``stamper`` no checkpoint is time-stamped.
    """

    operator: Operator
    codes: CodeSource
    cache: SessionCache
    sts: Sts
    aws: Aws
    clock: Clock
    watcher: Watcher
    confirmer: Confirmer
    stop: Stop
    crew: Crew
    weak: WeakSts | None = None
    bulk: Bulk | None = None
    stamper: TimeStamper | None = None
