"""One walk along a journal: all that the report tells of it, and the states whose pictures it shows."""

from __future__ import annotations

from array import array
from collections import defaultdict
from contextlib import suppress
from pathlib import Path
from typing import Final

import msgspec
from msgspec import Struct

from tui.journal import events as e
from tui.journal.chain import Fault
from tui.journal.end import End
from tui.journal.failure import JournalCorrupt
from tui.journal.line import GENESIS, Line, digest
from tui.journal.reader import Entry, JournalReader
from tui.report.planned import PlannedWindows
from tui.report.series import Series, Span, gaps
from tui.run.fold import fold, folded
from tui.run.measured import STALE
from tui.run.state import RunState
from tui.run.steps import StepState, changes
from tui.words.events import event_of

PICTURED: Final = 8
"""Pictures of one sort at most."""
KEPT: Final = 20_000
"""Lines that say something to people and are kept; a run that has more tells the first and the last of them."""


class Pictured(Struct, frozen=True, kw_only=True):
    """A moment whose picture is shown: `why` is `milestone`, `breach`, `failure`, `rollback` or `end`."""

    why: str
    state: RunState
    step: str | None = None


class Kept(Struct, frozen=True):
    """A line that says something, and its event: None where this version does not know it."""

    line: Line
    event: e.Event | None


class Breach(Struct, frozen=True, kw_only=True):
    """A criterion over its limit: from when, until when it held again (None: it did not)."""

    metric: str
    limit: float
    value: float
    source: str
    since: float
    until: float | None = None


class Used(Struct, frozen=True):
    """From the first beginning to the last end of what changes something, in one window; `unseen`: nobody saw that end,
    it was not later."""

    first: float
    last: float
    unseen: bool = False


class JournalReading:
    """What a journal says up to a line. Raises JournalError and OSError where it cannot be read at all."""

    def __init__(self, journal: Path, until: int | None = None) -> None:
        self.state = RunState()
        self.head = End(-1, GENESIS)
        self.kept: list[Kept] = []
        self.left_out = 0
        """Lines that say something and are not among the kept ones."""
        self.series: defaultdict[str, Series] = defaultdict(Series)
        self.ticks = array("d")
        """When anything was measured."""
        self.sources: defaultdict[str, dict[str, None]] = defaultdict(dict)
        """Where each metric was measured, in the order in which that was told."""
        self.pictured: list[Pictured] = []
        self.unpictured = 0
        """Moments beyond those."""
        self.closed_to_others: list[Span] = []
        self.unanswered: list[Span] = []
        """From when to when the canary had no answer, as far as somebody asked."""
        self.away: list[Span] = []
        """From when to when no engine was there, and nothing measured yet by the next one."""
        self.gaps: list[Span] = []
        """From when to when nothing was measured."""
        self.breaches: list[Breach] = []
        self.planned = PlannedWindows()
        self.used: dict[str, Used] = {}
        """By the key of the window (`tui.report.planned`)."""
        self.amendments: list[tuple[int, Kept]] = []
        """Each with its number."""
        self.bars: list[tuple[StepState, Span]] = []
        """Attempts of steps, as they stood at their end."""
        self.unsaid = 0
        """Bytes that were printed and lie in `output` alone, and records of logs that are nowhere."""
        self.unknown: dict[str, int] = {}
        """How many lines of each type that this version does not know."""
        self.broken: Fault | JournalCorrupt | None = None
        self.torn_bytes = 0
        self.known: dict[Span, object] = {}
        """What was reckoned of a period already (`tui.report.affected`)."""
        self.is_whole = True
        """Whether no line of the journal lies behind the head."""
        self._closed: float | None = None
        self._silent: float | None = None
        self._over: list[int] = []
        self._told = 0.0
        self._left: float | None = None
        self._sources: dict[str, str] = {}
        self._walk(journal, until)
        self._end()

    def _walk(self, journal: Path, until: int | None) -> None:
        with JournalReader(journal) as reader:
            last: Entry | None = None
            try:
                for entry in reader.entries():
                    if until is not None and entry.line.seq > until:
                        self.is_whole = False
                        break
                    last = entry
                    self._take(entry.line)
            except JournalCorrupt as error:
                if last is None:
                    raise
                self.broken = error
            if last is not None:
                self.head = End(last.line.seq, digest(last.raw))
            fault = reader.fault
            if fault is not None and fault.seq <= (self.head.seq or 0):
                self.broken = fault
            if until is None and self.broken is None:
                with suppress(OSError):
                    self.torn_bytes = max(0, journal.stat().st_size - reader.offset)

    def _take(self, line: Line) -> None:
        class_ = e.class_of(line.type)
        if class_ is e.MetricsSampled:
            # Most of a day's lines: decoded once.
            event = event_of(line)
            self.state = folded(self.state, event, line)
            if isinstance(event, e.MetricsSampled):
                self._sample(event, line.mono)
            return
        before, self.state = self.state, fold(self.state, line)
        if class_ is e.Event:
            self.unknown[line.type] = self.unknown.get(line.type, 0) + 1
            self._keep(Kept(line, None))
        elif class_.BULK:
            if b'"dropped":0' not in bytes(line.data):
                event = event_of(line)
                self.unsaid += event.dropped if isinstance(event, e.StepOutput | e.LogLines) else 0
        elif not class_.ROUTINE:
            event = event_of(line)
            self._keep(Kept(line, event))
            if event is not None:
                self._note(before, event, line)

    def _keep(self, kept: Kept) -> None:
        self.kept.append(kept)
        if len(self.kept) > KEPT:
            gone = len(self.kept) // 4
            del self.kept[KEPT // 2 : KEPT // 2 + gone]
            self.left_out += gone

    def _sample(self, event: e.MetricsSampled, mono: float) -> None:
        self._back_at(mono)
        self.ticks.append(mono)
        for metric, value in event.values.items():
            self.series[metric].add(mono, value)
        if event.sources != self._sources:
            self._sources = event.sources
            for metric, source in event.sources.items():
                if source:
                    self.sources[metric][source] = None
        if self._silent is not None and mono - self._told > STALE:
            # Nobody looked in between.
            self._silent_until(mono)
            self._silent = mono
        if "canary" in event.facts:
            if event.facts["canary"] is None:
                self._silent_until(mono)
            elif self._silent is None:
                self._silent = mono
        self._told = mono

    def _back_at(self, mono: float) -> None:
        if self._left is not None:
            self.away.append((self._left, mono))
        self._left = None

    def _silent_until(self, mono: float) -> None:
        """A silence that there was ends here, or where nobody looked any more."""
        if self._silent is not None:
            self.unanswered.append((self._silent, min(mono, self._told + STALE)))
        self._silent = None

    def _note(self, before: RunState, event: e.Event, line: Line) -> None:
        state = self.state
        self._quiescence(line.mono)
        if isinstance(event, e.StepStarted):
            at = state.steps.get(event.step)
            first = before.steps.get(event.step)
            if at is not None:
                self._use(at, line.mono)
                if at.step.milestone is not None and (first is None or first.attempt == 0):
                    self._picture("milestone", event.step)
        elif isinstance(event, e.StepOutcome):
            at = state.steps.get(event.step)
            if at is not None and at.started is not None and at.ended is not None:
                self.bars.append((at, (at.started, at.ended)))
                self._use(at, line.mono)
            if isinstance(event, e.StepFailed):
                self._picture("failure", event.step)
        elif isinstance(event, e.GuardBreached):
            self._breach(event, line.mono)
        elif isinstance(event, e.GuardCleared):
            for place in [place for place in self._over if _fits(self.breaches[place], event)]:
                self.breaches[place] = msgspec.structs.replace(self.breaches[place], until=line.mono)
                self._over.remove(place)
        elif isinstance(event, e.RunRecovered):
            # Whether it has an answer now the other engine has yet to find out.
            self._silent_until(before.mono)
            if self._left is None:
                self._left = before.mono
        elif isinstance(event, e.RollbackStarted | e.RollbackFinished):
            self._picture("rollback", None)
        elif isinstance(event, e.RunOpened) and before.opened is None and state.opened is not None:
            self.planned.opened(state)
        elif isinstance(event, e.RunAmended) and state.amended > before.amended:
            self.planned.amended(state)
            self.amendments.append((state.amended, Kept(line, event)))

    def _breach(self, event: e.GuardBreached, mono: float) -> None:
        since = event.since if 0 < event.since <= mono else mono
        self.breaches.append(
            Breach(metric=event.metric, limit=event.limit, value=event.value, source=event.source, since=since)
        )
        self._over.append(len(self.breaches) - 1)
        self._picture("breach", None)

    def _picture(self, why: str, step: str | None) -> None:
        if sum(one.why == why for one in self.pictured) < (10 * PICTURED if why == "milestone" else PICTURED):
            self.pictured.append(Pictured(why=why, state=self.state, step=step))
        else:
            self.unpictured += 1

    def _use(self, at: StepState, mono: float) -> None:
        if not changes(at.step):
            return
        # An amendment may have put it elsewhere since it began.
        began = mono if at.started is None else min(at.started, mono)
        for key in self.planned.keys(at.place):
            known = self.used.get(key)
            self.used[key] = Used(began if known is None else min(known.first, began), mono, at.unseen)

    def _quiescence(self, mono: float) -> None:
        """From the intent on: a step that ends sessions for minutes has closed the database before that."""
        if self.state.quiesced and self._closed is None:
            self._closed = min(found.since for found in self.state.quiesced)
        elif not self.state.quiesced and self._closed is not None:
            self.closed_to_others.append((self._closed, mono))
            self._closed = None

    def _end(self) -> None:
        mono = self.state.mono
        if self._closed is not None:
            self.closed_to_others.append((self._closed, mono))
        self._silent_until(mono)
        self._back_at(mono)
        self.gaps = gaps(self.ticks, self.away, mono)
        self.pictured.append(Pictured(why="end", state=self.state))
        for at in self.state.running():
            if at.started is not None:
                self.bars.append((at, (at.started, mono)))
                if changes(at.step):
                    self._use(at, mono)


def _fits(breach: Breach, event: e.GuardCleared) -> bool:
    return breach.metric == event.metric and event.limit in (None, breach.limit)
