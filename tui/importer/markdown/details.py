"""What stands below a step as its details: nested items, tables, code."""

from __future__ import annotations

from tui.importer.markdown.blocks import CodeBlock, ListBlock, ListItem, ProseBlock, TableBlock
from tui.importer.markdown.commands import bare_lines, kind_of
from tui.importer.markdown.fates import Fate
from tui.importer.markdown.found import FoundStep, Proposal
from tui.importer.markdown.inline import fold, unmarked
from tui.importer.markdown.items import detail_line, labelled
from tui.importer.markdown.reading import ChecklistReading
from tui.importer.markdown.vocabulary import EXPECTED


def detail_item(reading: ChecklistReading, step: FoundStep, item: ListItem, indent: str = "") -> None:
    """An item below a step, and what is nested in it, further to the right."""
    text = item.text if item.box is None else f"[{item.box}] {item.text}"
    begin = len(step.details)
    detail_line(reading, step, text, item.number, indent + ("- " if indent else ""))
    for number, line in item.more:
        if len(step.details) > begin and not labelled(line) and not EXPECTED.match(fold(unmarked(line))):
            reading.fates.tell(number, Fate.DETAIL)
            step.details[-1] += f" {unmarked(line).strip()}"
        else:
            detail_line(reading, step, line, number, indent)
    for child in item.children:
        if isinstance(child, ListBlock):
            for inner in child.items:
                detail_item(reading, step, inner, indent + "  ")
        elif isinstance(child, ProseBlock):
            for number, line in child.lines:
                detail_line(reading, step, line, number, indent + "  ")
        elif isinstance(child, CodeBlock):
            attach(reading, step, child)
        elif isinstance(child, TableBlock):
            detail_table(reading, step, child)
        else:
            reading.fates.tell(child.numbers, Fate.DETAIL)
            step.details += [unmarked(reading.raw(number)) for number in child.numbers]


def detail_table(reading: ChecklistReading, step: FoundStep, table: TableBlock) -> None:
    reading.fates.tell(table.numbers, Fate.DETAIL)
    for row in (table.header, *(cells for _number, cells in table.rows)):
        step.details.append(" | ".join(unmarked(cell).strip() for cell in row))


def attach(reading: ChecklistReading, step: FoundStep, block: CodeBlock) -> None:
    """Code of a step: a proposal where it can be executed, else a detail."""
    texts = [text for _number, text in block.lines]
    kind = kind_of(block.language, texts)
    reading.fates.tell(block.numbers, Fate.DETAIL)
    if kind is not None and any(text.strip() for text in texts):
        step.proposals.append(Proposal(kind, bare_lines(texts), block.lines[0][0]))
    else:
        step.details += [text.rstrip() for text in texts if text.strip()]
