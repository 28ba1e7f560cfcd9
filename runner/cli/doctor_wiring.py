"""Put the doctor's adapters together, beside those of every command (`runner.cli.wiring`)."""

from __future__ import annotations

import os

from runner.aws.probe_sts import ProbeSts
from runner.aws.setup import AwsSetup
from runner.cli.doctor_machine import LocalMachine
from runner.cli.progress import Story
from runner.cli.wiring import Options, SystemClock, services
from runner.workflow.doctoring.ports import Instruments


def instruments(options: Options, story: Story) -> Instruments:
    """Return what the doctor looks with."""
    clock = SystemClock()
    return Instruments(
        setup=AwsSetup(options.profile, os.environ, clock.now),
        machine=LocalMachine(os.environ),
        services=lambda region: services(options, region, story),
        probe=lambda region: ProbeSts(region, clock),
        now=clock.now,
    )
