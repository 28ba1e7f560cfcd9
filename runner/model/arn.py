"""Amazon Resource Names as values."""

from __future__ import annotations

import re
from dataclasses import dataclass

_ARN = re.compile(
    r"arn:(?P<partition>aws[a-z-]*):(?P<service>[a-z0-9-]+):(?P<region>[a-z0-9-]*):(?P<account>\d{12}|):(?P<resource>.+)",
    re.DOTALL | re.ASCII,
)


@dataclass(frozen=True)
class Arn:
    """Hold the six parts of an ARN.

    Source: AWS General Reference, "Amazon Resource Names (ARNs)".
    """

    partition: str
    service: str
    region: str
    account: str
    resource: str

    @classmethod
    def parse(cls, text: str) -> Arn:
        """Parse an ARN.

        Raises:
            ValueError: when the text is not an ARN.
        """
        found = _ARN.fullmatch(text)
        if found is None:
            raise ValueError(f"{text!r} is not an ARN")
        return cls(**found.groupdict())

    def __str__(self) -> str:
        return f"arn:{self.partition}:{self.service}:{self.region}:{self.account}:{self.resource}"

    @property
    def name(self) -> str:
        """The last segment of the resource: a role's or user's name without its path."""
        return self.resource.rsplit("/", 1)[-1]
