"""The checklist: virtual, so that ten thousand steps cost what the visible ones cost."""

from __future__ import annotations

from collections.abc import Callable

from tui.console.pictures.checklist import heading_row, step_row
from tui.console.pieces import Line
from tui.console.rows import Row, Rows
from tui.console.view import View
from tui.console.visible import cells
from tui.console.widgets.pane import Pane
from tui.console.widgets.viewed import titled
from tui.locale import _
from tui.run.state import RunState
from tui.run.steps import Steps

MARGIN = 2
"""Rows kept visible above and below the selected one."""


class Checklist(Pane):
    """Selection follows the run until the person moves it; on the run's own step it follows again."""

    def __init__(self, look: Callable[[], View], *, id: str = "checklist") -> None:
        super().__init__(id=id)
        self._look = look
        self._rows = Rows(Steps())
        self._known: Steps | None = None
        self._done: list[int] = []
        self._number_width = 5
        self._top = 0
        self.selected: str | None = None
        self.following = True
        self.active = True

    def update(self, state: RunState) -> None:
        """Take note of a new state: new rows where steps have joined, and where the run stands now."""
        if self._known is None or not same_steps(self._known, state.steps):
            self._rows = Rows(state.steps)
            widths = (cells(row.number) for row in self._rows.rows if row.kind == "step")
            self._number_width = min(11, max(widths, default=5))
        if self._known is not state.steps:
            self._known = state.steps
            self._done = []
        if self.following or self.selected not in self._rows.at:
            self.selected = stands_at(state) or self._rows.moved(None, 0)
            self.following = True

    def move(self, by: int) -> None:
        """Select `by` steps further; a big number goes to the end."""
        self.selected = self._rows.moved(self.selected, by)
        self.following = self.selected == stands_at(self._look().state)
        self.repaint()

    def follow(self) -> None:
        """The selection goes back to the run, and stays with it."""
        self.following = True
        self.update(self._look().state)
        self.repaint()

    @property
    def page(self) -> int:
        return max(1, self.size.height - 2)

    def picture(self, width: int, height: int) -> list[Line]:
        view = self._look()
        title: list[Line] = []
        if height > 2:
            total = len(view.state.steps)
            right: Line = ((_("{done} of {total} ended").format(done=self._ended(0, total - 1), total=total), "dim"),)
            if not self.following:
                right = ((_("Esc follows the run") + "  ", "warn"), *right)
            title = [titled(_("Checklist"), width, self.active, right)]
        room = height - len(title)
        self._show_selected(room)
        rows = self._rows.rows
        visible = range(self._top, min(len(rows), self._top + room))
        return [*title, *(self._line(rows[y], y, view, width) for y in visible)]

    def _line(self, row: Row, y: int, view: View, width: int) -> Line:
        if row.kind == "step":
            return step_row(view.state.steps.at(row.position), view, width, self._number_width)
        first, last = self._rows.spans[y]
        return heading_row(row, view, self._ended(first, last), last - first + 1, width)

    def _show_selected(self, room: int) -> None:
        """Scroll as little as needed; the headings above the first step of a phase stay in sight with it."""
        at = self._rows.at.get(self.selected or "")
        if at is not None and room > 0:
            margin = min(MARGIN, max(0, (room - 1) // 2))
            above = at - 1
            while above >= 0 and self._rows.rows[above].kind != "step":
                above -= 1
            first = min(at - margin, above + 1) if at - above - 1 < room else at
            self._top = min(self._top, max(0, first))
            self._top = max(self._top, at + margin - room + 1)
        self._top = max(0, min(self._top, len(self._rows) - room))

    def _ended(self, first: int, last: int) -> int:
        """How many of these steps have ended; counted once for a state of all steps."""
        if not self._done and self._known is not None:
            count = 0
            self._done = [0]
            for state in self._known:
                count += state.status in ("passed", "signed", "by_hand", "skipped") or state.is_ended
                self._done.append(count)
        if last < first or last + 1 >= len(self._done):
            return 0
        return self._done[last + 1] - self._done[first]

    def select_at(self, y: int) -> bool:
        """Select the step painted in this line of the pane; False where there is none."""
        at = y - (1 if self.size.height > 2 else 0) + self._top
        if not 0 <= at < len(self._rows) or self._rows.rows[at].kind != "step":
            return False
        self.selected = self._rows.rows[at].step
        self.following = self.selected == stands_at(self._look().state)
        return True

    def text(self) -> str:
        """All rows, not only the visible ones."""
        view = self._look()
        lines = (self._line(row, y, view, 160) for y, row in enumerate(self._rows.rows))
        return "".join("".join(text for text, _style in line).rstrip() + "\n" for line in lines)


def same_steps(one: Steps, other: Steps) -> bool:
    """Whether two states have the same list of steps: steps only ever join, at the end."""
    if one is other:
        return True
    return len(one) == len(other) and (not len(one) or (one.at(0).id, one.at(len(one) - 1).id) == (
        other.at(0).id, other.at(len(other) - 1).id
    ))  # fmt: skip


def stands_at(state: RunState) -> str | None:
    """The step where the run stands: the one that runs, else the next one, of the rollback while one goes on."""
    for step in state.active:
        if state.steps[step].step.with_ is None:
            return step
    if state.rollback is not None and state.rollback.status != "rolled_back_to":
        for at in state.steps:
            if at.group != "main" and not at.is_ended and at.status != "undone":
                return at.id
        return None
    current = state.current()
    return None if current is None else current.id
