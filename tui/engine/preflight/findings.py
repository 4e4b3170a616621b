"""What is found wrong before a run: problems at the place of the plan that they concern."""

from __future__ import annotations

from collections.abc import Mapping

from tui.journal.codes import Objection
from tui.plan.problems import Level, Problem
from tui.said import Said


class Findings:
    """`positions`: as `Loaded.positions`."""

    def __init__(self, file: str, positions: Mapping[str, tuple[int, int]], target: str) -> None:
        self.problems: list[Problem] = []
        self.unmeasured: set[int] = set()
        """Places in the plan's list of the success criteria that nothing can measure on this target."""
        self._file = file
        self._positions = positions
        self._target = f"targets.{target}"

    def add(self, level: Level, code: str, message: str | Said, at: str | None = None) -> None:
        """`at`: a path of `Loaded.positions`; the target's own place without one. The code of an error is an
        `Objection`, which `run --despite` can name."""
        if level == "error":
            code = Objection(code).value
        line, column = self._positions.get(at or self._target, self._positions.get(self._target, (1, 1)))
        problem = Problem(self._file, line, column, level, code, message)
        if problem not in self.problems:
            self.problems.append(problem)

    @property
    def errors(self) -> list[Problem]:
        return [problem for problem in self.problems if problem.level == "error"]
