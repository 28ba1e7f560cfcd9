"""Fill a template. Foreign text is escaped twice over: for HTML, and so that nothing in it hides or turns text around.

The page's policy forbids scripts, requests and every style but its own, so that a name which got through all the same
could do nothing. Source: W3C Content Security Policy Level 3, section 6.7.3 (hashes of inline styles).
"""

from __future__ import annotations

import base64
import hashlib
from importlib.resources import files

from jinja2 import Environment, FunctionLoader, StrictUndefined
from markupsafe import Markup

from runner import __version__
from runner.cli.output import plural, size
from runner.cli.safe_text import safe_text


def render(template: str, **values: object) -> str:
    """Return a page; ``template`` is the name of a file in ``templates``."""
    style = _read("style.css")
    digest = base64.b64encode(hashlib.sha256(style.encode()).digest()).decode()
    policy = f"default-src 'none'; style-src 'sha256-{digest}'; base-uri 'none'; form-action 'none'"
    return (
        _environment()
        .get_template(template)
        .render(
            # The style is ours, and has no character that HTML would take for its own.
            style=Markup(style),  # noqa: S704
            policy=policy,
            version=__version__,
            **values,
        )
    )


def _environment() -> Environment:
    environment = Environment(
        loader=FunctionLoader(_read),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        finalize=_visible,
    )
    environment.filters["size"] = size
    environment.globals["plural"] = plural
    return environment


def _visible(value: object) -> object:
    """Return a value as it may stand in a page: text with its hidden characters written out."""
    return safe_text(value) if isinstance(value, str) and not isinstance(value, Markup) else value


def _read(name: str) -> str:
    return files("runner.cli.pages").joinpath("templates", name).read_text(encoding="utf-8")
