"""A document before it is HTML or Markdown: sections of paragraphs, tables, figures. Texts are those of the reader's
language and of others; the renderers make every one of them inert."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar, Final

from msgspec import Struct

from tui.locale import ngettext
from tui.words.figures import whole

MOST: Final = 1_000
"""Rows of a table; a run may have any number of what it lists."""
STYLES = ("", "ok", "bad", "warn", "dim")
"""What a text may look like; its words say the same."""


class ReportBlock(Struct, frozen=True, kw_only=True):
    """A part of a section; `KIND` is what the template knows it by."""

    KIND: ClassVar[str] = ""


class Paragraph(ReportBlock, frozen=True, kw_only=True):
    KIND: ClassVar[str] = "paragraph"
    text: str
    style: str = ""


class Subtitle(ReportBlock, frozen=True, kw_only=True):
    KIND: ClassVar[str] = "heading"
    text: str


class Fact(Struct, frozen=True):
    label: str
    text: str
    style: str = ""


class Facts(ReportBlock, frozen=True, kw_only=True):
    """Labels and what stands behind them."""

    KIND: ClassVar[str] = "facts"
    rows: tuple[Fact, ...]


class Cell(Struct, frozen=True):
    """`text` may have several lines."""

    text: str
    style: str = ""


class Row(Struct, frozen=True, kw_only=True):
    """`below`: lines under it, over the width of the table. `heading`: it is one cell over that width."""

    cells: tuple[Cell, ...]
    below: tuple[Cell, ...] = ()
    heading: bool = False


class GridColumn(Struct, frozen=True):
    """`wide`: it holds sentences and takes the room; `loose`: a name that may be long is broken anywhere."""

    title: str
    right: bool = False
    wide: bool = False
    loose: bool = False

    @property
    def look(self) -> str:
        """What a cell of it looks like."""
        return " ".join(name for name in ("right", "wide", "loose") if getattr(self, name))


class Grid(ReportBlock, frozen=True, kw_only=True):
    KIND: ClassVar[str] = "table"
    columns: tuple[GridColumn, ...]
    rows: tuple[Row, ...]


class Items(ReportBlock, frozen=True, kw_only=True):
    KIND: ClassVar[str] = "items"
    texts: tuple[str, ...]


class Figure(ReportBlock, frozen=True, kw_only=True):
    """`svg` is our own; `lines` are its texts where no picture can be."""

    KIND: ClassVar[str] = "figure"
    svg: str
    caption: str
    lines: tuple[str, ...] = ()


class CodeLines(ReportBlock, frozen=True, kw_only=True):
    """Lines to the letter."""

    KIND: ClassVar[str] = "code"
    lines: tuple[str, ...]


class Chapter(Struct, frozen=True, kw_only=True):
    """`name`: of the part, which is what it is linked by inside the document."""

    name: str
    title: str
    blocks: tuple[ReportBlock, ...]


class Document(Struct, frozen=True, kw_only=True):
    """`state` and `state_style`: the one word and what it looks like; `below`: what stands under the title."""

    language: str
    title: str
    below: str
    badge: str
    environment: str
    state: str
    state_style: str
    sections: tuple[Chapter, ...]
    end: tuple[str, ...] = ()


def row(*cells: str | Cell, below: tuple[Cell, ...] = ()) -> Row:
    """A row of cells; a text is one without a style."""
    return Row(cells=tuple(Cell(cell) if isinstance(cell, str) else cell for cell in cells), below=below)


def heading(text: str) -> Row:
    """A row that is one cell."""
    return Row(cells=(Cell(text),), heading=True)


def table(columns: tuple[str | GridColumn, ...], rows: Sequence[Row], most: int = MOST) -> Grid:
    """A table; a text is a column's title. Of more rows than `most` the first, and how many more there are."""
    named = tuple(GridColumn(column) if isinstance(column, str) else column for column in columns)
    left = len(rows) - most
    if left > 0:
        told = ngettext("and {n} further row, in the journal", "and {n} further rows, in the journal", left)
        rows = [*rows[:most], heading(told.format(n=whole(left)))]
    return Grid(columns=named, rows=tuple(rows))
