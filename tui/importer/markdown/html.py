"""HTML in a checklist as Markdown, with the numbers of its lines: headings, lists with boxes, tables, folded parts.
Pure."""

from __future__ import annotations

import re
from html import unescape
from html.parser import HTMLParser
from typing import Final

from tui.importer.markdown.lines import SourceLine

_REGION: Final = re.compile(r"\s*<(table|ul|ol|dl|pre)\b", re.IGNORECASE)
_HEADING: Final = re.compile(r"\s*<h([1-6])\b[^>]*>(.*?)(?:</h\1>)?\s*$", re.IGNORECASE)
_SUMMARY: Final = re.compile(r"(?:\s*<details\b[^>]*>)?\s*<summary\b[^>]*>(.*?)(?:</summary>)?\s*$", re.IGNORECASE)
_ONLY_TAGS: Final = re.compile(r"\s*(?:</?[a-zA-Z][\w:-]*(?:\s[^<>]*)?/?>\s*)+")
_TAG: Final = re.compile(r"</?[a-zA-Z][\w:-]*(?:\s[^<>]*)?/?>")
_COMMENT: Final = re.compile(r"<!--.*?-->", re.DOTALL)
_TASK: Final = re.compile(r"<input\b[^>]*checkbox[^>]*>", re.IGNORECASE)
LONGEST_REGION: Final = 5_000
"""Lines of a list or table in HTML that is never closed."""


def from_html(lines: list[SourceLine]) -> list[SourceLine]:
    """The lines, those of HTML as Markdown. What is a comment there is not among them."""
    if not any("<" in line.text for line in lines):
        return lines
    lines = _without_comments(lines)
    done: list[SourceLine] = []
    at = 0
    while at < len(lines):
        line = lines[at]
        if line.code or "<" not in line.text:
            done.append(line)
            at += 1
            continue
        region = _REGION.match(line.text)
        if region is not None:
            end = _end_of(lines, at, region[1].lower())
            done += _Region(lines[at:end]).lines()
            at = end
            continue
        done += _single(line)
        at += 1
    return done


def plain(text: str) -> str:
    """A text without tags, its entities as characters."""
    if "<" in text:
        text = re.sub(r":\s*<br\s*/?>", ": ", text, flags=re.IGNORECASE)
        text = re.sub(r"<br\s*/?>", "; ", text, flags=re.IGNORECASE)
        text = _TAG.sub("", text)
    return unescape(text) if "&" in text else text


def _single(line: SourceLine) -> list[SourceLine]:
    heading, summary = _HEADING.match(line.text), _SUMMARY.match(line.text)
    blank = SourceLine(line.number, "")
    if heading is not None:
        return [blank, SourceLine(line.number, f"{'#' * int(heading[1])} {plain(heading[2])}"), blank]
    if summary is not None:
        title = plain(summary[1]).strip()
        return [blank, SourceLine(line.number, f"**{title}**" if title else ""), blank]
    if _ONLY_TAGS.fullmatch(line.text) and not _TASK.search(line.text):
        return [blank]
    line = SourceLine(line.number, re.sub(r"</?(?:b|strong)>", "**", line.text, flags=re.IGNORECASE))
    text = _TASK.sub(lambda found: "[x]" if "checked" in found[0].lower() else "[ ]", line.text)
    return [SourceLine(line.number, re.sub(r"^(\s*)(?:<p\b[^>]*>|<div\b[^>]*>|<label\b[^>]*>)\s*", r"\1", text))]


def _without_comments(lines: list[SourceLine]) -> list[SourceLine]:
    done: list[SourceLine] = []
    inside = False
    for line in lines:
        text = line.text
        if line.code:
            done.append(line)
            continue
        if inside:
            end = text.find("-->")
            if end < 0:
                done.append(SourceLine(line.number, ""))
                continue
            text, inside = text[end + 3 :], False
        text = _COMMENT.sub("", text)
        begin = text.find("<!--")
        if begin >= 0 and any("-->" in later.text for later in lines[line.number : line.number + 200]):
            text, inside = text[:begin], True
        done.append(SourceLine(line.number, text))
    return done


def _end_of(lines: list[SourceLine], at: int, tag: str) -> int:
    depth = 0
    opened, closed = re.compile(rf"<{tag}\b", re.IGNORECASE), re.compile(rf"</{tag}\s*>", re.IGNORECASE)
    for end in range(at, min(len(lines), at + LONGEST_REGION)):
        depth += len(opened.findall(lines[end].text)) - len(closed.findall(lines[end].text))
        if depth <= 0:
            return end + 1
    return at + 1


class _Region(HTMLParser):
    """A list, a table or preformatted text, from its first tag to its last."""

    def __init__(self, lines: list[SourceLine]) -> None:
        super().__init__(convert_charrefs=True)
        self.numbers = [line.number for line in lines]
        self.done: list[SourceLine] = [SourceLine(lines[0].number, "")]
        self.lists: list[str] = []
        self.cells: list[str] = []
        self.row = 0
        self.text: list[str] = []
        self.place = 0
        self.rows = 0
        self.pre = False
        self.in_cell = False
        self.feed("\n".join(line.text for line in lines))
        self.close()
        self.end_item()
        self.done.append(SourceLine(lines[-1].number, ""))

    def lines(self) -> list[SourceLine]:
        return self.done

    @property
    def number(self) -> int:
        return self.numbers[min(self.getpos()[0] - 1, len(self.numbers) - 1)]

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag in ("ul", "ol", "dl"):
            self.end_item()
            self.lists.append(tag)
        elif tag in ("li", "dt", "dd"):
            self.end_item()
            self.place, self.text = self.number, []
        elif tag == "tr":
            self.cells, self.row = [], self.number
        elif tag in ("td", "th"):
            self.text, self.in_cell = [], True
        elif tag == "input" and ("type", "checkbox") in attrs:
            self.text.append("[x] " if any(name == "checked" for name, _value in attrs) else "[ ] ")
        elif tag == "br":
            self.text.append(" " if "".join(self.text).rstrip().endswith(":") else "; ")
        elif tag == "pre":
            self.end_item()
            self.pre = True
            self.done.append(SourceLine(self.number, "```", code=True))
        elif tag == "code" and not self.pre:
            self.text.append("`")

    def handle_endtag(self, tag: str) -> None:
        if tag in ("ul", "ol", "dl"):
            self.end_item()
            if self.lists:
                self.lists.pop()
        elif tag in ("li", "dt", "dd"):
            self.end_item()
        elif tag in ("td", "th"):
            self.cells.append(" ".join("".join(self.text).split()).replace("|", "\\|"))
            self.text, self.in_cell = [], False
        elif tag == "tr" and self.cells:
            self.done.append(SourceLine(self.row, f"| {' | '.join(self.cells)} |"))
            if not self.rows:
                self.done.append(SourceLine(self.row, "|" + "---|" * len(self.cells)))
            self.rows += 1
        elif tag == "table":
            self.rows = 0
            self.done.append(SourceLine(self.number, ""))
        elif tag == "pre":
            self.pre = False
            self.done.append(SourceLine(self.number, "```", code=True))
        elif tag == "code" and not self.pre:
            self.text.append("`")

    def handle_data(self, data: str) -> None:
        if self.pre:
            first = self.getpos()[0] - 1
            for n, text in enumerate(data.split("\n")):
                if text.strip():
                    number = self.numbers[min(first + n, len(self.numbers) - 1)]
                    self.done.append(SourceLine(number, text, code=True))
            return
        self.text.append(data)
        if not self.place:
            self.place = self.number

    def end_item(self) -> None:
        """The text since the last item began, as an item of its list."""
        text = " ".join("".join(self.text).split())
        if text and not self.in_cell:
            depth = max(0, len(self.lists) - 1)
            mark = "1." if self.lists and self.lists[-1] == "ol" else "-"
            self.done.append(SourceLine(self.place or self.number, f"{'   ' * depth}{mark} {text}"))
            self.text, self.place = [], 0
