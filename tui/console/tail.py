"""What of a long journal a screen that opens, or jumps, still shows: every attempt, and the latest of the rest."""

from __future__ import annotations

from collections import deque

from tui.console.attempts import TYPES as ATTEMPTS
from tui.journal.reader import Entry

BULKY = frozenset(("step.output", "log.lines", "step.progress", "step.waiting", "metrics.sampled"))
"""Types that come in any number; of them only the latest are kept."""
SILENT = frozenset(("metrics.sampled", "tx.begin", "tx.commit_sent", "step.child"))
"""Types that neither the log nor the attempts have anything of: nothing of them is kept."""
MANY = frozenset(("tx.begin", "tx.commit_sent", "tx.committed", "step.child"))
"""Types that come once for each of a batch's statements: no turning points of a run."""
OUTPUT_BYTES = 4 * 1024 * 1024
TRANSITIONS = 20_000
"""Other entries kept that begin and end no attempt: a batch commits once for each of its statements."""
ATTEMPT_BYTES = 16 * 1024 * 1024
"""Of entries that begin and end attempts: with long errors in them, not every one of many attempts."""
TRANSITION_BYTES = 8 * 1024 * 1024


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


class Tail:
    """Collects entries in bounded memory."""

    def __init__(self, limit: int = OUTPUT_BYTES) -> None:
        self._kept = _Newest(ATTEMPT_BYTES)
        self._others = _Newest(TRANSITION_BYTES, TRANSITIONS)
        self._bulky = _Newest(limit)
        self._progress: dict[bytes, Entry] = {}

    def add(self, entry: Entry) -> None:
        if entry.line.type in SILENT:
            return
        if entry.line.type == "step.progress":
            # The latest says all of them: thousands would push out what the server said.
            self._progress[step_of(entry.raw)] = entry
            return
        if entry.line.type in ATTEMPTS:
            self._kept.add(entry)
            return
        if entry.line.type not in BULKY:
            self._others.add(entry)
            return
        self._bulky.add(entry)

    def entries(self) -> tuple[Entry, ...]:
        """What was kept, in the journal's order."""
        return tuple(
            sorted(
                (*self._kept.entries, *self._others.entries, *self._bulky.entries, *self._progress.values()),
                key=lambda entry: entry.line.seq,
            )
        )
