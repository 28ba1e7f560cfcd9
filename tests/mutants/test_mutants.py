"""The mutation run itself: which changes are made, that they act, and that survivors are reviewed with a reason."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from textwrap import dedent
from typing import Any

import pytest

from benchmarks.mutants import memory
from benchmarks.mutants.__main__ import reviewed
from benchmarks.mutants.memory import Memory
from benchmarks.mutants.mutant import mutants_of
from benchmarks.mutants.trial import Fate


def changes_of(tmp_path: Path, source: str) -> list[str]:
    """Return the changes that are made in a source."""
    path = tmp_path / "rules.py"
    path.write_text(dedent(source), encoding="utf-8")
    return [mutant.id.removeprefix("rules:") for mutant in mutants_of("rules", path)]


@pytest.mark.parametrize(
    ("source", "change"),
    [
        ("def f(a): return a == 1", "f: return a «== -> !=» 1"),
        ("def f(a, b): return a and b", "f: return a «and -> or» b"),
        ("def f(a, b): return a and b", "f: return «a and  -> »b"),
        ("def f(a): return not a", "f: return «not  -> »a"),
        ("def f(a):\n    if a: raise ValueError(a)", "f: if «a -> False»:"),
        ("def f(a):\n    if a: raise ValueError(a)", "f: «raise ValueError(a) -> pass»"),
        ("def f(a):\n    check(a)", "f: «check(a) -> pass»"),
        ("def f(a) -> bool: return g(a)", "f: return «g(a) -> True»"),
        ("def f(a) -> Refusal | None: return g(a)", "f: return «g(a) -> None»"),
        ("def f(a) -> tuple[Finding, ...]: return g(a)", "f: return «g(a) -> ()»"),
        ("def f(a): return all(x for x in a if x)", "f: return «all -> any»((x for x in a if x))"),
        ("def f(a): return all(x for x in a if x)", "f: return all((x for x in a« if x -> »))"),
        ("def f(a):\n    for x in a: check(x)", "f: for x in «a -> ()»:"),
        ("KEYS = frozenset({'a', 'b'})", "module: KEYS = frozenset({«'a',  -> »'b'})"),
        ("KEYS = {'a': 1}", "module: KEYS = {«'a': 1 -> »}"),
        ("KEY = 'a'", "module: KEY = «'a' -> 'a?'»"),
        ("KEYS = {'a': 'b'}", "module: KEYS = {'a': «'b' -> 'b?'»}"),
        ("def f(a): return a == 'x'", "f: return a == «'x' -> 'x?'»"),
        ("def f(a): return a.get('x')", "f: return a.get(«'x' -> 'x?'»)"),
        ("P = re.compile('[a-z]+')", "module: P = re.compile(«'[a-z]+' -> '[a-z]*'»)"),
        ("def f(a): return P.fullmatch(a)", "f: return P.«fullmatch -> match»(a)"),
        ("def f(a): return a.lower() == 'x'", "f: return a«.lower() -> » == 'x'"),
        (
            "def f(a):\n    match a:\n        case 1 if a: return 2\n        case _: return 3",
            "f: case 1« if a -> »:",
        ),
        ("def f(a):\n    match a:\n        case 1 | 2: return 2\n        case _: return 3", "f: case «1 |  -> »2:"),
        ("def f(a):\n    match a:\n        case P(x=1): return 2\n        case _: return 3", "f: case P«(x=1) -> ()»:"),
        ("class A:\n    @property\n    def b(self): return self.c > 2", "A.b: return self.c «> -> >=» 2"),
    ],
)
def test_changes(tmp_path: Path, source: str, change: str) -> None:
    """Everything that decides is changed, under the name of its function."""
    assert change in changes_of(tmp_path, source)


def test_what_people_read_is_left_alone(tmp_path: Path) -> None:
    """Docstrings, messages, annotations and decorators are not changed: no change there lets anything through."""
    source = '''
        """Some rules."""

        Truth: TypeAlias = bool | None


        @dataclass(frozen=True)
        class A:
            """Be a rule."""

            KIND = "kind"

            def b(self, c: tuple[int, str]) -> str:
                """Say why."""
                why = "it is so"
                return Refused(f"it is {c or 1} and no more", hint="do this")
        '''

    assert changes_of(tmp_path, source) == []


def test_a_changed_function_acts_and_the_source_is_as_it_was(tmp_path: Path) -> None:
    """The code of a mutant holds its one change; the next one is made from the original again."""
    path = tmp_path / "rules.py"
    path.write_text("def f(a):\n    return a > 1 and a < 9\n", encoding="utf-8")
    found = mutants_of("rules", path)
    answers = []
    for mutant in found:
        names: dict[str, Any] = {}
        exec(mutant.code(), names)  # noqa: S102  # the code is ours
        answers.append([number for number in range(12) if names["f"](number)])

    assert list(range(2, 9)) not in answers
    assert [list(range(1, 9)), list(range(2, 10))] == [answers[3], answers[6]]
    assert all(mutant.function_code() is not None for mutant in found)


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """Make a program with a rule and a test the working directory; return the rule's file."""
    for name, text in {
        "runner/rules.py": "def f(a): return a > 1\n",
        "tests/test_rules.py": "def test_f():\n    assert f(2)\n\n\ndef test_g():\n    pass\n",
    }.items():
        (tmp_path / name).parent.mkdir()
        (tmp_path / name).write_text(text, encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    _forget()
    yield Path("runner/rules.py")
    _forget()


def _forget() -> None:
    for read in (memory._everything, memory._state, memory._functions):
        read.cache_clear()


@pytest.mark.parametrize(
    ("fate", "killer"), [(Fate.KILLED, "tests/test_rules.py::test_f"), (Fate.SURVIVED, ""), (Fate.UNREACHED, "")]
)
@pytest.mark.parametrize(
    ("file", "old", "new", "forgotten"),
    [
        ("runner/rules.py", "1", "2", {Fate.KILLED, Fate.SURVIVED, Fate.UNREACHED}),
        ("tests/test_rules.py", "f(2)", "f(3)", {Fate.KILLED, Fate.SURVIVED, Fate.UNREACHED}),
        ("tests/test_rules.py", "pass", "f(0)", {Fate.SURVIVED, Fate.UNREACHED}),
        ("tests/test_rules.py", "f(2)", "f(2)", set()),
    ],
    ids=["module", "killer", "another test", "nothing"],
)
def test_a_fate_is_known_until_something_changes(
    project: Path, file: str, old: str, new: str, forgotten: set[Fate], fate: Fate, killer: str
) -> None:
    """The dead are remembered as long as their module and their killer stay, the living while everything stays."""
    (mutant, *_) = mutants_of("runner.rules", project)
    Memory(Path("kept/fates"), fresh=True).note(mutant, fate, killer)
    assert Memory(Path("kept/fates"), fresh=False).fate(mutant) is fate

    Path(file).write_text(Path(file).read_text(encoding="utf-8").replace(old, new), encoding="utf-8")
    _forget()

    known = Memory(Path("kept/fates"), fresh=False).fate(mutant)
    assert known is (Fate.UNTRIED if fate in forgotten else fate)
    assert Memory(Path("kept/fates"), fresh=True).fate(mutant) is Fate.UNTRIED


def test_survivors_are_reviewed() -> None:
    """Every reviewed survivor stands under a reason."""
    assert [name for name, reason in reviewed().items() if not reason] == []
