"""The log: bounded memory, one repaint a batch, follows its end until the person moves."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import UTC, tzinfo

from tui.console.kept import Kept
from tui.console.loglines import LogLine, severity_word
from tui.console.pieces import Line, Piece, clipped, width_of
from tui.console.timezone import time_of_day
from tui.console.view import View
from tui.console.visible import cut, fit, visible
from tui.console.widgets.pane import Pane
from tui.console.widgets.tabs import pane_title
from tui.locale import _

COLUMNS_FROM = 60
"""Columns from which severities stand in a column of their own; below, only errors and warnings are named."""
STYLES = {"error": "bad", "warning": "warn", "event": "ok", "person": "run", "output": "section"}


class Log(Pane):
    """Lines with time, severity in words, source and text."""

    def __init__(self, look: Callable[[], View], *, id: str = "log", zone: tzinfo = UTC) -> None:
        super().__init__(id=id)
        self._look = look
        # Older lines stay in the journal and in the steps' output files.
        self._lines = Kept()
        self._shown = self._lines
        self._top: int | None = None
        self._mark: LogLine | None = None
        self._new = 0
        self.filter = ""
        self.sought = ""
        self.zone = zone

    def clear(self) -> None:
        self._lines = Kept()
        self._mark = None
        self._new = 0
        self._top = None
        self.set_filter(self.filter)

    def append(self, lines: Iterable[LogLine]) -> None:
        """Take lines in; the caller repaints once for all of them."""
        added = list(lines)
        gone = self._lines.add(added)
        matching = added
        if self._shown is not self._lines:
            matching = [line for line in added if self._matches(line)]
            gone = self._shown.add(matching)
        if self._top is not None:
            self._new += len(matching)
            self._top = max(0, self._top - gone)

    def set_filter(self, text: str) -> None:
        """Show only lines that hold this text, whatever the case of its letters; empty shows all."""
        self.filter = text
        self._shown = Kept(line for line in self._lines.lines if self._matches(line)) if text else self._lines
        self._top, self._new = None, 0
        self.repaint()

    def _matches(self, line: LogLine) -> bool:
        return holds(line, self.filter.casefold())

    def move(self, by: int) -> None:
        """Scroll; at the end it follows again."""
        room = self._room
        last = max(0, len(self._shown) - room)
        top = last if self._top is None else self._top
        top = max(0, top + by)
        self._top = None if top >= last else top
        if self._top is None:
            self._new = 0
        self.repaint()

    def next_error(self) -> bool:
        """Go to the next error after the one marked; the newest one where the end is followed. After the last one comes
        the first again. False when there is none among the lines shown."""
        return self._go_to(lambda line: line.severity == "error")

    def seek(self, text: str) -> bool:
        """Go to the next line that holds the text, without hiding the others; False when there is none."""
        self.sought = text
        wanted = text.casefold()
        return bool(text) and self._go_to(lambda line: holds(line, wanted))

    def _go_to(self, wanted: Callable[[LogLine], bool]) -> bool:
        lines = self._shown.lines
        found = [number for number, line in enumerate(lines) if wanted(line)]
        if not found:
            return False
        marked = next((n for n, line in enumerate(lines) if line is self._mark), None)
        if marked is not None:
            number = next((n for n in found if n > marked), found[0])
        elif self._top is None:
            number = found[-1]
        else:
            number = next((n for n in found if n >= (self._top or 0)), found[0])
        self._mark = lines[number]
        self._top = max(0, min(number - self._room // 2, len(lines) - self._room))
        self.repaint()
        return True

    def chosen(self) -> LogLine | None:
        """The line that is marked, else the first one on the screen, or the last one where the end is followed."""
        lines = self._shown.lines
        if self._mark is not None and any(line is self._mark for line in lines):
            return self._mark
        if not len(lines):
            return None
        return lines[-1] if self._top is None else lines[min(self._top, len(lines) - 1)]

    @property
    def _room(self) -> int:
        return max(1, self.size.height - (1 if self.headed and self.size.height > 2 else 0))

    @property
    def page(self) -> int:
        return max(1, self._room - 1)

    def picture(self, width: int, height: int) -> list[Line]:
        lines, room = self.under_title(pane_title("log"), width, height)
        last = max(0, len(self._shown) - room)
        top = last if self._top is None else min(self._top, last)
        lines.extend(self._line(line, width) for line in self._shown.lines[top : top + room])
        return lines

    def aside(self) -> Line:
        """The filter, and whether the end is followed."""
        found: list[Piece] = [(f"/{visible(self.filter)}  ", "run")] if self.filter else []
        if self._top is None:
            return (*found, (_("follows"), "dim"))
        return (*found, (_("paused, {n} new").format(n=self._new), "warn"))

    def _line(self, line: LogLine, width: int) -> Line:
        style = STYLES[line.severity]
        start: list[Piece] = [(f"{time_of_day(line.at, self.zone)} ", "dim")]
        word = severity_word(line.severity)
        if width >= COLUMNS_FROM:
            start.append((f"{fit(word, 5)} ", style))
        elif line.severity in ("error", "warning"):
            start.append((f"{word} ", style))
        if line.source:
            start.append((f"{visible(line.source)} ", "dim"))
        text_style = style if line.severity in ("error", "warning", "output") else "text"
        body = cut(visible(line.text[: width * 4]), max(0, width - width_of(start)))
        tint = "selected:" if line is self._mark else ""
        return clipped(tuple((text, tint + name) for text, name in (*start, (body, text_style))), width)

    def text(self) -> str:
        """Every line that the filter lets through."""
        return "".join(
            f"{line.at} {severity_word(line.severity)} {visible(line.source)} {visible(line.text)}\n"
            for line in self._shown.lines
        )


def holds(line: LogLine, wanted: str) -> bool:
    """Whether the text stands in the line, in its source or in the word of its severity; `wanted` is casefolded."""
    return (
        wanted in line.text.casefold()
        or wanted in line.source.casefold()
        or wanted == severity_word(line.severity).casefold()
    )
