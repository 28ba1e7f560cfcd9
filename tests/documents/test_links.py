"""No link of the documentation leads nowhere."""

from __future__ import annotations

from pathlib import Path
from urllib.parse import unquote

import pytest
import yaml

from tests.documents.pages import PAGES, ROOT, anchors, links


def leads(page: Path, link: str) -> bool:
    """Return whether a link leads to a file that is there, and to a heading of it when it names one."""
    if link.startswith(("https://", "mailto:")):
        return True
    path, _, anchor = unquote(link).partition("#")
    target = (page.parent / path).resolve() if path else page
    if not target.is_file() or not target.is_relative_to(ROOT):
        return False
    return not anchor or anchor in anchors(target)


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_every_link_leads_somewhere(page: Path) -> None:
    """A relative link names a file of this repository, and an anchor a heading of it."""
    assert [link for link in links(page) if not leads(page, link)] == []


def test_a_dead_link_is_seen(tmp_path: Path) -> None:
    """The test above can fail: a file that is missing, a heading that is missing, a file outside the repository."""
    home = ROOT / "README.md"

    assert leads(home, "docs/index.md")
    assert leads(home, "#a-playbook")
    assert not leads(home, "docs/no-such-page.md")
    assert not leads(home, "#no-such-heading")
    assert not leads(home, str(tmp_path))


def test_every_page_is_in_the_navigation() -> None:
    """The site's navigation names every page once; those of actions are reached from their list."""
    config = yaml.safe_load((ROOT / "mkdocs.yml").read_text(encoding="utf-8"))
    named = sorted(pages_of(config["nav"]))
    there = {str(page.relative_to(ROOT / "docs")) for page in PAGES if page.is_relative_to(ROOT / "docs")}
    actions = {name for name in there if name.startswith("reference/actions/") and not name.endswith("README.md")}

    assert named == sorted(there - actions)


def pages_of(part: object) -> list[str]:
    """Return the pages of a part of the navigation."""
    match part:
        case str():
            return [part]
        case list():
            return [page for one in part for page in pages_of(one)]
        case dict():
            return [page for one in part.values() for page in pages_of(one)]
        case _:
            raise AssertionError(part)


def test_every_picture_is_shown() -> None:
    """A picture that no page shows is old, and goes."""
    shown = {(page.parent / link).resolve() for page in PAGES for link in links(page) if "://" not in link}

    assert sorted(path.name for path in (ROOT / "docs" / "pictures").iterdir() if path not in shown) == []
