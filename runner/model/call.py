"""Calls are data: what will be sent to AWS, written down before anything is sent.

A catalogue entry holds *templates* (`Call`, `Sweep`) whose arguments are placeholders. Binding a template to a target
gives *bound* calls (``runner.model.bound``): the values that planning, simulation, the session policy, the write
gate, the journal and the one sending function all read.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import Enum
from types import MappingProxyType
from typing import TypeAlias


@dataclass(frozen=True)
class P:
    """Stand for the whole value of a target parameter or of ``account``, ``region``, ``partition``, ``role``."""

    name: str


@dataclass(frozen=True)
class T:
    """Stand for a text that is made of what `P` may name, as an ARN is: ``https://…/{account}/{queue}``.

    Every such value has matched its parameter's pattern, so that a text means what its template says.
    """

    template: str


@dataclass(frozen=True)
class N:
    """Stand for the whole number that `P` would be the digits of; the parameter's pattern lets nothing else through."""

    name: str


@dataclass(frozen=True)
class Each:
    """Stand for a field of the child that a sweep is at."""

    field: str


@dataclass(frozen=True)
class Children:
    """Stand for the list of children in a sweep's batch call.

    ``without`` names fields that a child could have and must not: with a version, deleting an object hides nothing.
    """

    without: tuple[str, ...] = ()


@dataclass(frozen=True)
class Kept:
    """Stand for the name of a copy that is kept; the argument is left out when the playbook drops the copy."""

    name: str


@dataclass(frozen=True)
class Dropped:
    """Stand for whether the playbook drops a copy: true or false."""

    name: str


Scalar: TypeAlias = "bool | int | str | None"
Argument: TypeAlias = (
    "Scalar | P | T | N | Each | Children | Kept | Dropped | tuple[Argument, ...] | Mapping[str, Argument]"
)
Args: TypeAlias = Mapping[str, Argument]

DNS_SUFFIXES: Mapping[str, str] = MappingProxyType({"aws-cn": "amazonaws.com.cn"})
"""How the names of AWS's endpoints end, by partition, where it is not ``amazonaws.com``."""

TARGET = "{target}"
"""The resource template that means: the ARN of the step's target."""


class Effect(Enum):
    """Say what a call is for; everything but ``READ`` is a write and passes the write gate."""

    READ = "read"
    PREPARE = "prepare"
    KEEP = "keep"
    UNPROTECT = "unprotect"
    DELETE = "delete"
    REARM = "rearm"
    RESTORE = "restore"


@dataclass(frozen=True)
class Call:
    """Describe one API request.

    ``api`` is ``service:Operation`` in botocore's spelling. ``absent`` names the error codes that mean "there is no
    such thing", so that absence and failure never mix. ``resource`` is the ARN template that IAM sees; the default is
    the step's target. ``iam`` is derived (``runner.policy.names``), but for ``aws.call`` and where a call needs less
    than its operation may. ``query`` is the JMESPath expression of what matters in a read's answer, a mapping; empty
    means all of it. ``keeps`` names the copy that a call makes: it is not sent when the playbook drops that. ``also``
    are templates of further ARNs that IAM evaluates; those that name a copy which is dropped fall away.
    ``of_keys`` says that it is about the target's keys alone (``runner.model.key_span``): ``resource`` is their bucket,
    a write is held to them, and a listing is one of what they begin with.
    """

    api: str
    args: Args = field(default_factory=lambda: MappingProxyType({}))
    absent: tuple[str, ...] = ()
    effect: Effect = Effect.READ
    resource: str = TARGET
    query: str = ""
    keeps: str = ""
    also: tuple[str, ...] = ()
    nothing: tuple[str, ...] = ()
    iam: tuple[str, ...] = ()
    of_keys: bool = False


@dataclass(frozen=True)
class Sweep:
    """Describe how to list children and delete them in batches.

    ``list`` is a read with a botocore paginator; ``items`` are the JMESPath expressions of the children in a page, most
    often the fields that hold them; ``{name}`` in one stands for a parameter, inside quotes. ``each``
    deletes one child; ``batch`` (optional) deletes up to ``batch_size`` at once: its arguments hold `Children`, filled
    with ``child`` of every child, and its per-child failures stand in the answer's ``Errors``.
    """

    children: str
    """What the children are called, in the plural: ``object versions``."""
    list: Call
    items: tuple[str, ...]
    each: Call
    child: Args = field(default_factory=lambda: MappingProxyType({}))
    batch: Call | None = None
    batch_size: int = 1
    size_field: str = ""
    """The child's field that holds its size in bytes, when it has one."""


@dataclass(frozen=True)
class Repeat:
    """Describe a call that is sent once for each thing that a parameter's JSON holds, known before anything is sent.

    ``each`` is the JMESPath expression of those things, each a mapping from arguments of the call to their values; an
    argument whose value is null is left out. A parameter that is no JSON stands for one call without them: an action
    with such a parameter has to refuse it by its sight.
    """

    param: str
    each: str
    call: Call


@dataclass(frozen=True)
class Within:
    """Name a read of things about each of which another listing is made: the zones that hold the records."""

    call: Call
    items: str


@dataclass(frozen=True)
class Survey:
    """Describe a read with what another read holds: the documents of a role's inline policies, a snapshot's volume.

    ``list`` is a read with a botocore paginator, or one that answers with all at once; ``items`` is the JMESPath
    expression of what it lists, as in a `Sweep`. ``each`` reads one of them; its arguments name it by `Each`. The fact
    is ``{"Items": [{"item": …, "answer": …}]}``, in the listing's order; an answer is None where there is no such
    thing. Where ``each`` is a listing itself, ``found`` is the JMESPath expression of what is looked for in one of its
    pages, and the answer is ``{"Found": […]}``, of all pages. ``within`` is as in a `Listing`.
    """

    list: Call
    items: str
    each: Call
    found: str = ""
    within: tuple[Within, ...] = ()

    @property
    def calls(self) -> tuple[Call, ...]:
        """The reads that the survey takes."""
        return (*(place.call for place in self.within), self.list, self.each)


@dataclass(frozen=True)
class Sample:
    """Describe several reads of each of the first things that a listing holds, where another fact is present.

    ``items`` is the JMESPath expression of what ``list`` lists, ``each`` the reads by the name of what they say. The
    fact is ``{"Looked": 12, "More": false, "Now": …, "Found": [{"item": …, …}]}``: how many things were looked at,
    whether there are more, when that was, and those of them of which a read has found something.
    """

    list: Call
    items: str
    each: Mapping[str, Call]
    where: str
    """The name of the fact."""
    most: int


@dataclass(frozen=True)
class Listing:
    """Describe a read that lists things which are counted, and not touched by a call of ours.

    ``items`` is the JMESPath expression of them in a page of the answer, most often one field, as in a `Sweep`;
    ``name`` is the field of each that tells it from the others: its ARN, when it has one. What is listed ``within``
    other things is listed once for each of those, whose fields `Each` names; they are fields of what is found, too.
    ``matching`` keeps what names a host: a field of each with names, and a field of what it is within with the host's.
    """

    what: str
    """What they are called, in the plural: ``access points``."""
    call: Call
    items: str
    name: str
    within: tuple[Within, ...] = ()
    matching: tuple[str, str] | None = None

    @property
    def calls(self) -> tuple[Call, ...]:
        """The reads that the listing takes."""
        return (*(place.call for place in self.within), self.call)
