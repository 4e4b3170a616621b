"""A widget that paints a picture: it asks for its visible lines, compares them, repaints only what differs."""

from __future__ import annotations

from collections.abc import Callable

from rich.segment import Segment
from textual.geometry import Region
from textual.strip import Strip
from textual.widget import Widget

from tui.locale import _
from tui.pictures.cells import cells
from tui.pictures.glyphs import glyphs
from tui.pictures.lines import EMPTY, Line, Span, clipped, heading, plain, width_of
from tui.pictures.palette import style
from tui.words.inert import visible


class Pane(Widget, can_focus=False):
    """Base of everything on the screen. Subclasses give `picture`; `repaint` is called when something may differ."""

    DEFAULT_CSS = "Pane { height: 1fr; width: 1fr; }"

    def __init__(self, *, id: str | None = None) -> None:
        super().__init__(id=id)
        self._painted: list[Line] = []
        self.active = False
        self.headed = True
        """Whether the pane has a title line of its own; under the row of tabs it has none."""
        self.told: Callable[[], None] | None = None
        """Called when the pane has looked at its picture: what it says aside may stand elsewhere."""

    def picture(self, width: int, height: int) -> list[Line]:
        """The lines that are visible, at most `height`; no line wider than `width`."""
        raise NotImplementedError

    def aside(self) -> Line:
        """What is said of the pane at the right end of its title, or of the row of tabs."""
        return EMPTY

    def under_title(self, title: str, width: int, height: int) -> tuple[list[Line], int]:
        """The title line, if the pane has one, and how many lines are left for the rest."""
        if not self.headed or height < 3:
            return [], height
        if self.active:
            # Painted, and marked for eyes that see no colour.
            line = heading(width, f"{glyphs().pointer}{title}", self.aside(), rule=glyphs().rule)
        else:
            line = heading(width, f" {title}", self.aside(), style="dim", rule=glyphs().rule)
        return [line], height - 1

    def repaint(self) -> None:
        """Paint what changed since the last time; nothing where the pane is not shown."""
        width, height = self.size
        if width <= 0 or height <= 0 or not self.display:
            return
        lines = [clipped(inert(line), width) for line in self.picture(width, height)[:height]]
        if self.told is not None:
            self.told()
        lines.extend([EMPTY] * (height - len(lines)))
        if len(lines) != len(self._painted):
            self._painted = lines
            self.refresh()
            return
        regions: list[Region] = []
        for y, (old, new) in enumerate(zip(self._painted, lines, strict=True)):
            if old != new:
                # Textual paints a line from its start up to the region's end: only the end can be saved.
                regions.append(Region(0, y, min(width, changed_until(old, new)), 1))
        if regions:
            self._painted = lines
            self.refresh(*regions)

    def render_line(self, y: int) -> Strip:
        width = self.size.width
        palette = self.app.settings.palette  # type: ignore[attr-defined]
        line = self._painted[y] if y < len(self._painted) else EMPTY
        segments = [Segment(text, style(palette, name)) for text, name in merged(line)]
        missing = width - width_of(line)
        if missing > 0:
            segments.append(Segment(" " * missing, style(palette, "text")))
        return Strip(segments, width)

    def on_resize(self) -> None:
        self._painted = []
        self.repaint()

    def on_show(self) -> None:
        self._painted = []
        self.repaint()

    def text(self) -> str:
        """What can be copied from the pane: what it shows; some panes give more."""
        return "\n".join(plain(line).rstrip() for line in self._painted).rstrip("\n") + "\n"


def inert(line: Line) -> Line:
    """The line as a terminal may have it. Pictures make every text visible themselves; this is the net under them."""
    if all(text.isprintable() for text, _style in line):
        return line
    return tuple((visible(text), style) for text, style in line)


def merged(line: Line) -> Line:
    """The same line with neighbours of one style joined: every piece costs its escape sequence."""
    found: list[tuple[str, str]] = []
    for text, name in line:
        if found and found[-1][1] == name:
            found[-1] = (found[-1][0] + text, name)
        else:
            found.append((text, name))
    return tuple(found)


def changed_until(old: Line, new: Line) -> int:
    """The column up to which two lines differ; the longer one's width where they differ to the end."""
    width_old, width_new = width_of(old), width_of(new)
    if width_old != width_new:
        return max(width_old, width_new)
    end = width_new
    before, after = list(merged(old)), list(merged(new))
    while before and after and before[-1] == after[-1]:
        end -= cells(after.pop()[0])
        before.pop()
    if before and after and before[-1][1] == after[-1][1]:
        one, two = before[-1][0], after[-1][0]
        same = 0
        while same < min(len(one), len(two)) and one[-1 - same] == two[-1 - same]:
            same += 1
        if same:
            end -= cells(two[-same:])
    return end


PANES = ("checklist", "gauges", "log", "waits")


def pane_title(pane: str) -> str:
    return {"checklist": _("Checklist"), "gauges": _("Gauges"), "log": _("Log"), "waits": _("Waits")}[pane]


def tabs(active: str, marks: dict[str, tuple[str, str]], numbered: bool = True) -> Line:
    """The titles in a row; `marks`: a short word and its style behind a pane's title. `numbered`: the numbers are keys,
    which in a replay they are not."""
    line: list[Span] = []
    for number, pane in enumerate(PANES, 1):
        on = pane == active
        left, right = (glyphs().pointer, " ") if on else (" ", " ")
        line.append((f"{left}{f'{number} ' if numbered else ''}{pane_title(pane)}{right}", "tab.on" if on else "tab"))
        if pane in marks:
            text, style = marks[pane]
            line.append((f"{text} ", style))
        line.append((" ", "text"))
    return tuple(line)
