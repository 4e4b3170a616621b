"""Values as YAML that people like to read and every parser reads alike: plain where nobody could mistake it, else in
double quotes; on one line where it fits, else a line a key. Pure."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final

from tui.importer.draft import Noted

WIDTH: Final = 120
"""Columns of a line, where its texts leave the choice."""
_PLAIN: Final = re.compile(r"[^\W\d_](?:[^\x00-\x1f:#\"\[\]{},]|:(?=[^\s,?\[\]{}])|(?<=\S)#)*")
"""Begins with a letter and holds nothing that means something anywhere in YAML; nor `:?`, which parsers of its first
version take for a key between brackets."""
_PLAIN_IN_BLOCK: Final = re.compile(r"[^\W\d_](?:[^\x00-\x1f:#]|:(?=\S)|(?<=\S)#)*")
"""The same where it is not between brackets."""
_WORDS: Final = {"true", "false", "yes", "no", "on", "off", "null", "y", "n", "nan", "inf"}
"""In this or in an older YAML no texts."""
_SPAN: Final = re.compile(r"\d+(?:\.\d+)?(?:ms|s|m|h|d|%|[kKMGT]i?B)|\d+h\d+m")
"""Durations and quantities begin with a figure and are no numbers all the same."""
_ESCAPED: Final = re.compile(
    "[\x00-\x08\x0b-\x1f\x7f-\x9f\u200b-\u200f\u2028-\u202e\u2060-\u2069\ud800-\udfff\ufeff\ufffe\uffff]"
)
"""What no YAML file may hold, ends a line for some parsers, or is seen by nobody."""


def text(value: str, *, in_block: bool = False) -> str:
    """A text as a scalar on one line; `in_block`: not between brackets, where more may stand plain."""
    if value and len(value) == len(value.strip()) and value.isprintable():
        if _SPAN.fullmatch(value):
            return value
        if (
            (_PLAIN_IN_BLOCK if in_block else _PLAIN).fullmatch(value)
            and value[-1] != ":"
            and value.lower() not in _WORDS
        ):
            return value
    return _ESCAPED.sub(lambda found: f"\\u{ord(found[0]):04x}", json.dumps(value, ensure_ascii=False))


def comment(line: str) -> str:
    """A line of comment with its sign; whatever may not stand in a file is shown as an escape."""
    shown = _ESCAPED.sub(lambda found: f"\\u{ord(found[0]):04x}", line.replace("\t", "    ")).rstrip()
    shown = shown.replace("\n", "\\n")
    return f"# {shown}" if shown else "#"


def flow(value: Any) -> str:
    """A value on one line."""
    if isinstance(value, Noted):
        return flow(value.value)
    if isinstance(value, str):
        return text(value)
    if isinstance(value, Mapping):
        return "{" + ", ".join(f"{text(key)}: {flow(one)}" for key, one in _said(value)) + "}"
    if isinstance(value, Sequence):
        return "[" + ", ".join(flow(one) for one in value) + "]"
    return json.dumps(value)


def entries(keys: Mapping[str, Any], indent: int) -> Iterator[str]:
    """The lines of a mapping, a key each where its value fits on that line."""
    pad = " " * indent
    for key, value in _said(keys):
        if isinstance(value, Noted):
            yield from (pad + comment(line) for line in value.above)
            value = value.value
        yield from entry(key, value, indent)


def entry(key: str, value: Any, indent: int) -> Iterator[str]:
    """The lines of one key with its value."""
    pad, name = " " * indent, text(key)
    if isinstance(value, str) and "\n" in value and _literal(value):
        yield f"{pad}{name}: |" + ("" if value.endswith("\n") else "-")
        yield from (f"{pad}  {line}".rstrip() for line in value.removesuffix("\n").split("\n"))
        return
    line = f"{pad}{name}: {text(value, in_block=True) if isinstance(value, str) else flow(value)}"
    if _one_line(value, len(line)):
        yield line
    elif isinstance(value, Mapping):
        yield f"{pad}{name}:"
        yield from entries(value, indent + 2)
    else:
        yield f"{pad}{name}:"
        yield from items(value, indent + 2)


def items(values: Sequence[Any], indent: int) -> Iterator[str]:
    """The lines of a list, an item each where it fits on that line."""
    pad = " " * indent
    for value in values:
        if isinstance(value, Noted):
            yield from (pad + comment(line) for line in value.above)
            value = value.value
        if isinstance(value, str) and "\n" in value and _literal(value):
            yield f"{pad}- |" + ("" if value.endswith("\n") else "-")
            yield from (f"{pad}  {line}".rstrip() for line in value.removesuffix("\n").split("\n"))
            continue
        line = f"{pad}- {flow(value)}"
        if isinstance(value, Mapping) and not _one_line(value, len(line), of_list=True):
            for number, inner in enumerate(entries(value, indent + 2)):
                yield inner if number else f"{pad}- {inner.lstrip()}"
        else:
            yield line


def _said(keys: Mapping[str, Any]) -> Iterator[tuple[str, Any]]:
    return ((key, value) for key, value in keys.items() if value is not None)


def _one_line(value: Any, width: int, *, of_list: bool = False) -> bool:
    if not isinstance(value, Mapping | list | tuple) or not value:
        return True
    inner = list(value.values() if isinstance(value, Mapping) else value)
    if any(isinstance(one, Noted) or (isinstance(one, str) and "\n" in one) for one in inner):
        return False
    nested = isinstance(value, list | tuple) and any(isinstance(one, Mapping) for one in inner)
    return width <= WIDTH and (not nested or of_list)


def _literal(value: str) -> bool:
    """Whether a text of several lines reads the same as a literal block."""
    lines = value.removesuffix("\n").split("\n")
    return (
        all(line.isprintable() and line == line.rstrip() for line in lines)
        and bool(lines[0])
        and not lines[0].startswith(" ")
        and bool(lines[-1])
        and not _ESCAPED.search(value)
    )
