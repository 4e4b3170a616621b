"""Parts of a checklist that are no steps: the team, the window, milestones, metrics, triggers of a rollback."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator

from tui.importer.markdown import times
from tui.importer.markdown.abort import reasons
from tui.importer.markdown.blocks import CodeBlock, ListBlock, ListItem, MarkdownBlock, ProseBlock, TableBlock
from tui.importer.markdown.fates import Fate
from tui.importer.markdown.inline import blanks, fold, has_blank, title_of, unmarked
from tui.importer.markdown.items import labelled
from tui.importer.markdown.limits import UNMEASURED, measured
from tui.importer.markdown.people import clean, is_person, is_role
from tui.importer.markdown.reading import ChecklistReading
from tui.importer.markdown.tables import (
    add_limit,
    columns_of,
    is_metrics,
    is_team,
    is_triggers,
    read_metrics,
    read_team,
    read_triggers,
)
from tui.importer.markdown.vocabulary import Label, Sort, TableColumn, label_of

KEYS = {
    Sort.TEAM: "team", Sort.CONTACTS: "team", Sort.WINDOW: "targets", Sort.MILESTONES: "phases",
    Sort.METRICS: "success", Sort.TRIGGERS: "rollback",
}  # fmt: skip
"""Above which key of the plan stands what is not taken apart."""
_CHANNEL = re.compile(
    r"(?:\w+[ -])?(?:slack|teams|e-?mail|mail|phone|telefone?|telefono|wiki|links?|url|zoom|meet|bridge|canal|channel"
    r"|kanal|dashboards?|war ?room|sala|pager\w*|conference|call|whatsapp|telegram|jira|tickets?|status ?page)(?: \w+)?"
)
"""How people are reached, which is nobody's role."""
Line = tuple[int, str, str]
"""Number, text, and what is nested below it."""


def read_special(reading: ChecklistReading, sort: Sort, blocks: list[MarkdownBlock]) -> None:
    """Take apart what stands below such a heading."""
    key = KEYS[sort]
    take = _TAKES[sort]
    for block in blocks:
        if isinstance(block, TableBlock):
            _table(reading, sort, block)
            continue
        if not isinstance(block, ListBlock | ProseBlock):
            reading.noted(key, block.numbers if isinstance(block, CodeBlock) else (), Fate.COMMENT)
            reading.fates.tell(block.numbers, Fate.MARK)
            continue
        for number, text, below in _lines(block):
            told = reasons(text) if sort is Sort.TRIGGERS and isinstance(block, ProseBlock) else []
            if told:
                reading.add_reasons(number, told)
                reading.noted(key, [number])
                continue
            loose = isinstance(block, ProseBlock) and sort in (Sort.TRIGGERS, Sort.METRICS)
            shown = measured(unmarked(text), reading.style, trigger=sort is Sort.TRIGGERS)
            taken = (not loose or bool(shown.limits)) and take(reading, number, text, below)
            if loose and shown.doubt is not None and shown.doubt.text != UNMEASURED:
                reading.look.append((number, shown.doubt))
            if taken and sort is not Sort.WINDOW:
                reading.fates.tell(number, Fate.DETAIL)
            else:
                reading.noted(key, [number], Fate.DETAIL if taken else Fate.COMMENT)
        if isinstance(block, ListBlock):
            nested = [number for number in block.numbers if number not in {item.number for item in block.items}]
            if nested:
                reading.noted(key, nested, Fate.DETAIL)


def _lines(block: ListBlock | ProseBlock) -> Iterator[Line]:
    if isinstance(block, ProseBlock):
        yield from ((number, text, "") for number, text in block.lines)
        return
    for item in block.items:
        yield item.number, item.text, "; ".join(_nested(item))


def _nested(item: ListItem) -> Iterator[str]:
    yield from (unmarked(text).strip() for _number, text in item.more)
    for child in item.children:
        if isinstance(child, ListBlock):
            for inner in child.items:
                yield unmarked(inner.text).strip()
                yield from _nested(inner)
        elif isinstance(child, ProseBlock):
            yield from (unmarked(text).strip() for _number, text in child.lines)


def _table(reading: ChecklistReading, sort: Sort, table: TableBlock) -> None:
    columns = columns_of(table)
    if is_team(table) or (sort in (Sort.TEAM, Sort.CONTACTS) and len(table.header) > 1):
        read_team(reading, table)
        reading.noted("team", table.numbers)
    elif sort is Sort.METRICS or is_metrics(table):
        read_metrics(reading, table)
        reading.noted("success", table.numbers)
    elif sort is Sort.TRIGGERS or is_triggers(table):
        read_triggers(reading, table)
        reading.noted("rollback", table.numbers)
    else:
        reading.noted(KEYS[sort], table.numbers)
        for number, cells in table.rows:
            if sort is Sort.WINDOW and len(cells) > 1:
                take_window(reading, number, f"{cells[0]}: {' '.join(cells[1:])}", "")
            elif sort is Sort.MILESTONES:
                begin = next((place for place, column in columns.items() if column is TableColumn.START), 0)
                label = " ".join(cell for place, cell in enumerate(cells) if place != begin and cell.strip())
                take_milestone(reading, number, f"{label}: {cells[begin] if begin < len(cells) else ''}", "")


def take_member(reading: ChecklistReading, number: int, text: str, below: str) -> bool:
    """`DBA: carries it out`, `Ana Prado (DBA)`, `DBA`."""
    told = labelled(text)
    if told is not None and (_CHANNEL.fullmatch(fold(told[0])) or "@" in told[0].strip("@ ")):
        return False
    if told is None or not (told[1] or below):
        inner = re.match(
            r"(?P<name>[^()\[\]]{2,60}?)\s*[(\[](?P<role>[^()\[\]]{2,40})[)\]]\s*[-–—:,]*\s*(?P<rest>.*)",
            unmarked(text),
        )
        if inner is not None and is_role(inner["role"], reading.team) and not has_blank(inner["name"]):
            rest = inner["rest"].strip()
            key = "contact" if re.search(r"[@#\d]", rest) and len(rest) <= 80 else "duty"
            reading.team.add(inner["role"], number, name=inner["name"].strip(), **{key: rest})
            return True
        parts = re.split(r"\s+[-–—]\s+", unmarked(text), maxsplit=1)
        if len(parts) == 2 and len(parts[0]) <= 40 and len(parts[0].split()) <= 5:
            told = (parts[0], parts[1])
        elif is_role(unmarked(text), reading.team):
            reading.team.add(title_of(text), number)
            return True
        else:
            return False
    role, value = title_of(told[0]), "; ".join(one for one in (unmarked(told[1]).strip(), below) if one)
    if len(role) > 60 or times.clock(role) is not None:
        return False
    if is_person(role) and not is_role(role, reading.team) and is_role(value, reading.team):
        reading.team.add(value, number, name=role)
        return True
    reached = re.fullmatch(r"(?P<name>[^()]{3,50}?)\s*\((?P<contact>[^()]{3,60})\)", value)
    if reached is not None and is_person(reached["name"]) and re.search(r"[@#\d]", reached["contact"]):
        reading.team.add(role, number, name=reached["name"], contact=reached["contact"])
    elif blanks(value) or re.search(r"@|\+?\d[\d ()./-]{6,}|#\w|slack|phone|tel", value, re.IGNORECASE):
        reading.team.add(role, number, contact=value)
    elif re.fullmatch(r"(?:[^\W\d_a-zß-ÿ][\w'.-]+\s?){1,4}", value) and len(value.split()) > 1:
        reading.team.add(role, number, name=value)
    else:
        reading.team.add(role, number, duty=value)
    return True


def take_contact(reading: ChecklistReading, number: int, text: str, below: str) -> bool:
    """`DBA: name and number`."""
    told = labelled(text)
    if told is not None and _CHANNEL.fullmatch(fold(told[0])):
        return False
    if told is None or not (told[1] or below) or len(told[0]) > 60:
        return take_member(reading, number, text, below)
    value = "; ".join(one for one in (unmarked(told[1]).strip(), below) if one)
    reading.team.add(clean(title_of(told[0])), number, contact=value)
    return True


def take_window(reading: ChecklistReading, number: int, text: str, below: str) -> bool:
    """`Início: 2031-12-05 22:00`, `Duration: 45 min`, `Saturday 22:00-23:30 UTC`."""
    told = labelled(text)
    label = Label.WINDOW if told is None else label_of(told[0])
    value = text if told is None or label is None else told[1]
    found = reading.window.read(label, value, number, reading.language)
    if below:
        reading.window.read(label, below, number, reading.language)
    return found


def take_milestone(reading: ChecklistReading, number: int, text: str, below: str) -> bool:
    """`Backup: T+0 minutos`, `T-30 - freeze`, `22:10 Migration`."""
    shown = unmarked(text)
    seconds, at = times.offset(shown), times.clock(shown)
    if seconds is None and at is None:
        return False
    if seconds is None and (span := times.durations(shown)) and span[0].side:
        seconds = -span[0].seconds if span[0].side == "before" else span[0].seconds
    parts = [part for part in re.split(r"\s*[:|]\s+|\s+[-–—]\s+|\s*\|\s*", shown) if part.strip()]
    told = [part for part in parts if times.offset(part) is None and times.clock(part) is None]
    label = (
        title_of(told[0])
        if told
        else title_of(re.sub(r"[TtDd]\s?[+−–-]\s?\d+\s*\w{0,8}|\d{1,2}:\d{2}(?:\s*[-–]\s*\d{1,2}:\d{2})?", "", shown))
    )
    if not label.strip(" -–—:"):
        return False
    reading.milestones.append((number, label.strip(" -–—:"), seconds, None if seconds is not None else at))
    return True


def take_metric(reading: ChecklistReading, number: int, text: str, below: str) -> bool:
    shown = unmarked(text)
    title = "; ".join(one for one in (title_of(shown), below) if one)
    add_limit(reading, number, title, measured(title_of(shown), reading.style))
    return True


def take_trigger(reading: ChecklistReading, number: int, text: str, below: str) -> bool:
    shown = title_of(text)
    if (unmarked(text).rstrip().endswith(":") and not below) or len(shown) < 3:
        return False
    reading.add_trigger(number, f"{shown}: {below}" if below else shown, reading.fires(shown))
    return True


_TAKES: dict[Sort, Callable[[ChecklistReading, int, str, str], bool]] = {
    Sort.TEAM: take_member, Sort.CONTACTS: take_contact, Sort.WINDOW: take_window, Sort.MILESTONES: take_milestone,
    Sort.METRICS: take_metric, Sort.TRIGGERS: take_trigger,
}  # fmt: skip
