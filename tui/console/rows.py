"""The checklist's rows: headings of phases and sections, and steps, in the order in which they run."""

from __future__ import annotations

from typing import Literal

from msgspec import Struct

from tui.locale import _
from tui.run.attested import is_attested
from tui.run.steps import Group, Steps


class Row(Struct, frozen=True, gc=False):
    """A heading (`step` is empty) or a step; `position`: of the step, or of the first one that a heading covers."""

    kind: Literal["phase", "section", "step"]
    step: str
    number: str
    title: str
    group: Group
    position: int


class Rows:
    """All rows of a run's steps, and where each step stands. Built once for a list of steps, which may be long."""

    def __init__(self, steps: Steps) -> None:
        self.rows: list[Row] = []
        self.spans: list[tuple[int, int]] = []
        """For each row: the positions of the first and last step under it."""
        self.at: dict[str, int] = {}
        self._steps: list[str] = []
        phase: tuple[Group, str] | None = None
        section: str | None = None
        open_phase = open_section = -1
        for position, state in enumerate(steps):
            place, numbers = state.place, state.place.number.split(".")
            # What is undone keeps the numbers of its origin, latest first; it stands under one heading.
            key = (state.group, "" if state.group == "undo" else numbers[0])
            if key != phase:
                phase, section, open_section = key, None, -1
                title = place.phase or _("Success criteria that nothing measures here")
                open_phase = self._add(Row("phase", "", numbers[0], title, state.group, position))
            number = ".".join(numbers[:2])
            if state.group != "undo" and number != section and not is_attested(state.id):
                section = number
                open_section = self._add(Row("section", "", number, place.section, state.group, position))
            self._steps.append(state.id)
            self.at[state.id] = self._add(Row("step", state.id, place.number, state.step.title, state.group, position))
            for heading in (open_phase, open_section):
                if heading >= 0:
                    self.spans[heading] = (self.spans[heading][0], position)

    def _add(self, row: Row) -> int:
        self.rows.append(row)
        self.spans.append((row.position, row.position))
        return len(self.rows) - 1

    def __len__(self) -> int:
        return len(self.rows)

    def moved(self, step: str | None, by: int) -> str | None:
        """The step `by` steps further down, or up; stays inside the list. None only where there are no steps."""
        if not self._steps:
            return None
        if step is None or step not in self.at:
            return self._steps[0]
        position = self.rows[self.at[step]].position + by
        return self._steps[max(0, min(len(self._steps) - 1, position))]
