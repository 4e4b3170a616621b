"""Tables of a checklist: rows that are steps, people, metrics with limits, triggers."""

from __future__ import annotations

import re
from typing import Final

from tui.importer.markdown import times
from tui.importer.markdown.blocks import TableBlock
from tui.importer.markdown.commands import kind_of_line
from tui.importer.markdown.fates import Fate
from tui.importer.markdown.found import FoundStep, Proposal
from tui.importer.markdown.html import plain
from tui.importer.markdown.inline import blanks, fold, has_blank, spans, struck, unmarked
from tui.importer.markdown.items import step_of
from tui.importer.markdown.limits import UNMEASURED, UNSURE, Measured, measured
from tui.importer.markdown.people import clean
from tui.importer.markdown.reading import ChecklistReading
from tui.importer.markdown.vocabulary import TableColumn, column_of
from tui.said import Said

_DONE: Final = re.compile(
    r"(?:✅|☑|✔|✓|\[x\]|x|done|feito|conclu[ií]d\w*|hecho|completad\w*|erledigt|fertig|ok|complete[d]?|yes|sim|s[ií]"
    r"|ja)",
    re.IGNORECASE,
)
_SHAPE: Final = {
    TableColumn.OWNER,
    TableColumn.DURATION,
    TableColumn.COMMAND,
    TableColumn.NUMBER,
    TableColumn.STATUS,
    TableColumn.START,
    TableColumn.FILE,
    TableColumn.EXPECTED,
    TableColumn.ROLE,
    TableColumn.BACK,
}
_STEP: Final = re.compile(
    r"steps?|tasks?|pasos?|passos?|schritte?|aufgaben?|tareas?|tarefas?|actions?|acao|acoes|accion(?:es)?|aktion(?:en)?"
)
"""A column whose rows are steps, whatever stands beside it."""
_PHASE: Final = re.compile(r"phases?|fases?|etapas?|stages?|blocks?|blocos?|bloques?|abschnitt|bereich|phasen")
RowPlace = tuple[str, tuple[int, ...]]
_LABEL: Final = re.compile(r"(\*\*|__).+\1:?")
"""A row that says nothing but of what those below it are."""
_MOST_ROWS: Final = 10_000
_ALARM: Final = re.compile(
    r"alert|alarm|warn|critic|kritisch|trigger|gatilho|disparador|auslos|abort|abbruch|rollback|red\b|rot\b"
)
"""A column that tells what must not be."""
_NOW: Final = re.compile(
    r"baseline|current|now|today|before|normal|actual|atual|hoje|antes|linha de base|linea base|aktuell|heute"
    r"|vorher|ist\b"
)
"""A column that tells what is."""


def columns_of(table: TableBlock) -> dict[int, TableColumn]:
    """What each column holds, by its place; the first of a sort has it."""
    found: dict[int, TableColumn] = {}
    for place, header in enumerate(table.header):
        column = column_of(unmarked(header))
        if column is not None and column not in found.values():
            found[place] = column
    titled = next((place for place, one in found.items() if one is TableColumn.TITLE), None)
    if titled is not None and _PHASE.fullmatch(fold(unmarked(table.header[titled])).strip()):
        behind = next(
            (place for place, header in enumerate(table.header)
             if place not in found and column_of(unmarked(header)) is TableColumn.TITLE), None,
        )  # fmt: skip
        if behind is not None:
            found[titled], found[behind] = TableColumn.PHASE, TableColumn.TITLE
    counted = next((place for place, one in found.items() if one is TableColumn.TITLE), None)
    done = next((place for place in range(len(table.header)) if place != counted and _done(table, place)), None)
    if counted is not None and done is not None and _only_numbers(table, counted):
        # `Step | Action`: a number and what is done.
        known = TableColumn.NUMBER in found.values()
        found = {place: one for place, one in found.items() if place != counted or not known}
        found |= {done: TableColumn.TITLE} | ({} if known else {counted: TableColumn.NUMBER})
    kinds = set(found.values())
    if TableColumn.TITLE not in kinds and TableColumn.CONDITION not in kinds:
        # `Action` beside no condition is what is done.
        found = {place: TableColumn.TITLE if one is TableColumn.DECISION else one for place, one in found.items()}
    return found


def _done(table: TableBlock, place: int) -> bool:
    """Whether a column tells what is done."""
    return column_of(unmarked(table.header[place])) in (TableColumn.TITLE, TableColumn.DECISION)


def _only_numbers(table: TableBlock, place: int) -> bool:
    cells = [unmarked(cells[place]).strip() for _number, cells in table.rows if place < len(cells)]
    return bool(cells) and all(re.fullmatch(r"\W*\d{1,3}(?:\.\d{1,3})*\W*|", cell) for cell in cells) and any(cells)


def is_team(table: TableBlock) -> bool:
    """Whether a table tells who takes part."""
    found = set(columns_of(table).values())
    who = found & {TableColumn.ROLE, TableColumn.NAME, TableColumn.OWNER}
    return (bool(who) and TableColumn.CONTACT in found) or {TableColumn.ROLE, TableColumn.NAME} <= found


def is_metrics(table: TableBlock) -> bool:
    found = set(columns_of(table).values())
    return TableColumn.METRIC in found and (TableColumn.TITLE not in found or TableColumn.LIMIT in found)


def is_triggers(table: TableBlock) -> bool:
    found = set(columns_of(table).values())
    return TableColumn.CONDITION in found and not found & {
        TableColumn.NUMBER,
        TableColumn.COMMAND,
        TableColumn.DURATION,
        TableColumn.STATUS,
    }


def is_steps(table: TableBlock) -> bool:
    """Whether each row is something to be done."""
    found = set(columns_of(table).values())
    named = any(_STEP.fullmatch(fold(unmarked(header)).strip(" :*")) for header in table.header)
    return (
        (bool(found & _SHAPE) or (named and len(table.header) > 1 and TableColumn.CONDITION not in found))
        and bool(found & {TableColumn.TITLE, TableColumn.COMMAND, TableColumn.FILE, TableColumn.EXPECTED})
        and not is_team(table)
        and not is_metrics(table)
    )


def rows_as_steps(reading: ChecklistReading, table: TableBlock) -> list[FoundStep]:
    """The rows as steps, in the order that a column of numbers tells."""
    columns = columns_of(table)
    places = {column: place for place, column in columns.items()}
    titled = next(
        (
            places[one]
            for one in (
                TableColumn.TITLE,
                TableColumn.FILE,
                TableColumn.CONDITION,
                TableColumn.COMMAND,
                TableColumn.EXPECTED,
                TableColumn.METRIC,
            )
            if one in places
        ),
        0,
    )
    phased, numbered = places.get(TableColumn.PHASE), places.get(TableColumn.NUMBER)
    part, labels = "", []
    found: list[tuple[RowPlace, FoundStep]] = []
    reading.fates.tell(table.numbers, Fate.DETAIL)
    for number, cells in table.rows[:_MOST_ROWS]:
        if not any(cell.strip() for cell in cells):
            continue
        filled = [place for place, cell in enumerate(cells) if plain(cell).strip("-–— \u00a0")]
        if not filled:
            continue
        if phased is not None and phased < len(cells):
            # Cells that were merged stand in the first row only.
            part = unmarked(cells[phased]).strip() or part
        if (
            set(filled) <= {titled, numbered, phased}
            and len(table.header) > 2
            and all(_LABEL.fullmatch(cells[place].strip()) for place in filled)
        ):
            labels.append(" ".join(unmarked(cells[place]).strip() for place in filled))
            continue
        if found and titled not in filled and not {numbered, phased} & set(filled):
            _more(reading, found[-1][1], table, columns, number, cells)
            continue
        text = (
            cells[titled]
            if titled < len(cells) and cells[titled].strip()
            else next(cell for cell in cells if cell.strip())
        )
        step = step_of(reading, text, number)
        step.raw = " | ".join(unmarked(cell) for cell in cells)
        step.above, labels = labels, []
        if part and phased is not None:
            step.details.append(f"{unmarked(table.header[phased]).strip()}: {part}")
        order: RowPlace = ("", ())
        for place, cell in enumerate(cells):
            if place in (titled, phased) or not cell.strip() or place >= len(table.header) or cell == text:
                continue
            column = columns.get(place)
            if column is TableColumn.NUMBER:
                order = _place_of(cell)
                continue
            _cell(reading, step, column, unmarked(table.header[place]).strip(), cell)
        if struck(text):
            reading.struck.append(number)
        found.append((order, step))
    if labels and found:
        found[-1][1].details += labels
    orders = [order for order, _step in found]
    # `A1, A2, B1` and numbers that begin anew in each part are in their order as they stand.
    prefixes = {prefix for prefix, _numbers in orders}
    if all(numbers for _prefix, numbers in orders) and len(prefixes) == 1 and len(set(orders)) == len(orders):
        found.sort(key=lambda one: one[0])
    return [step for _order, step in found]


def _place_of(cell: str) -> RowPlace:
    """What stands before the number of a row, and the number in its parts: 1.10 is behind 1.9."""
    found = re.match(r"(\D{0,6})(\d{1,6}(?:\.\d{1,4}){0,3})", unmarked(cell).strip())
    return ("", ()) if found is None else (found[1].strip(), tuple(int(part) for part in found[2].split(".")))


def _more(
    reading: ChecklistReading, step: FoundStep, table: TableBlock, columns: dict[int, TableColumn], number: int,
    cells: list[str],
) -> None:  # fmt: skip
    """A row without a title goes on with the one above it."""
    known = len(step.proposals)
    for place, cell in enumerate(cells[: len(table.header)]):
        if cell.strip():
            _cell(reading, step, columns.get(place), unmarked(table.header[place]).strip(), cell)
    for proposal in step.proposals[known:]:
        proposal.number = number
    step.above.append(reading.say(Said("line {line}: {text}", line=number, text=" | ".join(map(unmarked, cells)))))


def _cell(reading: ChecklistReading, step: FoundStep, column: TableColumn | None, header: str, cell: str) -> None:
    """What a cell beside the title tells of a step."""
    shown = unmarked(cell).strip()
    if not shown.strip("-–— "):
        return
    if column in (TableColumn.OWNER, TableColumn.ROLE) and not has_blank(cell) and len(shown) <= 60:
        step.role = step.role or clean(shown)
        return
    if column is TableColumn.DURATION:
        span = times.duration(shown) or (times.duration(f"{shown} min") if "min" in header.lower() else None)
        if span is not None and not span.side:
            step.estimate = step.estimate or span.seconds
            return
    if column is TableColumn.START:
        moment, at = times.offset(shown), times.clock(shown)
        bare = re.sub(r"^\+\s*", "", shown)
        if moment is None and at is None and (span := times.duration(bare)) is not None:
            moment = span.seconds if not span.side or span.side == "after" else -span.seconds
        if moment is not None or at is not None:
            step.milestone, step.at = (moment, None) if moment is not None else (step.milestone, at)
            step.details.append(f"{header}: {shown}")
            return
    if column is TableColumn.STATUS:
        bare = cell.strip()
        if re.fullmatch(r"\[ ?\]|☐|⬜|□|pending|pendente|pendiente|offen|todo|to do|not started", bare, re.IGNORECASE):
            return
        if _DONE.fullmatch(bare.strip("\ufe0f")):
            step.done = True
            return
    if column is TableColumn.FILE and re.search(r"\.(?:sql|psql)\b", shown):
        step.proposals.append(Proposal("sql", [shown.split()[0]], step.number, file=True))
    elif column is TableColumn.COMMAND:
        named = spans(cell)
        text = "; ".join(span.text for span in named) if named else shown
        step.proposals.append(Proposal(kind_of_line(text) or "command", [text], step.number))
        return
    for label in blanks(cell):
        blank = header if label == shown.strip("[]<>_ ") or not label else label
        if blank and blank not in step.blanks:
            step.blanks.append(blank)
    if not shown.strip("_. …"):
        step.blanks += [header] if header and header not in step.blanks else []
        return
    step.details.append(f"{header}: {shown}" if header else shown)


def read_team(reading: ChecklistReading, table: TableBlock) -> None:
    """The rows as members of the team."""
    places = {column: place for place, column in columns_of(table).items()}
    reading.fates.tell(table.numbers, Fate.DETAIL)
    who = places.get(TableColumn.ROLE, places.get(TableColumn.OWNER, places.get(TableColumn.NAME, 0)))
    for number, cells in table.rows:
        filled = dict(enumerate(unmarked(cell).strip() for cell in cells))
        role = filled.get(who, "") or next((text for text in filled.values() if text), "")
        if not role:
            continue
        keys = {"name": "", "contact": "", "duty": ""}
        for place, text in filled.items():
            if place == who or not text.strip("-–— ") or place >= len(table.header):
                continue
            header = unmarked(table.header[place]).strip()
            column = columns_of(table).get(place)
            key = (
                "name"
                if column in (TableColumn.NAME, TableColumn.OWNER)
                else "contact"
                if column is TableColumn.CONTACT or re.search(r"slack|mail|tel|phone|fone|handy", header, re.I)
                else "duty"
            )
            keys[key] = f"{keys[key]}; {text}" if keys[key] else text
        reading.team.add(role, number, **keys)


def read_metrics(reading: ChecklistReading, table: TableBlock) -> None:
    """The rows as success criteria, where they are measured."""
    reading.fates.tell(table.numbers, Fate.DETAIL)
    for number, cells in table.rows:
        shown = [unmarked(cell).strip() for cell in cells]
        add_limit(reading, number, " ".join(cell for cell in shown if cell), _row_measured(reading, table, shown))


def _row_measured(reading: ChecklistReading, table: TableBlock, cells: list[str]) -> Measured:
    """What a row says that must be: by the column of limits where there is one, else by the one behind the metric."""
    columns = {column: place for place, column in columns_of(table).items()}
    named = columns.get(TableColumn.METRIC, 0)
    place = columns.get(TableColumn.LIMIT, named + 1)
    if max(named, place) >= len(cells) or place >= len(table.header):
        return measured(" ".join(cells), reading.style)
    header = fold(unmarked(table.header[place]))
    told = measured(f"{cells[named]} {cells[place]}", reading.style)
    if _ALARM.search(header):
        # What stands there must not be.
        return Measured(doubt=told.doubt or (Said(UNSURE, text=" | ".join(cells)) if told.limits else None))
    if told.limits or (told.doubt is not None and told.doubt.text != UNMEASURED):
        return told
    if TableColumn.LIMIT not in columns and _NOW.search(header):
        return measured(" ".join(cells), reading.style)
    sign = ">=" if re.search(r"\bmin|mindest", header) else "<="
    return measured(f"{cells[named]} {sign} {cells[place]}", reading.style)


def add_limit(reading: ChecklistReading, number: int, title: str, told: Measured) -> None:
    """A success criterion that is measured, or a sentence about quality that is not."""
    reading.fates.tell(number, Fate.DETAIL)
    reading.add_criteria(number, title, told)
    if not told.limits:
        reading.qualities.append(title)


def read_triggers(reading: ChecklistReading, table: TableBlock) -> None:
    """The rows of a matrix as triggers of a rollback."""
    reading.fates.tell(table.numbers, Fate.DETAIL)
    for number, cells in table.rows:
        shown = [unmarked(cell).strip() for cell in cells]
        told = [cell for cell in shown if cell.strip("-–— ")]
        if told:
            title = ": ".join((told[0], "; ".join(told[1:]))) if len(told) > 1 else told[0]
            by_cell = [reading.fires(cell) for cell in (*told, " ".join(told[:2]), " ".join(told))]
            reading.add_trigger(number, title, next((one for one in by_cell if one.limits), by_cell[-1]))
