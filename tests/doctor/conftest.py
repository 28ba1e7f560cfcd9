"""What the doctor's end-to-end tests share: the real command against the sandbox, and its lines by name."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import pytest

from tests.conftest import Ended, Lab
from tests.e2e.driving import here

ROLE_ARN = "arn:aws:iam::222222222222:role/Teardown"


@dataclass(frozen=True)
class Examined:
    """Hold a diagnosis: how the command ended, and its lines."""

    ended: Ended

    @property
    def lines(self) -> list[Mapping[str, Any]]:
        """Every line, in order."""
        lines: list[Mapping[str, Any]] = self.ended.data["examinations"]
        return lines

    @property
    def states(self) -> dict[str, str]:
        """The state of each line; of several with one name, the last."""
        return {line["name"]: line["state"] for line in self.lines}

    def __getitem__(self, name: str) -> Mapping[str, Any]:
        """Return the one line of a name."""
        (found,) = [line for line in self.lines if line["name"] == name]
        return found

    def bad(self) -> dict[str, str]:
        """Return the lines that are neither ok nor not examined, with their state."""
        return {name: state for name, state in self.states.items() if state not in {"ok", "not examined"}}

    def unseen(self) -> set[str]:
        """Return the names of what was not examined."""
        return {name for name, state in self.states.items() if state == "not examined"}


@dataclass(frozen=True)
class Doctor:
    """Run ``runner doctor`` in a lab."""

    lab: Lab

    def __call__(self, *args: str, code: str | None = None, env: Mapping[str, str | None] | None = None) -> Examined:
        """Return the diagnosis; without a code, none is asked for."""
        with_code = () if code is not None else ("--no-code",)
        return Examined(here(self.lab, "doctor", *args, *with_code, "--output", "json", code=code, env=env))

    def of_role(self, env: Mapping[str, str | None] | None = None) -> Examined:
        """Return the diagnosis of the default role, with a code."""
        return self("--role-arn", ROLE_ARN, code=self.lab.sandbox.code(), env=env)


@pytest.fixture
def doctor(lab: Lab) -> Doctor:
    """Return the doctor, against a fresh default world."""
    return Doctor(lab)
