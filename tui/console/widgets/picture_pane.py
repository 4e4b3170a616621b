"""Panes that are nothing but a picture of the view: header, clock, gauges, waits, what is now, footer, tabs."""

from __future__ import annotations

from collections.abc import Callable

from tui.console.widgets.pane import Pane
from tui.locale import ngettext
from tui.pictures.lines import Line
from tui.pictures.view import View


class PicturePane(Pane):
    """`look` gives the view when the pane is painted; `draw` makes the picture."""

    def __init__(
        self, look: Callable[[], View], draw: Callable[[View, int], list[Line]], *, id: str, title: str = ""
    ) -> None:
        super().__init__(id=id)
        self._look = look
        self._draw = draw
        self.title = title
        self.top = 0
        self._below = 0

    def picture(self, width: int, height: int) -> list[Line]:
        lines = self._draw(self._look(), width)
        if not self.title:
            return lines
        room = height - 1 if self.headed and height >= 3 else height
        self.top = max(0, min(self.top, len(lines) - room))
        self._below = max(0, len(lines) - room - self.top)
        title, room = self.under_title(self.title, width, height)
        return [*title, *lines[self.top : self.top + room]]

    def aside(self) -> Line:
        """How much of the picture does not fit, as of the last painting."""
        if not self._below:
            return ()
        text = ngettext("{n} line more below", "{n} lines more below", self._below)
        return ((text.format(n=self._below), "warn"),)

    def wanted(self, width: int) -> int:
        """Lines that the whole picture takes."""
        return len(self._draw(self._look(), width))

    def scroll(self, by: int) -> None:
        """Move by lines; the picture itself knows where it ends."""
        self.top = max(0, self.top + by)
        self.repaint()
