"""What has to be seen before a step counts as done."""

from __future__ import annotations

from enum import Enum


class GoneWhen(Enum):
    """Say what has to be seen before a step counts as done."""

    TARGET_ABSENT = "the target is absent"
    CHILDREN_ABSENT = "a new listing of its children is empty"
    SCHEDULED = "AWS has set the day of its deletion"
    SET_ASIDE = "it is out of use"
    RESTORED = "it is back in place"
    CHILDREN_SHOWN = "a new listing of what hid its children is empty"

    @property
    def by_listing(self) -> bool:
        """Whether a new listing of what the step deletes shows it."""
        return self in {GoneWhen.CHILDREN_ABSENT, GoneWhen.CHILDREN_SHOWN}
