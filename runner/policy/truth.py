"""Three-valued logic: yes, no, or a doubt that says why it cannot be told.

A doubt never decides: a conjunction with a no is no, a disjunction with a yes is yes, everything else with a doubt in
it stays a doubt. So less knowledge can turn an answer into a doubt, and never into the opposite answer.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import NoReturn, TypeAlias


@dataclass(frozen=True)
class Doubt:
    """Say in a sentence why it cannot be told; nobody may take a doubt for a yes or a no."""

    why: str

    def __bool__(self) -> NoReturn:
        raise TypeError("a doubt is neither true nor false")


Answer: TypeAlias = bool | Doubt


def every(answers: Iterable[Answer]) -> Answer:
    """Return whether all hold: no with any no, else the first doubt; yes for none at all."""
    doubt: Answer = True
    for answer in answers:
        if answer is False:
            return False
        if doubt is True:
            doubt = answer
    return doubt


def some(answers: Iterable[Answer]) -> Answer:
    """Return whether any holds: yes with any yes, else the first doubt; no for none at all."""
    return opposite(every(opposite(answer) for answer in answers))


def opposite(answer: Answer) -> Answer:
    """Return the negation; of a doubt it is the same doubt."""
    return answer if isinstance(answer, Doubt) else not answer
