"""Whatever others wrote into a journal, its report executes nothing, fetches nothing and links nowhere."""

from __future__ import annotations

import re
from html.parser import HTMLParser
from pathlib import Path

import pytest
from markdown_it import MarkdownIt

from tests.unit.report.journals import HOSTILE, everything, text
from tui.report.markdown import escaped
from tui.words.inert import visible

TAGS = frozenset(
    (
        *("html", "head", "meta", "title", "style", "body", "header", "nav", "main", "section", "footer", "h1", "h2"),
        *("h3", "p", "ol", "ul", "li", "a", "table", "thead", "tbody", "tr", "th", "td", "pre", "figure", "figcaption"),
        *("svg", "defs", "g", "rect", "path", "text", "use"),
    )
)
ATTRIBUTES = frozenset(
    (
        *(
            "lang",
            "charset",
            "name",
            "content",
            "http-equiv",
            "class",
            "id",
            "href",
            "aria-label",
            "aria-hidden",
            "role",
        ),
        *("scope", "colspan", "viewbox", "xmlns", "width", "height", "transform", "d", "x", "y", "textlength"),
        *("text-anchor",),
    )
)


class Page(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.tags: set[str] = set()
        self.attributes: set[str] = set()
        self.links: list[str] = []
        self.policy = ""
        self.text: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        known = dict(attrs)
        self.tags.add(tag)
        self.attributes |= known.keys()
        self.links += [value or "" for name, value in attrs if name in ("href", "src")]
        if known.get("http-equiv") == "Content-Security-Policy":
            self.policy = known["content"] or ""

    def handle_data(self, data: str) -> None:
        self.text.append(data)


@pytest.mark.parametrize("language", ["en", "pt_BR"])
def test_html_holds_nothing_that_acts(language: str, tmp_path: Path) -> None:
    html = text(everything(), tmp_path, "html", language)
    page = Page()
    page.feed(html)
    assert page.tags <= TAGS and page.attributes <= ATTRIBUTES
    assert page.links and all(re.fullmatch(r"#[a-z]+", link) for link in page.links)
    assert page.policy.startswith("default-src 'none'; style-src 'sha256-") and "unsafe" not in page.policy
    assert all(character == "\n" or character.isprintable() for character in html)
    # What was said is there to be read, to the letter.
    assert visible(HOSTILE) in "".join(page.text)
    assert "url(" not in html and "@import" not in html


def test_markdown_holds_neither_markup_nor_links_of_others(tmp_path: Path) -> None:
    told = text(everything(), tmp_path, "md")
    parser = MarkdownIt("commonmark").enable("table")
    tokens = [token for block in parser.parse(told) for token in (block, *(block.children or ()))]
    assert not {token.type for token in tokens} & {"html_block", "link_open", "image", "autolink"}
    assert {token.content for token in tokens if token.type == "html_inline"} <= {"<br>"}
    outside = re.sub(r"^```.*?^```", "", told, flags=re.MULTILINE | re.DOTALL)
    assert "https://" not in outside and not re.search(r"(?<!\w)@\w", outside), "trackers link what looks like it"
    rendered = "".join(token.content for token in tokens if token.type == "text")
    assert "<script>alert(1)</script>" in rendered and "\\u202egnol" in rendered


def test_json_holds_no_control_character(tmp_path: Path) -> None:
    told = text(everything(), tmp_path, "json")
    assert all(character == "\n" or character.isprintable() for character in told)
    assert "\\u001b[31m" in told


_REFERENCES = (
    "!12", "#12", "&12", "%12", '%"Release 1"', "$12", "~bug", '~"not a bug"', "^alert#12", '*iteration:"now"', "GH-12",
    "ops/repo#5", "ops/repo!5", "[issue:12]", "[vulnerability:ops/repo/12]", "@ops", ":tada:", ":+1:", "http://evil.example",
    "www.evil.example", "ana@evil.example",
)  # fmt: skip
_REFERENCE = re.compile(
    r"[#!&%$~^*][\w\"]|gh-\d|\[[a-z]+:[\w/.-]*\d+\]|@\w|:[a-z0-9_+-]+:|://|\bwww\.\w", re.IGNORECASE
)


@pytest.mark.parametrize("reference", _REFERENCES)
def test_no_tracker_finds_a_reference_in_markdown(reference: str) -> None:
    """They look for them in the text that the markup has become."""
    for said in (reference, f"see {reference}.", f"({reference})", f"| {reference} |"):
        assert _REFERENCE.search(said)
        [block] = [token for token in MarkdownIt("commonmark").parse(escaped(said)) if token.type == "inline"]
        shown = "".join(child.content for child in block.children or ())
        assert not _REFERENCE.search(shown) and shown.replace("\u200b", "") == said


@pytest.mark.parametrize("said", ["at most 70 % of it", "2026-12-05 22:10:05", "T+10:00", "1 & 2", "a: b: c", "5 * 3"])
def test_what_refers_to_nothing_stays_as_it_is(said: str) -> None:
    assert "&#8203;" not in escaped(said)
