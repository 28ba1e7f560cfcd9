"""The last copy of something that is gone is all that is left of it: is there another one? Pure."""

from __future__ import annotations

from runner.catalog.answers import at, unread
from runner.model.action import Absent, Answer, Check, Facts, Ok, Present, Unknown

HINT = "keep it; or name this check in accept_unknown, with the reason why nobody needs the last copy"
OTHERS = "Found || Items[].answer.Found[]"
"""Where the fact ``others`` holds other copies: in one answer, or in a survey's."""


def another_copy_is_left(of: str, *, fact: str = "", there: str = "") -> Check:
    """Return the check that a target is not the last copy of ``of``, in words: ``its volume``.

    The fact ``fact`` reads what it is a copy of, where AWS can tell: that is still there when the list at ``there``
    holds something. Whether anybody needs what is left is not known, so that a last copy is *unknown*, not forbidden.
    """
    last = f"{of} is gone, and no other copy of it is known" if fact else f"no other copy of {of} is known"

    def another_copy_is_left(facts: Facts) -> Answer:
        """Refuse the last copy of what is there no more."""
        match facts[fact] if fact else Absent(""):
            case Present(data):
                found = at(data, there)
                if not isinstance(found, list | tuple):
                    return Unknown(f"the answer does not say whether {of} is still there")
                if found:
                    return Ok()
            case Absent():
                pass
            case other:
                return unread(f"{of} is still there", other)
        match facts["others"]:
            case Present(data):
                return Ok() if at(data, OTHERS) else Unknown(last, HINT)
            case other:
                return unread(f"other copies of {of} are left", other)

    return another_copy_is_left
