"""How end-to-end tests drive ``runner doctor``: the real command against the sandbox, and its lines by name."""

from __future__ import annotations

import configparser
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

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
    def problems(self) -> dict[str, str]:
        """What each line with a problem says, AWS's own code and what to do; lines of one name are joined."""
        return self._of("problem")

    @property
    def unsure(self) -> dict[str, str]:
        """The same of the lines that cannot tell."""
        return self._of("cannot tell")

    @property
    def unseen(self) -> dict[str, str]:
        """The same of what was not examined."""
        return self._of("not examined")

    @property
    def fine(self) -> dict[str, str]:
        """The same of what is as it should be; what is to do is a note there."""
        return self._of("ok")

    def _of(self, state: str) -> dict[str, str]:
        said: dict[str, str] = {}
        for line in self.lines:
            if line["state"] == state:
                words = (said.get(line["name"], ""), line["what"], (line["aws"] or {}).get("code", ""))
                said[line["name"]] = " ".join((*filter(None, words), line["what_to_do"])).strip()
        return said


def doctor(
    lab: Lab, *args: str, code: str | None = None, env: Mapping[str, str | None] | None = None, sends: bool = False
) -> Examined:
    """Run ``runner doctor``; without a code none is asked for, except that ``sends`` lets the profile's command run."""
    quiet = () if code is not None or sends else ("--no-code",)
    return Examined(here(lab, "doctor", *args, *quiet, "--output", "json", code=code, env=env))


def with_config(lab: Lab, change: Callable[[configparser.RawConfigParser], None]) -> dict[str, str | None]:
    """Return the environment with the sandbox's config file, changed."""
    parser = configparser.RawConfigParser()
    parser.read(lab.sandbox.environment["AWS_CONFIG_FILE"])
    change(parser)
    path = lab.directory / "aws-config"
    with path.open("w", encoding="utf-8") as file:
        parser.write(file)
    return {"AWS_CONFIG_FILE": str(path)}
