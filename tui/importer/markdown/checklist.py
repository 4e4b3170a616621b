"""A Markdown checklist as a plan, without loss: every line of it is a step, a detail or a comment of the plan."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Final

from tui.importer.draft import Draft
from tui.importer.imported import Imported, ImportFailed
from tui.importer.markdown import dates
from tui.importer.markdown.abort import joined, reasons
from tui.importer.markdown.blocks import CodeBlock, ListBlock, MarkdownBlock, ProseBlock, TableBlock
from tui.importer.markdown.build import ELSEWHERE, Builder, Built
from tui.importer.markdown.criteria import part_triggers, put_triggers
from tui.importer.markdown.fates import Fate
from tui.importer.markdown.found import Part
from tui.importer.markdown.head import join_heads, keep_within, put_head, put_milestones
from tui.importer.markdown.html import from_html, plain
from tui.importer.markdown.ids import Ids
from tui.importer.markdown.inline import fold, title_of, unmarked, without_number
from tui.importer.markdown.items import labelled, step_of, window_labels
from tui.importer.markdown.numbers import NumberStyle
from tui.importer.markdown.outline import OutlineNode, outline
from tui.importer.markdown.parse import parse
from tui.importer.markdown.people import is_person, is_role, know_people
from tui.importer.markdown.reading import ChecklistReading
from tui.importer.markdown.runs import STATE
from tui.importer.markdown.shape import has_boxes, has_steps
from tui.importer.markdown.source import read_source
from tui.importer.markdown.summary import comments, look, of_lines, summary
from tui.importer.markdown.vocabulary import (
    WINDOW_LABELS,
    Label,
    Sort,
    is_way_back,
    label_of,
    language_of,
    thousands_of,
)
from tui.importer.wish import NOTHING_SAID, TargetWish
from tui.importer.write import write
from tui.said import Said

SayIn = Callable[[Said, str], str]
"""Puts a sentence into a language by its name."""
_WORDS: Final = re.compile(r"[^\W\d_]{2,}")
_ESCAPES: Final = re.compile(r"\\u[0-9a-f]{4}|\\[nt]")
_NO_WORDS: Final = re.compile(r"</?[a-zA-Z][^<>]*>|&\w+;|\\|:[a-z_]+:")
_LOCALES: Final = {"en": "en", "pt": "pt_BR"}


@dataclass(frozen=True, slots=True)
class ReadChecklist:
    """A checklist that was read: the draft of its plan, what is known of its lines, and what is told of it."""

    draft: Draft
    reading: ChecklistReading
    built: Built
    ids: Ids
    told: list[str | Said] = field(default_factory=list)


def import_checklists(
    documents: Sequence[tuple[bytes, str]], *, language: str | None, otherwise: str, say: SayIn,
    wish: TargetWish = NOTHING_SAID,
) -> Imported:  # fmt: skip
    """The plan of a checklist, with the phases of further ones behind its own; those of one that is a way back are the
    rollback's. `documents`: content and name of each. Raises ImportFailed for what is no text."""
    (raw, name), *further = documents
    done = read_checklist(raw, name, language=language, otherwise=otherwise, say=say, wish=wish)
    told: list[str | Said] = []
    if further:
        done.reading.look[:] = [one for one in done.reading.look if one[1].text != ELSEWHERE]
    for raw, name in further:
        more = read_checklist(raw, name, language=language, otherwise=otherwise, say=say, behind=done)
        join(done, more, back=is_way_back(f"{name} {more.draft.name}".replace("_", " ").replace("-", " ")))
        told += [of_lines(more.reading), *comments(more.reading), *look(more.reading)]
    told += summary(done.reading, done.draft, done.built)
    return Imported(write(done.draft), told=tuple(told))


def read_checklist(
    raw: bytes, name: str, *, language: str | None, otherwise: str, say: SayIn, wish: TargetWish = NOTHING_SAID,
    behind: ReadChecklist | None = None,
) -> ReadChecklist:  # fmt: skip
    """`name`: the file's. `behind`: the checklist to which this one is a further one. `language`: of the sentences that
    the plan gets beside the checklist's own; where it is None the checklist's where there is one, else `otherwise`.
    Raises ImportFailed for what is no text."""
    source = read_source(raw, name)
    whole = "\n".join(source.raw)
    written = language_of(whole)
    spoken = language or _LOCALES.get(written, otherwise)
    reading = ChecklistReading(source, NumberStyle(written, thousands_of(whole)), lambda said: say(said, spoken))
    if behind is not None:
        reading.team = behind.reading.team
    root = outline(parse(from_html(source.lines)))
    tops, intro = _named(reading, root)
    for number, text in enumerate(source.raw, 1):
        know_people(text, number, reading.team)
    _introduce(reading, intro)
    anything = any(has_boxes(node.blocks) for node in root.all()) or any(
        node.sort is Sort.STEPS and any(isinstance(block, ListBlock | CodeBlock | TableBlock) for block in node.blocks)
        for node in root.all()
        if node is not root
    )
    builder = Builder(reading, milestones_are_steps=not anything)
    above = reading.above.pop("intro", [])
    if behind is not None:
        builder.ids = behind.ids
    built = builder.build(tops)
    if not built.phases and built.rollback:
        # A checklist that is a way back itself.
        built.phases, built.rollback = built.rollback, []
    if not built.phases:
        _anything(reading, builder, root)
    if behind is None and not built.rollback and is_way_back(reading.name):
        reading.look.append((0, Said("all of it is a way back; its steps are the plan's, which has no rollback")))
    draft = Draft(reading.name, _LOCALES.get(written), phases=built.phases, rollback=built.rollback)
    draft.above.append(say(Said("From the checklist {file}: what it says is signed.", file=name), spoken))
    draft.above += above
    put_triggers(reading, draft)
    put_milestones(reading, built)
    put_head(reading, draft, built, wish)
    keep_within(reading, draft)
    _finish(reading, draft, builder)
    return ReadChecklist(draft, reading, built, builder.ids, summary(reading, draft, built))


def join(done: ReadChecklist, more: ReadChecklist, *, back: bool) -> None:
    """Put a further checklist behind one; `back`: all of it is the way back."""
    if back:
        done.draft.rollback += [*more.draft.phases, *more.draft.rollback]
        for phase in done.draft.rollback:
            phase.keys.pop("starts", None)
    else:
        done.draft.phases += more.draft.phases
        done.draft.rollback += more.draft.rollback
    done.reading.look += [(0, said) for said in part_triggers(done.draft, more.draft)]
    done.draft.triggers += more.draft.triggers
    done.draft.below += [*more.draft.above, *more.draft.rollback_above, *more.draft.below]
    join_heads(done.draft, more.draft)


def _named(reading: ChecklistReading, root: OutlineNode) -> tuple[list[OutlineNode], list[MarkdownBlock]]:
    """Name the plan; returns the headings that are phases, and what stands before them."""
    front = next((value for _n, key, value in reading.source.front if label_of(key) is Label.TITLE and value), "")
    stem = re.sub(r"[-_]+", " ", reading.source.name.rpartition("/")[2].rpartition(".")[0]).strip()
    tops = root.children
    first = tops[0] if tops else None
    assert first is None or first.heading is not None
    if (
        first is not None
        and first.heading is not None
        and len(tops) == 1
        and (first.children or not front)
        and not (first.sort is Sort.ROLLBACK and has_steps(root.blocks))
    ):
        reading.name = first.title
        reading.fates.tell(first.heading.numbers, Fate.HEADING)
        if first.children:
            children, blocks = first.children, [*root.blocks, *first.blocks]
            if has_steps(first.blocks) or not _below(first):
                # Steps directly below the title are a phase of its name.
                children = [OutlineNode(None, first.title, Sort.STEPS, first.blocks), *children]
                blocks = root.blocks
            return children, blocks
        return [OutlineNode(None, first.title, Sort.STEPS, [*root.blocks, *first.blocks])], []
    opening = root.blocks[0] if root.blocks else None
    words = unmarked(opening.lines[0][1]) if isinstance(opening, ProseBlock) and len(opening.lines) == 1 else ""
    if isinstance(opening, ProseBlock) and not front:
        told = labelled(opening.lines[0][1])
        front = unmarked(told[1]) if told is not None and label_of(told[0]) is Label.TITLE else ""
    spoken = (
        words
        if 3 < len(words) <= 80 and not words.endswith((".", "!", "?", ":", ",")) and labelled(words) is None
        else ""
    )
    reading.name = front or (title_of(spoken) if spoken else "") or stem or "Plan"
    if not tops:
        return [OutlineNode(None, reading.name, Sort.STEPS, root.blocks)], []
    if (
        first is not None
        and first.heading is not None
        and first.heading.level == 1
        and not front
        and not first.children
        and first.sort is not Sort.ROLLBACK
    ):
        others = [node for node in tops if node.heading is not None and node.heading.level == 1]
        if len(others) == 1:
            reading.name = first.title
            reading.fates.tell(first.heading.numbers, Fate.HEADING)
            return tops[1:], [*root.blocks, *first.blocks]
    if has_steps(root.blocks):
        return [OutlineNode(None, reading.name, Sort.STEPS, root.blocks), *tops], []
    return tops, root.blocks


def _below(node: OutlineNode) -> bool:
    """Whether the headings below a title have anything that could be a step."""
    return any(block for child in node.children for one in child.all() for block in one.blocks)


def _introduce(reading: ChecklistReading, blocks: list[MarkdownBlock]) -> None:
    """What stands before the first phase: labels tell the window, all is kept as comments."""
    for number, key, value in reading.source.front:
        label = label_of(key)
        if label in (*WINDOW_LABELS, Label.DURATION):
            reading.window.read(label, value, number, reading.language)
        elif label is Label.OWNER and value and len(value) <= 60:
            reading.team.add(unmarked(value), number)
        reading.noted("intro", [number], Fate.DETAIL if label is not None else Fate.COMMENT)
    intro = reading.above.setdefault("intro", [])
    for block in blocks:
        for number, text in _lines_of(block):
            told = labelled(text)
            if told is not None and is_role(told[0], reading.team) and is_person(unmarked(told[1])):
                reading.team.add(told[0], number, name=unmarked(told[1]))
            if told is not None or dates.tells_window(text, reading.language):
                for label, value in window_labels(text):
                    if told is None or label is not Label.WINDOW or value is not text:
                        reading.window.read(label, value, number, reading.language)
        if isinstance(block, ProseBlock):
            for numbers, text in joined(block.lines):
                reading.add_reasons(numbers[0], reasons(text))
        intro += reading.comment(block.numbers)


def _lines_of(block: MarkdownBlock) -> list[tuple[int, str]]:
    """The lines of a block that may be `label: text`, each with its number."""
    if isinstance(block, ProseBlock):
        return block.lines
    if isinstance(block, ListBlock):
        return [(item.number, item.text) for item in block.items]
    if isinstance(block, TableBlock):
        return [(number, f"{cells[0]}: {' '.join(cells[1:])}") for number, cells in block.rows if len(cells) > 1]
    return []


def _anything(reading: ChecklistReading, builder: Builder, root: OutlineNode) -> None:
    """A plan has steps: where nothing looks like one, headings are, or paragraphs."""
    part = Part()
    for node in root.all():
        if node.heading is not None and node.title != reading.name:
            part.entries.append(step_of(reading, node.heading.text, node.heading.numbers[0]))
    if not part.entries:
        for number, text in enumerate(reading.source.raw, 1):
            if text.strip(" \t-*#>|`~=_"):
                part.entries.append(step_of(reading, text.strip(" \t-*#>|`~=_"), number))
    if not part.entries:
        raise ImportFailed(Said("{file} holds nothing that could be a step.", file=reading.source.name))
    reading.look.append((0, Said("nothing in it looks like a step; its headings or lines are")))
    builder.add_all(reading.name, part)


def _finish(reading: ChecklistReading, draft: Draft, builder: Builder) -> None:
    """Every line that is nothing yet is a comment at the end."""
    draft.rollback_above += reading.above.get("rollback", [])
    draft.below += builder.pending + reading.above.get("phases", [])
    reading.fates.tell(reading.source.marks, Fate.MARK)
    known = known_words(draft)
    for number, text in enumerate(reading.source.raw, 1):
        if not text.strip() or number in reading.fates.of:
            continue
        words = re.findall(r"\w+", fold(plain(text)))
        if not re.search(r"\w", plain(text)):
            reading.fates.tell(number, Fate.MARK)
        elif words and all(word in known for word in words):
            # A cell on a line of its own, the end of a quotation: it stands in the plan.
            reading.fates.tell(number, Fate.DETAIL)
        else:
            reading.fates.tell(number, Fate.COMMENT)
            draft.below.append(reading.say(Said("line {line}: {text}", line=number, text=text.strip())))
    _links(reading)
    _keep_words(reading, draft)


def _links(reading: ChecklistReading) -> None:
    """A way back that stands in another file is told."""
    told = {number for number, _said in reading.look}
    for number, line in enumerate(reading.source.raw, 1):
        for text, link in re.findall(r"\[([^\[\]]*)\]\(([^()\s]+\.(?:md|markdown))\)", line):
            if number not in told and is_way_back(f"{text} {link}"):
                reading.look.append((number, Said(ELSEWHERE, file=link)))


def known_words(draft: Draft) -> set[str]:
    """The words of the plan as it is written."""
    return set(re.findall(r"\w+", fold(_ESCAPES.sub(" ", write(draft)))))


def _keep_words(reading: ChecklistReading, draft: Draft) -> None:
    """Of a line that was taken apart so that a word of it stands nowhere, the whole is a comment at the end."""
    text = fold(_ESCAPES.sub(" ", write(draft)))
    known = known_words(draft)
    for number, line in enumerate(reading.source.raw, 1):
        if not line.strip() or number in reading.source.marks or reading.fates.of.get(number) is Fate.MARK:
            continue
        shown = fold(without_number(_NO_WORDS.sub(" ", STATE.sub(" ", line)).strip(" \t#>*-_|")))
        if any(word not in known and word not in text for word in _WORDS.findall(shown)):
            draft.below.append(reading.say(Said("line {line}: {text}", line=number, text=line.strip())))
