"""``aws.call``: an operation that no action of the catalogue knows, with all that the reviewers say about it."""

from __future__ import annotations

from dataclasses import dataclass, field
from types import MappingProxyType

from runner.model.call import Args

AWS_CALL = "aws.call"
"""What such a step names as its action."""

NO_ARGS: Args = MappingProxyType({})


@dataclass(frozen=True)
class GenericRequest:
    """Hold one request of the step's service."""

    operation: str
    params: Args = field(default_factory=lambda: NO_ARGS)
    iam: tuple[str, ...] = ()
    """The IAM actions that AWS checks for it."""
    resources: tuple[str, ...] = ()
    """The ARNs that AWS checks them on, or ``*``."""


@dataclass(frozen=True)
class GenericCall:
    """Hold what an ``aws.call`` step does, and how its target is seen there and seen gone.

    ``exists`` answers while the target is there; ``pin`` is the JMESPath expression, over its answer, of the trait that
    tells the target from a later one of the same name; without it the whole answer is that trait. ``verify_gone`` is
    the proof of deletion: it fails with the code ``error``, or what the JMESPath expression ``empty`` picks is empty.
    ``undo`` says how the call is undone; without it, it cannot be. ``within`` are the seconds in which the target has
    to be seen gone.
    """

    service: str
    request: GenericRequest
    exists: GenericRequest
    verify_gone: GenericRequest
    pin: str = ""
    error: str = ""
    empty: str = ""
    tags: GenericRequest | None = None
    tags_query: str = ""
    undo: str = ""
    within: int = 60
    target: str = ""
    """The ARN of what the call deletes."""

    @property
    def api(self) -> str:
        """``service:Operation`` in botocore's spelling."""
        return f"{self.service}:{self.request.operation}"


@dataclass(frozen=True)
class ModelProblem:
    """Say what is wrong with a request by the service's own model; ``path`` leads to it from the request."""

    path: tuple[str | int, ...]
    message: str
    wrong: str = ""
    """The name that is not known."""
    known: tuple[str, ...] = ()
    """The names that could have been meant."""

    @property
    def is_about_params(self) -> bool:
        """Whether service and operation are known."""
        return self.path[:1] == ("params",)
