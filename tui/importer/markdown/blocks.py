"""What a checklist is made of once it is parsed: blocks with the numbers of their lines in the file."""

from __future__ import annotations

from dataclasses import dataclass, field


@dataclass(slots=True, kw_only=True)
class MarkdownBlock:
    """`numbers`: the lines of the file that it comes from, in their order."""

    numbers: tuple[int, ...] = ()


@dataclass(slots=True, kw_only=True)
class HeadingBlock(MarkdownBlock):
    """`text`: as it is written, with its inline markup."""

    level: int
    text: str


@dataclass(slots=True, kw_only=True)
class ProseBlock(MarkdownBlock):
    """A paragraph: its lines, each with its number."""

    lines: list[tuple[int, str]]


@dataclass(slots=True, kw_only=True)
class CodeBlock(MarkdownBlock):
    """`lines`: what is between the fences; `language` in small letters."""

    language: str
    lines: list[tuple[int, str]]


@dataclass(slots=True, kw_only=True)
class ListItem(MarkdownBlock):
    """One of a list. `text`: its first line with inline markup, without the box; `box`: what stands in it, None without
    one. `more`: further lines of its first paragraph."""

    number: int
    text: str
    box: str | None = None
    more: list[tuple[int, str]] = field(default_factory=list)
    children: list[MarkdownBlock] = field(default_factory=list)


@dataclass(slots=True, kw_only=True)
class ListBlock(MarkdownBlock):
    ordered: bool
    items: list[ListItem]


@dataclass(slots=True, kw_only=True)
class TableBlock(MarkdownBlock):
    """`rows`: number and cells of each."""

    header: list[str]
    rows: list[tuple[int, list[str]]]


@dataclass(slots=True, kw_only=True)
class Aside(MarkdownBlock):
    """What says nothing that could be done: an HTML comment, a definition of a link, a rule."""
