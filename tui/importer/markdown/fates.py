"""What became of each line of a checklist."""

from __future__ import annotations

from collections.abc import Iterable
from enum import StrEnum


class Fate(StrEnum):
    """`heading`: of a phase or section; `detail`: of a step, of the team, the window, a metric, a trigger; `mark`: it
    only delimits something."""

    STEP = "step"
    HEADING = "heading"
    DETAIL = "detail"
    COMMENT = "comment"
    MARK = "mark"


_WEIGHT = {Fate.STEP: 4, Fate.HEADING: 3, Fate.DETAIL: 2, Fate.COMMENT: 1, Fate.MARK: 0}


class Fates:
    """By number of line; of two the weightier one counts."""

    def __init__(self) -> None:
        self.of: dict[int, Fate] = {}

    def tell(self, numbers: Iterable[int] | int, fate: Fate) -> None:
        for number in (numbers,) if isinstance(numbers, int) else numbers:
            known = self.of.get(number)
            if known is None or _WEIGHT[fate] > _WEIGHT[known]:
                self.of[number] = fate

    def count(self, fate: Fate) -> int:
        return sum(one is fate for one in self.of.values())
