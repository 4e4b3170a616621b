"""Tables whose first row is no header: none of it is filled in, or it is a row like the others. Pure."""

from __future__ import annotations

import re
from typing import Final

from tui.importer.markdown import times
from tui.importer.markdown.blocks import TableBlock
from tui.importer.markdown.commands import kind_of_line
from tui.importer.markdown.inline import spans, unmarked
from tui.importer.markdown.people import Team, is_person, is_role
from tui.importer.markdown.vocabulary import TableColumn, column_of

_NUMBER: Final = re.compile(r"\d{1,3}(?:\.\d{1,3})?[.)]?")
_BOX: Final = re.compile(r"\[[ xX]?\]|[☐☑⬜✅□✔✓]\ufe0f?")
_NAMES: Final = {
    TableColumn.NUMBER: "#", TableColumn.OWNER: "owner", TableColumn.DURATION: "min", TableColumn.START: "T+",
    TableColumn.COMMAND: "command", TableColumn.STATUS: "ok",
}  # fmt: skip


def with_header(table: TableBlock, number: int) -> TableBlock:
    """The table with a header that says what its columns hold; as it is where it has one. `number`: the line of its
    first row."""
    cells = [unmarked(cell).strip() for cell in table.header]
    empty = not any(cells)
    first = [_kind(cell, table.header[place]) for place, cell in enumerate(cells)]
    data = sum(kind is not None for kind in first) >= 2 and not any(column_of(cell) for cell in cells if cell)
    if not (empty or data) or not table.rows:
        return table
    rows = table.rows if empty else [(number, table.header), *table.rows]
    header = _guessed(rows, len(table.header))
    return table if not header else TableBlock(numbers=table.numbers, header=header, rows=rows)


def _guessed(rows: list[tuple[int, list[str]]], width: int) -> list[str]:
    """What each column is called; nothing where no column tells that these are steps."""
    header = [""] * width
    words: dict[int, int] = {}
    for place in range(width):
        column = [cells[place] for _number, cells in rows if place < len(cells) and cells[place].strip()]
        kinds = [_kind(unmarked(cell).strip(), cell) for cell in column]
        kind = kinds[0] if kinds else None
        if kind is not None and kinds.count(kind) == len(kinds) and _NAMES[kind] not in header:
            header[place] = _NAMES[kind]
        else:
            words[place] = sum(len(unmarked(cell)) for cell in column)
    if not words or len(words) == width:
        return []
    header[max(words, key=lambda place: words[place])] = "step"
    return header


def _kind(shown: str, cell: str) -> TableColumn | None:
    """What a cell alone says that its column holds."""
    if _NUMBER.fullmatch(shown):
        return TableColumn.NUMBER
    if _BOX.fullmatch(shown):
        return TableColumn.STATUS
    if times.only_offset(shown) or re.fullmatch(r"(?:[01]?\d|2[0-3])[:h][0-5]\d(?:\s*h|\s*uhr)?", shown, re.IGNORECASE):
        return TableColumn.START
    if times.duration(shown) is not None:
        return TableColumn.DURATION
    named = spans(cell)
    if named and kind_of_line(named[0].text) is not None and len(named[0].text) > len(shown) - 4:
        return TableColumn.COMMAND
    return TableColumn.OWNER if shown and (is_role(shown, Team()) or is_person(shown)) else None
