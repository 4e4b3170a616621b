"""The headings of a checklist as a tree, lines that are headings without looking like one among them."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Final

from tui.importer.markdown.blocks import Aside, Block, Code, Heading, Listing, Prose, TableBlock
from tui.importer.markdown.inline import PICTURE, fold, title_of, unmarked
from tui.importer.markdown.times import only_offset
from tui.importer.markdown.vocabulary import PHASE_HEADING, Sort, sort_of

_WARNING: Final = re.compile(
    r"\W*(?:warning|note|important|caution|attention|tip|info|danger|nota|atencao|aviso|importante|cuidado"
    r"|advertencia|atencion|achtung|hinweis|wichtig|warnung|obs)\b"
)
_BOLD: Final = re.compile(r"(?:\*\*|__)([^*_](?:.*[^*_])?)(?:\*\*|__)\s*:?\s*")


@dataclass(slots=True)
class OutlineNode:
    """`blocks`: what stands below the heading before its own headings, which are `children`. `parent`: of which it is
    one; the root has no heading."""

    heading: Heading | None
    title: str
    sort: Sort
    blocks: list[Block] = field(default_factory=list)
    children: list[OutlineNode] = field(default_factory=list)

    def all(self) -> Iterator[OutlineNode]:
        """It and all below it."""
        yield self
        for child in self.children:
            yield from child.all()


def outline(blocks: list[Block]) -> OutlineNode:
    """The tree of all headings; levels that are left out do not count."""
    root = OutlineNode(None, "", Sort.STEPS)
    path: list[tuple[int, OutlineNode]] = [(0, root)]
    for block in _with_headings(blocks):
        if not isinstance(block, Heading):
            path[-1][1].blocks.append(block)
            continue
        while path[-1][0] >= block.level:
            path.pop()
        title = title_of(block.text) or "…"
        node = OutlineNode(block, title, sort_of(title))
        path[-1][1].children.append(node)
        path.append((block.level, node))
    return root


def _with_headings(blocks: list[Block]) -> Iterator[Block]:
    level = 0
    for place, block in enumerate(blocks):
        following = next((later for later in blocks[place + 1 :][:3] if not isinstance(later, Aside)), None)
        if isinstance(block, Heading):
            level = block.level
        elif isinstance(block, Prose) and len(block.lines) == 1 and _is_heading(block.lines[0][1], following):
            yield Heading(numbers=block.numbers, level=level + 1, text=block.lines[0][1])
            continue
        elif isinstance(block, Prose) and isinstance(following, Listing | TableBlock | Code) and len(block.lines) > 1:
            last = block.lines[-1]
            if _is_heading(last[1], following) and not unmarked(block.lines[-2][1]).rstrip().endswith(","):
                yield Prose(numbers=block.numbers[:-1], lines=block.lines[:-1])
                yield Heading(numbers=(last[0],), level=level + 1, text=last[1])
                continue
        yield block


def _is_heading(text: str, following: Block | None) -> bool:
    """Whether a line of its own is meant as a heading: bold as a whole, in capitals, or `Phase 2: ...`; and something
    stands below it."""
    if not isinstance(following, Listing | TableBlock | Code | Prose):
        return False
    shown = unmarked(text).strip()
    folded = fold(PICTURE.sub("", shown).strip())
    if not 2 < len(shown) <= 100 or _WARNING.match(folded) or shown.endswith((".", "!", "?", ";", ",")):
        return False
    if PHASE_HEADING.match(folded):
        return True
    if isinstance(following, Prose):
        return False
    if _BOLD.fullmatch(PICTURE.sub("", text.strip()).strip()) or only_offset(shown):
        return True
    capitals = re.sub(r"[\W\d_]", "", shown)
    return (
        len(capitals) >= 5
        and capitals.isupper()
        and isinstance(following, Listing | TableBlock)
        and not shown.endswith(":")
    )
