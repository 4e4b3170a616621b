"""Wiki markup, as Confluence and Jira export it, as Markdown, line by line. Pure."""

from __future__ import annotations

import re
from typing import Final

from tui.importer.markdown.lines import SourceLine

_HEADING: Final = re.compile(r"h([1-6])\.\s+(.*)")
_ITEM: Final = re.compile(r"([*#-]+)\s+(.*)")
_MACRO: Final = re.compile(r"\{(code|noformat|sql)(?::([^}]*))?\}")
_PANEL: Final = re.compile(
    r"\{(?:panel|info|note|warning|tip|expand|quote|toc|column|section)(?::(?:title=)?([^}|]*)[^}]*)?\}"
)
_INLINE: Final = re.compile(r"\{(?:panel|info|note|warning|tip|expand|color|status|quote)(?::[^}]*)?\}")
_TASK: Final = re.compile(r"\[( ?|x)\]\s*(.*)")


def is_wiki(lines: list[str]) -> bool:
    """Whether a page is written in wiki markup: its first heading is of that kind. Items may begin with `#` there."""
    first = next((line for line in lines if _HEADING.match(line) or re.match(r"#{1,6} \w", line)), "")
    return _HEADING.match(first) is not None


def from_wiki(lines: list[SourceLine]) -> tuple[list[SourceLine], set[int]]:
    """The lines in Markdown, and the numbers of those that only delimited something."""
    done: list[SourceLine] = []
    marks: set[int] = set()
    fenced = in_table = False
    for line in lines:
        macro = _MACRO.fullmatch(line.text.strip())
        if macro is not None:
            parameters = (macro[2] or "").split("|")
            language = next((p.removeprefix("language=") for p in parameters if p and "title=" not in p), "")
            done.append(SourceLine(line.number, "```" if fenced else f"```{language}"))
            marks.add(line.number)
            fenced = not fenced
            continue
        if fenced:
            done.append(line)
            continue
        text = line.text
        panel = _PANEL.fullmatch(text.strip())
        if panel is not None:
            title = (panel[1] or "").strip()
            text = f"**{title}**" if title and "=" not in title else ""
            marks.add(line.number)
        text = re.sub(r"(?<![\w*])\*(?=\S)([^*\n]*\S)\*(?![\w*])", r"**\1**", text) if not _ITEM.match(text) else text
        text = _INLINE.sub("", re.sub(r"\{\{([^{}]*)\}\}", r"`\1`", text))
        heading, item = _HEADING.match(text), _ITEM.match(text)
        if heading is not None:
            text = f"{'#' * int(heading[1])} {heading[2]}"
        elif item is not None:
            depth, ordered = len(item[1]) - 1, item[1][-1] == "#"
            rest = re.sub(r"(?<![\w*])\*(?=\S)([^*\n]*\S)\*(?![\w*])", r"**\1**", item[2])
            text = f"{'   ' * depth}{'1.' if ordered else '-'} {rest}"
        elif (task := _TASK.match(text)) is not None:
            text = f"- [{task[1] or ' '}] {task[2]}"
        if text.startswith("||"):
            cells = [cell.strip() for cell in text.strip().strip("|").split("||")]
            done += [SourceLine(line.number, ""), SourceLine(line.number, f"| {' | '.join(cells)} |")]
            done.append(SourceLine(line.number, "|" + "---|" * len(cells)))
            in_table = True
            continue
        if in_table and not text.startswith("|"):
            in_table = False
        done.append(SourceLine(line.number, text))
    return done, marks
