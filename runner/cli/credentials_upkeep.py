"""What looks after kept sessions: `runner credentials status` and `clear`. No code is asked for."""

from __future__ import annotations

import os
from dataclasses import dataclass
from datetime import datetime

from runner.aws.region import sts_region
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
    ports = adapters(options, sts_region(region_of(region, options)))
    identity, now = ports.operator.identity(), ports.clock.now()
    kept: tuple[Kept, ...] = ()
    if isinstance(identity, LongTermIdentity):
        directory = session_directory()
        kept = tuple(one for store in session_stores(keep) for one in look(store, directory, identity, now))
    return Status(identity, keep, kept, now)


def clear_kept(profile: str | None) -> tuple[Removed, ...]:
    """Remove the sessions of a profile's user, or of everybody, and return them.

    Raises:
        CredentialsRefused: when a place of sessions cannot be trusted, or the profile's user cannot be found.
    """
    of = None
    if profile is not None:
        options = Options(profile, None, mfa_code_stdin=False)
        of = adapters(options, sts_region(region_of(None, options))).operator.identity().caller
    stores = session_stores(keeping(None, os.environ))
    return tuple(removed for store in stores for removed in clear(store, session_directory(), of))
