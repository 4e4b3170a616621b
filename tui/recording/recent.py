"""What of a long journal a screen that opens, or jumps, still shows: its turning points, and the latest of the rest."""

from __future__ import annotations

from collections import deque

from tui.journal.events import StepProgress, class_of
from tui.journal.reader import Entry

OUTPUT_BYTES = 4 * 1024 * 1024
ROUTINE = 20_000
"""Entries kept of those that are no turning points: a batch commits once for each of its statements."""
ROUTINE_BYTES = 8 * 1024 * 1024
TRANSITION_BYTES = 16 * 1024 * 1024
"""Of turning points: with long errors in them, not every one of many attempts."""


def step_of(raw: bytes) -> bytes:
    """The step that a line of the journal is about, as it is written there; empty where none is."""
    begin = raw.find(b'"step":"') + 8
    return raw[begin : raw.find(b'"', begin)] if begin > 7 else b""


class _Newest:
    """The newest entries, of so many bytes together at most."""

    def __init__(self, limit: int, most: int | None = None) -> None:
        self.entries: deque[Entry] = deque()
        self._limit = limit
        self._most = most
        self._bytes = 0

    def add(self, entry: Entry) -> None:
        self.entries.append(entry)
        self._bytes += len(entry.raw)
        while self._bytes > self._limit or (self._most is not None and len(self.entries) > self._most):
            self._bytes -= len(self.entries.popleft().raw)


class RecentEntries:
    """Collects entries in bounded memory."""

    def __init__(self, limit: int = OUTPUT_BYTES) -> None:
        self._transitions = _Newest(TRANSITION_BYTES)
        self._routine = _Newest(ROUTINE_BYTES, ROUTINE)
        self._bulk = _Newest(limit)
        self._progress: dict[bytes, Entry] = {}

    def add(self, entry: Entry) -> None:
        class_ = class_of(entry.line.type)
        if class_ is StepProgress:
            # The latest says all of them: thousands would push out what the server said.
            self._progress[step_of(entry.raw)] = entry
        elif not class_.SILENT:
            kept = self._bulk if class_.BULK else self._routine if class_.ROUTINE else self._transitions
            kept.add(entry)

    def entries(self) -> tuple[Entry, ...]:
        """What was kept, in the journal's order."""
        return tuple(
            sorted(
                (*self._transitions.entries, *self._routine.entries, *self._bulk.entries, *self._progress.values()),
                key=lambda entry: entry.line.seq,
            )
        )
