"""What is wrong with a plan: problems with their place, and the report that gathers all of them in one pass."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Literal

from msgspec import Struct
from msgspec.structs import replace

from tui.said import Joined, Said, several

Level = Literal["error", "warning"]
MOST = 20_000
"""Problems that are kept; what is beyond is only counted."""
_GUESSES = 200
_CANDIDATES = 2_000
_LONGEST_WORD = 80


class Problem(Struct, frozen=True):
    """One mistake, at the key or value it concerns. `line` and `column` count from 1; `code` is kebab-case."""

    file: str
    line: int
    column: int
    level: Level
    code: str
    message: str | Said

    @property
    def said(self) -> Said:
        """As a line: `file:line:column: level code message`. Editors and scripts read it: `error`, `warning` and the
        code stay English, and the message alone is put into the reader's language."""
        return Joined((f"{self.file}:{self.line}:{self.column}: {self.level} {self.code}", self.message), " ")

    def __str__(self) -> str:
        return str(self.said)


class ProblemReport:
    """Gathers the problems of one plan. `file` is its name as the person gave it."""

    def __init__(self, file: str) -> None:
        self.file = file
        self.errors = 0
        self._problems: dict[Problem, None] = {}
        self._left_out = 0
        self._guesses = 0

    def add(self, code: str, at: tuple[int, int], message: str | Said, level: Level = "error", file: str = "") -> None:
        """Record a problem at (line, column) of the plan, or of another `file`; the same one only once."""
        problem = Problem(file or self.file, at[0], at[1], level, code, message)
        if problem in self._problems:
            return
        self.errors += level == "error"
        if len(self._problems) < MOST:
            self._problems[problem] = None
        else:
            self._left_out += 1

    def hide(self, secrets: Iterable[str]) -> None:
        """Take secrets out of what all messages show: some of them quote the statement they are about."""
        values = sorted((secret for secret in secrets if len(secret) > 3), key=len, reverse=True)
        if values:
            pieces = (f"{value[:length]}…" for value in values for length in range(len(value), 2, -1))
            found = re.compile("|".join(map(re.escape, (*values, *pieces))))

            def hide(text: str) -> str:
                return found.sub("[redacted]", text)

            hidden = [
                replace(p, message=p.message.changed(hide) if isinstance(p.message, Said) else hide(p.message))
                for p in self._problems
            ]
            self._problems = dict.fromkeys(hidden)

    def mark(self) -> tuple[int, int, int]:
        """How far the report has come, to go back to with `rewind`."""
        return len(self._problems), self.errors, self._left_out

    def rewind(self, mark: tuple[int, int, int]) -> None:
        """Forget what was added since `mark`: an alternative that was tried and did not fit."""
        count, self.errors, self._left_out = mark
        while len(self._problems) > count:
            self._problems.popitem()

    def places(self) -> set[tuple[int, int]]:
        """Where the plan itself has errors by now."""
        return {(p.line, p.column) for p in self._problems if p.level == "error" and p.file == self.file}

    def guess(self, word: str, candidates: Iterable[str]) -> str | None:
        """The candidate most like `word`; bounded, so that a plan full of mistakes is still read quickly."""
        pool = list(candidates)
        self._guesses += 1
        if self._guesses > _GUESSES or len(pool) > _CANDIDATES or len(word) > _LONGEST_WORD:
            return None
        from difflib import get_close_matches

        return next(iter(get_close_matches(word, pool, n=1, cutoff=0.6)), None)

    def sorted(self) -> list[Problem]:
        """All problems by position: those of the plan first, then those of the files it names."""
        found = sorted(
            self._problems,
            key=lambda p: (p.file != self.file, p.file, p.line, p.column, p.level, p.code, str(p.message)),
        )
        if self._left_out:
            message = several(
                "{count} further problem is not listed.", "{count} further problems are not listed.", self._left_out
            )
            found.append(Problem(self.file, found[-1].line, 1, "error", "more-problems", message))
        return found
