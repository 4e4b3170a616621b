"""What blocks look like: whether they hold boxes, steps, or what could be executed. Pure."""

from __future__ import annotations

import re
from typing import Final

from tui.importer.markdown.blocks import CodeBlock, ListBlock, MarkdownBlock, TableBlock
from tui.importer.markdown.commands import kind_of
from tui.importer.markdown.tables import is_steps

_NUMBERED: Final = re.compile(
    r"\s*(?:#|--)+\s*(?:(?:step|schritt|paso|passo|etapa)\s*)?(\d{1,3})\s*[.):-]\s*(\S.*)", re.IGNORECASE
)


def has_boxes(blocks: list[MarkdownBlock]) -> bool:
    """Whether any item of them, however deep, has a box."""
    return any(
        isinstance(block, ListBlock) and any(item.box is not None or has_boxes(item.children) for item in block.items)
        for block in blocks
    )


def has_steps(blocks: list[MarkdownBlock]) -> bool:
    """Whether blocks that no heading stands above are steps."""
    return has_boxes(blocks) or any(
        (isinstance(block, ListBlock) and block.ordered and len(block.items) > 1)
        or (isinstance(block, TableBlock) and is_steps(block))
        or runnable(block)
        for block in blocks
    )


def numbered_lines(block: CodeBlock) -> list[tuple[int, re.Match[str]]]:
    """The lines `# 1. ...` of a block of code, where there are several."""
    found = [(place, match) for place, (_n, text) in enumerate(block.lines) if (match := _NUMBERED.match(text))]
    return found if len(found) > 1 else []


def runnable(block: MarkdownBlock) -> bool:
    return isinstance(block, CodeBlock) and kind_of(block.language, [text for _n, text in block.lines]) is not None
