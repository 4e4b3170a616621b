"""Figures of the database's host from the first source that answers; the next one when it no longer does, and back."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Sequence
from typing import Final, Literal

from tui.journal.remarks import Coded, Remarked
from tui.probes.reading import HostReading, ReadingSource, SourceFailed, figures
from tui.probes.tasks import ended
from tui.said import Joined, Said, said_of

MISSES: Final = 3
"""So many readings in a row that fail make a source lost."""
FRESH: Final = 2.5
"""Seconds for which figures hold; older ones are unknown."""

Severity = Literal["INFO", "WARNING"]


class HostWatch:
    """Reads once a `beat`. `say` is told which source is used, and why a better one is not.

    A source that was lost, and those before the one in use, are tried again every `retry` seconds beside it, which
    doubles up to ten times that while they keep failing. `run` goes on until it is cancelled; then call `close`.
    """

    def __init__(
        self,
        sources: Sequence[ReadingSource],
        say: Callable[[Severity, Coded], None],
        *,
        beat: float = 1.0,
        retry: float = 30.0,
    ) -> None:
        self._sources = tuple(sources)
        self._say = say
        self._beat = beat
        self._retry = retry
        self._pause = retry
        self._current: ReadingSource | None = None
        self._last: HostReading | None = None
        self._figures: dict[str, float] = {}
        self._at = 0.0
        self._misses = 0
        self._reasons: dict[str | Said, str | Said] = {}
        self._said: Coded | None = None
        self._left: ReadingSource | None = None
        self._again: asyncio.Task[None] | None = None
        self._again_at = 0.0

    @property
    def label(self) -> str:
        """The measured host's own name and how it is asked: `db1 (node_exporter)`; "" while nothing answers."""
        if self._current is None or self._last is None:
            return ""
        return f"{self._last.host} ({self._current.kind})"

    @property
    def trouble(self) -> Joined | None:
        """Why there are no figures, or why they do not come from the first source; None when all is well."""
        better = self._sources if self._current is None else self._sources[: self._sources.index(self._current)]
        reasons = [self._reasons[s.where] for s in better if s.where in self._reasons]
        return Joined(reasons, " ") if reasons else None

    def figures(self) -> dict[str, float]:
        """Metrics by name (see `reading.figures`), none when the last ones are too old."""
        return self._figures if time.monotonic() - self._at <= FRESH else {}

    async def run(self) -> None:
        """See the class."""
        while True:
            began = time.monotonic()
            if self._left is not None:
                # Here and not where it was left: a reading of it may have been under way.
                if self._left is not self._current:
                    await self._left.close()
                self._left = None
            if self._current is None:
                await self._choose(self._sources)
            else:
                await self._look(self._current)
            self._reconsider()
            # With no source at all there is no hurry: a name that does not resolve is not asked for every second.
            beat = self._beat if self._current is not None else 5 * self._beat
            await asyncio.sleep(max(self._beat / 5, beat - (time.monotonic() - began)))

    async def close(self) -> None:
        """End what the sources keep open."""
        await self._stop_asking()
        await asyncio.gather(*(source.close() for source in self._sources), return_exceptions=True)

    async def _choose(self, sources: Sequence[ReadingSource]) -> None:
        """The first of these that answers, each asked once."""
        for source in sources:
            reading = await self._read(source)
            if reading is not None:
                self._elect(source, reading, None)
                return
            await source.close()
        self._tell("WARNING", Coded(Remarked.HOST_UNKNOWN, reasons=Joined(self._reasons.values(), " ")))

    async def _look(self, source: ReadingSource) -> None:
        reading = await self._read(source)
        if source is not self._current:
            return
        if reading is not None:
            self._take(reading, self._last)
            return
        self._misses += 1
        if self._misses >= MISSES:
            self._current = self._last = None
            # Two that read from one source at a time would take each other's answers.
            await self._stop_asking()
            await source.close()
            place = self._sources.index(source)
            # What comes after it first: those before it have failed already, perhaps by making us wait.
            await self._choose(self._sources[place + 1 :] + self._sources[:place])

    async def _read(self, source: ReadingSource) -> HostReading | None:
        """A reading, or None with the reason noted."""
        patience = source.patience
        try:
            async with asyncio.timeout(patience):
                reading = await source.read()
        except TimeoutError:
            self._reasons[source.where] = Coded(
                Remarked.SOURCE_TIMEOUT, where=source.where, source=source.kind, seconds=round(patience, 1)
            )
        except SourceFailed as error:
            self._reasons[source.where] = said_of(error)
        else:
            self._reasons.pop(source.where, None)
            return reading
        return None

    def _elect(self, source: ReadingSource, reading: HostReading, before: HostReading | None) -> None:
        self._current = source
        self._take(reading, before)
        self._again_at = time.monotonic() + self._pause
        trouble = self.trouble
        if trouble is None:
            self._pause = self._retry
            self._tell("INFO", Coded(Remarked.HOST_FROM, source=self.label))
        else:
            self._tell("WARNING", Coded(Remarked.HOST_INSTEAD, source=self.label, reasons=trouble))

    def _take(self, reading: HostReading, before: HostReading | None) -> None:
        self._misses = 0
        self._figures, self._last, self._at = figures(reading, before), reading, time.monotonic()

    def _tell(self, severity: Severity, said: Coded) -> None:
        """Say it, unless it is what was said last."""
        if said != self._said:
            self._said = said
            self._say(severity, said)

    def _reconsider(self) -> None:
        """Ask those before the one in use again, beside it and now and then."""
        first = self._current is None or self._current is self._sources[0]
        if first or time.monotonic() < self._again_at or (self._again is not None and not self._again.done()):
            return
        self._again = asyncio.ensure_future(self._ask_better())

    async def _stop_asking(self) -> None:
        if self._again is not None:
            await ended([self._again])
            self._again = None

    async def _ask_better(self) -> None:
        """Two readings a beat apart, so that the change is no gap in what needs both."""
        for source in self._sources:
            used = self._current
            if used is None or source is used:
                break
            before = await self._read(source)
            if before is not None:
                await asyncio.sleep(self._beat)
                reading = await self._read(source)
                if reading is not None and used is self._current:
                    self._left = used
                    self._elect(source, reading, before)
                    return
            await source.close()
        self._pause = min(2 * self._pause, 10 * self._retry)
        self._again_at = time.monotonic() + self._pause
