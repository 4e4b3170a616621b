"""What is found wrong before a run, at the place of the plan that it concerns, and what would make it measurable."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Final

from tui.journal.codes import Objection
from tui.plan.problems import Level, Problem
from tui.postgres.errors import PostgresError
from tui.postgres.session import Session
from tui.said import N_, Joined, Said


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


Setting = tuple[str, str]
"""Name and value, the value as it is written in postgresql.conf."""
_TAKES: Final = {
    "postmaster": N_("the server has to be restarted"),
    "sighup": N_("a reload is enough"),
    "superuser": N_("a reload is enough"),
    "user": N_("a reload is enough"),
    "superuser-backend": N_("a reload is enough, for new sessions"),
    "backend": N_("a reload is enough, for new sessions"),
}
_UNKNOWN: Final = N_("what it takes is not known")


async def settings_words(session: Session, wanted: Sequence[Setting]) -> Said | None:
    """The settings in a sentence; None where there are none. What each takes is what the server says of it."""
    if not wanted:
        return None
    try:
        contexts = dict(await session.rows("setting_contexts", [[name for name, _value in wanted]]))
    except PostgresError:
        contexts = {}
    told = [
        Said(
            "{name} = {value} ({takes})",
            name=name,
            value=value,
            takes=Said(_TAKES.get(str(contexts.get(name)), _UNKNOWN)),
        )
        for name, value in wanted
    ]
    return Said("It can be measured with {settings}.", settings=Joined(told, "; "))


def grant_words(role: str) -> Said:
    """The sentence for a membership that lacks: it holds from the next connection on."""
    return Said("It can be measured with {statement}, without a reload.", statement=f"GRANT {role}")
