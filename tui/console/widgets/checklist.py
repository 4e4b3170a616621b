"""The checklist: virtual, so that ten thousand steps cost what the visible ones cost."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

from tui.console.widgets.pane import Pane, pane_title
from tui.locale import _
from tui.pictures.cells import cells
from tui.pictures.checklist import Columns, columns_of, heading_row, step_row
from tui.pictures.checklist_order import ChecklistRow, ChecklistRows, Folds
from tui.pictures.lines import Line, Span, tinted, width_of
from tui.pictures.overall_progress import overall
from tui.pictures.view import View
from tui.run.clock import expected
from tui.run.state import RunState
from tui.run.steps import Status, Steps
from tui.run.upcoming import stands_at, upcoming
from tui.words.inert import visible

MARGIN = 2
"""Rows kept visible above and below the selected one."""
HEADING = 13
"""Columns of its title line that belong to the title itself."""


class Checklist(Pane):
    """Selection follows the run until the person moves it; on the run's own step it follows again."""

    def __init__(self, look: Callable[[], View], *, id: str = "checklist") -> None:
        super().__init__(id=id)
        self._look = look
        self._rows = ChecklistRows(Steps())
        self._known: Steps | None = None
        self._done: list[int] = []
        self._columns = Columns()
        self._statuses: set[Status] = set()
        self._longest = 0
        self._top = 0
        self._folds = Folds(self._rows)
        self._heading: int | None = None
        """The row of a folded heading that is selected instead of a step."""
        self.selected: str | None = None
        self.sought = ""
        """What was looked for last."""
        self.following = True
        self.active = True

    def update(self, state: RunState) -> None:
        """Take note of a new state: new rows where steps have joined, and where the run stands now."""
        if self._known is None or not same_steps(self._known, state.steps):
            self._rows = ChecklistRows(state.steps)
            self._folds.over(self._rows)
            self._longest = max((cells(visible(row.title)) for row in self._rows.rows if row.step), default=0)
            self._statuses = set()
        if self._known is not state.steps:
            statuses = {at.status for at in state.steps if at.reason != "host_ended"}
            if statuses - self._statuses:
                # Columns only ever become wider: what has stood in them may come back.
                self._statuses |= statuses
                self._columns = columns_of(state.steps, self._statuses, partial(expected, state))
            self._known = state.steps
            self._done = []
        if not self.following and not state.active and self._heading is None and state.policy.drive == "by_hand":
            # The run has come to where the person went before it, and waits for them there.
            waits = upcoming(state)
            self.following = waits is not None and waits.id == self.selected
        lost = self._heading is None and self.selected not in self._rows.at
        if self.following or lost or (self._heading is not None and self._heading >= len(self._rows)):
            self._heading = None
            standing = stands_at(state)
            self.selected = ended_at(state) or self._rows.moved(None, 0) if standing is None else standing.id
            self.following = True
            if self.selected is not None:
                self._folds.reveal(self._rows.at[self.selected])

    @property
    def needed(self) -> int:
        """Columns in which every title is whole."""
        return self._columns.needed(self._longest)

    def move(self, by: int) -> None:
        """Select `by` rows further, steps or folded headings; a big number goes to the end."""
        self._select(self._folds.moved(self._row, by))
        self.repaint()

    @property
    def _row(self) -> int | None:
        """The selected row."""
        return self._heading if self._heading is not None else self._rows.at.get(self.selected or "")

    def _select(self, number: int | None) -> None:
        if number is None:
            return
        step = self._rows.rows[number].step
        self._heading, self.selected = (None, step) if step else (number, None)
        standing = stands_at(self._look().state)
        self.following = standing is not None and self.selected == standing.id

    def find(self, text: str, step: str | None = None) -> bool:
        """Select `step`, else the next one, from the selected one on and around, whose title or id holds `text`."""
        self.sought = text
        rows = self._rows.rows
        if step is None:
            here = self._row or 0
            around = (rows[(here + by) % len(rows)] for by in range(1, len(rows) + 1))
            wanted = text.casefold()
            step = next(
                (row.step for row in around if row.step and wanted in f"{row.title} {row.step}".casefold()), None
            )
        if step is None or step not in self._rows.at:
            return False
        self._folds.reveal(self._rows.at[step])
        self._select(self._rows.at[step])
        self.repaint()
        return True

    # -- folding

    def fold(self) -> bool:
        """Fold the section of the selected step, then its phase; a folded heading opens by Enter. False: nothing to."""
        number = self._row
        heading = None if number is None else self._folds.fold(number)
        if heading is not None:
            self._select(heading)
            self.repaint()
        return heading is not None

    def unfold(self) -> bool:
        """Open the folded heading that is selected, and select its first row; False where a step is selected."""
        if self._heading is None or not self._folds.unfold(self._heading):
            return False
        below = self._heading + 1
        while self._rows.rows[below].kind != "step" and not self._folds.is_folded(below):
            below += 1
        self._select(below)
        self.repaint()
        return True

    def fold_ended(self) -> bool:
        """Fold every section in which all has ended; again: open everything. False: nothing has ended."""
        rows = self._rows.rows
        ended = [
            number for number, (row, (first, last)) in enumerate(zip(rows, self._rows.spans, strict=True))
            if row.kind == "section" and self._ended(first, last) == last - first + 1
        ]  # fmt: skip
        kept = self._row
        self._folds.fold_all(ended)
        if kept is not None and kept not in self._folds.place:
            hiding = [heading for heading in self._folds.headings(kept) if self._folds.is_folded(heading)]
            self._select(hiding[-1])
        elif self._heading is not None and not self._folds.is_folded(self._heading):
            self.follow()
        self.repaint()
        return bool(ended)

    def follow(self) -> None:
        """The selection goes back to the run, and stays with it."""
        self.following, self._heading = True, None
        self.update(self._look().state)
        self.repaint()

    @property
    def page(self) -> int:
        return max(1, self.size.height - 2)

    def picture(self, width: int, height: int) -> list[Line]:
        view = self._look()
        title, room = self.under_title(pane_title("checklist"), width, height)
        self._show_selected(room)
        rows = self._rows.rows
        visible = self._folds.shown[self._top : self._top + room]
        return [*title, *(self._line(rows[y], y, view, width) for y in visible)]

    def aside(self) -> Line:
        told: list[Span] = [] if self.following else [(_("Esc follows the run"), "warn")]
        if self.headed:
            gap = 2 if told else 0
            found = self.overall(self.size.width - HEADING - width_of(told) - gap)
            told = [*told, *([("  ", "text")] if told and found else []), *found]
        return tuple(told)

    def overall(self, room: int) -> list[Span]:
        """How much of the whole is done and left, in so many columns."""
        view = self._look()
        first = view.state.checklist if view.state.given_up else 0
        last = len(view.state.steps) - 1 if view.state.given_up else view.state.checklist - 1
        return overall(view, self._ended(first, last), last - first + 1, room)

    def _line(self, row: ChecklistRow, y: int, view: View, width: int) -> Line:
        if row.kind == "step":
            return step_row(view.state.steps.at(row.position), view, width, self._columns)
        first, last = self._rows.spans[y]
        folded = self._folds.is_folded(y)
        trouble = 0
        if folded:
            steps = (view.state.steps.at(position) for position in range(first, last + 1))
            trouble = sum(at.status in ("failed", "undecided") for at in steps)
        line = heading_row(row, view, self._ended(first, last), last - first + 1, width, folded=folded, trouble=trouble)
        return tinted(line, "selected", width) if y == self._heading else line

    def _show_selected(self, room: int) -> None:
        """Scroll as little as needed; the headings above the first step of a phase stay in sight with it."""
        shown = self._folds.shown
        at = None if self._row is None else self._folds.place.get(self._row)
        if at is not None and room > 0:
            margin = min(MARGIN, max(0, (room - 1) // 2))
            above = at - 1
            while above >= 0 and self._rows.rows[shown[above]].kind != "step":
                above -= 1
            first = min(at - margin, above + 1) if at - above - 1 < room else at
            self._top = min(self._top, max(0, first))
            self._top = max(self._top, at + margin - room + 1)
        self._top = max(0, min(self._top, len(shown) - room))

    def _ended(self, first: int, last: int) -> int:
        """How many of these steps have ended; counted once for a state of all steps."""
        if not self._done and self._known is not None:
            count = 0
            self._done = [0]
            for state in self._known:
                count += state.status in ("passed", "signed", "by_hand", "skipped") or state.is_ended
                # A companion that ended with the step it accompanies is as it should be.
                count += state.status == "cancelled" and state.reason == "host_ended"
                self._done.append(count)
        if last < first or last + 1 >= len(self._done):
            return 0
        return self._done[last + 1] - self._done[first]

    def select_at(self, y: int) -> bool:
        """Select the step painted in this line of the pane; False where there is none."""
        at = y - (1 if self.headed and self.size.height > 2 else 0) + self._top
        if not 0 <= at < len(self._folds.shown):
            return False
        number = self._folds.shown[at]
        if self._rows.rows[number].kind != "step" and not self._folds.is_folded(number):
            return False
        self._select(number)
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


def ended_at(state: RunState) -> str | None:
    """The step that ended last, where a run stands that has come to its end; None before anything has ended."""
    ended = [at for at in state.steps if at.ended is not None]
    return max(ended, key=lambda at: at.ended or 0.0).id if ended else None
