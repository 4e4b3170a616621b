"""What of a long journal a screen that opens, or jumps, still shows: every attempt, and the latest of the rest."""

from __future__ import annotations

from collections import deque

from tui.console.attempts import TYPES as ATTEMPTS
from tui.journal.reader import Entry

BULKY = frozenset(("step.output", "log.lines", "step.progress", "step.waiting", "metrics.sampled"))
"""Types that come in any number; of them only the latest are kept."""
MANY = frozenset(("tx.begin", "tx.commit_sent", "tx.committed", "step.child"))
"""Types that come once for each of a batch's statements: no turning points of a run."""
OUTPUT_BYTES = 4 * 1024 * 1024
TRANSITIONS = 20_000
"""Other entries kept that begin and end no attempt: a batch commits once for each of its statements."""


class Tail:
    """Collects entries in bounded memory."""

    def __init__(self, limit: int = OUTPUT_BYTES) -> None:
        self._limit = limit
        self._kept: list[Entry] = []
        self._others: deque[Entry] = deque(maxlen=TRANSITIONS)
        self._bulky: deque[Entry] = deque()
        self._bytes = 0

    def add(self, entry: Entry) -> None:
        if entry.line.type in ATTEMPTS:
            self._kept.append(entry)
            return
        if entry.line.type not in BULKY:
            self._others.append(entry)
            return
        if entry.line.type == "metrics.sampled":
            return
        self._bulky.append(entry)
        self._bytes += len(entry.raw)
        while self._bytes > self._limit:
            self._bytes -= len(self._bulky.popleft().raw)

    def entries(self) -> tuple[Entry, ...]:
        """What was kept, in the journal's order."""
        return tuple(sorted((*self._kept, *self._others, *self._bulky), key=lambda entry: entry.line.seq))
