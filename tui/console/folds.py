"""What of the checklist is folded: which rows are shown, and at which of them the selection can stop.

Counted anew only when something is folded or steps join, so that moving costs the same in a plan of ten thousand steps.
"""

from __future__ import annotations

from tui.console.rows import Row, Rows

Key = tuple[str, str, int]
"""Group, kind and first step of a heading: steps only join at the end, so it stays the same."""


def key_of(row: Row) -> Key:
    return row.group, row.kind, row.position


class Folds:
    """Folded headings over the rows of a checklist. A row is named by its number in `rows`."""

    def __init__(self, rows: Rows) -> None:
        self.rows = rows
        self._folded: set[Key] = set()
        self.shown: list[int] = []
        """Rows that are shown, in order."""
        self.place: dict[int, int] = {}
        """For each shown row, its place among them."""
        self._stops: list[int] = []
        self._stop: dict[int, int] = {}
        self._count()

    def over(self, rows: Rows) -> None:
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
