"""psql's `\\if`: whether what stands at a place is executed, as far as that is known beforehand."""

from __future__ import annotations

import msgspec

Known = bool | None
"""True, False, or None where only the moment can tell."""


class _Level(msgspec.Struct):
    line: int
    branch: Known
    """Whether this branch is executed."""
    taken: Known
    """Whether a branch before it, or this one, was."""
    otherwise: bool = False


class Conditions:
    """The conditions of one file; psql closes them at its end."""

    def __init__(self) -> None:
        self._levels: list[_Level] = []

    @property
    def active(self) -> Known:
        """Whether what stands here is executed."""
        branches = [level.branch for level in self._levels]
        return False if False in branches else None if None in branches else True

    @property
    def inside(self) -> bool:
        """Whether any condition is open."""
        return bool(self._levels)

    @property
    def open_line(self) -> int | None:
        """The line of the outermost condition that is still open."""
        return self._levels[0].line if self._levels else None

    def asks(self, command: str) -> bool:
        """Whether psql looks at the condition of an `\\if` or `\\elif` here, and does not pass it over."""
        if command == "if":
            return self.active is not False
        if not self._levels:
            return False
        outer = [level.branch for level in self._levels[:-1]]
        return False not in outer and self._levels[-1].taken is not True

    def begin(self, line: int, value: Known) -> None:
        """`\\if`."""
        passed_over = self.active is False
        self._levels.append(_Level(line, False if passed_over else value, True if passed_over else value))

    def branch(self, value: Known, *, otherwise: bool = False) -> bool:
        """`\\elif` with its condition, or `\\else` with True; False when there is nothing that it belongs to."""
        if not self._levels or self._levels[-1].otherwise:
            return False
        level = self._levels[-1]
        level.otherwise = otherwise
        if level.taken is True:
            level.branch = False
        elif level.taken is None:
            level.branch = False if value is False else None
        else:
            level.branch = level.taken = value
        return True

    def end(self) -> bool:
        """`\\endif`; False when there is nothing to end."""
        if self._levels:
            self._levels.pop()
            return True
        return False
