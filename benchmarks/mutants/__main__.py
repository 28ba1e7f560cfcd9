"""Change the rules of ``runner.policy`` and ``runner.guard`` one by one; does a test notice? ``make mutants``.

What no test notices is a survivor. One that turns a refusal into a pass must not be; every other one is reviewed and
stands with its reason in ``reviewed.txt``. The run ends with exit code 1 for a survivor that does not stand there, and
for a reviewed one that is not a survivor any more.

Why not a tool that exists: mutmut 3 changes the bodies of functions only. Half of these rules are tables, patterns and
properties, which it leaves alone; it deletes no statement, and nine in ten of its survivors here change the words of a
message. Cosmic Ray starts a process for each of five thousand mutants, which takes hours.
"""

from __future__ import annotations

import argparse
import contextlib
import importlib
import os
import sys
import warnings
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from tempfile import TemporaryDirectory

from benchmarks.mutants.baseline import Baseline, measure
from benchmarks.mutants.memory import Memory
from benchmarks.mutants.mutant import Mutant, mutants_of
from benchmarks.mutants.trial import Fate, try_functions, try_modules

ROOT = Path(__file__).resolve().parent.parent.parent
ROOMS = {
    "runner/policy": ("tests/policy", "tests/guard"),
    "runner/guard": ("tests/guard", "tests/approvals", "tests/workflow", "tests/doctor"),
}
"""The rooms whose rules are changed, and what tests them without starting anything but ``ssh-keygen``."""
MEMORY = ROOT / ".mutants" / "fates.jsonl"
REVIEWED = Path(__file__).parent / "reviewed.txt"
_LEFT_OUT = ("diagnosis", "explanation", "hints", "refusal", "rule_table")
"""What a module's name begins with that refuses nothing and lets nothing through: it says in words what was found.

``hints.DENIED`` is asked when something is waited for, and there only for how long.
"""
_FATES = tuple(Fate)
_ALIVE = frozenset({Fate.SURVIVED, Fate.UNREACHED})


def modules(only: Sequence[str]) -> Iterator[tuple[str, Path]]:
    """Yield the modules that decide, or those among them that ``only`` names, with or without their room."""
    for path in (found for room in ROOMS for found in sorted((ROOT / room).glob("*.py"))):
        name = ".".join(path.relative_to(ROOT).with_suffix("").parts)
        if not path.stem.startswith(_LEFT_OUT) and (not only or {path.stem, path.parent.name} & set(only)):
            yield name, path


def reviewed() -> dict[str, str]:
    """Return the reviewed survivors with the reason that stands above them."""
    found: dict[str, str] = {}
    reason = ""
    for line in REVIEWED.read_text(encoding="utf-8").splitlines():
        if line.startswith("# "):
            reason = line.removeprefix("# ")
        elif line:
            found[line] = reason
    return found


def run(mutants: Sequence[Mutant], tests: tuple[str, ...], memory: Memory, jobs: int) -> tuple[Fate, ...]:
    """Try every mutant whose fate is not known, in as many processes as there are jobs; return all fates."""
    fates = [memory.fate(mutant) for mutant in mutants]
    left = [(number, mutant) for number, mutant in enumerate(mutants) if fates[number] is Fate.UNTRIED]
    sys.stderr.write(f"{len(left)} to try\n")
    if not left:
        return tuple(fates)
    baseline = measure(tests, tuple(dict.fromkeys(mutant.path for mutant in mutants)))
    _import_all(baseline.imported)
    reading, writing = os.pipe()
    workers = [_worker(left[job::jobs], tests, baseline, writing) for job in range(jobs)]
    os.close(writing)
    with os.fdopen(reading, encoding="utf-8") as pipe:
        for done, line in enumerate(pipe, 1):
            number, fate, files = line.rstrip("\n").split(" ", maxsplit=2)
            mutant, found = mutants[int(number)], _FATES[int(fate)]
            fates[int(number)] = found
            if found is not Fate.UNTRIED:
                memory.note(mutant, found, files)
            if found in _ALIVE:
                sys.stderr.write(f"{mutant.line}: {mutant.id}\n")
            if done % 100 == 0:
                sys.stderr.write(f"{done} of {len(left)}\n")
    for worker in workers:
        os.waitpid(worker, 0)
    return tuple(fates)


def _worker(mutants: Sequence[tuple[int, Mutant]], tests: tuple[str, ...], baseline: Baseline, pipe: int) -> int:
    pid = os.fork()
    if pid:
        return pid

    def told(number: int, fate: Fate, files: str) -> None:
        os.write(pipe, f"{number} {_FATES.index(fate)} {files}\n".encode())

    # What no test runs, an import may: such a function fills a table. A call of super() cannot leave a live function.
    live = [
        (number, mutant)
        for number, mutant in mutants
        if mutant.function and not mutant.function.endswith("__init__") and baseline.tests(mutant)
    ]
    numbers = {number for number, _ in live}
    try_modules([(number, mutant) for number, mutant in mutants if number not in numbers], baseline, told)
    try_functions(live, tests, baseline, told)
    os._exit(0)


def report(mutants: Sequence[Mutant], fates: Sequence[Fate], known: Mapping[str, str]) -> int:
    """Print what is to be reviewed, what is not to stand there any more, and the figure; return the exit code."""
    ended = Counter(fates)
    alive = {mutant.id for mutant, fate in zip(mutants, fates, strict=True) if fate in _ALIVE}
    new = [mutant for mutant in mutants if mutant.id in alive - known.keys()]
    stale = sorted(known.keys() - alive)
    for mutant in new:
        sys.stdout.write(f"{mutant.path.relative_to(ROOT)}:{mutant.line}\n{mutant.id}\n")
    for name in stale:
        sys.stdout.write(f"reviewed, but killed or gone: {name}\n")
    sys.stdout.write(
        f"{len(mutants)} mutants: {ended[Fate.KILLED]} killed, {len(alive) - len(new)} survived as reviewed, "
        f"{len(new)} survived and are not reviewed; {ended[Fate.UNREACHED]} of the survivors no test runs; "
        f"{ended[Fate.UNTRIED]} not tried\n"
    )
    return 1 if new or stale or ended[Fate.UNTRIED] else 0


def _import_all(names: Sequence[str]) -> None:
    """Import once what no change concerns, so that no fork has to."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        for name in names:
            with contextlib.suppress(Exception):
                importlib.import_module(name)


def main() -> int:
    """Run."""
    parser = argparse.ArgumentParser(prog="make mutants", description=__doc__.splitlines()[0])
    parser.add_argument("only", nargs="*", help="rooms and modules, as in: policy window; all without")
    parser.add_argument("--fresh", action="store_true", help="forget what earlier runs found out")
    parser.add_argument("--jobs", type=int, default=os.cpu_count() or 1)
    chosen = parser.parse_args()
    os.chdir(ROOT)
    with TemporaryDirectory() as place:
        # A fork that leaves at a failure does not clean up after itself.
        os.environ["PYTEST_DEBUG_TEMPROOT"] = place
        return tried(chosen.only, chosen.jobs, fresh=chosen.fresh)


def tried(only: Sequence[str], jobs: int, *, fresh: bool) -> int:
    """Try the mutants of all modules, or of those that are named; return the exit code."""
    found = tuple(modules(only))
    rooms = {path.parent.relative_to(ROOT).as_posix() for _, path in found}
    tests = tuple(dict.fromkeys(test for room, tests in ROOMS.items() if room in rooms for test in tests))
    mutants = tuple(mutant for name, path in found for mutant in mutants_of(name, path))
    sys.stderr.write(f"{len(mutants)} mutants of {len(found)} modules\n")
    memory = Memory(MEMORY, fresh=fresh)
    names = {name for name, _ in found}
    known = {mutant: reason for mutant, reason in reviewed().items() if mutant.split(":")[0] in names}
    return report(mutants, run(mutants, tests, memory, jobs), known)


if __name__ == "__main__":
    sys.exit(main())
