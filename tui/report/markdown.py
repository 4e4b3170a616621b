"""The document as Markdown for a wiki or a ticket: tables, no pictures but the console's own as text. What others wrote
is escaped, so that it is neither markup nor a link, and mentions nobody."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

from tui.report.blocks import (
    Cell,
    CodeLines,
    Document,
    Fact,
    Facts,
    Figure,
    Grid,
    GridColumn,
    Items,
    Paragraph,
    ReportBlock,
    Row,
    Subtitle,
)
from tui.report.mark import Mark
from tui.report.texts import inert

_SPECIAL: Final = re.compile(r"([\\`*_\[\]<>#|~&$])")
_LINKED: Final = re.compile(
    r"(?i)(?<=[a-z0-9+.-]):(?=//)|(?<=\bwww)\.|(?<!\w)@(?=\w)|@(?=[\w-]+\.)|(?<=mailto):|(?<=xmpp):"
    # Numbers and names of issues, requests, epics, milestones, snippets, labels, alerts, iterations; `GH-7`,
    # `[issue:7]`; names of small pictures.
    r"|[#!&%$~^*](?=[\w\"'])|(?<=\bgh)-(?=\d)|(?<=[a-z_]):(?=(?:[\w./-]+/)?\d+\\\])|(?<![\w:]):(?=[a-z0-9_+-]+:)"
)
_BEGUN: Final = re.compile(r"^(\s*)(\d{1,9}(?=[.)])|(?=[-+=:]))")
"""What begins a list, a heading or a rule where it begins a line."""
_APART: Final = "&#8203;"
"""A space without width, in what trackers would take for a mention or a link: they look for them behind the markup."""


def markdown(document: Document, mark: Mark) -> str:
    """The text, which ends with the mark."""
    lines = [f"# {escaped(document.title)}", "", f"**{escaped(document.badge)}: {escaped(document.state)}**", ""]
    lines += [escaped(document.below), ""]
    for section in document.sections:
        lines += [f"## {escaped(section.title)}", ""]
        for block in section.blocks:
            lines += [*_block(block), ""]
    lines += [*(line for text in document.end for line in (escaped(text), "")), f"`{mark}`", ""]
    return "\n".join(lines)


def escaped(text: str, join: str = " ") -> str:
    """On one line, as text and nothing else."""
    lines = inert(text).split("\n")
    return join.join(_one(line) for line in lines)


def _one(line: str) -> str:
    line = _SPECIAL.sub(r"\\\1", line)
    line = _LINKED.sub(lambda found: found[0] + _APART, line)
    return _BEGUN.sub(lambda found: f"{found[1]}{found[2]}\\", line).strip()


def _block(block: ReportBlock) -> Iterator[str]:
    match block:
        case Paragraph():
            yield escaped(block.text, "  \n")
        case Subtitle():
            yield f"### {escaped(block.text)}"
        case Items():
            yield from (f"- {escaped(text)}" for text in block.texts)
        case Facts():
            yield from _facts(block.rows)
        case CodeLines():
            yield from _fenced(block.lines)
        case Grid():
            yield from _table(block.columns, block.rows)
        case Figure():
            yield f"*{escaped(block.caption)}*" if block.caption else ""
            if block.lines:
                yield ""
                yield from _fenced(block.lines)


def _facts(rows: tuple[Fact, ...]) -> Iterator[str]:
    yield "| | |"
    yield "|---|---|"
    for fact in rows:
        yield f"| {escaped(fact.label)} | {_cell(Cell(fact.text, fact.style))} |"


def _table(columns: tuple[GridColumn, ...], rows: tuple[Row, ...]) -> Iterator[str]:
    yield "| " + " | ".join(escaped(column.title) for column in columns) + " |"
    yield "|" + "|".join("---:" if column.right else "---" for column in columns) + "|"
    wide = next((place for place, column in enumerate(columns) if column.wide), len(columns) - 1)
    for row in rows:
        if row.heading:
            cells = [""] * len(columns)
            cells[wide] = f"**{escaped(row.cells[0].text)}**"
        else:
            cells = [_cell(cell) for cell in row.cells]
            cells[wide] = "<br>".join(filter(None, (cells[wide], *(_cell(cell) for cell in row.below))))
        yield "| " + " | ".join(cells) + " |"


def _cell(cell: Cell) -> str:
    text = escaped(cell.text, "<br>")
    return f"**{text}**" if cell.style == "bad" and text and "<br>" not in text else text


def _fenced(lines: tuple[str, ...]) -> Iterator[str]:
    """A fence longer than any in it."""
    shown = [inert(line) for line in lines]
    longest = max((len(run) for line in shown for run in re.findall("`+", line)), default=0)
    fence = "`" * max(3, longest + 1)
    yield fence + "text"
    yield from shown
    yield fence
