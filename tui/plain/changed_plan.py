"""How a changed plan differs from the one in force, as lines for a terminal or a pipe. Pure."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Literal

from tui.locale import _
from tui.run.differing import unified
from tui.words.inert import visible

Read = Callable[[str], bytes | None]
"""The bytes of a file of a plan by its name; None where it has none of that name."""
LineStyle = Literal["head", "place", "gone", "new", "text"]
_MOST = 4 << 20


def difference_lines(before: Read, after: Read, names: Mapping[str, tuple[str, str]]) -> list[tuple[str, LineStyle]]:
    """Every file of `names` that differs, in their order, unified as `diff -u` has it, each line inert. `names`: by the
    name of a file its digest before and after, empty where it was not or is not there."""
    found: list[tuple[str, LineStyle]] = []
    for name, (was, now) in names.items():
        if was == now:
            continue
        old, new = _text(before(name)), _text(after(name))
        if old is None or new is None:
            text = _("{file} differs and is no text, or too long to be shown").format(file=visible(name))
            found.append((text, "head"))
            continue
        lines = unified(old.splitlines(), new.splitlines(), name)
        if not lines:
            # Its last line has an end now, or none; or other signs for the end of lines.
            found.append((_("{file} differs in the ends of its lines alone").format(file=visible(name)), "head"))
        found.extend((visible(line), _style(line, place < 2)) for place, line in enumerate(lines))
    return found


def _text(data: bytes | None) -> str | None:
    if data is None:
        return ""
    if b"\0" in data or len(data) > _MOST:
        return None
    return data.decode("utf-8", "backslashreplace")


def _style(line: str, head: bool) -> LineStyle:
    if head:
        return "head"
    styles: dict[str, LineStyle] = {"@": "place", "-": "gone", "+": "new"}
    return styles.get(line[:1], "text")
