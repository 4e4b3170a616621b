"""Which lines of a server's log are critical errors, and how they are recorded: a storm of them is one event a look."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from tui.journal.events import ErrorRecorded
from tui.postgres.logline import LogLine
from tui.run.state import RunState

MOST_RECORDED: Final = 200
"""Events a run has of them; the counter goes on."""
_TEXT: Final = 500
_CRITICAL: Final = ("53", "57P", "58", "F0", "XX")
"""SQLSTATE classes that say the server itself is in trouble: resources, operator intervention, system, internal."""
_HARMLESS: Final = ("57P01", "57P02", "57P03", "57P05")
"""What an administrator's shutdown, a start or an idle timeout says to clients is no failure of the server."""
_NO_ERRORS: Final = frozenset(
    ("", "LOG", "WARNING", "NOTICE", "INFO", "DEBUG", "DEBUG1", "DEBUG2", "DEBUG3", "DEBUG4", "DEBUG5")
) | frozenset(("DETAIL", "HINT", "CONTEXT", "STATEMENT", "QUERY", "LOCATION", "BACKTRACE"))
"""Other severities are errors, in whichever language the server writes them."""
_ERRORS: Final = frozenset(("ERROR", "FATAL", "PANIC"))


class Critical:
    """Those of a run: `count` as it was when an engine takes it up."""

    def __init__(self, count: int) -> None:
        self.count = count
        self._head: LogLine | None = None
        self._met: dict[str | None, tuple[int, str]] = {}

    def meet(self, lines: Iterable[LogLine]) -> None:
        """Count those among lines that follow each other."""
        for line in lines:
            if self._follows(line) or not _is_critical(line):
                continue
            self.count += 1
            times, text = self._met.get(line.sqlstate, (0, line.text[:_TEXT]))
            self._met[line.sqlstate] = times + 1, text

    def full(self, state: RunState) -> bool:
        """Whether the run may have no more events of them."""
        return _recorded(state) >= MOST_RECORDED

    def taken(self, state: RunState) -> list[ErrorRecorded]:
        """What was met since the last call, an event for each SQLSTATE, as long as the run may have more of them."""
        met, self._met = self._met, {}
        room = MOST_RECORDED - _recorded(state)
        number, found = len(state.errors), []
        for sqlstate, (times, text) in list(met.items())[: max(0, room)]:
            number += 1
            counted = text if times == 1 else f"{text} (×{times})"
            found.append(ErrorRecorded(id=f"E{number}", text=counted, sqlstate=sqlstate, source="server"))
        return found

    def _follows(self, line: LogLine) -> bool:
        """In the text format a server of another language calls what follows an error by words we do not know.

        It stands right behind, with the same prefix; a word that was the record's own begins another record.
        """
        if line.severity == "":
            return False
        head, known = self._head, line.severity in _ERRORS or line.severity in _NO_ERRORS
        if known or head is None or line.severity == head.severity or _prefix(line) != _prefix(head):
            self._head = line
            return False
        return True


def _recorded(state: RunState) -> int:
    return sum(1 for error in state.errors if error.source == "server")


def _prefix(line: LogLine) -> tuple[int | None, str | None, str | None]:
    return line.pid, line.at, line.sqlstate


def _is_critical(line: LogLine) -> bool:
    state = line.sqlstate or ""
    if line.severity in _NO_ERRORS:
        return False
    return line.severity == "PANIC" or (state.startswith(_CRITICAL) and state not in _HARMLESS)
