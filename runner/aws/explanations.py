"""Explain AWS's refusals on the way to a role session with MFA; the table is ``runner.aws.explanation_table``.

AWS's own words and request id travel along in the error, and so does the policy that AWS names as the one that refused.
"""

from __future__ import annotations

import re

from runner.aws.asked import ASSUME_ROLE, GET_SESSION_TOKEN, Asked
from runner.aws.explanation_table import ROWS, Row
from runner.errors import AwsAnswer, CodeRefused, CredentialsRefused
from runner.guard.hints import refusing_layer

__all__ = ["ASSUME_ROLE", "GET_SESSION_TOKEN", "Asked", "explain", "meaning"]

_PARTICULARS = ("{sent}", "{seconds}", "{policy_size}")
"""Words of `Asked` that only whoever sent the request can know."""


def explain(answer: AwsAnswer, asked: Asked) -> CredentialsRefused:
    """Return the error that says what the answer means and what to do.

    A `CodeRefused` is returned only where a fresh code of the same device may help; every other try uses up one of the
    few that AWS allows.
    """
    row = next((row for row in ROWS if _fits(row, answer)), None)
    fields = asked.words()
    hint = _layer(answer)
    if row is None:
        what = f"{answer.operation} failed: {answer.code}"
        return CredentialsRefused(what, on=asked.user, hint=hint or "see AWS's own message", aws=answer)
    kind = CodeRefused if row.fresh_code_may_help else CredentialsRefused
    hint = "; ".join(filter(None, (hint, row.hint.format_map(fields))))
    return kind(row.what.format_map(fields), on=row.on.format_map(fields), hint=hint, aws=answer)


def meaning(answer: AwsAnswer, asked: Asked) -> tuple[str, str] | None:
    """Return what an answer of STS means and what to do, for a request of somebody else's.

    None when no row of the table fits, or when the one that does speaks of particulars that only its sender knows.
    """
    row = next((row for row in ROWS if _fits(row, answer)), None)
    if not answer.operation.startswith("sts:") or row is None:
        return None
    hint = row.hint.removesuffix("; {sent}")
    if any(word in row.what + hint for word in _PARTICULARS):
        return None
    fields = asked.words()
    return row.what.format_map(fields), hint.format_map(fields)


def _fits(row: Row, answer: AwsAnswer) -> bool:
    return (
        answer.code in row.codes
        and row.operation in ("", answer.operation)
        and re.search(row.text, answer.message, re.IGNORECASE) is not None
    )


def _layer(answer: AwsAnswer) -> str:
    layer = refusing_layer(answer.message)
    if layer is None:
        return ""
    return f"AWS names the {layer.name}, which {'denies it' if layer.explicit else 'does not allow it'}"
