"""A plan reads well in every form: small, with sixty steps, and with texts that mean harm."""

from __future__ import annotations

import io
import re
import sys
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given, settings
from markdown_it import MarkdownIt
from rich.console import Console

from runner.cli import main
from runner.cli.changes_view import Changes, changes_markdown, show_changes
from runner.cli.form import Review
from runner.cli.pages.plan_page import plan_page
from runner.cli.plan_markdown import LONGEST, markdown
from runner.cli.plan_report import report
from runner.cli.plan_view import show_plan
from runner.cli.plan_words import ranges, undo
from runner.cli.scope_view import KINDS, show_scope
from runner.model.action import Recovery
from runner.model.plan import Cascade, Census, Finding, Plan, PlannedStep
from runner.model.playbook import Source
from runner.model.sealed import SealedPlan
from runner.model.target_state import Exists, Missing, NotSeen
from runner.model.verdict import Evidence, Level, Protection, Verdict
from tests.model.plans import SEALED, a_plan, a_sealed_plan, a_step

HOSTILE = "</td>|\x1b[2J\u202e<script>[x](javascript:1)`@octocat #1"


def printed(show: Callable[[Console], None], width: int = 80) -> list[str]:
    """Return the lines that a view prints."""
    out = io.StringIO()
    show(Console(file=out, width=width, markup=False, highlight=False, emoji=False))
    return out.getvalue().splitlines()


def bucket(number: int, **changes: Any) -> PlannedStep:
    """Return one of many steps that empty a bucket."""
    name = f"acme-orders-exports-{number:02}"
    verdict = Verdict(
        Protection.PROTECTED,
        Evidence.SIMULATED,
        f"s3:DeleteObject on arn:aws:s3:::{name}/* needs MFA. Denied without it: statement OnlyMfa.",
        level=Level.RESOURCE,
    )
    step = replace(
        a_step(f"empty-{number:02}", name),
        action="s3.empty_bucket",
        irreversible="exports are copies",
        census=Census(95, 5300, {"Versions": 90, "DeleteMarkers": 4, "Uploads": 1}),
        verdict=verdict,
    )
    return replace(step, **changes)


SIXTY = tuple(bucket(number) for number in range(60))


def test_sixty_steps_take_two_lines_each() -> None:
    """The account stands there once, a step takes two lines of 80 columns, and a common reason is told once."""
    lines = printed(lambda console: show_plan(a_plan(*SIXTY), console))
    page = "\n".join(lines)

    assert max(map(len, lines)) <= 80
    assert len(lines) < 2 * 60 + 25
    assert page.count("exports are copies") == 1
    assert page.count("statement OnlyMfa") == 1
    assert "steps 1-60" in page
    assert "60 steps to do in account 222222222222 (acme): 5,700 objects, 310.5 KiB." in page
    assert "60 steps cannot be undone." in page
    assert a_plan(*SIXTY).digest in page


def test_what_refuses_the_plan_stands_at_the_end() -> None:
    """A refusal is marked at its step, told at the end with what to do, and an accepted unknown above it."""
    refused = Finding("expect_tags", "tag Service is 'x'", "look at the target")
    accepted = Finding("policy_is_readable", "it could not be read", blocks=False, unknown=True, accepted="known")
    note = Finding("bucket_is_empty", "it is checked again after step empty-01", blocks=False)
    plan = a_plan(bucket(1), bucket(2, findings=(refused, accepted, note), needs=("empty-01",)))
    lines = printed(lambda console: show_plan(plan, console))
    page = " ".join(" ".join(lines).split())

    assert any("refused" in line and "empty-02" in line for line in lines)
    assert page.index("notes") < page.index("unknown, accepted by the reviewers") < page.index("expect_tags")
    assert "policy_is_readable: it could not be read; accepted because: known" in page
    assert "expect_tags: tag Service is 'x' next: look at the target" in page
    assert "checked again after a step that it needs" in page
    assert page.endswith("1 finding refuses this plan; nothing was touched.")


@pytest.mark.parametrize(
    ("step", "words"),
    [
        (bucket(1, state=Missing("it is absent"), verdict=None), "nothing to do: it is absent"),
        (bucket(1, state=NotSeen("AccessDenied"), verdict=None), "not readable: AccessDenied"),
        (bucket(1, region="us-east-1"), "(us-east-1)"),
        (bucket(1, target="arn:aws:kms:eu-west-1:333333333333:key/1"), "kms key/1 (account 333333333333)"),
        (bucket(1, target="not an arn"), "not an arn"),
        (bucket(1, census=Census(3, 0, {}, complete=False)), "at least nothing; 0 B"),
        (bucket(1, recovery=Recovery.WINDOW, undo="cancel the deletion", undo_days=30), "undone for 30 days"),
    ],
)
def test_a_step_tells_what_is_special(step: PlannedStep, words: str) -> None:
    """Absent and unreadable targets, other regions and accounts, and a way back are told at the step."""
    assert words in " ".join(" ".join(printed(lambda console: show_plan(a_plan(step), console))).split())


def test_a7_what_dies_with_a_target_is_named_and_counted() -> None:
    """Accident A7 and A5, things lost that nobody named: they stand at the step, in the totals and in the scope."""
    members = tuple(f"arn:aws:s3:eu-west-1:222222222222:accesspoint/p{number}" for number in range(7))
    plan = a_plan(bucket(1, cascade=(Cascade("access points", members),)))
    sealed = replace(a_sealed_plan(), plan=plan)
    text = " ".join(" ".join(printed(lambda console: show_plan(plan, console))).split())
    scope = " ".join(" ".join(printed(lambda console: show_scope(plan, sealed, console))).split())
    page = markdown(plan)

    assert "dies with it: 7 access points: arn:aws:s3:eu-west-1:222222222222:accesspoint/p0" in text
    assert "and 2 more" in text
    assert "95 objects, 5.2 KiB, 7 resources that no step names" in scope
    assert "**7 resources that no step names** die too." in page
    assert "7 access points: `arn:aws:s3:eu-west-1:222222222222:accesspoint/p0,`" in page


@pytest.mark.parametrize(
    ("recovery", "days", "words"),
    [
        (Recovery.NONE, None, "cannot be undone: how"),
        (Recovery.WINDOW, 7, "can be undone for 7 days: how"),
        (Recovery.WINDOW, None, "can be undone for some time: how"),
        (Recovery.BACKUP, None, "can be restored from a copy: how"),
        (Recovery.REVERT, None, "can be reverted: how"),
    ],
)
def test_every_way_back_has_words(recovery: Recovery, days: int | None, words: str) -> None:
    """Whether, for how long and how a step can be undone."""
    assert undo(bucket(1, recovery=recovery, undo="how", undo_days=days)) == words


def test_a_sealed_plan_tells_the_day_until_which_a_step_can_be_undone() -> None:
    """Nothing is done before the plan is sealed, so the days count from then at least; every form says the day."""
    plan = a_plan(bucket(1, recovery=Recovery.WINDOW, undo="how", undo_days=30))
    sealed = replace(a_sealed_plan(), plan=plan, created=datetime(2026, 12, 5, 23, 59, tzinfo=UTC))
    text = " ".join(printed(lambda console: show_plan(plan, console, sealed), width=200))
    scope = " ".join(printed(lambda console: show_scope(plan, sealed, console)))

    for form in (text, scope, markdown(plan, sealed), plan_page(plan, sealed)):
        assert "can be undone for 30 days, at least until 2027-01-04" in " ".join(form.split())


@pytest.mark.parametrize("days", [3_000_000, 10**12])
def test_days_that_no_calendar_has(days: int) -> None:
    """A plan file may say any number of days: the number is told, without a day."""
    assert undo(bucket(1, recovery=Recovery.WINDOW, undo="how", undo_days=days), a_sealed_plan()) == (
        f"can be undone for {days:,} days: how"
    )


@pytest.mark.parametrize(
    ("source", "words"),
    [
        (Source("p.yaml", "b" * 64, "c" * 40, dirty=True), "with uncommitted changes"),
        (Source("p.yaml", "b" * 64, "c" * 40), "(clean)"),
        (Source("p.yaml", "b" * 64), "not in git"),
    ],
    ids=["dirty", "clean", "outside"],
)
def test_every_form_says_whether_git_has_the_playbook(source: Source, words: str) -> None:
    """A reader sees that the commit does not hold what was planned; who confirms sees it in red besides."""
    plan = replace(a_plan(bucket(1)), source=source)
    sealed = replace(a_sealed_plan(), plan=plan)
    text = " ".join(printed(lambda console: show_plan(plan, console), width=200))
    scope = " ".join(printed(lambda console: show_scope(plan, sealed, console)))

    for form in (text, markdown(plan), plan_page(plan)):
        assert words in form
    assert ("changes that are in no commit" in scope) == source.dirty


@pytest.mark.parametrize(
    ("numbers", "shown"),
    [
        ((1,), "1"),
        ((1, 2), "1-2"),
        ((3, 1, 2, 7), "1-3, 7"),
        ((1, 3), "1, 3"),
        ((1, 3, 5), "1, 3, 5"),
        ((2, 4, 6, 8), "2, 4, … 8"),
        ((1, 2, 4, 7, 10, 13), "1-2, 4, 7, … 13"),
    ],
)
def test_numbers_are_joined(numbers: tuple[int, ...], shown: str) -> None:
    """Runs and equal distances are written short, and few numbers as they are."""
    assert ranges(numbers) == shown


def kinds(count: int) -> tuple[PlannedStep, ...]:
    """Return three steps of each of so many kinds, with names as long as they come."""
    return tuple(
        bucket(number, id=f"s-{number}-{kind}", action=f"s3.kind_{kind:02}", target=f"arn:aws:s3:::{'n' * 60}{number}")
        for kind in range(count)
        for number in range(3)
    )


def test_a8_the_scope_fits_on_one_screen() -> None:
    """Accident A8, approved without its scope: how much, of which kind, where, whether it comes back, in 23 lines."""
    plan = replace(a_plan(*kinds(20)), description="why " * 200, name="n" * 200)
    accepted = Finding("policy_is_readable", "x", blocks=False, unknown=True, accepted="known")
    plan = replace(plan, findings=(accepted,), source=replace(plan.source, dirty=True))
    sealed = replace(a_sealed_plan(), plan=plan, file="/a/long/way/" * 20 + "plan.json")
    lines = printed(lambda console: show_scope(plan, sealed, console))
    page = " ".join(" ".join(lines).split())

    assert len(lines) <= 23
    assert max(map(len, lines)) <= 80
    for word in ("3 s3.kind_00: nnn", "and 1 more", f"{3 * (20 - KINDS)} steps of {20 - KINDS} other kinds"):
        assert word in page
    for word in ("222222222222 (acme)", "5,700 objects", "60 cannot be undone", "60 protected", plan.digest):
        assert word in page
    assert "1 unknown accepted by the reviewers: policy_is_readable" in page


def hostile(step: PlannedStep) -> PlannedStep:
    """Put texts that mean harm wherever a step holds foreign text."""
    return replace(
        step,
        id=HOSTILE.replace("\u202e", ""),
        target=HOSTILE,
        irreversible=HOSTILE,
        region=HOSTILE,
        findings=(Finding(HOSTILE, HOSTILE, HOSTILE), Finding(HOSTILE, HOSTILE, blocks=False, accepted=HOSTILE)),
        verdict=Verdict(Protection.PROTECTED, Evidence.SIMULATED, HOSTILE),
        state=Exists(HOSTILE),
    )


def assert_harmless(page: str) -> None:
    """Fail when a page holds a control, or when reading it as Markdown gives anything but what we write ourselves."""
    rendered = MarkdownIt("commonmark", {"html": True}).enable("table").render(page)

    assert re.search("[\x00-\x09\x0b-\x1f\x7f-\x9f\u202a-\u202e]", page) is None
    assert set(re.findall(r"</?(\w+)", rendered)) <= {
        *("h3", "p", "strong", "code", "br", "ul", "li", "blockquote"),
        *("table", "thead", "tbody", "tr", "th", "td"),
    }
    assert "@octocat" not in re.sub(r"<code>.*?</code>", "", rendered)


def test_texts_that_mean_harm_are_only_text() -> None:
    """Tags, links, mentions, escapes and table ends in names and reasons are shown and do nothing."""
    plan = a_plan(hostile(a_step()))
    plan = replace(plan, name=HOSTILE, description=HOSTILE, owner=HOSTILE, ticket=HOSTILE, role_arn=HOSTILE)
    sealed = replace(a_sealed_plan(), plan=plan, runner=HOSTILE, file=HOSTILE)
    changes = Changes.between(replace(a_sealed_plan(), file=HOSTILE), plan)

    assert_harmless(markdown(plan, sealed))
    assert_harmless(changes_markdown(changes))
    for show in (
        lambda console: show_plan(plan, console),
        lambda console: show_scope(plan, sealed, console),
        lambda console: show_changes(changes, console),
    ):
        assert "\x1b" not in "".join(printed(show))


@settings(deadline=None, max_examples=10)
@given(SEALED, SEALED)
def test_any_plan_can_be_shown(one: SealedPlan, other: SealedPlan) -> None:
    """There is no plan, and no pair of plans, that a form cannot show."""
    changes = Changes.between(one, other.plan)
    printed(lambda console: show_plan(one.plan, console))
    printed(lambda console: show_scope(one.plan, one, console))
    printed(lambda console: show_changes(changes, console))
    assert_harmless(markdown(one.plan, one))
    assert_harmless(changes_markdown(changes))


def test_a_comment_tells_what_a_reviewer_has_to_know() -> None:
    """What dies, what dies with it, how much, whether MFA protects it, whether it comes back, and the digests."""
    sealed = replace(a_sealed_plan(), plan=a_plan(*SIXTY[:2]))
    page = markdown(sealed.plan, sealed)

    for words in (
        "**2 steps**: 2 `s3.empty_bucket`, and with the targets 190 objects, 10.4 KiB. **2 steps cannot be undone.**",
        "| 1 | `empty-00`<br>`s3.empty_bucket` | `arn:aws:s3:::acme-orders-exports-00` | 90 versions, 4 markers",
        ", 1 upload; 5.2 KiB | cannot be undone | protected<br>by its policy<br>simulated |",
        "- `empty-00, empty-01`: exports are copies",
        f"`{sealed.digest}`",
        f"`{sealed.seal}`",
        "2026-12-01 12:00 UTC by runner 0.1.0",
        f"`delete 2 in 222222222222 {sealed.digest[:6]}`",
    ):
        assert words in page


def test_a_refused_plan_says_so_first() -> None:
    """The reason stands above the steps, and no phrase is offered."""
    page = markdown(a_plan(bucket(1, findings=(Finding("expect_tags", "another tag", "look"),))))

    assert page.index("**Refused: 1 finding.**") < page.index("another tag") < page.index("| 1 |")
    assert "to confirm" not in page
    assert "**refused**<br>" in page


def test_a_comment_is_never_too_long_and_says_what_is_missing() -> None:
    """Two thousand steps do not fit: the totals stay, the first steps are there, and the rest is counted."""
    plan = a_plan(*(bucket(number, irreversible=f"reason {number}") for number in range(2000)))
    page = markdown(plan)
    rows = page.count("<br>`s3.empty_bucket` |")
    left_out = re.search(r"Left out here: ([\d,]+) lines of steps, [\d,]+ lines of reasons", page)

    assert len(page.encode()) <= LONGEST
    assert left_out is not None
    assert int(left_out[1].replace(",", "")) + rows == 2000
    assert "**2,000 steps**" in page
    assert plan.digest in page


def shorter(plan: Plan) -> Plan:
    """Return a plan without its first step, whose second step changed."""
    return replace(plan, steps=(replace(plan.steps[1], census=Census(96, 5300, {"Versions": 96})), *plan.steps[2:]))


def test_only_what_changed_is_shown() -> None:
    """Against an older plan the differences alone are told, in text, as data and as a comment."""
    old = replace(a_sealed_plan(), plan=a_plan(*SIXTY[:3]), file="old.json")
    changes = Changes.between(old, shorter(old.plan))
    text = " ".join(" ".join(printed(lambda console: show_changes(changes, console))).split())
    page = changes_markdown(changes)

    assert "empty-01 census, children planned 95 found 96" in text
    assert "| `empty-01` | census, children | `95` | `96` |" in page
    assert "| `empty-00` | step | `s3.empty_bucket arn:aws:s3:::acme-orders-exports-00` | `nothing` |" in page
    assert "empty-02" not in text + page
    assert {"step": "empty-01", "where": ["census", "children"], "before": "95", "after": "96"} in [
        {**change.to_data(), "where": list(change.difference.where)} for change in changes.found
    ]


def test_nothing_changed_is_said() -> None:
    """The same plan has no differences, and that is what is told."""
    old = replace(a_sealed_plan(), file="old.json")
    changes = Changes.between(old, old.plan)

    assert "Nothing changed since old.json, sealed 2026-12-01 12:00 UTC." in changes_markdown(changes)
    assert printed(lambda console: show_changes(changes, console))[0].startswith("Nothing changed since old.json")


def test_too_many_changes_for_a_comment_are_counted() -> None:
    """A comment about two thousand differences holds what fits, and says how many are left out."""
    old = replace(a_sealed_plan(), plan=a_plan(*(bucket(number) for number in range(1000))), file="old.json")
    new = replace(old.plan, steps=tuple(replace(step, irreversible=f"other {step.id}") for step in old.plan.steps))
    page = changes_markdown(Changes.between(old, new))

    assert len(page.encode()) <= LONGEST
    assert re.search(r"[\d,]+ are left out here", page)


@pytest.mark.parametrize("encoding", ["cp437", "ascii"])
@pytest.mark.parametrize("form", [Review.TEXT, Review.MARKDOWN])
def test_a_console_of_an_old_code_page_shows_a_plan(
    encoding: str, form: Review, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What it has no character for stands there as an escape; nothing is lost, and nothing crashes."""
    written = io.BytesIO()
    monkeypatch.setattr(sys, "stdout", io.TextIOWrapper(written, encoding=encoding))
    monkeypatch.setattr(sys, "stderr", io.TextIOWrapper(io.BytesIO(), encoding=encoding))
    step = replace(a_step("empty", "acme-orders-exports"), irreversible="exports → copies, 日本")

    main._write_anywhere()
    code = report(a_plan(step), form)
    sys.stdout.flush()

    assert code == 0
    assert r"exports \u2192 copies, \u65e5\u672c" in written.getvalue().decode(encoding)
