"""What stands below a step as its details: nested items, tables, code."""

from __future__ import annotations

from tui.importer.markdown.blocks import (
    CodeBlock,
    HeadingBlock,
    ListBlock,
    ListItem,
    MarkdownBlock,
    ProseBlock,
    TableBlock,
)
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
        detail_block(reading, step, child, indent + "  ")


def detail_block(reading: ChecklistReading, step: FoundStep, block: MarkdownBlock, indent: str = "") -> None:
    """Whatever stands below a step."""
    if isinstance(block, ListBlock):
        for item in block.items:
            detail_item(reading, step, item, indent)
    elif isinstance(block, ProseBlock):
        for number, line in block.lines:
            detail_line(reading, step, line, number, indent)
    elif isinstance(block, CodeBlock):
        attach(reading, step, block)
    elif isinstance(block, TableBlock):
        detail_table(reading, step, block)
    else:
        reading.fates.tell(block.numbers, Fate.DETAIL)
        texts = [block.text] if isinstance(block, HeadingBlock) else [reading.raw(number) for number in block.numbers]
        step.details += [unmarked(text) for text in texts]


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
