"""The steps and comments of what stands below one heading."""

from __future__ import annotations

import re
from typing import Final

from tui.importer.markdown import times
from tui.importer.markdown.abort import joined
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
from tui.importer.markdown.details import attach, detail_block, detail_item
from tui.importer.markdown.fates import Fate
from tui.importer.markdown.found import FoundComment, FoundStep, Part, Proposal
from tui.importer.markdown.inline import fold, struck, title_of, unmarked
from tui.importer.markdown.items import detail_line, step_of
from tui.importer.markdown.notes import reasons_to_go_back, said_of_all
from tui.importer.markdown.reading import ChecklistReading
from tui.importer.markdown.shape import has_boxes, numbered_lines, runnable
from tui.importer.markdown.source import ODD_BOX
from tui.importer.markdown.tables import (
    is_metrics,
    is_steps,
    is_team,
    is_triggers,
    read_metrics,
    read_team,
    read_triggers,
    rows_as_steps,
)
from tui.importer.markdown.vocabulary import EXPECTED, STEP_HEADING, Sort
from tui.importer.markdown.ways import choice, has_ways, is_way, only_where_chosen, ways_in
from tui.said import Joined, Said

LONGEST_NESTED: Final = 100
"""Characters of a title with that of what it stands below."""


class Collector:
    """One pass over the blocks below a heading."""

    def __init__(
        self, reading: ChecklistReading, heading: HeadingBlock | None, title: str, sort: Sort, *, loose: bool
    ) -> None:
        self.reading = reading
        self.heading = heading
        self.title = title
        self.sort = sort
        self.loose = loose
        self.part = Part()
        self.last: FoundStep | None = None
        self.fresh = False
        """Whether the last step stands directly before what comes."""
        self.intro: ProseBlock | None = None

    def collect(self, blocks: list[MarkdownBlock]) -> Part:
        boxes = has_boxes(blocks)
        ordered = any(isinstance(block, ListBlock) and block.ordered for block in blocks)
        rows = any(isinstance(block, TableBlock) and is_steps(block) for block in blocks)
        codes = [block for block in blocks if runnable(block)]
        informs = self.sort is Sort.INFO
        is_step = (
            self.heading is not None
            and STEP_HEADING.match(fold(unmarked(self.heading.text).lstrip(" 0123456789."))) is not None
        )
        numbered = [block for block in codes if isinstance(block, CodeBlock) and numbered_lines(block)]
        single = (
            self.heading is not None
            and not boxes
            and not rows
            and not informs
            and not numbered
            and (
                (is_step and not ordered)
                or (len(codes) == 1 and not any(isinstance(block, ListBlock) for block in blocks))
            )
        )
        if single:
            self._heading_step(blocks)
            return self.part
        described = bool(codes) and all(
            place and isinstance(blocks[place - 1], ListBlock)
            for place, block in enumerate(blocks)
            if isinstance(block, CodeBlock)
        )
        # Code that stands below an item each is what the item says.
        self.bullets = self.loose and not (informs or boxes or ordered or rows) and (not codes or described)
        self.numbered = not informs or (boxes and not ordered)
        for place, block in enumerate(blocks):
            following = blocks[place + 1] if place + 1 < len(blocks) else None
            self._block(block, following, informs)
        self._end_intro()
        return self.part

    def _block(self, block: MarkdownBlock, following: MarkdownBlock | None, informs: bool) -> None:
        if isinstance(block, ProseBlock):
            self._end_intro()
            self._prose(block, following)
            return
        if isinstance(block, CodeBlock):
            self._code(block)
        elif isinstance(block, ListBlock):
            self._end_intro()
            self._listing(block)
        elif isinstance(block, TableBlock):
            self._end_intro()
            self._table(block, informs)
        else:
            self._end_intro()
            self.reading.fates.tell(block.numbers, Fate.MARK)

    def _heading_step(self, blocks: list[MarkdownBlock]) -> None:
        """The heading is the step, and what stands below it is its detail."""
        assert self.heading is not None
        step = step_of(self.reading, self.heading.text, self.heading.numbers[0])
        step.title = self.title
        self.add(step)
        for block in blocks:
            detail_block(self.reading, step, block)

    def add(self, step: FoundStep) -> None:
        self.part.entries.append(step)
        self.last, self.fresh = step, True

    def comment(self, numbers: tuple[int, ...] | list[int]) -> None:
        lines = self.reading.comment(numbers)
        if lines:
            self.part.entries.append(FoundComment(lines))
        self.fresh = False

    def _end_intro(self) -> None:
        if self.intro is not None:
            self.comment(self.intro.numbers)
            self.intro = None

    def _prose(self, block: ProseBlock, following: MarkdownBlock | None) -> None:
        """A paragraph: what it says of all of its part, a result that is awaited, or what is about to be executed."""
        left: list[int] = []
        for numbers, text in joined(block.lines):
            number = numbers[0]
            if said_of_all(self.reading, self.part, text, number) or reasons_to_go_back(
                self.reading, self.part, text, numbers
            ):
                continue
            shown = unmarked(text)
            if self.last is not None and (EXPECTED.match(fold(shown)) or re.match(r"\s*(?:→|->|=>)\s", text)):
                detail_line(self.reading, self.last, text, number)
            elif times.only_offset(text.split(":")[0][:14]) or re.match(r"\s*\*\*T\s?[+-]\s?\d", text):
                self.add(step_of(self.reading, text, number))
            else:
                left += numbers
        if not left:
            return
        if isinstance(following, CodeBlock) and runnable(following):
            self.intro = ProseBlock(numbers=tuple(left), lines=[line for line in block.lines if line[0] in left])
            return
        self.comment(left)

    def _listing(self, block: ListBlock) -> None:
        if has_ways(block):
            self._ways(block)
            return
        for item in block.items:
            self._item(item, block.ordered)

    def _ways(self, block: ListBlock) -> None:
        """Items of which one is chosen, after a step that asks for which."""
        ways = [item for item in block.items if is_way(item.text)]
        for item in block.items:
            if item is ways[0]:
                self.add(choice(self.reading, [title_of(way.text) for way in ways], item.number))
            begin = len(self.part.entries)
            if is_way(item.text):
                step = step_of(self.reading, item.text, item.number, item.more)
                step.done = item.box == "x"
                self.add(step)
                self._children(step, item.children)
                for entry in self.part.entries[begin:]:
                    if isinstance(entry, FoundStep):
                        only_where_chosen(self.reading, entry, title_of(item.text).partition(":")[0])
            else:
                self._item(item, block.ordered)

    def _ways_within(self, item: ListItem, texts: list[str]) -> None:
        """Ways that stand in one line."""
        self.add(choice(self.reading, [title_of(text) for text in texts], item.number))
        for text in texts:
            step = step_of(self.reading, text, item.number)
            only_where_chosen(self.reading, step, title_of(text).partition(":")[0])
            self.add(step)

    def _item(self, item: ListItem, ordered: bool) -> None:
        boxed = item.box is not None
        lines = [item.number, *(number for number, _text in item.more)]
        loose = not boxed and not ordered
        if loose and reasons_to_go_back(self.reading, self.part, item.text, lines, measured=True):
            self.comment([number for number in item.numbers if number != item.number])
            return
        if struck(item.text) and (boxed or ordered or self.bullets):
            self.reading.struck.append(item.number)
            said = Said("line {line}, struck out: {text}", line=item.number, text=self.reading.raw(item.number).strip())
            self.part.entries.append(FoundComment([self.reading.say(said)]))
            self.reading.fates.tell(item.number, Fate.COMMENT)
            self.comment([number for number in item.numbers if number != item.number])
            return
        if not (boxed or (ordered and self.numbered) or self.bullets) or not item.text.strip():
            self._unboxed(item, ordered)
            return
        if not boxed and has_boxes(item.children) and not re.search(r"`", item.text):
            # A label of what is below it.
            self._group(item)
            return
        texts = ways_in(item.text)
        if texts and item.box != "x" and not item.children:
            self._ways_within(item, texts)
            self.comment([number for number in item.numbers if number != item.number])
            return
        step = step_of(self.reading, item.text, item.number, item.more)
        self.add(step)
        step.done = item.box == "x"
        held = self.reading.source.boxes.get(item.number)
        if held is not None:
            said = Joined((Said("line {line}", line=item.number), Said(ODD_BOX, box=held)), ": ")
            step.above.append(self.reading.say(said))
        if step.done:
            self.reading.done.append(item.number)
            step.above.append(
                self.reading.say(Said("line {line}: done before, as the checklist has it", line=item.number))
            )
        self._children(step, item.children)

    def _children(self, step: FoundStep, children: list[MarkdownBlock]) -> None:
        """What is nested below a step: boxes are steps behind it, all else are its details."""
        for child in children:
            if isinstance(child, ListBlock) and has_ways(child):
                begin = len(self.part.entries)
                self._ways(child)
                self._below(step.title, begin)
            elif isinstance(child, ListBlock):
                for item in child.items:
                    if item.box is not None or has_boxes(item.children):
                        begin = len(self.part.entries)
                        self._item(item, False)
                        self._below(step.title, begin)
                        self.last = step if item.box is None else self.last
                    else:
                        detail_item(self.reading, step, item)
            else:
                detail_block(self.reading, step, child)

    def _below(self, title: str, begin: int) -> None:
        """Steps that stand below another one, or below a label, begin with its words."""
        for entry in self.part.entries[begin:]:
            if isinstance(entry, FoundStep) and len(title) + len(entry.title) <= LONGEST_NESTED:
                entry.title = f"{title}: {entry.title}"

    def _group(self, item: ListItem) -> None:
        begin = len(self.part.entries)
        self._group_of(item)
        self._below(title_of(item.text), begin)

    def _group_of(self, item: ListItem) -> None:
        self.comment([item.number, *(number for number, _text in item.more)])
        for child in item.children:
            if isinstance(child, ListBlock):
                self._listing(child)
            else:
                self._block(child, None, False)

    def _unboxed(self, item: ListItem, ordered: bool) -> None:
        """An item that is no step: of the step before it where it tells its result, else a comment."""
        if has_boxes(item.children):
            self._group(item)
            return
        if said_of_all(self.reading, self.part, item.text, item.number):
            self.comment(item.numbers[1:])
            return
        if self.last is not None and EXPECTED.match(fold(unmarked(item.text))):
            detail_item(self.reading, self.last, item)
            return
        self.comment(item.numbers)

    def _code(self, block: CodeBlock) -> None:
        texts = [text for _number, text in block.lines]
        kind = kind_of(block.language, texts)
        if kind is None:
            self._end_intro()
            if self.last is not None and self.fresh and any(text.strip() for text in texts):
                attach(self.reading, self.last, block)
            else:
                self.comment(block.numbers)
            return
        numbered = numbered_lines(block)
        if len(numbered) > 1 and self.sort is not Sort.INFO:
            self._end_intro()
            self._numbered_code(block, kind, numbered)
            return
        if self.last is not None and self.fresh and self.intro is None:
            attach(self.reading, self.last, block)
            return
        if self.sort is Sort.INFO:
            self._end_intro()
            self.comment(block.numbers)
            return
        step = self._introduced(block)
        self.add(step)
        attach(self.reading, step, block)

    def _introduced(self, block: CodeBlock) -> FoundStep:
        """The step that a block of code is: by the sentence before it, the comment at its head, or the heading."""
        if self.intro is not None:
            lines, self.intro = self.intro.lines, None
            number, text = lines[-1]
            for earlier, words in lines[:-1]:
                self.part.entries.append(FoundComment([self.reading.raw(earlier).strip()]))
                self.reading.fates.tell(earlier, Fate.COMMENT)
                del words
            return step_of(self.reading, text.rstrip().rstrip(":"), number)
        first = next(((n, text.strip()) for n, text in block.lines if text.strip()), (block.numbers[0], ""))
        said = re.match(r"(?:#|--)+\s*(\S.{3,100})$", first[1])
        if said is not None:
            return step_of(self.reading, said[1], first[0])
        title = self.title or unmarked(first[1])[:80]
        step = FoundStep(block.numbers[0], title, title)
        self.reading.fates.tell(block.numbers[0], Fate.STEP)
        return step

    def _numbered_code(self, block: CodeBlock, kind: str, numbered: list[tuple[int, re.Match[str]]]) -> None:
        """`# 1. Stop the application` and its lines: each a step."""
        self.reading.fates.tell(block.numbers, Fate.DETAIL)
        ahead = [text for _number, text in block.lines[: numbered[0][0]] if text.strip()]
        if ahead:
            self.part.entries.append(FoundComment(ahead))
        ends = [place for place, _found in numbered[1:]] + [len(block.lines)]
        for (place, found), end in zip(numbered, ends, strict=True):
            step = step_of(self.reading, found[2], block.lines[place][0])
            self.add(step)
            texts = [text for _number, text in block.lines[place + 1 : end]]
            while texts and not texts[-1].strip():
                texts.pop()
            if any(text.strip() for text in texts):
                step.proposals.append(Proposal(kind, bare_lines(texts), block.lines[place + 1][0]))
        self.fresh = False

    def _table(self, table: TableBlock, informs: bool) -> None:
        if is_team(table):
            read_team(self.reading, table)
            self.part.entries.append(FoundComment(self.reading.comment(table.numbers)))
            self.reading.fates.tell(table.numbers, Fate.DETAIL)
        elif is_metrics(table):
            read_metrics(self.reading, table)
            self.part.entries.append(FoundComment(self.reading.comment(table.numbers)))
            self.reading.fates.tell(table.numbers, Fate.DETAIL)
        elif is_triggers(table) and (informs or self.sort in (Sort.ROLLBACK, Sort.TRIGGERS)):
            read_triggers(self.reading, table)
        elif is_steps(table) and not informs:
            header = [number for number in table.numbers if number not in {row for row, _cells in table.rows}]
            self.comment([number for number in header if re.search(r"\w", self.reading.raw(number))])
            for step in rows_as_steps(self.reading, table):
                if step.number in self.reading.struck:
                    said = Said("line {line}, struck out: {text}", line=step.number, text=step.raw)
                    self.part.entries.append(FoundComment([self.reading.say(said)]))
                    continue
                if step.done:
                    self.reading.done.append(step.number)
                    said = Said("line {line}: done before, as the checklist has it", line=step.number)
                    step.above.append(self.reading.say(said))
                self.add(step)
            self.fresh = False
        else:
            self.comment(table.numbers)
