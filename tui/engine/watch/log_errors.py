"""Which lines of a server's log are critical errors, and how they are recorded: a storm of them is one event a look."""

from __future__ import annotations

import re
from collections.abc import Iterable
from functools import cache
from typing import Final, Literal

from tui.journal.events import ErrorRecorded
from tui.postgres.logs.record import LogRecord
from tui.postgres.logs.severity import meaning, words_of
from tui.run.state import RunState

MOST_RECORDED: Final = 200
"""Events a run has of them; the counter goes on."""
_TEXT: Final = 500
_STATES: Final = 50
_CRITICAL: Final = ("53", "57P", "58", "F0", "XX")
"""SQLSTATE classes that say the server itself is in trouble: resources, operator intervention, system, internal."""
_HARMLESS: Final = ("57P01", "57P02", "57P03", "57P05")
"""What an administrator's shutdown, a start or an idle timeout says to clients is no failure of the server."""
_WITH_MESSAGES: Final = ("53", "58", "F0")
"""Those that come with LOG lines too: a file that is not there, a mistake in a configuration file."""
_NO_ERRORS: Final = ("00", "01", "02")
_HEAD: Final = 4096


Verdict = Literal["nothing", "error", "critical", "unclear"]
"""What a record is. `unclear`: it may be a critical error or none, and nothing in it tells which."""


@cache
def _other_shape() -> re.Pattern[str]:
    """In a line that fits no prefix we know: an error of which nothing more can be told."""
    words = "|".join(map(re.escape, words_of("error", "panic")))
    return re.compile(rf"(?<!\w)(?:{words})(?:[ \u00a0]|\\xa0)?:  ")


class CriticalErrors:
    """The errors of a run: `count` of critical ones, `errors` of all, `unclear` of what nobody can tell; as they were
    when an engine takes the run up."""

    def __init__(self, count: int, errors: int = 0, unclear: int = 0) -> None:
        self.count = count
        self.errors = errors
        self.unclear = unclear
        self.states: dict[str, int] = {}
        """Errors of each SQLSTATE since this engine looks; of further ones together, by their class."""
        self.doubt: str | None = None
        self._head: LogRecord | None = None
        self._met: dict[str | None, tuple[int, str]] = {}

    def meet(self, lines: Iterable[LogRecord]) -> None:
        """Count those among lines that follow each other. `doubt` is the text of the last unclear one."""
        for line in lines:
            verdict = "nothing" if self._follows(line) else verdict_of(line)
            if verdict == "unclear":
                self.unclear += 1
                self.doubt = line.text[:_TEXT]
            elif verdict != "nothing":
                self.errors += 1
                state = line.sqlstate or ""
                if state not in self.states and len(self.states) >= _STATES:
                    state = state[:2]
                self.states[state] = self.states.get(state, 0) + 1
            if verdict != "critical":
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

    def _follows(self, line: LogRecord) -> bool:
        """In the text format a server of another language calls what follows an error by words we may not know.

        It stands right behind, with the same prefix; a word that was the record's own begins another record.
        """
        if line.severity == "":
            return False
        head, known = self._head, meaning(line.severity) is not None
        if known or head is None or line.severity == head.severity or _prefix(line) != _prefix(head):
            self._head = line
            return False
        return True


def verdict_of(line: LogRecord) -> Verdict:
    """By its SQLSTATE. The word for its severity only tells a message from an error, where a catalogue has it."""
    state, said = line.sqlstate or "", meaning(line.severity)
    if line.severity == "":
        lost = not line.text.startswith("\t") and _other_shape().search(line.text, 0, _HEAD)
        return "unclear" if lost else "nothing"
    if said in ("message", "warning", "part"):
        return "nothing"
    if said == "panic":
        return "critical"
    if said is None and state.startswith(_NO_ERRORS):
        return "nothing"
    if not state:
        return "unclear"
    if state.startswith(_CRITICAL) and state not in _HARMLESS:
        return "unclear" if said is None and state.startswith(_WITH_MESSAGES) else "critical"
    return "error"


def _recorded(state: RunState) -> int:
    return state.errors.server


def _prefix(line: LogRecord) -> tuple[int | None, str | None, str | None]:
    return line.pid, line.at, line.sqlstate
