"""Tell those whom the guardrails name how a run goes; whoever cannot be told stops nothing (port `Watcher`)."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field

from runner.cli.output import messages, text
from runner.cli.webhook import NotTold, post
from runner.errors import ExitCode, RunnerError
from runner.guard.notices import Notice
from runner.model.event import Event, IdentityFound, RunEnded, RunStarted
from runner.model.notice import Moment, NotifyRule
from runner.model.plan import Plan
from runner.model.ports import Watcher
from runner.model.session import Identity
from runner.workflow.loading.notify import is_safe


@dataclass
class Notifying:
    """See what the next watcher sees, and tell of it."""

    watcher: Watcher
    rules: tuple[NotifyRule, ...]
    environ: Mapping[str, str] = field(repr=False)
    _identity: Identity | None = None
    _running: RunStarted | None = None

    def see(self, event: Event) -> None:
        """Take note of an event."""
        self.watcher.see(event)
        match event:
            case IdentityFound(identity):
                self._identity = identity
            case RunStarted(run, plan):
                self._running = event
                self._tell(Moment.STARTED, plan, run=run)
            case RunEnded(run, plan, code, counts):
                self._running = None
                moment = Moment.DONE if code is ExitCode.OK else Moment.FAILED
                self._tell(moment, plan, run=run, code=code, counts=counts)
            case _:
                pass

    def failed(self, error: RunnerError) -> None:
        """Tell that a run that had started was ended by an error."""
        if self._running is not None:
            self._tell(
                Moment.FAILED, self._running.plan, run=self._running.run, code=error.exit_code, why=type(error).__name__
            )

    def sealed(self, plan: Plan) -> None:
        """Tell that a plan was sealed that waits for approvals."""
        if plan.approvals:
            self._tell(Moment.WAITING, plan)

    def _tell(
        self,
        moment: Moment,
        plan: Plan,
        *,
        run: str = "",
        code: ExitCode | None = None,
        counts: Mapping[str, int] | None = None,
        why: str = "",
    ) -> None:
        who = "" if self._identity is None else self._identity.caller.arn
        notice = Notice(moment, plan, who, run, counts, code, why)
        for rule in self.rules:
            if moment in rule.moments:
                failure = self._deliver(rule, notice)
                if failure:
                    messages().print(text(f"note: {rule.place} was not told that it is {moment.value}: {failure}"))

    def _deliver(self, rule: NotifyRule, notice: Notice) -> str:
        """Return why somebody could not be told; empty when that worked."""
        if rule.topic:
            from runner.aws.topics import publish  # noqa: PLC0415  # who has no topic waits for no client

            if self._identity is None:
                return "nobody is signed in"
            message = json.dumps(notice.to_data(), indent=2, ensure_ascii=True)
            return publish(rule.topic, notice.subject, message, self._identity.credentials)
        url = self.environ.get(rule.webhook[4:], "") if rule.webhook.startswith("env:") else rule.webhook
        if not is_safe(url):
            return "there is no https URL"
        try:
            post(url, notice.to_data())
        except NotTold as told:
            return str(told)
        return ""
