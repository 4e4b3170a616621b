"""The log: bounded memory, one repaint a batch, follows its end until the person moves.

Long lines wrap, as in `less`. Moved sideways, or with wrapping switched off, each is one row.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import UTC, tzinfo

from tui.console.feed.log_buffer import LogBuffer
from tui.console.widgets.pane import Pane, pane_title
from tui.locale import _, ngettext
from tui.pictures.lines import Line, Span
from tui.pictures.log import LogEntry, log_row, log_rows, text_room, text_width
from tui.pictures.view import View
from tui.words.inert import visible
from tui.words.severity import severity_word

MOST_ROWS = 4
"""Rows of a line at least before it is cut, where the pane has so many; Enter shows the whole of it."""


class Log(Pane):
    """Lines with time, severity in words, source and text."""

    def __init__(self, look: Callable[[], View], *, id: str = "log", zone: tzinfo = UTC) -> None:
        super().__init__(id=id)
        self._look = look
        # Older lines stay in the journal and in the steps' output files.
        self._lines = LogBuffer()
        self._shown = self._lines
        self._top: int | None = None
        self._mark: LogEntry | None = None
        self._new = 0
        self._left = 0
        self.wraps = True
        self.filter = ""
        self.sought = ""
        self.zone = zone

    def clear(self) -> None:
        self._lines = LogBuffer()
        self._mark = None
        self._new = 0
        self._top = None
        self.set_filter(self.filter)

    def append(self, lines: Iterable[LogEntry]) -> None:
        """Take lines in; the caller repaints once for all of them."""
        added: list[LogEntry] = []
        for line in lines:
            if line.key:
                self._add(added)
                added = []
                if not self._again(line):
                    self._add([line])
                continue
            added.append(line)
        self._add(added)

    def _add(self, added: list[LogEntry]) -> None:
        """Lines without a key, or one that has one."""
        gone = self._kept(self._lines, added)
        matching = added
        if self._shown is not self._lines:
            matching = [line for line in added if self._matches(line)]
            gone = self._kept(self._shown, matching)
        if self._top is not None:
            self._new += len(matching)
            self._top = max(0, self._top - gone)

    @staticmethod
    def _kept(kept: LogBuffer, lines: list[LogEntry]) -> int:
        return kept.keep(lines[0]) if lines and lines[0].key else kept.add(lines)

    def _again(self, line: LogEntry) -> bool:
        """Whether the line stands now where it has stood before."""
        before = self._lines.again(line)
        if before is None:
            return False
        if self._shown is not self._lines and self._shown.again(line) is None and self._matches(line):
            self._shown.keep(line)
        if self._mark is before:
            self._mark = self._lines.at(line.key)
        return True

    def set_filter(self, text: str) -> None:
        """Show only lines that hold this text, whatever the case of its letters; empty shows all."""
        self.filter = text
        self._shown = LogBuffer(line for line in self._lines.lines if self._matches(line)) if text else self._lines
        self._top, self._new = None, 0
        self.repaint()

    def _matches(self, line: LogEntry) -> bool:
        return holds(line, self.filter.casefold())

    def move(self, by: int) -> None:
        """Scroll; at the end it follows again."""
        last = self._last_top()
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

    def _go_to(self, wanted: Callable[[LogEntry], bool]) -> bool:
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
        self._top = min(self._above(number, self._room // 2), self._last_top())
        self.repaint()
        return True

    # -- long lines

    def wrap(self) -> bool:
        """Wrap long lines, or no longer; whether they wrap now."""
        self.wraps, self._left = not self.wraps, 0
        self.repaint()
        return self.wraps

    def sideways(self, by: int) -> bool:
        """Half a row to the right or left, as `less` does; nothing is wrapped meanwhile. False: there is no more."""
        lines, width = self._visible(), self.size.width
        rooms = [text_room(line, width, self.zone) for line in lines]
        furthest = max((text_width(line) - room for line, room in zip(lines, rooms, strict=True)), default=0)
        step = max(1, min(rooms, default=2) // 2)
        # In steps, so that the way back leads over the same places.
        left = max(0, self._left + by * step)
        if by > 0 and self._left >= furthest:
            return False
        moved = left != self._left
        self._left = left
        self.repaint()
        return moved

    def _visible(self) -> list[LogEntry]:
        top = self._last_top() if self._top is None else min(self._top, self._last_top())
        return self._shown.lines[top : top + self._room]

    @property
    def _is_wrapped(self) -> bool:
        return self.wraps and not self._left

    def _rows(self, line: LogEntry) -> list[Line]:
        width, marked = self.size.width, line is self._mark
        if not self._is_wrapped:
            return [log_row(line, width, self.zone, self._left, marked)]
        return log_rows(line, width, self.zone, max(MOST_ROWS, self._room // 2), marked)

    def _above(self, number: int, rows: int) -> int:
        """The first line that can be shown so that line `number` stands at most so many rows below it."""
        lines = self._shown.lines
        while number > 0 and rows > 0:
            rows -= len(self._rows(lines[number - 1])) if self._is_wrapped else 1
            if rows < 0:
                break
            number -= 1
        return number

    def _last_top(self) -> int:
        """The first line shown where the end is followed."""
        return self._above(len(self._shown), self._room)

    def chosen(self) -> LogEntry | None:
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
        last = self._last_top()
        if self._top is None or self._top >= last:
            rows = [row for line in self._shown.lines[max(0, last - 1) :] for row in self._rows(line)]
            # What is left of the room shows the end of the line before: the newest one stands at the bottom.
            return [*lines, *(rows[-room:] if room else ())]
        for line in self._shown.lines[self._top : self._top + room]:
            lines.extend(self._rows(line))
            if len(lines) >= height:
                break
        return lines[:height]

    def aside(self) -> Line:
        """The filter, and whether the end is followed."""
        found: list[Span] = [(f"/{visible(self.filter)}  ", "run")] if self.filter else []
        if self._left:
            found.append((_("from column {n}").format(n=self._left + 1) + "  ", "run"))
        if self._top is None:
            return (*found, (_("follows"), "dim"))
        return (*found, (ngettext("paused, {n} new", "paused, {n} new", self._new).format(n=self._new), "warn"))

    def text(self) -> str:
        """Every line that the filter lets through."""
        return "".join(
            f"{line.at} {severity_word(line.severity)} {visible(line.source)} {visible(line.text)}\n"
            for line in self._shown.lines
        )


def holds(line: LogEntry, wanted: str) -> bool:
    """Whether the text stands in the line, in its source or in the word of its severity; `wanted` is casefolded."""
    return (
        wanted in line.text.casefold()
        or wanted in line.source.casefold()
        or wanted == severity_word(line.severity).casefold()
    )
