"""How tests run here: quietly, the same every time, and in a process that is thrown away."""

from __future__ import annotations

import os
import pickle
import sys
from collections.abc import Callable
from typing import Any, TypeVar, cast

import hypothesis

A = TypeVar("A")

# What was imported before pytest began is not rewritten, which is all right: nobody reads the assertions.
_PLAIN = ("-q", "-x", "-p", "no:cacheprovider", "-p", "no:xdist", "-W", "ignore::pytest.PytestAssertRewriteWarning")
QUIET = (*_PLAIN, "--ignore-glob=*_command.py")


class Calm:
    """Make, as a pytest plugin, every run of a property alike: a mutant is killed or it is not."""

    def pytest_configure(self) -> None:
        """Choose the same examples every time, few of them, and remember none."""
        hypothesis.settings.register_profile("mutants", derandomize=True, database=None, deadline=None, max_examples=30)
        hypothesis.settings.load_profile("mutants")


def in_child(work: Callable[[], A]) -> A:
    """Return what work returns in a process of its own, whose imports and output are lost.

    Raises:
        RuntimeError: when it ends without an answer.
    """
    reading, writing = os.pipe()
    pid = os.fork()
    if pid == 0:
        os.close(reading)
        silence()
        with os.fdopen(writing, "wb") as pipe:
            pickle.dump(work(), pipe)
            pipe.flush()
            os._exit(0)
    os.close(writing)
    with os.fdopen(reading, "rb") as pipe:
        answer = pipe.read()
    os.waitpid(pid, 0)
    if not answer:
        raise RuntimeError("the tests ended without an answer")
    return cast("A", pickle.loads(answer))  # noqa: S301  # our own process wrote it


def caches() -> tuple[Any, ...]:
    """Return every function of ours that remembers its answers."""
    ours = [vars(module) for name, module in sys.modules.items() if name.split(".")[0] == "runner"]
    return tuple(
        {id(value): value for names in ours for value in names.values() if hasattr(value, "cache_clear")}.values()
    )


def silence() -> None:
    """Send what a child prints nowhere."""
    nowhere = os.open(os.devnull, os.O_RDWR)
    for stream in (0, 1, 2):
        os.dup2(nowhere, stream)
    sys.stdout = sys.stderr = open(os.devnull, "w", encoding="utf-8")  # noqa: SIM115, PTH123  # lives as long as the child
