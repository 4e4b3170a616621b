"""What the server warned of while an attempt's statements ran: each told once, as an entry of the run's errors."""

from __future__ import annotations

import re
import time
from collections.abc import Iterable
from typing import Final

from msgspec import Struct

from tui.journal.cut import REPEATED, cut
from tui.journal.events import ErrorRecorded
from tui.postgres.logs.severity import meaning
from tui.postgres.results import ServerNotice

MOST: Final = 20
"""Of one attempt that are entered; what comes again is counted with its like, the rest by the last entry."""
_SEVERITIES: Final = ("WARNING", "NOTICE")
_PRINTED: Final = re.compile(
    r"(?:psql:(?P<file>.+?):(?P<line>\d+): )?(?P<word>\S+?):  (?P<state>[0-9A-Z]{5}): (?P<text>.+)"
)


class _Warned(Struct):
    sqlstate: str | None
    text: str
    file: str | None
    line: int | None
    at: float
    count: int = 1


class Warned:
    """Of one attempt."""

    def __init__(self) -> None:
        self._known: dict[tuple[str | None, str, int | None], _Warned] = {}
        self._more = 0

    def note(self, notice: ServerNotice, line: int | None) -> None:
        """What a session of ours was told while the statement of this line ran."""
        if notice.severity in _SEVERITIES:
            self._add(notice.sqlstate, notice.message, None, line)

    def printed(self, text: str) -> None:
        """What a program told that prints the server's messages with their SQLSTATEs; of a long output its end."""
        for row in text.splitlines():
            found = _PRINTED.fullmatch(row)
            if found is not None and meaning(found["word"]) in ("warning", "message"):
                line = None if found["line"] is None else int(found["line"])
                self._add(found["state"], found["text"], found["file"], line)

    def _add(self, sqlstate: str | None, text: str, file: str | None, line: int | None) -> None:
        text = cut(text, REPEATED)
        known = self._known.get((sqlstate, text, line))
        if known is not None:
            known.count += 1
        elif len(self._known) < MOST:
            self._known[sqlstate, text, line] = _Warned(sqlstate, text, file, line, time.monotonic())
        else:
            self._more += 1

    def events(self, step: str, attempt: int, number: int, files: Iterable[str]) -> list[ErrorRecorded]:
        """An entry for each; `number` errors are there already. `files`: those whose lines are told."""
        found, now, named = [], time.monotonic(), tuple(files)
        for place, warned in enumerate(self._known.values(), 1):
            seen = {"count": warned.count, "ago_s": round(now - warned.at, 1)}
            if self._more and place == len(self._known):
                seen["more"] = self._more
            file = warned.file or (named[0] if len(named) == 1 and warned.line is not None else None)
            found.append(
                ErrorRecorded(
                    id=f"E{number + place}", text=warned.text, step=step, attempt=attempt, sqlstate=warned.sqlstate,
                    source="step", level="warning", file=file, line=warned.line, seen=seen,
                )
            )  # fmt: skip
        self._known = {}
        return found
