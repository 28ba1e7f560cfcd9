"""``runner new``: a draft of a playbook from ARNs, a tag, or a CloudFormation stack. Proposing, never deciding.

1. Assume the role for reading, with MFA proven. 2. Find the things: the ARNs as given, the tag through the Resource
Groups Tagging API, the stack's resources through CloudFormation. 3. Take the actions that delete them from the
catalogue. 4. Look at each target, and write down its pin and tags, so that another one of the same name is refused.

What is left to a person begins with ``TODO``, which the loader refuses.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace

from runner.errors import AwsCallFailed, GuardRefused
from runner.guard.ownership import STACK
from runner.guard.tags import tags_of
from runner.model.action import ActionType, Unreadable
from runner.model.bound import BoundCall, BoundListing
from runner.model.call import Args, Effect
from runner.model.playbook import Expectation, Playbook, Step
from runner.model.target_state import Exists, Missing, NotSeen, TargetState
from runner.policy.grants import in_words
from runner.workflow.binding import BoundStep, bind_steps
from runner.workflow.listing import items_of
from runner.workflow.looking import Lookout, look_out, step_of
from runner.workflow.proposing import Proposal, action_for_type, from_physical_id, prepares, proposals_for
from runner.workflow.reading import Observed, observe
from runner.workflow.services import Services


@dataclass(frozen=True)
class Asked:
    """Hold what a draft is made from."""

    arns: tuple[str, ...] = ()
    tags: tuple[tuple[str, str], ...] = ()
    stacks: tuple[str, ...] = ()


@dataclass(frozen=True)
class DraftStep:
    """Hold a proposed step and what was seen of its target."""

    step: Step
    action: ActionType
    target: str
    """The target's ARN."""
    state: TargetState
    owned: bool
    """Whether a stack owns it, so that the step would have to say why that is overruled."""


@dataclass(frozen=True)
class Draft:
    """Hold a draft; ``left`` are things that no step deletes, each with the reason."""

    playbook: Playbook
    steps: tuple[DraftStep, ...]
    left: tuple[tuple[str, str], ...]


@dataclass(frozen=True)
class _Found:
    """Hold one thing, as an ARN or as a stack names it."""

    name: str
    kind: str = ""
    """The CloudFormation type; empty for an ARN."""


def draft(asked: Asked, role_arn: str, region: str, catalog: Mapping[str, ActionType], services: Services) -> Draft:
    """Return a draft; nothing is changed.

    Raises:
        UsageError: when the role is none.
        CredentialsRefused: when no MFA-bearing role session can be had.
        GuardRefused: when MFA could not be proven, or a listing failed: a shorter draft would be a wrong one.
    """
    lookout = look_out(role_arn, region, services)  # 1
    found = tuple(dict.fromkeys((*map(_Found, asked.arns), *_listed(lookout, asked))))  # 2
    proposed = tuple((one, _proposals(one, lookout.playbook, catalog)) for one in found)  # 3
    steps = tuple(_steps((chain for _, (chain, _) in proposed), region))
    left = tuple((one.name, why) for one, (chain, why) in proposed if not chain)
    playbook = replace(lookout.playbook, steps=steps)
    bound = bind_steps(playbook, catalog)
    scope = lookout.scope(one.reads for one in bound) if bound else None
    seen = () if scope is None else services.crew.map(lambda one: observe(scope, one, services.crew), bound)  # 4
    drafted = tuple(_drafted(one, observed) for one, observed in zip(bound, seen, strict=True))
    return Draft(playbook, drafted, left)


def _proposals(
    found: _Found, playbook: Playbook, catalog: Mapping[str, ActionType]
) -> tuple[tuple[Proposal, ...], str]:
    """Return what would be done to a thing, or why nothing would."""
    if not found.kind or found.name.startswith("arn:"):
        chain = proposals_for(found.name, catalog)
        if any(one.account not in {"", playbook.account.id} for one in chain):
            return (), "it is in another account than the role"
        return chain, "no action deletes it; see aws.call for operations that the catalogue does not know"
    action = action_for_type(found.kind, catalog)
    target = None if action is None else from_physical_id(found.name, action)
    if action is None or target is None:
        return (), f"no action is known for a {found.kind} by this name"
    return prepares(action, target, catalog), ""


def _steps(chains: Iterable[tuple[Proposal, ...]], region: str) -> Iterator[Step]:
    """Yield a step for each proposal; those on one target need each other in order."""
    done: set[tuple[str, str]] = set()
    number = 0
    for chain in chains:
        before: tuple[str, ...] = ()
        for proposal in chain:
            key = (proposal.action.name, str(sorted(proposal.target.items())))
            if key in done:
                continue
            done.add(key)
            number += 1
            noun = proposal.action.name.partition(".")[2].replace("_", "-")
            step = step_of(f"{noun[:28].rstrip('-')}-{number}", proposal, region, before)
            before = (step.id,)
            yield step


def _drafted(bound: BoundStep, observed: Observed) -> DraftStep:
    tags = tags_of(observed.facts)
    known = {} if isinstance(tags, Unreadable) else tags
    own = {key: value for key, value in known.items() if not key.lower().startswith("aws:")}
    pin = observed.state.pin if isinstance(observed.state, Exists) else None
    step = replace(bound.step, expect=Expectation(own, pin=pin))
    return DraftStep(step, bound.action, bound.target, observed.state, owned=STACK in known)


def _listed(lookout: Lookout, asked: Asked) -> Iterator[_Found]:
    region = lookout.playbook.region
    for key, value in asked.tags:
        listing = BoundListing("resources with the tag", _tagged(key, value, region), "ResourceTagMappingList", "")
        yield from (_Found(str(item.get("ResourceARN"))) for item in _items(lookout, listing))
    for stack in asked.stacks:
        listing = BoundListing("resources of the stack", _resources(stack, lookout), "StackResourceSummaries", "")
        for item in _items(lookout, listing):
            yield _Found(str(item.get("PhysicalResourceId", "")), str(item.get("ResourceType")))


def _items(lookout: Lookout, listing: BoundListing) -> tuple[Mapping[str, object], ...]:
    try:
        return tuple(items_of(lookout.scope((listing.calls,)), listing))
    except AwsCallFailed as error:
        raise GuardRefused(
            f"the {listing.what} cannot be listed",
            on=listing.call.resources[0],
            hint=f"grant the role {in_words(listing.call)}",
            aws=error.answer,
        ) from error


def _tagged(key: str, value: str, region: str) -> BoundCall:
    args: Args = {"TagFilters": ({"Key": key, "Values": (value,)},)}
    # Source: Service Authorization Reference, "Amazon Resource Group Tagging API": the prefix is `tag`.
    iam = ("tag:GetResources",)
    return BoundCall("resourcegroupstaggingapi", "GetResources", args, region, ("*",), Effect.READ, iam=iam)


def _resources(stack: str, lookout: Lookout) -> BoundCall:
    playbook = lookout.playbook
    arn = f"arn:{playbook.partition}:cloudformation:{playbook.region}:{playbook.account.id}:stack/{stack}/*"
    return BoundCall("cloudformation", "ListStackResources", {"StackName": stack}, playbook.region, (arn,), Effect.READ)


def why_unseen(state: TargetState) -> str:
    """Return what a person should know about a target that has no pin; empty when it has one."""
    match state:
        case Exists():
            return ""
        case Missing(why):
            return f"not there when this was written: {why}"
        case NotSeen(why):
            return f"could not be looked at when this was written: {why}"
