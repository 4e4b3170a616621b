"""The headings of a checklist as a tree, lines that are headings without looking like one among them."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Final

from tui.importer.markdown.abort import reasons
from tui.importer.markdown.blocks import (
    Aside,
    CodeBlock,
    HeadingBlock,
    ListBlock,
    MarkdownBlock,
    ProseBlock,
    TableBlock,
)
from tui.importer.markdown.inline import PICTURE, fold, title_of, unmarked
from tui.importer.markdown.times import only_offset
from tui.importer.markdown.vocabulary import PHASE_HEADING, Sort, sort_of

_WARNING: Final = re.compile(
    r"\W*(?:warning|note|important|caution|attention|tip|info|danger|nota|atencao|aviso|importante|cuidado"
    r"|advertencia|atencion|achtung|hinweis|wichtig|warnung|obs)\b"
)
_BOLD: Final = re.compile(r"(?P<mark>\*\*|__|[*_])([^*_](?:.*[^*_])?)(?P=mark)\s*:?\s*")


@dataclass(slots=True)
class OutlineNode:
    """`blocks`: what stands below the heading before its own headings, which are `children`. `parent`: of which it is
    one; the root has no heading."""

    heading: HeadingBlock | None
    title: str
    sort: Sort
    blocks: list[MarkdownBlock] = field(default_factory=list)
    children: list[OutlineNode] = field(default_factory=list)

    def all(self) -> Iterator[OutlineNode]:
        """It and all below it."""
        yield self
        for child in self.children:
            yield from child.all()


def outline(blocks: list[MarkdownBlock]) -> OutlineNode:
    """The tree of all headings; levels that are left out do not count."""
    root = OutlineNode(None, "", Sort.STEPS)
    path: list[tuple[int, OutlineNode]] = [(0, root)]
    for block in _with_headings(blocks):
        if not isinstance(block, HeadingBlock):
            path[-1][1].blocks.append(block)
            continue
        while path[-1][0] >= block.level:
            path.pop()
        title = title_of(block.text) or "…"
        sort = Sort.ROLLBACK if reasons(block.text, measured=True) else sort_of(title)
        node = OutlineNode(block, title, sort)
        path[-1][1].children.append(node)
        path.append((block.level, node))
    return root


def _with_headings(blocks: list[MarkdownBlock]) -> Iterator[MarkdownBlock]:
    # Before the first heading of the text such a line stands beside those of its highest level.
    level = min((block.level for block in blocks if isinstance(block, HeadingBlock)), default=1) - 1
    for place, block in enumerate(blocks):
        following = next((later for later in blocks[place + 1 :][:3] if not isinstance(later, Aside)), None)
        if isinstance(block, HeadingBlock):
            level = block.level
        elif (
            isinstance(block, ProseBlock)
            and len(block.lines) == 1
            and (
                _is_heading(block.lines[0][1], following)
                or _names_a_list(block.lines[0][1], following, blocks[place - 1] if place else None)
            )
        ):
            yield HeadingBlock(numbers=block.numbers, level=level + 1, text=block.lines[0][1])
            continue
        elif (
            isinstance(block, ProseBlock)
            and isinstance(following, ListBlock | TableBlock | CodeBlock)
            and len(block.lines) > 1
        ):
            last = block.lines[-1]
            if _is_heading(last[1], following) and not unmarked(block.lines[-2][1]).rstrip().endswith(","):
                yield ProseBlock(numbers=block.numbers[:-1], lines=block.lines[:-1])
                yield HeadingBlock(numbers=(last[0],), level=level + 1, text=last[1])
                continue
        yield block


def _is_heading(text: str, following: MarkdownBlock | None) -> bool:
    """Whether a line of its own is meant as a heading: bold as a whole, in capitals, or `Phase 2: ...`; and something
    stands below it."""
    if not isinstance(following, ListBlock | TableBlock | CodeBlock | ProseBlock):
        return False
    shown = unmarked(text).strip()
    folded = fold(PICTURE.sub("", shown).strip())
    if not 2 < len(shown) <= 100 or _WARNING.match(folded) or shown.endswith((".", "!", "?", ";", ",")):
        return False
    if PHASE_HEADING.match(folded):
        return True
    capitals = re.sub(r"[\W\d_]", "", shown)
    if isinstance(following, ProseBlock):
        return len(capitals) > 3 and capitals.isupper() and sort_of(title_of(shown)) not in (Sort.STEPS, Sort.INFO)
    if _BOLD.fullmatch(PICTURE.sub("", text.strip()).strip()) or only_offset(shown):
        return True
    return (
        len(capitals) >= (5 if sort_of(title_of(shown)) is Sort.STEPS else 4)
        and capitals.isupper()
        and isinstance(following, ListBlock | TableBlock)
        and not shown.endswith(":")
    )


def _names_a_list(text: str, following: MarkdownBlock | None, before: MarkdownBlock | None) -> bool:
    """Whether a few words above a list are its heading: what the words are about says so, or each such list of boxes
    has some. Directly below a heading they belong to that, unless it is the title of all."""
    shown = unmarked(text).strip()
    if isinstance(following, ListBlock) and shown.endswith(":") and reasons(shown, measured=True):
        return True
    if not isinstance(following, ListBlock) or len(shown.split()) > 6 or shown.endswith((".", "!", "?", ";", ",")):
        return False
    if sort_of(title_of(shown)) in (*_TOLD, Sort.ROLLBACK):
        return not isinstance(before, HeadingBlock) or before.level == 1
    boxes = any(item.box is not None for item in following.items)
    below_title = isinstance(before, HeadingBlock) and before.level == 1
    return boxes and not shown.endswith(":") and (below_title or isinstance(before, ListBlock))


_TOLD: Final = (Sort.TEAM, Sort.CONTACTS, Sort.TRIGGERS, Sort.METRICS, Sort.MILESTONES)
