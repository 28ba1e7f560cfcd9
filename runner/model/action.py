"""The action type: one destructive action as a value, with nothing derivable written down."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from enum import Enum
from types import MappingProxyType
from typing import TypeAlias

from runner.model.call import Call, Listing, Repeat, Sample, Survey, Sweep
from runner.model.canonical import Json
from runner.model.gone_when import GoneWhen as GoneWhen  # noqa: PLC0414  # a part of this vocabulary
from runner.model.sighting import Sight, in_place
from runner.model.way_back import Copy, WayOut


class Recovery(Enum):
    """Say whether and how an action can be undone."""

    NONE = "none"
    WINDOW = "window"
    BACKUP = "backup"
    REVERT = "revert"


@dataclass(frozen=True)
class Present:
    """Hold what a read returned."""

    data: Mapping[str, Json]
    request_id: str = field(default="", compare=False)


@dataclass(frozen=True)
class Absent:
    """Say that AWS answered: there is no such thing."""

    code: str
    request_id: str = ""


@dataclass(frozen=True)
class Unreadable:
    """Say that a read failed, so nothing is known; ``said`` are AWS's own words, which may differ at each call."""

    why: str
    said: str = ""
    denied: bool = field(default=False, compare=False)
    """Whether it is a permission that is missing: asking again changes that only while permissions spread in AWS."""

    @property
    def told(self) -> str:
        """The reason with AWS's own words."""
        return f"{self.why}: {self.said}" if self.said else self.why


Reading: TypeAlias = Present | Absent | Unreadable
Facts: TypeAlias = Mapping[str, Reading]


@dataclass(frozen=True)
class Ok:
    """Say that a check holds."""


@dataclass(frozen=True)
class Blocked:
    """Say that a check forbids the step."""

    why: str
    hint: str = ""


@dataclass(frozen=True)
class Unknown:
    """Say that a check could not be decided; unknown means no."""

    why: str
    hint: str = ""


Answer: TypeAlias = Ok | Blocked | Unknown
Check: TypeAlias = Callable[[Facts], Answer]
"""A pure rule whose name is a sentence: ``object_lock_is_off``."""
Remark: TypeAlias = Callable[[Facts], tuple[str, ...]]
"""A pure function whose sentences refuse nothing: a reader of the plan should notice them."""


@dataclass(frozen=True)
class Pin:
    """Name the immutable trait that tells a target from a later one of the same name.

    ``call`` reads it; ``pick`` takes that answer and the target's parameters and returns the trait as text, or None
    when the target is not in the answer. ``listing`` is answered like ``call`` and holds the traits of many targets: it
    is asked first when a plan names many, and who is not in its first page is looked for with ``call``.
    """

    call: Call
    pick: Callable[[Mapping[str, Json], Mapping[str, str]], str | None]
    listing: Call | None = None


@dataclass(frozen=True)
class Param:
    """Describe one key of ``target`` in a playbook step; every value is a string.

    ``pattern`` is a regular expression the whole value must match; ``says`` puts it into words. A key with a
    ``default`` may be left out of the playbook. One that is ``listed`` is a list of keys of objects in a playbook, and
    their JSON everywhere else (``runner.model.key_span``).
    """

    name: str
    pattern: str
    says: str
    default: str | None = None
    listed: bool = False


@dataclass(frozen=True)
class ProtectionFlag:
    """Describe a switch of the target's own that makes AWS refuse to delete it.

    ``name`` is AWS's name: ``DeletionProtection``. ``is_off`` blocks while it is on. A step that names the flag in
    ``unprotect`` has it switched off by ``lift`` before anything else is sent, and on again by ``rearm`` when the
    target is not deleted after all. A flag that no step can lift has no calls here: it is a check.
    """

    name: str
    is_off: Check
    lift: Call
    rearm: Call


@dataclass(frozen=True)
class Blocker:
    """Describe what must be gone before the target can be: a subnet's network interfaces.

    ``arn`` is the template of a blocker's ARN; ``{item}`` is the field of the listing that names it, ``{last}`` what
    follows the last slash in it, ``{{Field}}`` that of another field, and a ``*`` what the listing does not tell. One
    that a step before deletes, which this step needs, does not refuse the plan. ``check`` names what may be accepted.
    """

    listing: Listing
    arn: str = "{item}"
    check: str = ""


@dataclass(frozen=True)
class Usage:
    """Describe evidence that a target is in use; ``last`` picks the time of the last use, in AWS's ISO 8601 text.

    ``last`` returns None when the answer says that it was never used, as far back as the service remembers. The fact
    changes by itself and is not compared with the plan.
    """

    what: str
    """What is known, in a few words: ``the role was last used``."""
    fact: str
    last: Callable[[Mapping[str, Json]], str | None]


@dataclass(frozen=True)
class ActionType:
    """Describe one destructive action; ``runner.catalog`` holds all of them.

    ``probe`` is existence check, already-gone test and proof of deletion in one; ``sight`` says what its answer shows
    where an answer does not mean that the target is there. ``facts`` are reads that ``checks`` judge. ``calls`` are
    sent in order. ``establishes`` names checks of later steps on the same target that this action makes true.
    ``changing`` names facts that change by themselves or by earlier steps: they are judged again right before the
    step, but not compared with the plan. ``resource_policy`` names the fact whose ``Policy`` is the target's resource
    policy, where there is such a fact. ``undo`` says in a sentence how the action is undone, ``undo_days`` for how
    long. ``cascade`` lists what dies with the target although no step names it; ``population`` lists all that is of the
    target's kind, so that a share of it can be told. ``remarks`` tell a reader of the plan more, and are approved with
    it: nothing that changes by itself. ``without_copy`` has to hold, too, where the playbook drops one of ``copies``.
    """

    name: str
    summary: str
    params: tuple[Param, ...]
    target: str
    """ARN template of the target."""
    pin: Pin
    recovery: Recovery
    probe: Call
    calls: tuple[Call | Sweep | Repeat, ...]
    facts: Mapping[str, Call | Survey | Sample] = field(default_factory=lambda: MappingProxyType({}))
    changing: tuple[str, ...] = ()
    checks: tuple[Check, ...] = ()
    remarks: tuple[Remark, ...] = ()
    gone_when: GoneWhen = GoneWhen.TARGET_ABSENT
    establishes: tuple[str, ...] = ()
    resource_policy: str = "policy"
    cascade: tuple[Listing, ...] = ()
    stays: Callable[[Facts], frozenset[str]] | None = None
    """Which of the things that ``cascade`` lists stay."""
    population: Listing | None = None
    gone_within: int = 60
    """Seconds to wait until the target is seen gone."""
    usually: int = 0
    """Seconds that it usually takes, as those report it who wait for it; AWS promises none. 0: nobody knows."""
    undo: str = ""
    undo_days: int | None = None
    undone_by: str = ""
    """The name of the action that undoes this one on the same target, with the same parameters."""
    ways_out: tuple[WayOut, ...] = ()
    """The actions that undo this one where it depends on what was there before; the first that fits is taken."""
    undo_command: str = ""
    """The command of the AWS CLI that undoes it where no action does: a template over parameters and kept copies."""
    sight: Sight = in_place
    transient: tuple[str, ...] = ()
    """Error codes that mean *not yet*: the call is sent again until ``settles_within`` is over."""
    settles_within: int = 300
    """Seconds in which AWS takes a call that it has refused with a transient code."""
    stays_gone: int = 0
    """Seconds after which the target is looked at once more: it may be made again by what writes to it."""
    flags: tuple[ProtectionFlag, ...] = ()
    copies: tuple[Copy, ...] = ()
    without_copy: tuple[Check, ...] = ()
    blockers: tuple[Blocker, ...] = ()
    usage: tuple[Usage, ...] = ()
    one_of: tuple[str, ...] = ()
    """Parameters of which a playbook gives exactly one."""

    @property
    def service(self) -> str:
        """The part of the name before the dot."""
        return self.name.split(".", 1)[0]

    @property
    def restores(self) -> bool:
        """Whether it takes another action back."""
        return self.gone_when in {GoneWhen.RESTORED, GoneWhen.CHILDREN_SHOWN}

    @property
    def volatile(self) -> frozenset[str]:
        """The facts that are not compared with the plan: evidence of use is not, and nothing named in ``changing``."""
        return frozenset((*self.changing, *(usage.fact for usage in self.usage)))

    @property
    def sweeps(self) -> tuple[Sweep, ...]:
        """The sweeps among the calls."""
        return tuple(call for call in self.calls if isinstance(call, Sweep))
