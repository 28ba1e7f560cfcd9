"""Every definition is checked against an outside truth: botocore's service models."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from statistics import median
from string import Formatter
from typing import Any

import botocore.session
import pytest

import runner.catalog
from runner.catalog import ACTIONS, BY_NAME
from runner.catalog.s3 import DELETE_BUCKET
from runner.guard.tags import FACT
from runner.model.action import ActionType, GoneWhen
from runner.model.call import (
    Argument,
    Call,
    Children,
    Dropped,
    Each,
    Effect,
    Kept,
    Listing,
    N,
    P,
    Repeat,
    Sample,
    Survey,
    Sweep,
    T,
)
from runner.model.sighting import in_place

SESSION = botocore.session.get_session()
AMBIENT = {"account", "region", "partition", "target", "acting_role", "dns_suffix"}


def calls(action: ActionType) -> Iterator[Call]:
    """Yield every call of a definition, those inside sweeps included."""
    yield action.probe
    yield action.pin.call
    yield from facts(action)
    yield from (call for listing in listings(action) for call in listing.calls)
    yield from (copy.probe for copy in action.copies)
    for flag in action.flags:
        yield from (flag.lift, flag.rearm)
    for call in action.calls:
        match call:
            case Call():
                yield call
            case Repeat():
                given = dict.fromkeys(re.findall(r"(\w+):", call.each), P(call.param))
                yield replace(call.call, args={**call.call.args, **given})
            case Sweep():
                yield call.list
                yield call.each
                if call.batch is not None:
                    yield call.batch


def facts(action: ActionType) -> Iterator[Call]:
    """Yield every call that reads a fact."""
    for fact in action.facts.values():
        match fact:
            case Call():
                yield fact
            case Survey():
                yield from fact.calls
            case Sample():
                yield from (fact.list, *fact.each.values())


def surveys(action: ActionType) -> tuple[Survey, ...]:
    """Return the facts that are read thing by thing."""
    return tuple(fact for fact in action.facts.values() if isinstance(fact, Survey))


def reads(action: ActionType) -> Iterator[Call]:
    """Yield every read of a definition."""
    yield from (action.probe, action.pin.call, *facts(action), *(sweep.list for sweep in action.sweeps))
    yield from (call for listing in listings(action) for call in listing.calls)
    yield from (copy.probe for copy in action.copies)


def listings(action: ActionType) -> tuple[Listing, ...]:
    """Return what is counted and not touched."""
    counted = (*action.cascade, *(blocker.listing for blocker in action.blockers))
    return counted if action.population is None else (*counted, action.population)


def operation(call: Call) -> Any:
    """Return botocore's model of a call's operation."""
    service, name = call.api.split(":")
    return SESSION.get_service_model(service).operation_model(name)


def placeholders(argument: Argument) -> Iterator[P | Each | Children]:
    """Yield every placeholder inside an argument."""
    match argument:
        case P() | Each() | Children():
            yield argument
        case Kept(name) | Dropped(name) | N(name):
            yield P(name)
        case T(template):
            yield from (P(name) for _, name, _, _ in Formatter().parse(template) if name)
        case tuple():
            for item in argument:
                yield from placeholders(item)
        case str() | int() | bool() | None:
            return
        case _:
            for item in argument.values():
                yield from placeholders(item)


everywhere = pytest.mark.parametrize("action", ACTIONS, ids=lambda action: action.name)


def test_the_catalogue_is_sorted_and_names_are_unique() -> None:
    """The order is fixed, so that lists and documents do not change by accident."""
    names = [action.name for action in ACTIONS]

    assert sorted(set(names)) == names


@everywhere
def test_operations_and_arguments_exist(action: ActionType) -> None:
    """Every operation is in the service model, every argument is known, and every required one is given."""
    for call in calls(action):
        shape = operation(call).input_shape

        assert set(call.args) <= set(shape.members), call.api
        assert set(shape.required_members) <= set(call.args), call.api


@everywhere
def test_buckets_are_always_named_with_their_owner(action: ActionType) -> None:
    """Bucket names change hands; every S3 call on a bucket says whose it must be."""
    for call in calls(action):
        if call.api.startswith("s3control:"):
            assert P("account") == call.args.get("AccountId"), call.api
        elif "Bucket" in call.args:
            assert P("account") == call.args.get("ExpectedBucketOwner"), call.api


@everywhere
def test_reads_read_and_writes_write(action: ActionType) -> None:
    """Reads begin with Get, List, Describe or Head, and only reads have the effect READ."""
    reading = re.compile("BatchGet|Get|List|Describe|Head|Lookup")
    for call in reads(action):
        assert reading.match(operation(call).name), call.api
        assert call.effect.value == "read", call.api
    reading_ones = {id(call) for call in reads(action)}
    for call in calls(action):
        assert (id(call) in reading_ones) == (call.effect.value == "read"), call.api


@everywhere
def test_placeholders_are_declared_and_parameters_used(action: ActionType) -> None:
    """Every placeholder is a declared parameter or ambient, and every parameter is used somewhere."""
    declared = {param.name for param in action.params} | {copy.name for copy in action.copies}
    used = {
        placeholder.name
        for call in calls(action)
        for argument in call.args.values()
        for placeholder in placeholders(argument)
        if isinstance(placeholder, P)
    }
    expressions = [
        *(listing.items for listing in listings(action)),
        *(place.items for listing in listings(action) for place in listing.within),
        *(place.items for survey in surveys(action) for place in survey.within),
        *(text for survey in surveys(action) for text in (survey.items, survey.found)),
        *(items for sweep in action.sweeps for items in sweep.items),
    ]
    texts = (text for call in calls(action) for text in (call.resource, *call.also, call.query))
    named = set(re.findall(r"{(\w+)}", " ".join((action.target, *texts, *expressions))))

    if any(call.of_keys for call in calls(action)):
        named |= {"prefix", "keys", "key"} & declared  # bound to the span of keys

    assert used | named <= declared | AMBIENT
    # What is always there would take the parameter's place, and another thing would be looked at.
    assert not declared & AMBIENT
    assert declared <= used | named


@everywhere
def test_listings_have_paginators_and_name_their_children(action: ActionType) -> None:
    """A sweep's listing can be paged, and the fields it reads children from exist."""
    lists = (*(sweep.list for sweep in action.sweeps), *(survey.list for survey in surveys(action)))
    for listing in (*lists, *(survey.each for survey in surveys(action) if survey.found)):
        service, name = listing.api.split(":")
        pages = SESSION.get_component("data_loader").load_service_model(service, "paginators-1")["pagination"]

        # What answers with all at once knows no next page.
        assert name in pages or not re.search(
            "Token|Marker|Truncated", " ".join(operation(listing).output_shape.members)
        )
    for sweep in action.sweeps:
        assert {re.findall(r"\w+", items)[0] for items in sweep.items} <= set(
            operation(sweep.list).output_shape.members
        )


@everywhere
def test_what_is_counted_can_be_paged_and_told_apart(action: ActionType) -> None:
    """A listing that is only counted can be paged too, and each thing in it has the field that names it."""
    for listing in listings(action):
        service, name = listing.call.api.split(":")
        pages = SESSION.get_component("data_loader").load_service_model(service, "paginators-1")["pagination"]
        members = operation(listing.call).output_shape.members

        assert name in pages
        # What is picked by more than a field is picked out of a page's fields all the same.
        assert re.findall(r"\w+", listing.items)[0] in members
        if listing.items in members:
            assert listing.name in members[listing.items].member.members


@everywhere
def test_owners_and_protecting_tags_can_be_known(action: ActionType) -> None:
    """Every action reads its target's tags, in the fact by which rules know them."""
    assert FACT in action.facts


@everywhere
def test_a_batch_and_a_single_deletion_address_the_same_children(action: ActionType) -> None:
    """The single call deletes by the very fields the batch uses."""
    for sweep in action.sweeps:
        if sweep.batch is not None:
            named = [placeholder for argument in sweep.each.args.values() for placeholder in placeholders(argument)]
            assert all(field in named for field in sweep.child.values())
            assert sweep.batch_size > 1


@everywhere
def test_the_summary_is_one_sentence_and_the_name_has_its_service(action: ActionType) -> None:
    """Help, documents and plans show the summary as it is."""
    assert re.fullmatch(r"[A-Z][^.]*[^.]\.", action.summary)
    assert re.fullmatch(r"[a-z0-9]+\.[a-z]+(_[a-z]+)+", action.name)


@everywhere
def test_the_resource_policy_and_changing_facts_are_facts(action: ActionType) -> None:
    """Names that refer to facts refer to declared ones."""
    named = {*action.changing, action.resource_policy} - {"policy"}

    assert named <= set(action.facts)


@everywhere
def test_what_is_seen_gone_can_be_seen(action: ActionType) -> None:
    """An action that ends when its children are gone has children to list; other ends than gone are in the sight."""
    match action.gone_when:
        case GoneWhen.CHILDREN_ABSENT | GoneWhen.CHILDREN_SHOWN:
            assert action.sweeps
        case GoneWhen.SCHEDULED | GoneWhen.SET_ASIDE | GoneWhen.RESTORED:
            assert action.sight is not in_place
        case GoneWhen.TARGET_ABSENT:
            pass


@pytest.mark.parametrize("name", ["*", "a*b", "b/c", "../b", "B", "ab", "-ab", "a..b", "192.168.0.1", "x" * 64, "a b"])
def test_bucket_names_that_are_none_do_not_match(name: str) -> None:
    """No wildcard, path or impossible name is a bucket's name."""
    pattern = DELETE_BUCKET.params[0].pattern

    assert re.fullmatch(pattern, name) is None


@pytest.mark.parametrize("name", ["acme-orders-exports", "a.b.c", "abc", "x" * 63])
def test_bucket_names_match(name: str) -> None:
    """Names that S3 accepts are accepted."""
    assert re.fullmatch(DELETE_BUCKET.params[0].pattern, name) is not None


@everywhere
def test_what_undoes_an_action_undoes_it_on_the_same_target(action: ActionType) -> None:
    """A way back is an action that restores, takes the same parameters, and names the same thing."""
    if not action.undone_by:
        return
    back = BY_NAME[action.undone_by]

    assert back.gone_when is GoneWhen.RESTORED
    assert {param.name for param in back.params} == {param.name for param in action.params}
    assert back.target == action.target
    assert all(call.effect is Effect.RESTORE for call in back.calls if isinstance(call, Call))


def test_entries_are_short() -> None:
    """Half of the entries take 20 lines or fewer, from their name to the last bracket, and no file more than 250."""
    sources = [path.read_text(encoding="utf-8") for path in Path(runner.catalog.__path__[0]).glob("*.py")]
    entries = [
        statement.end_lineno - statement.lineno + 1
        for source in sources
        for statement in ast.parse(source).body
        if isinstance(statement, ast.Assign | ast.AnnAssign)
        and isinstance(statement.value, ast.Call)
        and isinstance(statement.value.func, ast.Name)
        and statement.value.func.id == ActionType.__name__
        and statement.end_lineno is not None
    ]

    assert len(entries) >= len(ACTIONS)
    assert median(entries) <= 20
    assert max(len(source.splitlines()) for source in sources) <= 250
