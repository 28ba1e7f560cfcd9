"""Which sweeps the engine takes: it reads pages without JMESPath, so never one that picks among versions."""

from __future__ import annotations

import pytest

from runner.aws.s3_engine.engine import S3Engine
from runner.catalog import ACTIONS
from runner.cli.wiring import SystemClock
from runner.model.action import ActionType
from runner.model.binding import Binding

WHOLE = {"s3.delete_object", "s3.delete_objects", "s3.empty_bucket"}
"""The actions whose sweeps are of all versions, markers and uploads in their range."""


@pytest.mark.parametrize("key", ["logs/a", "it's", "a\\b"])
@pytest.mark.parametrize("action", [one for one in ACTIONS if one.sweeps], ids=lambda action: action.name)
def test_it_takes_what_is_whole_and_nothing_else(action: ActionType, key: str) -> None:
    """Emptying is for the engine; markers of one run and current objects are picked page by page."""
    params = {param.name: key for param in action.params}
    binding = Binding(params, "222222222222", "ap-northeast-1", "aws", "arn:aws:s3:::orders")
    taken = {S3Engine(SystemClock()).takes(binding.sweep(sweep)) for sweep in action.sweeps}

    assert taken == {action.name in WHOLE}
