"""Look at everything, in the order in which a run needs it."""

from __future__ import annotations

from dataclasses import dataclass

from runner.guard.diagnosis import Examination, Seen
from runner.guard.diagnosis_machine import Place, judge_git, judge_place, judge_space
from runner.workflow.doctoring.chart import START, Chart, Found
from runner.workflow.doctoring.operator_stage import Recognised, examine_operator
from runner.workflow.doctoring.ports import Instruments, Machine
from runner.workflow.doctoring.role_stage import Opened, Proved, examine_role
from runner.workflow.doctoring.target_stage import examine_playbook, examine_targets
from runner.workflow.doctoring.wanted import Wanted


@dataclass(frozen=True)
class Diagnosis:
    """Hold what was found, line by line, and what `runner.workflow.doctoring.live` goes on with.

    ``names`` are the texts that name the operator, the role and the targets.
    """

    lines: tuple[Examination, ...]
    names: tuple[str, ...]
    recognised: Found[Recognised]
    opened: Found[Opened]
    proved: Found[Proved]


def examine(wanted: Wanted, instruments: Instruments) -> Diagnosis:
    """Return one line for each thing that was looked at; nothing is written anywhere.

    1. The playbook itself. 2. The operator. 3. The way to the role. 4. The playbook's targets. 5. This machine.
    """
    chart = Chart()
    examine_playbook(chart, wanted, instruments.now)  # 1
    operator = examine_operator(chart, instruments, wanted.playbook)  # 2
    opened, proved = examine_role(chart, wanted, operator)  # 3
    examine_targets(chart, wanted, proved)  # 4
    _examine_machine(chart, instruments.machine)  # 5
    return Diagnosis(chart.lines, (*operator.names, *wanted.names), operator.recognised, opened, proved)


def _examine_machine(chart: Chart, machine: Machine) -> None:
    place = chart.look("audit log", START, lambda _: _place(machine))
    chart.look("disk space", place, lambda found: (judge_space(found), True))
    chart.look("git", START, lambda _: (judge_git(machine.command("git")), True))


def _place(machine: Machine) -> tuple[Seen, Place]:
    found = machine.log_place()
    return judge_place(found), found
