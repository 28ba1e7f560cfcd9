"""What a run stands on while it goes on: the operator's session, young enough before each step, and the right time."""

from __future__ import annotations

from dataclasses import dataclass, replace

from runner.errors import CredentialsRefused, ExitCode, LogUnwritable, NoCode, RunnerError
from runner.model.session import UserSession
from runner.workflow.authenticate import authenticate, is_good
from runner.workflow.guarded_session import prove_again
from runner.workflow.journal import Journal
from runner.workflow.prepare import Part
from runner.workflow.route import Route
from runner.workflow.services import Services


@dataclass(frozen=True)
class Halt:
    """Say why no further step may begin."""

    code: ExitCode
    why: str


@dataclass
class Standing:
    """Hold the live user session; one thread at a time asks whether a step may begin, because that may ask for a code.

    Steps that are under way keep the session they began with.
    """

    user: UserSession
    services: Services
    journal: Journal

    def route(self, part: Part) -> Route:
        """Return the way to an account's role, with the live session."""
        return replace(part.route, user=self.user)

    def halt(self, part: Part) -> Halt | None:
        """Return why no step may begin; else None, once the session is young enough or was renewed and proven.

        Raises:
            LogUnwritable: when a renewal cannot be recorded.
        """
        if self.services.stop.requested:
            return Halt(ExitCode.INTERRUPTED, "the run was interrupted")
        closed = part.hours.by_the_clock(self.services.clock.now())
        if closed:
            return Halt(ExitCode.REFUSED, closed[0].message)
        if is_good(self.user, self.services, part.playbook.max_age):
            return None
        try:
            self._renew(part)
        except LogUnwritable:
            raise
        except NoCode as error:
            return Halt(ExitCode.SESSION_ENDED, f"the MFA session is too old: {error.what}")
        except RunnerError as error:
            return Halt(error.exit_code, error.what)
        return None

    def _renew(self, part: Part) -> None:
        """Ask for a code between two steps; the new session has to be the same person's, and is proven again."""
        user = authenticate(self.services, part.playbook.max_age)
        before = self.user.caller
        if (user.caller.account, user.caller.user_id) != (before.account, before.user_id):
            raise CredentialsRefused(
                f"the new session is {user.caller.arn}'s, the run was begun by {before.arn}",
                on=user.caller.arn,
                hint="apply again as one person",
            )
        self.user = user
        route = self.route(part)
        self.journal.authenticated(route, prove_again(part.playbook, route, self.services))
