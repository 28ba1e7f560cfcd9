"""The JSON Schema refuses nothing that the loader takes, knows every key, and says a sentence about each."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import jsonschema
import pytest
import yaml

from runner.catalog import BY_NAME
from runner.errors import InvalidPlaybook
from runner.model.action import ActionType
from runner.model.playbook import Source
from runner.workflow.loading import load
from runner.workflow.loading.fields import Fields
from runner.workflow.schema import playbook_schema
from tests.loading.test_generic_call import VALID as WITH_CALL
from tests.loading.test_mistakes import MISTAKES
from tests.loading.test_step_options import ACTIONS as OPTIONS
from tests.loading.test_step_options import HEAD

PLAYBOOKS = sorted((Path(__file__).parent.parent.parent / "playbooks").glob("*.yaml"))
FLEET = """\
targets:
  accounts:
    - {id: "222222222222", alias: acme-staging, regions: [eu-west-1, us-east-1]}
  on_failure: continue
  limits: {steps: 5}
"""
EVERY_OTHER_KEY = """\
limits: {share: 25%, actions: {s3.delete_bucket: 3}}
assume: {session_name: "{user}", external_id: abcd, source_identity: true, tags: {Team: orders}}
calendars: [freeze]
protect: [{arn: "arn:aws:s3:::*-tfstate"}, {tag: {Stage: prod}}]
accept_unknown: [{check: verdict_is_known, reason: none}]
"""


class Yaml12(yaml.SafeLoader):
    """Read YAML as editors do: version 1.2, in which `Off` and a date are texts."""


Yaml12.yaml_implicit_resolvers = {
    first: [(tag, fits) for tag, fits in resolvers if not tag.endswith((":timestamp", ":bool"))]
    for first, resolvers in yaml.SafeLoader.yaml_implicit_resolvers.items()
}
Yaml12.add_implicit_resolver("tag:yaml.org,2002:bool", re.compile("true|false"), list("tf"))


VALIDATORS: dict[int, Any] = {}
"""By the catalogue's identity: a schema is large, and made once."""


def validator_for(actions: Mapping[str, ActionType]) -> Any:
    """Return what validates playbooks of these actions."""
    if id(actions) not in VALIDATORS:
        VALIDATORS[id(actions)] = jsonschema.Draft202012Validator(playbook_schema(actions))
    return VALIDATORS[id(actions)]


def refused(text: str, actions: Mapping[str, ActionType]) -> list[str]:
    """Return what the schema says against a document."""
    return [error.message for error in validator_for(actions).iter_errors(yaml.load(text, Yaml12))]  # noqa: S506  # a SafeLoader


def is_loaded(text: str, actions: Mapping[str, ActionType]) -> bool:
    """Return whether the loader takes a document."""
    try:
        load(text.encode(), Source("p.yaml", ""), actions)
    except InvalidPlaybook:
        return False
    return True


def documents(schema: Any, at: str = "") -> Iterator[tuple[str, Mapping[str, Any]]]:
    """Yield every mapping of the schema that describes keys, with its path."""
    if isinstance(schema, Mapping):
        if isinstance(schema.get("properties"), Mapping) and "additionalProperties" in schema:
            yield at, schema
        for name, value in schema.items():
            yield from documents(value, f"{at}/{name}")
    elif isinstance(schema, list | tuple):
        for number, value in enumerate(schema):
            yield from documents(value, f"{at}/{number}")


def test_the_schema_is_one() -> None:
    """It is valid by its own draft, and so is its example by it."""
    schema = playbook_schema(BY_NAME)
    jsonschema.Draft202012Validator.check_schema(schema)

    for example in schema["examples"]:  # type: ignore[union-attr]
        jsonschema.validate(example, schema)
        assert is_loaded(yaml.safe_dump(example), BY_NAME)


def test_every_key_has_a_sentence() -> None:
    """Editors show it, and the reference's page is made of it."""
    silent = [
        f"{at}/{name}"
        for at, schema in documents(playbook_schema(BY_NAME))
        for name, value in schema["properties"].items()
        if not str(value.get("description", "")).strip()
    ]

    assert silent == []


def test_every_key_has_an_example() -> None:
    """Editors offer it; a key that lists its values, or holds keys of its own, needs none. Each fits its own key."""
    schema: Any = playbook_schema(BY_NAME)
    fields = [*keys_of(schema), *keys_of(schema["$defs"]["step"], "step.")]

    assert len(fields) > 60
    assert [
        name for name, key in fields if not {"examples", "enum", "const", "properties", "maxItems"} & set(key)
    ] == []
    for name, key in fields:
        for example in key.get("examples", ()):
            validator = jsonschema.Draft202012Validator({**key, "$defs": schema["$defs"]})
            assert [error.message for error in validator.iter_errors(example)] == [], name


def keys_of(schema: Any, within: str = "") -> Iterator[tuple[str, dict[str, Any]]]:
    """Yield every key that a mapping may hold, and those below it; what an action adds is left out."""
    for name, key in schema.get("properties", {}).items():
        yield f"{within}{name}", key
        yield from keys_of(key, f"{within}{name}.")
        yield from keys_of(key.get("items", {}), f"{within}{name}[].")


def test_patterns_are_ecma_262() -> None:
    """Editors read them: nothing of Python's alone stands in them."""
    text = str(playbook_schema(BY_NAME))

    assert [mark for mark in (r"\\Z", r"\\A", "(?P", "(?i", "(?x") if mark in text] == []


@pytest.mark.parametrize("path", PLAYBOOKS, ids=lambda path: path.name)
def test_playbooks_fit(path: Path) -> None:
    """Every playbook that is shipped is valid, and names the schema for editors where it is."""
    text = path.read_text(encoding="utf-8")
    named = re.match(r"# yaml-language-server: \$schema=(\S+)\n", text)

    assert refused(text, BY_NAME) == []
    assert named is not None
    assert (path.parent / named[1]).resolve().name == "playbook.schema.json"
    assert (path.parent / named[1]).exists()


@pytest.mark.parametrize(("old", "new"), [(old, new) for old, new, _ in MISTAKES])
def test_what_the_schema_refuses_the_loader_refuses(
    valid: str, actions: Mapping[str, ActionType], old: str, new: str
) -> None:
    """Each of the loader's mistakes: the schema may miss one, and never refuses what the loader takes."""
    text = valid.replace(old, new, 1)
    try:
        said = refused(text, actions)
    except (yaml.YAMLError, TypeError):
        return

    assert not (said and is_loaded(text, actions)), said


def test_the_schema_finds_most_mistakes(valid: str, actions: Mapping[str, ActionType]) -> None:
    """At least six of ten mistakes are shown while one types; the valid playbook is not touched."""
    validator = validator_for(actions)
    found = 0
    for old, new, _ in MISTAKES:
        try:
            document = yaml.load(valid.replace(old, new, 1), Yaml12)  # noqa: S506  # a SafeLoader
        except yaml.YAMLError:
            found += 1
            continue
        found += not validator.is_valid(document)

    assert refused(valid, actions) == []
    assert found / len(MISTAKES) > 0.6


@pytest.mark.parametrize(
    ("step", "fits"),
    [
        ("unprotect: [DeletionProtection], keep: {final_snapshot: last}, wait: {after: stop, for: 7d}", True),
        ("unprotect: [Lock]", False),
        ("keep: {final_snapshot: false}", False),
        ("keep: {final_snapshot: false}, irreversible: there is a dump", True),
        ("keep: {final_snapshot: true}", False),
        ("keep: {snapshot: orders}", False),
        ("unless_used_within: 30d", False),
        ("expect: {max_objects: 5}", False),
        ("call: {service: s3}", False),
        ("targets: []", True),
    ],
)
def test_an_action_says_what_its_steps_may_say(step: str, *, fits: bool) -> None:
    """Flags, copies, evidence of use and children come from its definition; schema and loader agree."""
    text = f"{HEAD}  - {{id: db, action: rds.delete_instance, target: {{name: orders}}, {step}}}\n"

    assert (refused(text, OPTIONS) == [], is_loaded(text, OPTIONS)) == (fits, fits)


@pytest.mark.parametrize(
    ("old", "new", "fits"),
    [
        ("", "", True),
        ("{error: ResourceNotFoundException}", "{operation: ListSchedules, empty: Schedules}", True),
        ("    irreversible: it stands in a repository\n", "", False),
        ("    irreversible: it stands in a repository\n", "      undo: create it again\n", True),
        ("      service: scheduler\n", "", False),
        ("operation: DeleteSchedule", "operation: delete", False),
        ('target: {arn: "arn', 'target: {arn: "*', False),
    ],
)
def test_aws_call_fits(old: str, new: str, *, fits: bool) -> None:
    """What an `aws.call` step says is described as well."""
    text = WITH_CALL.replace(old, new, 1)

    assert (refused(text, BY_NAME) == [], is_loaded(text, BY_NAME)) == (fits, fits)


def test_several_accounts_fit() -> None:
    """With `targets` a playbook names no account of its own, and its targets may hold what is written out."""
    head = HEAD.replace('account: {id: "222222222222"}\nregion: eu-west-1\n', FLEET)
    text = head.replace("name: orders", 'name: "{account}"')
    both = FLEET + HEAD

    assert refused(text, OPTIONS) == []
    assert refused(both, OPTIONS)
    assert not is_loaded(both, OPTIONS)


def test_the_schema_knows_every_key(monkeypatch: pytest.MonkeyPatch, valid: str) -> None:
    """What the loader asks for while it reads a mapping are exactly the keys that the schema has there."""
    asked: dict[str, set[str]] = {}
    entry = Fields._entry

    def watched(self: Fields, key: str) -> object:
        asked.setdefault(self._within, set()).add(key)
        return entry(self, key)

    monkeypatch.setattr(Fields, "_entry", watched)
    for text in (valid, EVERY_OTHER_KEY, FLEET, WITH_CALL):
        is_loaded(text, BY_NAME)
    schema: Any = playbook_schema(BY_NAME)
    step = schema["$defs"]["step"]["properties"]
    top = schema["properties"]
    places: dict[str, Mapping[str, Any]] = {
        "the playbook": top,
        "this step": step,
        "`account`": top["account"]["properties"],
        "`mfa`": top["mfa"]["properties"],
        "`valid`": top["valid"]["properties"],
        "`limits`": top["limits"]["properties"],
        "`assume`": top["assume"]["properties"],
        "this rule": top["protect"]["items"]["properties"],
        "`targets`": top["targets"]["properties"],
        "this account": top["targets"]["properties"]["accounts"]["items"]["properties"],
        "`expect`": step["expect"]["properties"],
        "`call`": step["call"]["properties"],
        "`call.exists`": step["call"]["properties"]["exists"]["properties"],
    }

    assert set(places) <= set(asked)
    for place, keys in places.items():
        assert set(keys) == asked[place], place
