"""The row of panes where only one fits on the screen."""

from __future__ import annotations

from tui.console.glyphs import glyphs
from tui.console.pieces import Line, Piece
from tui.locale import _

PANES = ("checklist", "gauges", "log", "waits")


def pane_title(pane: str) -> str:
    return {"checklist": _("Checklist"), "gauges": _("Gauges"), "log": _("Log"), "waits": _("Waits")}[pane]


def tabs(active: str, marks: dict[str, tuple[str, str]], numbered: bool = True) -> Line:
    """The titles in a row; `marks`: a short word and its style behind a pane's title. `numbered`: the numbers are keys,
    which in a replay they are not."""
    line: list[Piece] = []
    for number, pane in enumerate(PANES, 1):
        on = pane == active
        left, right = (glyphs().pointer, " ") if on else (" ", " ")
        line.append((f"{left}{f'{number} ' if numbered else ''}{pane_title(pane)}{right}", "tab.on" if on else "tab"))
        if pane in marks:
            text, style = marks[pane]
            line.append((f"{text} ", style))
        line.append((" ", "text"))
    return tuple(line)
