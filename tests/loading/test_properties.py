"""Whatever the bytes, loading returns a playbook or every problem, and nothing else."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import pytest
import yaml
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from runner.errors import InvalidPlaybook
from runner.model.action import ActionType
from runner.model.playbook import Playbook, Source
from runner.workflow.loading import load, load_guardrails

Load = Callable[["str | bytes"], Playbook]
Loading = Callable[[bytes, Source, Mapping[str, ActionType]], object]

# The fixtures hold no state. How long an example takes is the machine's affair.
relaxed = settings(
    deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow], max_examples=150
)

KEYS = (
    "version",
    "name",
    "description",
    "owner",
    "ticket",
    "account",
    "id",
    "alias",
    "region",
    "role_arn",
    "assume",
    "session_name",
    "external_id",
    "source_identity",
    "mfa",
    "max_age",
    "valid",
    "from",
    "until",
    "limits",
    "steps",
    "objects",
    "bytes",
    "cascade",
    "approvals",
    "protect",
    "action",
    "target",
    "bucket",
    "key",
    "needs",
    "expect",
    "tags",
    "versioning",
    "max_objects",
    "irreversible",
    "mfa_protected",
    "unprotect",
    "keep",
    "wait",
    "targets",
    "accept_unknown",
)
OPTIONAL = (
    "ticket",
    "alias",
    "from",
    "until",
    "steps: 30",
    "objects",
    "bytes",
    "cascade",
    "approvals",
    "protect",
    "accept_unknown",
    "needs",
    "region: us-east-1",
    "mfa_protected",
    "expect",
)
"""How lines of the valid playbook begin that may be left out."""

SCRAPS = [
    *KEYS,
    *(
        ": ",
        ":",
        "- ",
        "\n",
        "\n  ",
        "\n    ",
        "[",
        "]",
        "{",
        "}",
        ",",
        "&a ",
        "*a",
        "!!str ",
        "<<",
        "? ",
        "|",
        ">",
        "'",
    ),
    *(
        '"',
        "#",
        "%YAML",
        "---",
        "...",
        "~",
        "no",
        "1",
        "012",
        "1:30",
        "2026-12-01",
        "\\U",
        "\t",
        "\r\n",
        "\ufeff",
        "é",
        "😀",
    ),
]

atoms = (
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20) | st.dates() | st.sampled_from(KEYS)
)
structures = st.recursive(
    atoms,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.sampled_from(KEYS) | atoms, inner, max_size=6),
    max_leaves=30,
)


def outcome(data: bytes, actions: Mapping[str, ActionType], loading: Loading = load) -> object:
    """Return the value or the refusal; any other exception fails the test."""
    try:
        return loading(data, Source("p.yaml", "0" * 64), actions)
    except InvalidPlaybook as invalid:
        return invalid


def check(data: bytes, actions: Mapping[str, ActionType], loading: Loading = load) -> None:
    """Check what every refusal promises."""
    found = outcome(data, actions, loading)
    if not isinstance(found, InvalidPlaybook):
        return
    places = [(problem.line, problem.column) for problem in found.problems]
    lines = data.count(b"\n") + 1
    assert places
    assert places == sorted(places)
    assert all(1 <= line <= lines and column >= 1 for line, column in places)
    for problem in found.problems:
        assert problem.message.isprintable()
        assert problem.hint.isprintable()
        assert len(problem.message) <= 300
        assert len(problem.hint) <= 300


@relaxed
@given(data=st.binary(max_size=400))
def test_any_bytes_are_loaded_or_refused(data: bytes, actions: Mapping[str, ActionType]) -> None:
    """Arbitrary bytes never raise anything but a refusal with positions."""
    check(data, actions)


@relaxed
@given(scraps=st.lists(st.sampled_from(SCRAPS), max_size=60))
def test_any_scraps_of_yaml_are_loaded_or_refused(scraps: list[str], actions: Mapping[str, ActionType]) -> None:
    """Pieces of YAML in any order never raise anything but a refusal with positions."""
    check("".join(scraps).encode(), actions)


@relaxed
@given(structure=structures, flow=st.booleans())
def test_any_structure_is_loaded_or_refused(structure: object, flow: bool, actions: Mapping[str, ActionType]) -> None:
    """Well-formed YAML of any shape, with a playbook's keys in wrong places, never raises anything else."""
    check(yaml.safe_dump(structure, allow_unicode=True, default_flow_style=flow).encode(), actions)


GUARDRAILS = (
    *("version", "accounts", "protect", "arn", "tag", "limits", "share", "actions", "windows", "freezes", "days"),
    *("from", "until", "zone", "calendars", "forbidden_actions", "require", "terraform_states", "ownership", "tags"),
)
rules = st.dictionaries(
    st.sampled_from(GUARDRAILS),
    st.recursive(
        atoms,
        lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(GUARDRAILS), inner, max_size=4),
        max_leaves=12,
    ),
    max_size=6,
)


@relaxed
@given(structure=rules)
def test_any_guardrails_are_loaded_or_refused(structure: object, actions: Mapping[str, ActionType]) -> None:
    """Guardrails of any shape, with their keys in wrong places, are a value or every problem."""
    check(yaml.safe_dump(structure, allow_unicode=True).encode(), actions, load_guardrails)


@relaxed
@given(data=st.data())
def test_a_mistyped_key_is_refused_on_its_line(data: st.DataObject, valid: str, load_text: Load) -> None:
    """One letter more, less or other in any key of a valid playbook is refused, and its own line is named."""
    lines = valid.splitlines()
    number = data.draw(st.sampled_from([at for at, line in enumerate(lines) if ":" in line]))
    key = lines[number].partition(":")[0].lstrip(" -")
    at = data.draw(st.integers(0, len(key) - 1))
    letter = data.draw(st.sampled_from(["", *"abcxyz_"]))
    typo = key[:at] + letter + key[at + data.draw(st.integers(0, 1)) :]
    assume(typo not in {key, "", *KEYS})
    lines[number] = lines[number].replace(key, typo, 1)

    with pytest.raises(InvalidPlaybook) as invalid:
        load_text("\n".join(lines) + "\n")

    assert number + 1 in {problem.line for problem in invalid.value.problems}


@relaxed
@given(data=st.data())
def test_a_missing_line_is_noticed_or_was_optional(data: st.DataObject, valid: str, load_text: Load) -> None:
    """Leaving a line out is refused, or what is loaded lacks exactly what the documentation calls optional."""
    lines = valid.splitlines()
    number = data.draw(st.integers(0, len(lines) - 1))
    left = "\n".join(lines[:number] + lines[number + 1 :])

    try:
        load_text(left)
    except InvalidPlaybook:
        return
    assert lines[number].lstrip().startswith(OPTIONAL)


@relaxed
@given(data=st.data())
def test_a_changed_character_never_breaks_loading(
    data: st.DataObject, valid: str, actions: Mapping[str, ActionType]
) -> None:
    """Any single character of a valid playbook may become any other, with a result that is a value or a refusal."""
    at = data.draw(st.integers(0, len(valid) - 1))
    other = data.draw(st.characters(exclude_categories=["Cs"]) | st.sampled_from("{}[]&*!|>'\"%@`#-?:,\n\t \\"))

    check((valid[:at] + other + valid[at + 1 :]).encode(), actions)
