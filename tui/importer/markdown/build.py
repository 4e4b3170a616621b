"""The outline of a checklist as phases and sections with their steps."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import Final

from tui.importer.draft import DraftPhase, DraftSection, DraftStep
from tui.importer.markdown import dates, times
from tui.importer.markdown.abort import reasons
from tui.importer.markdown.blocks import ListBlock, MarkdownBlock, ProseBlock, TableBlock
from tui.importer.markdown.collect import Collector
from tui.importer.markdown.fates import Fate
from tui.importer.markdown.found import FoundComment, FoundStep, Part
from tui.importer.markdown.ids import Ids
from tui.importer.markdown.inline import fold, has_blank, title_of
from tui.importer.markdown.items import detail_line, step_of
from tui.importer.markdown.limits import measured
from tui.importer.markdown.outline import OutlineNode
from tui.importer.markdown.reading import ChecklistReading
from tui.importer.markdown.shape import has_boxes, runnable
from tui.importer.markdown.special import KEYS, read_special
from tui.importer.markdown.steps import drafted, put_milestone
from tui.importer.markdown.tables import is_steps
from tui.importer.markdown.vocabulary import OPTION, STEP_HEADING, Sort
from tui.importer.markdown.ways import choice, only_where_chosen
from tui.said import N_, Said

SOON: Final = 12 * times.HOUR
"""A phase of which a heading says that it begins no longer before the window waits for that moment."""
LATER: Final = 2 * times.HOUR
"""A section of which its heading says that it begins so long after has a phase of its own."""


ELSEWHERE: Final = N_("the rollback stands in another file: {file}; name it with a further --from")


@dataclass(slots=True)
class Built:
    """`first`: the first step below each title, by the title folded, for milestones. `estimates`, `proposals`: how many
    there are."""

    phases: list[DraftPhase] = field(default_factory=list)
    rollback: list[DraftPhase] = field(default_factory=list)
    first: list[tuple[str, DraftStep]] = field(default_factory=list)
    estimates: int = 0
    proposals: int = 0
    before: float = 0.0
    """How long before the window's opening the earliest phase begins, in seconds."""


class Builder:
    def __init__(self, reading: ChecklistReading, *, milestones_are_steps: bool) -> None:
        self.reading = reading
        self.built = Built()
        self.ids = Ids()
        self.pending: list[str] = []
        self.milestones_are_steps = milestones_are_steps
        self.phase: DraftPhase | None = None
        self.in_rollback = False
        self.read: set[int] = set()

    def build(self, tops: list[OutlineNode]) -> Built:
        """Every node a phase, what is below it sections. Comments that nothing follows are left in `pending`."""
        for top in tops:
            self._known_first(top)
        place = 0
        while place < len(tops):
            run = self._steps_in_a_row(tops, place)
            if run > 1:
                self._begin(self.reading.name)
                self._run_of_steps(tops[place : place + run], self.reading.name)
                place += run
                continue
            self._top(tops[place])
            place += 1
        self.built.phases = [phase for phase in self.built.phases if phase.sections]
        self.built.rollback = [phase for phase in self.built.rollback if phase.sections]
        return self.built

    def _known_first(self, top: OutlineNode) -> None:
        """Team and window, wherever they stand: steps name roles and times of day."""
        for node in top.all():
            if node.sort is Sort.WINDOW and not self._tells_when(node):
                # `Data` is a date in one language only.
                node.sort = Sort.STEPS
            if node.sort in (Sort.TEAM, Sort.CONTACTS, Sort.WINDOW) and not has_boxes(node.blocks):
                self._heading_of(node, KEYS[node.sort])
                read_special(self.reading, node.sort, node.blocks)
                self.read.add(id(node))

    def _tells_when(self, node: OutlineNode) -> bool:
        """Whether there is a day, a time or a place for one below a heading that speaks of when."""
        if re.search(r"window|janela|ventana|fenster|wartung", fold(node.title)):
            return True
        lines = [self.reading.raw(number) for block in node.blocks for number in block.numbers]
        return any(
            dates.day(line, True) is not None or dates.clocks(line) or has_blank(line) for line in lines
        ) and not any(isinstance(block, ListBlock) and block.ordered for block in node.blocks)

    def add_all(self, title: str, part: Part) -> None:
        """A phase with one section."""
        self._begin(title)
        self._own_phase(Sort.STEPS, title)
        self._section(title, part)

    def _top(self, node: OutlineNode) -> None:
        begun = len(self.pending)
        self._begin(node.title)
        self.in_rollback = node.sort is Sort.ROLLBACK
        phase = self.phase
        self._node(node, node.title, Sort.STEPS, top=True)
        if node.heading is not None and node.children and phase not in (*self.built.phases, *self.built.rollback):
            # It has only what stands elsewhere in the plan.
            shown = [self.reading.shown(number) for number in node.heading.numbers]
            into = self.pending if len(self.pending) >= begun else self.reading.above.setdefault("rollback", [])
            into[begun if into is self.pending else 0 : 0] = shown

    def _begin(self, title: str) -> None:
        """A phase for what comes; it takes its place when it has a section."""
        self.phase, self.in_rollback = DraftPhase(title), False

    def _node(self, node: OutlineNode, title: str, inherited: Sort, *, top: bool = False, way: str = "") -> None:
        """A heading, what stands below it, and its own headings."""
        sort = node.sort
        if sort is Sort.STEPS or (inherited is Sort.ROLLBACK and sort is Sort.METRICS):
            sort = inherited
        boxes = has_boxes(node.blocks)
        if node.heading is not None:
            self.reading.add_reasons(node.heading.numbers[0], reasons(node.heading.text, measured=True))
        if sort in KEYS and (boxes or (sort is Sort.MILESTONES and self._rows(node.blocks))):
            if sort is Sort.METRICS:
                self._limits_of_boxes(node.blocks)
            self._steps(node, title, Sort.STEPS, top=top)
        elif id(node) in self.read:
            pass
        elif sort in KEYS:
            self._heading_of(node, KEYS[sort])
            read_special(self.reading, sort, node.blocks)
        else:
            self._steps(node, title, sort, top=top, way=way)
        passed = sort if sort in KEYS or sort in (Sort.ROLLBACK, Sort.INFO) else Sort.STEPS
        options = [child.title for child in node.children if OPTION.match(fold(child.title))]
        if len(options) > 1:
            self._choose(title, options, passed, node.children)
        place = 0
        while place < len(node.children):
            child = node.children[place]
            run = self._steps_in_a_row(node.children, place)
            if run > 1 and passed not in KEYS:
                self._run_of_steps(node.children[place : place + run], title, passed)
                place += run
                continue
            below = child.title if top or title == self.reading.name else f"{node.title}: {child.title}"
            self._node(child, below, passed, way=child.title if len(options) > 1 and child.title in options else way)
            place += 1

    def _rows(self, blocks: list[MarkdownBlock]) -> bool:
        """Whether milestones are what is to be done: nothing else is, or a table tells who does it."""
        return (self.milestones_are_steps and bool(blocks)) or any(
            isinstance(block, TableBlock) and is_steps(block) and len(block.header) > 2 for block in blocks
        )

    def _heading_of(self, node: OutlineNode, key: str) -> None:
        if node.heading is not None:
            self.reading.noted(key, node.heading.numbers, Fate.HEADING)

    def _limits_of_boxes(self, blocks: list[MarkdownBlock]) -> None:
        for block in blocks:
            if isinstance(block, ListBlock):
                for item in block.items:
                    title = title_of(item.text)
                    told = measured(title, self.reading.style)
                    self.reading.add_criteria(item.number, title, told)
                    if told.limits:
                        self.reading.fates.tell(item.number, Fate.DETAIL)

    def _steps(self, node: OutlineNode, title: str, sort: Sort, *, top: bool = False, way: str = "") -> None:
        """The steps of a heading's own blocks as a section."""
        loose = node.heading is not None or not node.children
        part = Collector(self.reading, node.heading, node.title or title, sort, loose=loose).collect(node.blocks)
        if node.heading is not None:
            self.reading.fates.tell(node.heading.numbers, Fate.HEADING)
            if self._elsewhere(node, sort):
                return
        if not part.steps and sort is Sort.ROLLBACK and node.heading is not None and _only_prose(node):
            part = self._in_words(node)
        if not part.steps:
            self._comments_of(node, part, top=top)
            return
        self._own_phase(sort, title)
        for step in part.steps if way else ():
            only_where_chosen(self.reading, step, way)
        self._timing(node, part, self._section(title, part))

    def _in_words(self, node: OutlineNode) -> Part:
        """A way back that is told in sentences: one step that shows them to who signs."""
        assert node.heading is not None
        step = FoundStep(node.heading.numbers[0], node.title, node.title)
        for block in node.blocks:
            for number, text in block.lines if isinstance(block, ProseBlock) else ():
                detail_line(self.reading, step, text, number)
        return Part([step])

    def _comments_of(self, node: OutlineNode, part: Part, *, top: bool) -> None:
        if node.heading is not None and not (top and node.children):
            self.pending += self.reading.comment(node.heading.numbers)
        for entry in part.entries:
            if isinstance(entry, FoundComment):
                self.pending += entry.lines
        if node.heading is not None and top:
            self._phase_timing(node)

    def _own_phase(self, sort: Sort, title: str) -> None:
        """See that what comes goes where it belongs: into the rollback, or behind it into the phase again."""
        rollback = sort is Sort.ROLLBACK
        if self.phase is None or rollback != self.in_rollback:
            self.phase = DraftPhase(title if rollback or self.phase is None else self.phase.title)
            self.in_rollback = rollback
        into = self.built.rollback if rollback else self.built.phases
        if not any(phase is self.phase for phase in into):
            into.append(self.phase)
            self.phase.above += self.pending
            self.pending = []

    def _section(self, title: str, part: Part) -> DraftSection:
        assert self.phase is not None
        known = self.phase.sections[-1] if self.phase.sections and self.phase.sections[-1].title == title else None
        section = known or DraftSection(title)
        if known is None:
            section.above, self.pending = self.pending, []
            self.phase.sections.append(section)
        for entry in part.entries:
            if isinstance(entry, FoundComment):
                self.pending += entry.lines
                continue
            if entry.role is None:
                entry.role = part.owner
            step = drafted(self.reading, entry, self.ids)
            step.above[:0], self.pending = self.pending, []
            self.built.estimates += "estimate" in step.keys
            self.built.proposals += len(entry.proposals)
            section.steps.append(step)
            self.built.first.append((fold(step.title), step))
        section.below += self.pending
        self.pending = []
        return section

    def _timing(self, node: OutlineNode, part: Part, section: DraftSection) -> None:
        """How long it takes, and when it begins, as the heading says."""
        assert self.phase is not None
        spans = times.durations(node.heading.text) if node.heading is not None else ()
        estimate = next((span.seconds for span in spans if not span.side), part.estimate)
        if estimate is not None and "estimate" not in section.keys:
            section.keys["estimate"] = times.written(estimate)
            self.built.estimates += 1
        if node.heading is None or self.in_rollback:
            return
        moment = times.offset(node.heading.text)
        if moment is None:
            side = next((span for span in spans if span.side), None)
            moment = None if side is None else -side.seconds if side.side == "before" else side.seconds
        if moment is None:
            return
        first = self.phase.sections[0] is section
        if first and len(section.steps) == len([step for s in self.phase.sections for step in s.steps]):
            self._starts(moment, section)
        elif moment >= LATER:
            self._split(section, moment)
        elif section.steps and "milestone" not in section.steps[0].keys:
            put_milestone(section.steps[0], moment)

    def _phase_timing(self, node: OutlineNode) -> None:
        """When a phase begins, as its own heading says, which has no steps directly below it."""
        assert node.heading is not None and self.phase is not None
        moment = times.offset(node.heading.text)
        side = next((span for span in times.durations(node.heading.text) if span.side), None)
        if moment is None and side is not None:
            moment = -side.seconds if side.side == "before" else side.seconds
        if moment is not None and (moment > 0 or moment >= -SOON):
            self.phase.keys["starts"] = times.written_offset(moment)
            self.built.before = max(self.built.before, -moment)

    def _starts(self, moment: float, section: DraftSection) -> None:
        assert self.phase is not None
        if moment >= -SOON:
            self.phase.keys.setdefault("starts", times.written_offset(moment))
            self.built.before = max(self.built.before, -moment)
        elif section.steps:
            put_milestone(section.steps[0], moment)

    def _split(self, section: DraftSection, moment: float) -> None:
        """A phase of its own for what begins much later."""
        assert self.phase is not None
        self.phase.sections.remove(section)
        title = section.title.partition("(")[0].rpartition(": ")[2].strip() or section.title
        was = self.phase.title
        self.phase = DraftPhase(title, [section], {"starts": times.written_offset(moment)})
        self.phase.above, section.above = section.above, []
        self.built.phases.append(self.phase)
        # What follows below the same heading follows in a phase of its name.
        self.phase = DraftPhase(was)

    def _steps_in_a_row(self, nodes: list[OutlineNode], place: int) -> int:
        """How many headings from there on are a step each: `Step 2: ...` with nothing but code and text below."""
        count = 0
        for node in nodes[place:]:
            if node.heading is None or node.children or has_boxes(node.blocks) or node.sort is not Sort.STEPS:
                break
            if any(
                isinstance(block, TableBlock) or (isinstance(block, ListBlock) and block.ordered)
                for block in node.blocks
            ):
                break
            if not STEP_HEADING.match(fold(node.heading.text).lstrip(" *_#0123456789.")):
                break
            count += 1
        return count

    def _run_of_steps(self, nodes: list[OutlineNode], title: str, sort: Sort = Sort.STEPS) -> None:
        """Headings that are a step each, in one section."""
        whole = Part()
        for node in nodes:
            part = Collector(self.reading, node.heading, node.title, sort, loose=True).collect(node.blocks)
            if not part.steps and node.heading is not None:
                step = step_of(self.reading, node.heading.text, node.heading.numbers[0])
                step.title = node.title
                part.entries.insert(0, step)
            whole.entries += part.entries
        self._own_phase(sort, title)
        self._section(title, whole)

    def _elsewhere(self, node: OutlineNode, sort: Sort) -> bool:
        """Whether a heading of a rollback has nothing but a link to where it stands."""
        if sort is not Sort.ROLLBACK or node.heading is None or not _only_link(node):
            return False
        numbers = [number for block in node.blocks for number in block.numbers]
        text = " ".join(self.reading.raw(number) for number in numbers)
        link = re.search(r"\]\(([^()\s]+)\)|([\w./-]+\.md)\b", text)
        where = (link[1] or link[2]) if link is not None else text
        self.reading.look.append((numbers[0] if numbers else node.heading.numbers[0], Said(ELSEWHERE, file=where)))
        self.reading.noted("rollback", [*node.heading.numbers, *numbers], Fate.COMMENT)
        return True

    def _choose(self, title: str, options: list[str], sort: Sort, nodes: list[OutlineNode]) -> None:
        """A step by which one of several ways is chosen."""
        number = next(node.heading.numbers[0] for node in nodes if node.heading is not None and node.title in options)
        self._own_phase(sort, title)
        self._section(title, Part([choice(self.reading, options, number)]))


def _only_prose(node: OutlineNode) -> bool:
    """Whether sentences are all that stands below a heading, more than why it is abandoned."""
    lines = [text for block in node.blocks if isinstance(block, ProseBlock) for _number, text in block.lines]
    return (
        not node.children
        and len([text for text in lines if not reasons(text)]) > 0
        and len(node.blocks) == len([block for block in node.blocks if isinstance(block, ProseBlock)])
    )


def _only_link(node: OutlineNode) -> bool:
    texts = [text for block in node.blocks if isinstance(block, ProseBlock) for _n, text in block.lines]
    items = [item.text for block in node.blocks if isinstance(block, ListBlock) for item in block.items]
    if (
        len(texts) + len(items) > 2
        or any(runnable(block) for block in node.blocks)
        or node.children
        or not texts + items
    ):
        return False
    return any(
        re.search(r"\]\([^()]*\.(?:md|markdown|html?)[^()]*\)|\b[\w./-]+\.md\b|\]\(https?:", text)
        for text in texts + items
    )
