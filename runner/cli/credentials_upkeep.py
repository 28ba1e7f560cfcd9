"""What looks after kept sessions: `runner credentials status` and `clear`. No code is asked for."""

from __future__ import annotations

import os
from dataclasses import dataclass
from datetime import datetime

from runner.aws.region import STS_REGION
from runner.aws.session_cache.kept_sessions import Kept, Removed, clear, look
from runner.cli.credentials_wiring import adapters, region_of
from runner.cli.session_keeping import Keep, keeping, session_directory, session_stores
from runner.cli.wiring import Options
from runner.model.session import Identity, LongTermIdentity


@dataclass(frozen=True)
class Status:
    """Hold who the operator is, where new sessions are kept, and which ones are kept at ``now``."""

    identity: Identity
    keep: Keep
    kept: tuple[Kept, ...]
    now: datetime


def look_up(options: Options, region: str | None) -> Status:
    """Return the operator's identity, which AWS is asked for, and the kept sessions.

    Raises:
        CredentialsRefused: when the identity cannot carry MFA, or a place of sessions cannot be trusted.
    """
    keep = keeping(options.keep_session, os.environ)
    sts_region = region_of(region, options) or STS_REGION
    ports = adapters(options, sts_region)
    identity, now = ports.operator.identity(), ports.clock.now()
    found: list[Kept | None] = []
    if isinstance(identity, LongTermIdentity):
        found = [look(store, identity, sts_region, now) for store in session_stores(keep)]
    return Status(identity, keep, tuple(kept for kept in found if kept is not None), now)


def clear_kept(profile: str | None) -> tuple[Removed, ...]:
    """Remove the sessions of a profile's user, or of everybody, and return them.

    Raises:
        CredentialsRefused: when a place of sessions cannot be trusted, or the profile's user cannot be found.
    """
    of = None
    if profile is not None:
        options = Options(profile, None, mfa_code_stdin=False)
        of = adapters(options, region_of(None, options) or STS_REGION).operator.identity().caller
    stores = session_stores(keeping(None, os.environ))
    return tuple(removed for store in stores for removed in clear(store, session_directory(), of))
