"""The document as one HTML file: nothing in it is executed, fetched, or linked that is not its own."""

from __future__ import annotations

import base64
import hashlib
from functools import cache
from pathlib import Path

import jinja2
from markupsafe import Markup

from tui.report.blocks import Document
from tui.report.mark import Mark
from tui.report.texts import inert

_TEMPLATES = Path(__file__).with_name("templates")


class Rules:
    """Classes for CSS rules, each once."""

    def __init__(self) -> None:
        self._known: dict[str, str] = {}

    def name(self, rule: str) -> str:
        """The class that has this rule."""
        return self._known.setdefault(rule, f"c{len(self._known)}")

    def css(self) -> str:
        return "".join(f".{name}{{{rule}}}" for rule, name in self._known.items())


def html(document: Document, mark: Mark, rules: Rules, words: dict[str, str]) -> str:
    """`words`: the few that stand in the template itself."""
    css = _css() + rules.css()
    digest = base64.b64encode(hashlib.sha256(css.encode()).digest()).decode()
    template = _environment().get_template("report.html")
    return template.render(document=document, mark=str(mark), css=Markup(css), style_hash=digest, words=words)


def _css() -> str:
    return (_TEMPLATES / "report.css").read_text("utf-8")


@cache
def _environment() -> jinja2.Environment:
    made = jinja2.Environment(
        loader=jinja2.FileSystemLoader(_TEMPLATES), autoescape=True, undefined=jinja2.StrictUndefined, trim_blocks=True,
        lstrip_blocks=True, keep_trailing_newline=True,
    )  # fmt: skip
    made.filters["inert"] = inert
    # Drawn by `chart` and `tui.pictures.svg` alone, which escape every text in it.
    made.filters["drawn"] = Markup
    return made
