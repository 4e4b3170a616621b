"""Panes that are nothing but a picture of the view: header, clock, gauges, waits, what is now, footer, tabs."""

from __future__ import annotations

from collections.abc import Callable

from tui.console.glyphs import glyphs
from tui.console.pieces import Line, heading
from tui.console.view import View
from tui.console.widgets.pane import Pane


class Viewed(Pane):
    """`look` gives the view when the pane is painted; `draw` makes the picture."""

    def __init__(
        self, look: Callable[[], View], draw: Callable[[View, int], list[Line]], *, id: str, title: str = ""
    ) -> None:
        super().__init__(id=id)
        self._look = look
        self._draw = draw
        self.title = title
        self.active = False
        self.top = 0

    def picture(self, width: int, height: int) -> list[Line]:
        lines = self._draw(self._look(), width)
        if not self.title:
            return lines
        room = max(0, height - 1)
        self.top = max(0, min(self.top, len(lines) - room))
        return [titled(self.title, width, self.active), *lines[self.top : self.top + room]]

    def scroll(self, by: int) -> None:
        """Move by lines; the picture itself knows where it ends."""
        self.top = max(0, self.top + by)
        self.repaint()


def titled(title: str, width: int, active: bool, right: Line = ()) -> Line:
    """The title line of a pane; the active one's is painted, and marked for eyes that see no colour."""
    if active:
        return heading(width, f"{glyphs().pointer}{title}", right, rule=glyphs().rule)
    return heading(width, f" {title}", right, style="dim", rule=glyphs().rule)
