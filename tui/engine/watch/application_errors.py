"""Errors that a change causes in the application: those of others' sessions since it began, against those before.

Only classes that a change of the schema brings about are looked at: 42 (a name, a type or a right that is missing), 23
(a constraint) and 0A (what is not supported, such as a plan whose result has changed its type). They are told apart by
their SQLSTATE and by the relations of the plan that their statement names: no word of a message counts, for servers
translate them. What was seen as often before is the application's own.
"""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Callable, Iterable, Mapping
from functools import lru_cache
from typing import Any, Final

from msgspec import Struct

from tui.engine.watch.log_errors import verdict_of
from tui.journal.events import ErrorRecorded
from tui.postgres.logs.record import LogRecord
from tui.postgres.logs.severity import meaning
from tui.run.state import RunState
from tui.run.steps import may_change
from tui.sql.touched import touched

CLASSES: Final = ("0A", "23", "42")
MOST: Final = 50
"""Sorts of errors that are told apart in a run, and recorded; all are counted."""
_READ: Final = 300
"""Statements of one look whose names are read: a storm must leave time for everything else."""
_TEXT: Final = 500
_RECENT: Final = 60.0
_KNOWN: Final = 10.0
"""Seconds of a baseline with which a rate can be compared."""
_TIMES, _LEAST = 3.0, 5
"""How many times as often as before, and how many at least, where there were some before."""
_TELL_EVERY: Final = 10.0

Key = tuple[str, tuple[str, ...]]


class _Seen(Struct):
    """How often errors of one sort were seen: `between` in the second in which the change began."""

    before: int = 0
    between: int = 0
    since: int = 0
    recorded: bool = False
    text: str = ""


class ApplicationErrors:
    """Of a run. `state`: where it stands; `database`: the target's; `counted`: what an earlier engine told of them."""

    def __init__(
        self,
        state: Callable[[], RunState],
        database: Callable[[], str | None],
        counted: Mapping[str, Any] | None = None,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._state = state
        self._database = database
        self._clock = clock
        self._seen: dict[Key, _Seen] = {}
        self._recent: dict[Key, deque[tuple[float, int]]] = {}
        self._pending: tuple[LogRecord, set[str]] | None = None
        self._looked: float | None = None
        self._changed = self._caught_up = False
        self.before_s = self.since_s = 0.0
        self.others = 0
        """Those of databases that are not the target's."""
        self._told_at = -_TELL_EVERY
        self._resume(counted or {})

    def _resume(self, counted: Mapping[str, Any]) -> None:
        self.before_s, self.since_s = float(counted.get("before_s", 0)), float(counted.get("since_s", 0))
        for sqlstate, relations, before, since, recorded in counted.get("sorts", ()):
            self._seen[sqlstate, tuple(relations)] = _Seen(before=before, since=since, recorded=recorded)

    @property
    def began(self) -> bool:
        """Whether a step of the run that changes something has begun."""
        return self._changed or any(at.attempt > 0 and may_change(at.step) for at in self._state().steps)

    def meet(self, lines: Iterable[LogRecord], *, more: bool) -> None:
        """What was read, of sessions that are not the run's own; `more`: the log was not read to its end."""
        now, changed = self._clock(), self.began
        between = changed and not self._caught_up
        # What comes later was written behind this moment.
        self._caught_up = changed and (self._caught_up or not more)
        passed = 0.0 if self._looked is None else now - self._looked
        self._looked, self._changed = now, changed
        if changed and not between:
            self.since_s += passed
        elif not changed:
            self.before_s += passed
        read = 0
        for line in lines:
            # What follows an error in the text format, its statement among it, is a record of its own.
            if self._pending is not None and line.pid == self._pending[0].pid and meaning(line.severity) == "part":
                if read < _READ:
                    read += 1
                    self._pending[1].update(self._names(line.text[:_LONGEST]))
                continue
            self._flush(now, changed, between)
            if self._concerns(line):
                names = set(self._names(line.statement)) if line.statement and read < _READ else set()
                read += bool(line.statement)
                self._pending = (line, names)
        self._flush(now, changed, between)

    def _concerns(self, line: LogRecord) -> bool:
        if not (line.sqlstate or "").startswith(CLASSES) or verdict_of(line) != "error":
            return False
        ours = self._database()
        if line.database is not None and ours is not None and line.database != ours:
            self.others += 1
            return False
        return True

    def _names(self, text: str) -> tuple[str, ...]:
        opened = self._state().opened
        sizes = None if opened is None else opened.sizes
        known = () if sizes is None or sizes.relations is None else tuple(sorted(sizes.relations))
        return _named(text, known) if known else ()

    def _flush(self, now: float, changed: bool, between: bool) -> None:
        if self._pending is None:
            return
        (line, names), self._pending = self._pending, None
        key = line.sqlstate or "", tuple(sorted(names))
        if key not in self._seen and len(self._seen) >= MOST:
            key = key[0][:2], ("…",)
        seen = self._seen.setdefault(key, _Seen())
        if not changed:
            seen.before += 1
            return
        seen.text = line.text[:_TEXT]
        if between:
            seen.between += 1
            return
        seen.since += 1
        recent = self._recent.setdefault(key, deque())
        if recent and recent[-1][0] == now:
            recent[-1] = (now, recent[-1][1] + 1)
        else:
            recent.append((now, 1))
        while recent[0][0] < now - _RECENT:
            recent.popleft()

    def _is_new(self, key: Key, seen: _Seen) -> bool:
        """Whether they came with the change, or come much more often since."""
        if seen.since + seen.between == 0:
            return False
        if seen.before == 0:
            return True
        recent = sum(count for _at, count in self._recent.get(key, ()))
        span = min(_RECENT, self.since_s)
        if self.before_s < _KNOWN or recent < _LEAST or span <= 0:
            return False
        return recent / span >= _TIMES * seen.before / self.before_s

    def taken(self, number: int) -> list[ErrorRecorded]:
        """What is to be recorded now, each sort once; `number` errors are recorded already."""
        found = []
        for key, seen in self._seen.items():
            if seen.recorded or not self._is_new(key, seen):
                continue
            seen.recorded = True
            told: dict[str, Any] = {"count": seen.since + seen.between, "seconds": round(self.since_s, 1)}
            told |= {"before": seen.before, "before_s": round(self.before_s, 1)}
            if seen.between:
                told["between"] = seen.between
            number += 1
            found.append(
                ErrorRecorded(
                    id=f"E{number}", text=seen.text, sqlstate=key[0], source="application", relations=key[1], seen=told
                )
            )
        return found

    def facts(self) -> dict[str, Any]:
        """What was counted so far, for the journal, now and then; a reader keeps the last that it was told."""
        now = self._clock()
        if not self._seen or now - self._told_at < _TELL_EVERY:
            return {}
        self._told_at = now
        sorts = [
            [key[0], list(key[1]), seen.before, seen.since + seen.between, seen.recorded]
            for key, seen in self._seen.items()
        ]
        return {
            "application_errors": {
                "before_s": round(self.before_s, 1), "since_s": round(self.since_s, 1), "sorts": sorts,
                "others": self.others,
            }
        }  # fmt: skip


_LONGEST: Final = 4000


@lru_cache(maxsize=500)
def _named(text: str, known: tuple[str, ...]) -> tuple[str, ...]:
    """Those of the relations that a statement names, with their schema or without; the plan's words for them."""
    last = {name.rpartition(".")[2]: name for name in known}
    found = {name.rpartition(".")[2] for name in touched(text).names}
    return tuple(last[name] for name in found if name in last)
