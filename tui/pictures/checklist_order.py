"""The checklist's rows: headings of phases and sections, and steps, in the order in which they run."""

from __future__ import annotations

from typing import Literal

from msgspec import Struct

from tui.locale import _
from tui.run.attested import is_attested
from tui.run.steps import Group, Steps


class ChecklistRow(Struct, frozen=True, gc=False):
    """A heading (`step` is empty) or a step; `position`: of the step, or of the first one that a heading covers."""

    kind: Literal["phase", "section", "step"]
    step: str
    number: str
    title: str
    group: Group
    position: int


class ChecklistRows:
    """All rows of a run's steps, and where each step stands. Built once for a list of steps, which may be long."""

    def __init__(self, steps: Steps) -> None:
        self.rows: list[ChecklistRow] = []
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
                open_phase = self._add(ChecklistRow("phase", "", numbers[0], title, state.group, position))
            number = ".".join(numbers[:2])
            if state.group != "undo" and number != section and not is_attested(state.id):
                section = number
                open_section = self._add(ChecklistRow("section", "", number, place.section, state.group, position))
            self._steps.append(state.id)
            self.at[state.id] = self._add(
                ChecklistRow("step", state.id, place.number, state.step.title, state.group, position)
            )
            for heading in (open_phase, open_section):
                if heading >= 0:
                    self.spans[heading] = (self.spans[heading][0], position)

    def _add(self, row: ChecklistRow) -> int:
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


Key = tuple[str, str, int]
"""Group, kind and first step of a heading: steps only join at the end, so it stays the same."""


def key_of(row: ChecklistRow) -> Key:
    return row.group, row.kind, row.position


class Folds:
    """Folded headings over the rows of a checklist. A row is named by its number in `rows`."""

    def __init__(self, rows: ChecklistRows) -> None:
        self.rows = rows
        self._folded: set[Key] = set()
        self.shown: list[int] = []
        """Rows that are shown, in order."""
        self.place: dict[int, int] = {}
        """For each shown row, its place among them."""
        self._stops: list[int] = []
        self._stop: dict[int, int] = {}
        self._count()

    def over(self, rows: ChecklistRows) -> None:
        """Other rows; what was folded stays so."""
        self.rows = rows
        self._count()

    def _count(self) -> None:
        self.shown, self._stops = [], []
        hidden_by: str | None = None
        for number, row in enumerate(self.rows.rows):
            if row.kind == "phase" or (row.kind == "section" and hidden_by != "phase"):
                hidden_by = None
            if hidden_by is not None:
                continue
            self.shown.append(number)
            if row.kind != "step" and key_of(row) in self._folded:
                hidden_by = row.kind
                self._stops.append(number)
            elif row.kind == "step":
                self._stops.append(number)
        self.place = {number: place for place, number in enumerate(self.shown)}
        self._stop = {number: place for place, number in enumerate(self._stops)}

    def is_folded(self, number: int) -> bool:
        row = self.rows.rows[number]
        return row.kind != "step" and key_of(row) in self._folded

    def moved(self, number: int | None, by: int) -> int | None:
        """The row `by` stops further; None only where there is none."""
        if not self._stops:
            return None
        at = 0 if number is None else self._stop.get(number, 0)
        return self._stops[max(0, min(len(self._stops) - 1, at + by))]

    def headings(self, number: int) -> list[int]:
        """The headings over a row, the nearest first."""
        found: list[int] = []
        kinds = ["section", "phase"] if self.rows.rows[number].kind == "step" else ["phase"]
        for above in range(number - 1, -1, -1):
            kind = self.rows.rows[above].kind
            if kind in kinds:
                found.append(above)
                kinds = kinds[kinds.index(kind) + 1 :]
                if not kinds:
                    break
        return found

    def fold(self, number: int) -> int | None:
        """Fold the nearest heading over the row that is not folded yet; its row, None where there is none."""
        for heading in self.headings(number):
            if not self.is_folded(heading):
                self._folded.add(key_of(self.rows.rows[heading]))
                self._count()
                return heading
        return None

    def unfold(self, number: int) -> bool:
        """Open a folded heading."""
        if not self.is_folded(number):
            return False
        self._folded.discard(key_of(self.rows.rows[number]))
        self._count()
        return True

    def reveal(self, number: int) -> None:
        """Open whatever hides the row: a fold never hides where the run stands."""
        if number not in self.place:
            self._folded.difference_update(key_of(self.rows.rows[heading]) for heading in self.headings(number))
            self._count()

    def fold_all(self, headings: list[int]) -> None:
        """Fold these, or open everything where all of them are folded."""
        keys = {key_of(self.rows.rows[number]) for number in headings}
        self._folded = set() if not keys or keys <= self._folded else self._folded | keys
        self._count()
