"""The change window: outside it nothing is planned or done."""

from __future__ import annotations

from datetime import datetime

from runner.model.plan import Finding
from runner.model.playbook import Window


def window_findings(window: Window, now: datetime) -> tuple[Finding, ...]:
    """Return a finding when ``now`` (UTC) is outside the window; both ends belong to it."""
    if window.start is not None and now < window.start:
        return (Finding("window_is_open", f"the playbook is valid from {window.start.isoformat()}", "wait until then"),)
    if window.end is not None and now > window.end:
        hint = "have a new `valid` reviewed"
        return (Finding("window_is_open", f"the playbook was valid until {window.end.isoformat()}", hint),)
    return ()
