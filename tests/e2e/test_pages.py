"""Pages end to end: a plan, a run and a period as HTML that names cannot act on."""

from __future__ import annotations

from html.parser import HTMLParser

import pytest

from runner.audit.run_summary import RunSummary
from runner.audit.selection import Selection
from runner.audit.timeline import Entry
from runner.audit.verify import CANNOT_SEE, Verified
from runner.cli.pages.period_page import period_page
from runner.cli.pages.run_page import run_page
from tests.conftest import Lab
from tests.e2e.driving import apply, here

NASTY = ["<script>alert(1)</script>", "\u202egnp.exe", "\x1b[31mred", '"><img src=x onerror=alert(1)>', "{{ 7*7 }}"]


class Reader(HTMLParser):
    """Gather a page's elements and its text."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.elements: list[tuple[str, dict[str, str | None]]] = []
        self.text = ""
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Take note of an element."""
        self.elements.append((tag, dict(attrs)))

    def handle_data(self, data: str) -> None:
        """Take note of text."""
        self.text += data

    def names(self) -> set[str]:
        """Return the names of all elements."""
        return {name for name, _ in self.elements}


def assert_harmless(page: str) -> None:
    """Fail unless the page needs nothing from outside, runs nothing, and can be read by everybody."""
    read = Reader(page)
    assert read.names().isdisjoint({"script", "img", "iframe", "link", "object", "form", "svg"})
    assert not any(name.startswith("on") for _, attributes in read.elements for name in attributes)
    (policy,) = [a["content"] for n, a in read.elements if n == "meta" and "http-equiv" in a]
    assert policy is not None
    assert policy.startswith("default-src 'none'; style-src 'sha256-")
    links = [attributes["href"] for name, attributes in read.elements if name == "a"]
    targets = {attributes["id"] for _, attributes in read.elements if "id" in attributes}
    assert all(link is not None and link.startswith("#") and link[1:] in targets for link in links)
    assert [name for name, _ in read.elements].count("h1") == 1
    assert all(a.get("scope") in {"row", "col"} for n, a in read.elements if n == "th")
    assert ("html", {"lang": "en"}) in read.elements
    assert not any(character in page for character in "\u202e\x1b")


def test_a_plan_is_a_page(lab: Lab) -> None:
    """The page of a plan names every target, its verdict, what cannot be undone, the digest and the phrase."""
    ended = here(lab, "plan", str(lab.playbook()), "--output", "html", code=lab.sandbox.code())
    seen = Reader(ended.out).text

    assert ended.code == 0, ended.err
    assert_harmless(ended.out)
    for words in ("arn:aws:s3:::acme-orders-exports", "protected", "cannot be undone", "delete 2 in 222222222222"):
        assert words in seen


def test_a_run_and_the_log_are_pages(lab: Lab) -> None:
    """The page of a run tells who, every call with its request and its plan; that of the log whether it is intact."""
    assert apply(lab, lab.playbook()).code == 0
    run = here(lab, "audit", "show", "--output", "html")
    log = here(lab, "audit", "list", "--output", "html")
    requests = [record["request_id"] for record in lab.records() if record["type"] == "call.outcome"]

    assert (run.code, log.code) == (0, 0), run.err + log.err
    assert_harmless(run.out)
    assert_harmless(log.out)
    assert requests
    assert all(request in run.out for request in requests)
    for words in ("arn:aws:iam::111111111111:user/alice", "seen gone", "The plan that was executed", "MFA proven"):
        assert words.replace("seen gone", "gone") in Reader(run.out).text
    assert "The log is intact." in Reader(log.out).text
    assert all(words in Reader(log.out).text for words in CANNOT_SEE)


def test_a_log_that_was_changed_says_so_on_its_page(lab: Lab) -> None:
    """A page of a log with a changed line says first that it cannot be relied on."""
    assert apply(lab, lab.playbook()).code == 0
    (segment,) = lab.ledger.glob("log/*.jsonl")
    segment.write_bytes(segment.read_bytes().replace(b"alice", b"mallo", 1))
    seen = Reader(here(lab, "audit", "list", "--output", "html").out).text

    assert "The log is not intact." in seen
    assert "The log is intact." not in seen


@pytest.mark.parametrize("name", NASTY)
def test_no_name_acts_on_a_page(name: str) -> None:
    """Whatever a resource, a person or a message is called, it is shown as text and hides nothing."""
    entry = Entry(1, "2026-01-01T00:00:00.000Z", "step.close", name, name, name, name, name, "0" * 64)
    run = RunSummary(name, "2026", "", name, name, name, name, name, 6, {name: 1}, 0, (name,))
    verified = Verified(1, 1, None, ())
    for page in (run_page(run, (entry,), None), period_page((run,), Selection(), verified)):
        assert_harmless(page)
        assert ascii(name)[1:-1].replace("\\'", "'") in Reader(page).text


def test_nothing_that_changed_is_a_page_too(lab: Lab) -> None:
    """A plan compared with itself says so, and shows no table."""
    path = lab.directory / "plan.json"
    sealed = here(lab, "plan", str(lab.playbook()), "-o", str(path), code=lab.sandbox.code())
    ended = here(lab, "show", str(path), "--against", str(path), "--output", "html")

    assert sealed.code == 0, sealed.err
    assert ended.code == 0, ended.err
    assert_harmless(ended.out)
    assert f"Nothing changed since {path}" in Reader(ended.out).text
    assert "table" not in Reader(ended.out).names()
