"""Markdown into blocks: markdown-it-py's tokens, whose lines are told by their numbers in the file. Pure."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from tui.importer.markdown.blocks import (
    Aside,
    CodeBlock,
    HeadingBlock,
    ListBlock,
    ListItem,
    MarkdownBlock,
    ProseBlock,
    TableBlock,
)
from tui.importer.markdown.headless import with_header
from tui.importer.markdown.lines import SourceLine

if TYPE_CHECKING:
    from markdown_it.token import Token

_BOX: Final = re.compile(r"\[([ xX])\]\s+(.*)", re.DOTALL)


def parse(lines: list[SourceLine]) -> list[MarkdownBlock]:
    """The blocks of a text, one after another; what is quoted stands among them."""
    from markdown_it import MarkdownIt

    # Nesting beyond what people write is read as text.
    parser = MarkdownIt("commonmark", {"maxNesting": 40, "html": False}).enable("table")
    parser.disable(["inline", "text_join", "reference"])
    tokens = parser.parse("\n".join(line.text for line in lines))
    return _Reader(lines, tokens).blocks()


class _Reader:
    def __init__(self, lines: list[SourceLine], tokens: list[Token]) -> None:
        self.lines = lines
        self.tokens = tokens
        self.at = 0

    def numbers(self, token: Token) -> tuple[int, ...]:
        begin, end = token.map or (0, 0)
        return tuple(dict.fromkeys(line.number for line in self.lines[begin:end] if line.text.strip()))

    def numbered(self, token: Token) -> list[tuple[int, str]]:
        """The lines of a token's content, each with its number."""
        begin = (token.map or [0])[0]
        texts = token.content.split("\n")
        last = len(self.lines) - 1
        return [(self.lines[min(begin + n, last)].number, text) for n, text in enumerate(texts)]

    def blocks(self, until: str | None = None) -> list[MarkdownBlock]:
        found: list[MarkdownBlock] = []
        while self.at < len(self.tokens):
            token = self.tokens[self.at]
            if token.type == until:
                self.at += 1
                break
            self.at += 1
            if token.type == "heading_open":
                inline = self.tokens[self.at]
                self.at += 2
                text = inline.content.replace("\n", " ")
                found.append(HeadingBlock(numbers=self.numbers(token), level=int(token.tag[1]), text=text))
            elif token.type == "paragraph_open":
                inline = self.tokens[self.at]
                self.at += 2
                lines = self.numbered(inline)
                found.append(ProseBlock(numbers=tuple(number for number, _text in lines), lines=lines))
            elif token.type in ("fence", "code_block"):
                found.append(self.code(token))
            elif token.type in ("bullet_list_open", "ordered_list_open"):
                found.append(self.listing(token))
            elif token.type == "table_open":
                found.append(self.table(token))
            elif token.type == "blockquote_open":
                found += self.blocks("blockquote_close")
            elif token.type == "hr":
                found.append(Aside(numbers=self.numbers(token)))
        return found

    def code(self, token: Token) -> CodeBlock:
        begin = (token.map or [0])[0] + (token.type == "fence")
        texts = token.content.split("\n")
        if texts and not texts[-1]:
            texts.pop()
        last = len(self.lines) - 1
        lines = [(self.lines[min(begin + n, last)].number, text) for n, text in enumerate(texts)]
        language = token.info.strip().split(" ")[0].strip("{}.").lower() if token.info.strip() else ""
        return CodeBlock(numbers=self.numbers(token), language=language, lines=lines)

    def listing(self, token: Token) -> ListBlock:
        close = token.type.replace("_open", "_close")
        items: list[ListItem] = []
        while self.at < len(self.tokens):
            inner = self.tokens[self.at]
            self.at += 1
            if inner.type == close:
                break
            if inner.type == "list_item_open":
                items.append(self.item(inner))
        return ListBlock(numbers=self.numbers(token), ordered=token.type.startswith("ordered"), items=items)

    def item(self, token: Token) -> ListItem:
        children = self.blocks("list_item_close")
        begin = self.lines[(token.map or [0])[0]].number
        item = ListItem(numbers=self.numbers(token), number=begin, text="")
        if children and isinstance(children[0], ProseBlock):
            first = children.pop(0)
            assert isinstance(first, ProseBlock)
            (item.number, item.text), item.more = first.lines[0], first.lines[1:]
        elif children and isinstance(children[0], HeadingBlock):
            heading = children.pop(0)
            assert isinstance(heading, HeadingBlock)
            item.text = heading.text
        box = _BOX.fullmatch(item.text)
        if box is not None:
            item.box, item.text = box[1].lower(), box[2]
        item.children = children
        return item

    def table(self, token: Token) -> TableBlock:
        header: list[str] = []
        rows: list[tuple[int, list[str]]] = []
        cells: list[str] = []
        number, in_head = 0, False
        while self.at < len(self.tokens):
            inner = self.tokens[self.at]
            self.at += 1
            if inner.type == "table_close":
                break
            if inner.type == "thead_open":
                in_head = True
            elif inner.type == "thead_close":
                in_head, header = False, cells
            elif inner.type == "tr_open":
                cells, number = [], self.lines[(inner.map or [0])[0]].number
            elif inner.type == "tr_close" and not in_head:
                rows.append((number, cells))
            elif inner.type == "inline":
                cells.append(inner.content)
        table = TableBlock(numbers=self.numbers(token), header=header, rows=rows)
        return with_header(table, self.lines[(token.map or [0])[0]].number)
